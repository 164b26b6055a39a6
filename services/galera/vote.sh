# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# Two members never bootstrap at the same time, whatever each of them heard: who wants to bootstrap needs the vote of
# everybody it heard and everybody that counts, and each member, itself included, promises its vote to one at a time.
#
# A promise is kept in the volume as MEMBER/EPOCH/ATTEMPT. It does not age. It ends when the candidate takes it back, when
# the candidate answers in a later start or without a candidacy, when a Primary is there, or when the operator
# declares the candidate absent.

promised() { noted "$keep_dir/vote" -; }

_with_vote_locked() {
    local lock status
    exec {lock}>"$run_dir/vote.lock" && take_lock "$lock" || return 1
    "$@"
    status=$?
    exec {lock}>&-
    return "$status"
}

# Prints granted, or why not. A vote is for the very start that showed the candidate its final position.
grant_vote() { # MEMBER EPOCH ATTEMPT EPOCH_OF_THE_VOTER
    _with_vote_locked _grant "$@"
}

_grant() {
    local mine now
    now=$(phase)
    if [[ $4 != "$(noted "$run_dir/epoch")" || ! $now =~ ^(parked|failed)$ ]]; then
        printf 'not-now'
        return
    fi
    mine=$(promised)
    if [[ $mine != - && ${mine%%/*} != "$1" ]]; then
        printf 'promised'
        return
    fi
    if note_durably "$keep_dir/vote" "$1/$2/$3"; then printf 'granted'; else printf 'unwritable'; fi
}

# Joining, unless a vote was given since that PROMISE was seen: from here on none is.
vote_to_join() { # PROMISE
    _with_vote_locked _vote_to_join "$1"
}

_vote_to_join() {
    local now
    now=$(promised)
    [[ $now == - || $now == "$1" ]] && set_phase joining
}

release_vote() { _with_vote_locked _release "$1"; } # MEMBER/EPOCH/ATTEMPT: only this very promise

_release() { [[ $(promised) != "$1" ]] || rm -f "$keep_dir/vote"; }

# Ends a promise that was there before the answers were asked for, and that these answers show to be over.
review_promise() { # PROMISE  (answers on stdin)
    local member=${1%%/*} epoch line
    [[ $1 != - && -n $1 ]] || return 0
    epoch=${1#*/} epoch=${epoch%%/*}
    while IFS= read -r line; do
        [[ $(answer_field "$line" member) == "$member" ]] || continue
        if [[ $(answer_field "$line" epoch) != "$epoch" || $(answer_field "$line" phase) == primary ]]; then
            release_vote "$1"
        elif [[ $(answer_field "$line" phase) == parked && $(answer_field "$line" vote) != "$member/$epoch/"* ]]; then
            release_vote "$1"
        fi
        return 0
    done
    [[ ,$(absent_members), != *,"$member",* ]] || release_vote "$1"
}

# Asks every voter for its vote. On success this member holds its own and all of theirs; else nobody's, and
# vote_refused tells why. The attempt's id is in vote_attempt.
win_votes() { # VOTERS(comma list)  (answers on stdin)
    local line member epoch answers granted
    answers=$(cat)
    epoch=$(noted "$run_dir/epoch")
    vote_refused=""
    granted=$(grant_vote "$GALERA_MEMBER" "$epoch" "$vote_attempt" "$epoch")
    if [[ $granted != granted ]]; then
        vote_refused="its own vote is promised to $(promised)"
        [[ $granted != unwritable ]] || vote_refused="it cannot write its own vote into its volume$(room_left)"
        return 1
    fi
    while IFS= read -r line; do
        member=$(answer_field "$line" member)
        [[ -n $member && ,$1, == *,"$member",* ]] || continue
        granted=$(_ask_vote "$line" "$vote_attempt")
        [[ $granted != granted ]] || continue
        vote_refused="$member did not give its vote: $(_refusal "$granted")"
        give_votes_back <<<"$answers"
        return 1
    done <<<"$answers"
}

give_votes_back() { # (answers on stdin)
    local line
    while IFS= read -r line; do
        [[ -z $line ]] || ask_peer "$(answer_field "$line" address)" release - "$vote_attempt" >/dev/null
    done
    release_vote "$GALERA_MEMBER/$(noted "$run_dir/epoch")/$vote_attempt"
}

promises_to() { # PROMISE  (answers on stdin) -> who shows this very promise, in the order of the names
    local line
    while IFS= read -r line; do
        [[ $(answer_field "$line" vote) != "$1" ]] || printf '%s\n' "$(answer_field "$line" member)"
    done | LC_ALL=C sort | paste -sd, -
}

_ask_vote() { # ANSWER_LINE ATTEMPT -> granted, or why not
    local reply
    reply=$(ask_peer "$(answer_field "$1" address)" vote "$(answer_field "$1" epoch)" "$2")
    if [[ -n $reply && $(answer_field "$reply" epoch) != "$(answer_field "$1" epoch)" ]]; then
        printf 'not-now'
    else
        answer_field "$reply" voted
    fi
}

_refusal() { # VOTED
    case $1 in
    promised) printf 'it is promised to another' ;;
    not-now) printf 'it does not stand still' ;;
    unwritable) printf 'it cannot write into its volume' ;;
    *) printf 'it did not answer in time' ;;
    esac
}
