# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# How members ask and answer one another: one line there, one line and its seal back, over TCP port 4569.
#
# A line is sealed with the exchange token, so nobody without the token learns or forges anything; a nonce in the request
# is sealed into the reply, so an old reply proves nothing.
#   request:  VERB CLUSTER MEMBER EPOCH TO_EPOCH ATTEMPT NONCE SEAL      VERB: ask | vote | release
#   reply:    answer KEY=VALUE ...           (the line of decide.sh's table, with vote= and voted= of this member)
#             SEAL over NONCE and that line

seal() { # TEXT
    local sum told
    read_note "$run_dir/exchange_token"
    [[ -n $told ]] || return 1
    sum=$(printf '%s\n%s\n%s' "$told" "$1" "$told" | sha256sum) && printf '%s' "${sum%% *}"
}

# ---- answering ---------------------------------------------------------------------------------------------------

# This member's own line, from its notes. "-" stands for what it does not know.
own_answer() { # [voted]
    local told data uuid seqno safe now epoch of_epoch line quiet ahead
    read_note "$run_dir/epoch" 00000000
    epoch=$told
    read_phase
    now=$told
    read_note "$run_dir/state" "- unknown - - -"
    read -r of_epoch data uuid seqno safe <<<"$told"
    if [[ $now =~ ^(primary|nonprimary)$ ]]; then # how far a server that runs has come is not said, and not asked
        read_note "$run_dir/status"
        uuid=${told##* } data=unknown seqno=- safe=-
    elif [[ $of_epoch != "$epoch" ]]; then # the start changed while we looked
        data=unknown uuid=- seqno=- safe=-
    fi
    read_view
    count_ahead "$now"
    read_quiet "$uuid" "$seqno"
    line="answer member=$GALERA_MEMBER epoch=$epoch phase=$now data=$data uuid=$uuid seqno=$seqno safe=$safe"
    line+=" permit=$(own_permit) discard=$(operator_word discard) consent=$(operator_word consent)"
    line+=" view_uuid=$view_uuid view_seqno=$view_seqno view=$view_members"
    line+=" quiet=$quiet ahead=$ahead lineage=$(own_lineage "$now" "$data" "$uuid" "$seqno") vote=$(promised) voted=${1:--}"
    printf '%s' "$line"
}

# yes: a birth permit lies here, it has not been used, and the data, if any, is of its making.
own_permit() {
    local told permit
    read_note "$run_dir/permit"
    permit=$told
    [[ -z $permit ]] || read_note "$keep_dir/born"
    if [[ -n $permit && $told != "$permit" ]]; then
        if [[ $data == none || $(made_by) == "$permit" ]]; then
            printf yes
            return
        fi
    fi
    printf no
}

# What an operator put down in the volume, by hand and for this one purpose: discard, consent (docs: recovery by hand).
operator_word() { # NAME
    local told
    read_note "$keep_dir/operator/$1" -
    [[ $told =~ ^[a-z0-9:-]+$ ]] || told=-
    printf '%s' "$told"
}

# Who is gone for good by the operator's word: as the program wrote it into the volume, else as the environment says.
absent_members() {
    local told
    read_note "$keep_dir/operator/absent" "${GALERA_ABSENT:-}"
    [[ $told =~ ^[A-Za-z0-9,._-]*$ ]] || told=""
    printf '%s' "$told"
}

# A peer ends its side of the connection when it has asked. socat would give the answer half a second from there, and
# on a busy machine no answer is that fast.
keep_listening() { # PORT PROGRAM
    while :; do
        as_mysql socat -t30 -T30 "TCP4-LISTEN:$1,fork,reuseaddr,max-children=64,backlog=64" "EXEC:$2" 2>/dev/null
        pause 1
    done
}

serve_request() { # one request on stdin, the reply on stdout; silence for whatever is not sealed
    local request line verb cluster from from_epoch to_epoch attempt nonce their_seal voted=-
    IFS= read -r -t 10 -n 1024 request || return 0
    [[ $request =~ ^[A-Za-z0-9._\ -]+$ ]] || return 0
    read -r verb cluster from from_epoch to_epoch attempt nonce their_seal <<<"$request"
    [[ $cluster == "$GALERA_CLUSTER_NAME" && -n $nonce && ${#their_seal} == 64 ]] || return 0
    [[ $(seal "request ${request% *}") == "$their_seal" ]] || return 0
    case $verb in
    ask) ;;
    vote) voted=$(grant_vote "$from" "$from_epoch" "$attempt" "$to_epoch") ;;
    release) release_vote "$from/$from_epoch/$attempt" ;;
    *) return 0 ;;
    esac
    line=$(own_answer "$voted")
    printf '%s\n%s\n' "$line" "$(seal "reply $nonce $line")"
}

# ---- asking ------------------------------------------------------------------------------------------------------

resolved_peers() { timeout "$((${ask_limit:=2} + 1))" getent ahostsv4 "$GALERA_PEERS" | awk '{ print $1 }' | sort -u; }

without_own() { # (addresses on stdin)
    local own address
    own=" $(hostname -I 2>/dev/null) "
    while read -r address; do
        [[ $own == *" $address "* ]] || printf '%s\n' "$address"
    done
}

# How long a peer may take to answer. One that is gone does not even accept the connection; but on a machine that is
# overloaded everybody is slow, and who never waits longer never hears all that count.
set_ask_limit() { # SECONDS without a decision
    ask_limit=$((2 + $1 / 5))
    ((ask_limit <= 20)) || ask_limit=20
}

# One peer's answer, with the address it was reached at; nothing if it is silent, slow, or not one of us.
ask_peer() { # ADDRESS VERB TO_EPOCH ATTEMPT
    local nonce request reply line their_seal
    nonce=$(new_id)
    request="$2 $GALERA_CLUSTER_NAME $GALERA_MEMBER $(noted "$run_dir/epoch") $3 $4 $nonce"
    request+=" $(seal "request $request")"
    reply=$(printf '%s\n' "$request" |
        timeout "${ask_limit:=2}" socat -t"$ask_limit" - "TCP4:$1:$exchange_port,connect-timeout=2" 2>/dev/null | head -c 8192)
    line=${reply%%$'\n'*} their_seal=${reply#*$'\n'}
    [[ $line =~ ^answer\ [A-Za-z0-9=,.:_/\ -]+$ && $(seal "reply $nonce $line") == "$their_seal" ]] || return 0
    printf '%s address=%s\n' "$line" "$1"
}

ask_all() { # every peer at once; their answers, one a line
    local address dir
    local -a pids=()
    dir=$(mktemp -d "$run_dir/asked.XXXXXXXX")
    while read -r address; do
        ask_peer "$address" ask - - >"$dir/$address" &
        pids+=("$!")
    done < <(peer_addresses)
    ((${#pids[@]} == 0)) || wait "${pids[@]}"
    cat "$dir"/* 2>/dev/null
    rm -rf "$dir"
}

table() { # SECONDS_WAITED  (answers of the others on stdin) -> the table for decide.sh
    printf 'self %s\nabsent %s\n%s\n' "$GALERA_MEMBER" "$(absent_members)" "$(own_answer)"
    (($1 < 10)) || printf 'waited long\n'
    cat
}

answer_field() { # LINE KEY
    local pair
    for pair in $1; do
        [[ $pair != "$2="* ]] || { printf '%s' "${pair#*=}" && return; }
    done
}
