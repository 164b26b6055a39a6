# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# Which member takes the writes, so that every load balancer sends them to the same one without asking another; and how
# a member leaves without failing a write.
#
# The writer is the member that has been in the present view for longest, of those that may serve clients. Who joined
# when is in the ids of the view, which all members share: so nothing has to be elected, and whoever comes back is last.
# Load balancers ask two paths of port 9200:   /  may clients read here?   /writer  do the writes come here?
#   200 yes   404 no, but leave those that are here   503 no, and nobody can stay
# One that is about to stop itself asks /leaving, and its clients are sent away.

readonly leavers_dir=$run_dir/leavers
readonly asked_dir=$run_dir/asked drain_file=$run_dir/draining claim_file=$run_dir/writer serves_file=$run_dir/serves
readonly recent=5              # seconds in which a load balancer that is there has asked again
readonly fresh_us=3000000      # how long the last word of keep_claim on whether clients are served holds
readonly remembered_us=5000000 # how long it stands for a look that says nothing
readonly silence_seconds=3     # a member that is dead has left the view by then; one that is only slow has answered

# Members of a view, oldest first: NAME ADDRESS. An id is a UUID of version 1: when its server joined.
by_seniority() { # MEMBERS (UUID/NAME/ADDRESS:PORT,...)
    local one id rest
    for one in ${1//,/ }; do
        id=${one%%/*} rest=${one#*/}
        [[ $id =~ ^$uuid_pattern$ ]] || continue
        printf '%s%s%s%s %s %s\n' "${id:15:3}" "${id:9:4}" "${id:0:8}" "${id:19}" "${rest%%/*}" \
            "$(sed -E 's/.*\///; s/:[0-9]+$//' <<<"$rest")"
    done | LC_ALL=C sort | cut -d ' ' -f 2-
}

view_now() { # MEMBERS of the view this server is in
    local line
    line=$(noted "$run_dir/view_now")
    printf '%s' "${line#* }"
}

seniors() { by_seniority "$(view_now)" | sed "/^$GALERA_MEMBER /,\$d"; }

others() { by_seniority "$(view_now)" | sed "/^$GALERA_MEMBER /d"; }

# The status another member's port 9200 answers with: 200, 404, 503; 000 if it refuses or is not reached; nothing if it
# is silent: its kernel takes the connection, and nobody answers.
status_of() { # ADDRESS PATH
    local said
    said=$(printf 'GET %s HTTP/1.1\r\nHost: member\r\n\r\n' "$2" |
        timeout 1 socat -t1 - "TCP4:$1:$health_port,connect-timeout=0.5" 2>/dev/null)
    case $? in
    124) ;;
    0) [[ ! $said =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]] || printf '%s' "${BASH_REMATCH[1]}" ;;
    *) printf 000 ;;
    esac
}

# ---- what is answered ------------------------------------------------------------------------------------------------

serves_clients() { # says why, or why not; 2 when there is no answer of any kind
    local client name value
    local -A is=()
    client=$(program mariadb mysql) || return 1
    while IFS=$'\t' read -r name value; do
        [[ -z $name ]] || is[$name]=$value
    done < <(timeout 2 "$client" --defaults-file="$run_dir/monitor.cnf" --connect-timeout=2 -NBe "
        SHOW GLOBAL STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_local_state', 'wsrep_ready');
        SHOW GLOBAL VARIABLES WHERE Variable_name IN ('wsrep_desync', 'wsrep_reject_queries', 'read_only')" 2>&1)
    judge
}

judge() {
    local word="" reason
    if ((!${#is[@]})); then
        printf 'no answer over SQL' && return 2
    elif [[ "${!is[*]}" == "ERROR 1040"* ]]; then # as many clients as it takes are no illness
        printf 'full of clients'
        ! read_service "$remembered_us" || [[ $word != no ]]
        return
    elif [[ -z ${is[wsrep_cluster_status]-} ]]; then
        printf 'no answer over SQL: %s' "${!is[*]}"
    elif [[ ${is[wsrep_cluster_status]} != Primary ]]; then
        printf 'cluster status %s' "${is[wsrep_cluster_status]}"
    elif [[ ${is[wsrep_ready]-} != ON ]]; then
        printf 'not ready'
    elif [[ ${is[wsrep_desync]-} == ON ]]; then
        printf 'desynced by hand'
    elif [[ ${is[wsrep_reject_queries]-NONE} != NONE ]]; then
        printf 'rejects queries by hand'
    elif [[ ${is[read_only]-OFF} != OFF ]]; then
        printf 'read only'
    elif [[ ${is[wsrep_local_state]-} == 4 ]]; then
        printf 'Synced' && return 0
    elif [[ ${is[wsrep_local_state]-} == 2 ]]; then
        printf 'Donor, not blocking' && return 0
    else
        printf 'local state %s' "${is[wsrep_local_state]-unknown}"
    fi
    return 1
}

# What SQL says now, for everybody who asks within the next moments. One look without an answer is no evidence yet: on 503
# a load balancer ends all sessions, and the member may only be slow.
note_service() {
    local said word reason now=no
    said=$(serves_clients)
    case $? in
    0) now=yes ;;
    2) ! read_service "$remembered_us" || [[ $word != yes || $reason == "$said" ]] || now=yes ;;
    esac
    printf '%s %s %s\n' "${EPOCHREALTIME/[.,]/}" "$now" "$said" >"$serves_file"
}

read_service() { # MICROSECONDS; sets word and reason to the last ones noted; 1 if they are older than that
    local stamp=""
    { read -r stamp word reason <"$serves_file"; } 2>/dev/null
    [[ $stamp =~ ^[0-9]+$ && -n $word ]] && ((${EPOCHREALTIME/[.,]/} - stamp < $1))
}

# ---- who asks --------------------------------------------------------------------------------------------------------

note_asker() { # ADDRESS PATH STATUS
    [[ ! $1 =~ ^[0-9.]+$ ]] || printf '%s %s\n' "$EPOCHSECONDS" "$3" >"$asked_dir/$1${2//\//-}"
}

# Whoever asked within the last seconds: TIME STATUS
askers() {
    local file stamp status
    for file in "$asked_dir"/*; do
        stamp="" status=""
        { read -r stamp status <"$file"; } 2>/dev/null
        [[ ! $stamp =~ ^[0-9]+$ ]] || ((EPOCHSECONDS - stamp > recent)) || printf '%s %s\n' "$stamp" "$status"
    done
}

is_asked_for_writes() {
    local file stamp
    for file in "$asked_dir"/*-writer; do
        stamp=""
        { read -r stamp _ <"$file"; } 2>/dev/null
        [[ ! $stamp =~ ^[0-9]+$ ]] || ((EPOCHSECONDS - stamp > recent)) || return 0
    done
    return 1
}

note_leaver() { # ADDRESS, of a load balancer: only those have asked who takes the writes
    [[ ! $1 =~ ^[0-9.]+$ || ! -e $asked_dir/$1-writer ]] || : >"$leavers_dir/$1"
}

# ---- who takes the writes --------------------------------------------------------------------------------------------

# Beside the entrypoint, as long as load balancers ask: keeps the answers ready, and contends for the writes, in each view
# anew. What may take long runs beside it, so that a new view is seen at once: clients wait for that.
keep_claim() {
    local told view="" contender="" noting="" tick=0
    while :; do
        pause 0.2
        see_off_leavers
        if ! { is_asked_for_writes && read_phase && [[ $told == primary ]]; }; then
            end_job "$contender"
            view="" contender=""
            [[ ! -e $claim_file ]] || rm -f "$claim_file"
            continue
        fi
        ((tick++ % 4)) || is_at_work "$noting" || {
            note_service &
            noting=$!
        }
        read_note "$run_dir/view_now"
        if [[ $told != "$view" ]]; then
            view=$told
            end_job "$contender"
            contend "$(seniors | cut -d ' ' -f 2)" &
            contender=$!
        fi
    done
}

is_at_work() { [[ -n $1 ]] && kill -0 "$1" 2>/dev/null; } # PID of a job of this shell

end_job() { # PID
    [[ -z $1 ]] || { kill "$1" && wait "$1"; } 2>/dev/null
}

contend() { # ADDRESSES of the older members: claims the writes while none of them may serve clients
    local older=$1
    local -A silent_since=() refusals=()
    while :; do
        if an_older_one_serves; then
            [[ ! -e $claim_file ]] || hand_back
        elif [[ ! -e $claim_file ]]; then
            say "takes the writes of the load balancers"
            : >"$claim_file"
        fi
        pause 0.4
    done
}

# The writes go back to an older member that serves again, after a cut of the network for one. Load balancers keep the
# connections that are here, as they cannot tell them from others; so they are ended here, in pauses.
hand_back() {
    local file
    say "gives the writes of the load balancers back"
    rm -f "$claim_file"
    for file in "$asked_dir"/*-writer; do
        [[ ! -e $file ]] || { file=${file##*/} && end_sessions "${file%-writer}:%" & }
    done
}

# One that is silent counts as serving for a while, since it may only be slow. Whoever has the claim gives it back only on an
# older one's word: else both would refuse, for the time of one lost answer.
an_older_one_serves() {
    local address count
    for address in $older; do
        case $(status_of "$address" /) in
        200)
            unset "silent_since[$address]" "refusals[$address]"
            return 0
            ;;
        "" | 000) [[ ! -e $claim_file ]] || continue ;;&
        "")
            : "${silent_since[$address]:=$SECONDS}"
            ((SECONDS - silent_since[$address] >= silence_seconds)) || return 0
            ;;
        000) # twice: one packet may have been lost
            count=${refusals[$address]:-0}
            refusals[$address]=$((count + 1))
            ((count)) || return 0
            ;;
        *) unset "silent_since[$address]" "refusals[$address]" ;;
        esac
    done
    return 1
}
