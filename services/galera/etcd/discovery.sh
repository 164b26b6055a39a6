# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# How members find one another, in mode `homogeneous`: each tells etcd every few seconds where and how it is, under a lease,
# so that what a dead member said goes by itself. etcd also keeps what has to happen once only:
#   /galera/CLUSTER/nodes/MEMBER   address, state, uuid, seqno and SST bytes of a member, for as long as its lease lives
#   /galera/CLUSTER/initialized    the permit by which this cluster was, or is being, born; written once
#   /galera/CLUSTER/uuid           the history UUID it was born with; written once
#   /galera/CLUSTER/bootstrap      who bootstraps now; under the lease of that member
# The decision itself stays where it is: etcd tells addresses, and what the members say is asked of them. An etcd that does
# not answer forbids every bootstrap; a Primary is still found, by the name in the swarm's DNS that Synced members share.

# shellcheck source=services/galera/etcd/etcd.sh
. "${BASH_SOURCE[0]%/*}/etcd.sh"

: "${etcd_authority:=/opt/galera-swarm/etcd-authority.pem}"
readonly lease_seconds=10
root_key=/galera/$GALERA_CLUSTER_NAME
readonly _silent="etcd does not answer, and without it a member may only join"

start_discovery() {
    [[ ${GALERA_ETCD-} =~ ^[A-Za-z0-9.-]+:[0-9]+(,[A-Za-z0-9.-]+:[0-9]+)*$ ]] || { say "GALERA_ETCD names no etcd" && exit 1; }
    announced_address=$(own_address)
    register
    keep_registered &
}

end_discovery() { # after the server has ended: peers need not wait for the lease to run out
    local lease
    lease=$(noted "$run_dir/lease")
    : >"$run_dir/unregistered"
    [[ -z $lease || -e $run_dir/etcd_silent ]] || etcd_revoke "$lease"
}

keep_registered() {
    local told
    while [[ ! -e $run_dir/unregistered ]]; do
        read_phase
        if [[ $told == primary ]]; then pause 3; else pause 1; fi
        register
    done
}

# One turn: the lease lives on, our own entry is there under it, and the entries of all are noted for peer_addresses.
register() {
    local told lease entries entry
    if ! { lease=$(_living_lease) && entries=$(etcd_values "$root_key/nodes/"); }; then
        _unregistered
        return
    fi
    read_phase
    entry=$(own_entry "$told")
    read_note "$run_dir/announced"
    if [[ $lease != "$told" || $'\n'$entries$'\n' != *$'\n'"$(b64 "$entry")"$'\n'* ]]; then
        [[ -n $(etcd_write "" "$(put "$root_key/nodes/$GALERA_MEMBER" "$entry" "$lease")") ]] || { _unregistered && return; }
        note "$run_dir/announced" "$lease"
    fi
    note_lines "$run_dir/registered" "$entries"
    [[ ! -e $run_dir/etcd_silent ]] || rm -f "$run_dir/etcd_silent"
    remember_birth
    release_claim
}

_unregistered() {
    if [[ ! -e $run_dir/etcd_silent ]] || ((SECONDS - ${silent_said:-0} >= 30)); then
        say "etcd does not answer (${GALERA_ETCD//,/, }): until it does, this member may only join"
        silent_said=$SECONDS
    fi
    : >"$run_dir/etcd_silent"
}

_living_lease() {
    local told lease
    read_note "$run_dir/lease"
    lease=$told
    if [[ -n $lease ]]; then
        etcd_keep "$lease"
        case $? in
        0) printf '%s' "$lease" && return ;;
        2) return 1 ;;
        esac
    fi
    lease=$(etcd_grant "$lease_seconds") && note "$run_dir/lease" "$lease" && printf '%s' "$lease"
}

own_entry() { # PHASE
    local told state=$1 uuid seqno of_epoch bytes=0
    read_note "$run_dir/state" "- - - - -"
    read -r of_epoch _ uuid seqno _ <<<"$told"
    read_note "$run_dir/epoch"
    [[ $of_epoch == "$told" ]] || uuid=- seqno=-
    case $1 in
    primary | nonprimary)
        read_note "$run_dir/status"
        uuid=${told##* }
        read -r state seqno <<<"$(running_state "$1")"
        ;;
    joining)
        bytes=$(du -sb "$data_dir/$transfer_dir" 2>/dev/null) bytes=${bytes%%[!0-9]*}
        ;;
    esac
    printf '{"member":"%s","address":"%s","state":"%s","uuid":"%s","seqno":"%s","sst_bytes":%s}' \
        "$GALERA_MEMBER" "$announced_address" "$state" "$uuid" "$seqno" "${bytes:-0}"
}

running_state() { # PHASE -> wsrep_local_state_comment and wsrep_last_committed, as far as the server tells
    local client name value
    local -A is=()
    client=$(program mariadb mysql) || return 1
    while IFS=$'\t' read -r name value; do
        [[ -z $name ]] || is[$name]=$value
    done < <(timeout 2 "$client" --defaults-file="$run_dir/monitor.cnf" --connect-timeout=2 -NBe "SHOW GLOBAL STATUS
        WHERE Variable_name IN ('wsrep_local_state_comment', 'wsrep_last_committed')" 2>/dev/null)
    value=${is[wsrep_local_state_comment]:-$1}
    printf '%s %s' "${value//[^A-Za-z\/]/}" "${is[wsrep_last_committed]:--}"
}

note_lines() { # FILE LINES
    local draft
    draft=$(mktemp "$1.XXXXXXXX") && printf '%s\n' "$2" >"$draft" && mv -f "$draft" "$1"
}

# ---- who is there ------------------------------------------------------------------------------------------------

# By the register, and by the DNS: the one knows members that are not well yet, the other answers when etcd does not.
peer_addresses() {
    { registered_peers && resolved_peers; } | sort -u | without_own
}

registered_peers() { # addresses of the members that the register showed last
    local value entry
    [[ -r $run_dir/registered && ! -e $run_dir/etcd_silent ]] || return 0
    while read -r value; do
        entry=$(base64 -d <<<"$value" 2>/dev/null | tr -d '\000')
        [[ ! $entry =~ ^\{\"member\":\"[A-Za-z0-9._-]+\",\"address\":\"([0-9.]{7,15})\", ]] || printf '%s\n' "${BASH_REMATCH[1]}"
    done <"$run_dir/registered"
}

# ---- what happens once -------------------------------------------------------------------------------------------

# A Primary of another history than the one this cluster was born with is not ours. Without etcd our own data decides.
claim_join() { # UUID
    local pinned
    pinned=$(etcd_value "$root_key/uuid") || return 0
    [[ -z $pinned || $pinned == "$1" ]] || _refuse "the Primary is $1, but this cluster was born with $pinned" \
        "the operator stops the wrong cluster, or corrects $root_key/uuid in etcd"
}

# By the very permit that began, and only until there is a history: killed on the way, the same birth goes on.
claim_birth() { # PERMIT
    local begun pinned
    if ! { begun=$(etcd_value "$root_key/initialized") && pinned=$(etcd_value "$root_key/uuid"); }; then
        _refuse "$_silent" "etcd answers"
    elif [[ -n $pinned && ($data != position || $uuid != "$pinned") ]]; then
        _refuse "this cluster was born before, with the history $pinned, and is not born again" \
            "a member with that history answers, or the operator takes $root_key/ out of etcd"
    elif [[ -n $begun && $begun != "$1" ]]; then
        _refuse "this cluster was born before, by the permit $begun" \
            "a member with its history answers, or the operator takes $root_key/ out of etcd"
    elif [[ -n $begun ]]; then
        _claim "$(equal "$root_key/initialized" "$1")" ""
    else
        _claim "$(absent "$root_key/initialized"),$(absent "$root_key/uuid")" "$(put "$root_key/initialized" "$1")"
    fi
}

claim_bootstrap() { # UUID
    local pinned
    pinned=$(etcd_value "$root_key/uuid") || { _refuse "$_silent" "etcd answers" || return; }
    if [[ -z $pinned ]]; then
        _claim "$(absent "$root_key/uuid")" ""
    elif [[ $pinned != "$1" ]]; then
        _refuse "its data is of $1, but this cluster was born with $pinned" \
            "a member with that history answers, or the operator corrects $root_key/uuid in etcd"
    else
        _claim "$(equal "$root_key/uuid" "$1")" ""
    fi
}

# One transaction: nobody else bootstraps, what we have read is still so, and from now on we do, for as long as we live.
_claim() { # COMPARISONS WRITES
    local lease mine wrote
    mine="$GALERA_MEMBER $(noted "$run_dir/epoch") $(new_id)"
    lease=$(noted "$run_dir/lease")
    [[ -n $lease && ! -e $run_dir/etcd_silent ]] || { _refuse "$_silent" "etcd answers" || return; }
    note "$run_dir/claim" "$mine"
    rm -f "$run_dir/remembered"
    wrote=$(etcd_write "$(absent "$root_key/bootstrap"),$1" "${2:+$2,}$(put "$root_key/bootstrap" "$mine" "$lease")")
    if [[ $wrote != yes ]]; then # the answer may be lost, and the claim be ours all the same
        [[ $(etcd_value "$root_key/bootstrap") != "$mine" ]] || return 0
        _refuse "etcd says that somebody else bootstraps" "that member is Primary, or its lease of $lease_seconds s ends"
    fi
}

_refuse() { # REASON UNTIL
    refused=$1 refused_until=$2
    return 1
}

# The first Primary gives the cluster its UUID. An etcd that has lost its data learns it from the Primary that runs.
remember_birth() {
    local told uuid
    [[ ! -e $run_dir/remembered ]] && read_phase && [[ $told == primary ]] || return 0
    read_note "$run_dir/status"
    uuid=${told##* }
    [[ $uuid =~ ^$uuid_pattern$ && $uuid != "$null_uuid" ]] || return 0
    [[ -z $(etcd_write "$(absent "$root_key/uuid")" "$(put "$root_key/uuid" "$uuid")") ]] || : >"$run_dir/remembered"
}

release_claim() { # once the bootstrap it was for is over, well or not
    local told claim
    read_note "$run_dir/claim"
    claim=$told
    [[ -n $claim ]] && read_phase && [[ ! $told =~ ^(birth|bootstrapping)$ ]] || return 0
    [[ -z $(etcd_write "$(equal "$root_key/bootstrap" "$claim")" "$(drop "$root_key/bootstrap")") ]] || rm -f "$run_dir/claim"
}
