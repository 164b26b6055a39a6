# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# Looks after a server that runs: ends a birth, tells how far an SST is, keeps the log small, starts a server again that
# answers nothing, and takes a member that has lost its quorum for good, or joins a Primary that is none any more, out of
# there, so that it can vote.

readonly log_limit=$((32 * 1024 * 1024)) patience_alone=2 patience_together=60
: "${patience_mute:=60}" # seconds

watch_server() { # runs beside the server until it is killed
    local told now before="" lonely_since=0 mute_since=0 tick=0 doubts=0 doubtful_since=0
    local learnt_in="" lessons=0 taught=-1 split="" split_told=""
    while kill -0 "$server_pid" 2>/dev/null; do
        pause 1
        ((++tick))
        read_phase
        now=$told
        [[ $now == "$before" ]] || watch_change "$now"
        learn_from_component "$now"
        before=$now
        case $now in
        nonprimary) ((lonely_since)) || lonely_since=$SECONDS ;;
        *) lonely_since=0 ;;
        esac
        ((!lonely_since || SECONDS - lonely_since < patience_alone)) || consider_stepping_down "$((SECONDS - lonely_since))"
        [[ $now != joining ]] || consider_giving_up
        [[ $now == primary || $now == stopping ]] || consider_restarting
        ((tick % 3)) || consider_split "$now"
        ((tick % 5)) || consider_mute "$now"
        ((tick % 10)) || { [[ $now != joining ]] || tell_transfer; }
        ((tick % 30)) || tell_room
        ((tick % 60)) || trim_log
    done
}

watch_change() { # PHASE
    local permit
    case $1 in
    primary)
        say "is Primary: $(noted "$run_dir/status")"
        permit=$(noted "$run_dir/permit")
        [[ -z $permit || $(made_by) != "$permit" ]] || finish_birth "$permit"
        rm -f "$keep_dir/vote"
        [[ $action != join ]] ||
            { ask_all | in_one_view | learn_lineage "$(noted "$run_dir/status" "- - -" | cut -d' ' -f3)" "$(own_way)"; }
        ;;
    nonprimary) say "has lost the quorum; waits for its peers" ;;
    esac
}

# Who is Primary in a view without this member is of another component, and may have been promoted without it.
in_one_view() { # (answers on stdin) -> those that have this member in their view
    local line
    while IFS= read -r line; do
        [[ ,$(answer_field "$line" view), != *,"$GALERA_MEMBER",* ]] || printf '%s\n' "$line"
    done
}

# In every new Primary view: the operator may have promoted this component through another member, which has noted the
# point. Asked a few times, and then now and then, until all of the very same view have answered; taught is the seqno of the
# last such view.
#
# A member that was left behind by a promotion, and has lost its quorum since, may be found by the promoted component and
# caught up from where it stands: by then it holds transactions of two branches. It settles, with the lineage that it had.
learn_from_component() { # PHASE
    local told view answers names status
    read_note "$run_dir/view_now"
    view=$told
    [[ $view == "$learnt_in" ]] || { learnt_in=$view lessons=5; }
    [[ $1 == primary ]] && ((lessons > 1 || (lessons && tick % 30 == 0))) || return 0
    read_view
    [[ $view_members == *,* ]] || { lessons=0 && return; }
    answers=$(ask_all | grep -F " view_uuid=$view_uuid view_seqno=$view_seqno view=$view_members " | grep -F ' phase=primary ')
    ((lessons == 1)) || ((lessons -= 1))
    learn_lineage "$view_uuid" "$(own_way)" <<<"$answers"
    status=$?
    if ((status == 2)); then
        say "it was Primary without those that it is with now, which went on without it; stops its server to settle"
        leave_to_vote
        return
    fi
    names=${view_members//[!,]/}
    ((status || $(grep -c . <<<"$answers") < ${#names})) || lessons=0 taught=$view_seqno
}

# How far the way of this member is known to be its own, if it has lost the quorum since; else -1: nobody was left behind.
own_way() {
    local told
    read_note "$run_dir/lost" -1
    if ((told >= taught)); then printf '%s' "$taught"; else printf -- -1; fi
}

# Has the server that starts met a Primary component? Until then it holds nothing of it and can be ended at any time.
met_primary() { [[ -e $run_dir/was_primary ]] || grep -qF 'Shifting OPEN -> PRIMARY' "$log_file"; }

# Is it in one now? The log's last word on its own state tells; out of the component that state is OPEN or CLOSED.
in_primary() {
    [[ $(grep -oE 'Shifting [^ ]+ -> [^ ]+' "$log_file" | tail -n 1) == *' -> '@(PRIMARY|JOINER|DONOR/DESYNCED|JOINED|SYNCED) ]]
}

# A member killed with others and started at once still sees a Primary that has not noticed their death, and that ends
# as soon as it does. Waiting there for it to come back would keep everybody waiting. So would one whose donor lost its
# power in the midst of a transfer: nothing ends that. It gives a Primary that it has met a minute to come back.
consider_giving_up() {
    set_ask_limit "$((doubts * 10))"
    if in_primary || ask_all | grep -qF ' phase=primary ' || in_primary; then # asking takes a while
        doubts=0
        return
    fi
    ((++doubts > 1)) || doubtful_since=$SECONDS
    if ((doubts >= 3)) && { ! met_primary || ((SECONDS - doubtful_since >= patience_together)); }; then
        say "nobody is Primary any more; gives up joining"
        : >"$run_dir/step_down"
        kill -KILL "$server_pid" 2>/dev/null
    fi
}

# A server that has left the group by itself (a failed IST, an inconsistency) stays up, and never comes back.
consider_restarting() {
    tail -c 65536 "$log_file" | grep -qF 'Shifting OPEN -> CLOSED' || return 0
    say "the server has left the group by itself; starts it again"
    # Whoever shut it down over SQL wants its pages written.
    leave_to_vote "$(tail -c 65536 "$log_file" | grep -q 'Normal shutdown' && printf 60 || printf 10)"
}

# A server that was Primary once and answers nothing over SQL for a minute, while a Primary goes on without it, does not
# come back by itself; to the swarm its process looks well. As long as nobody has put it out it may be only its clients
# that hold it up, and those of its peers: then it has ten times as long.
consider_mute() { # PHASE
    local answer="" mute_for
    if [[ ! -e $run_dir/was_primary || $1 == stopping ]] || ! is_mute; then
        mute_since=0
        return
    fi
    ((mute_since)) || mute_since=$SECONDS
    mute_for=$((SECONDS - mute_since))
    ((mute_for >= patience_mute)) || return 0
    ((mute_for >= 10 * patience_mute)) || is_put_out "$mute_for" || return 0
    say "the server has not answered SQL for $mute_for s ($answer); starts it again"
    leave_to_vote 10
}

# Only what says that nobody is there: any other word is an answer, and a client that cannot be started proves nothing.
is_mute() { # sets answer
    local admin status
    admin=$(program mariadb-admin mysqladmin) || return 1
    answer=$(timeout 5 "$admin" --defaults-file="$run_dir/monitor.cnf" --connect-timeout=5 ping 2>&1)
    status=$?
    answer=${answer//$'\n'/ }
    ((status != 124)) || answer="no answer within 5 s"
    [[ $status == 124 || $answer == *"Can't connect"* || $answer == *'Lost connection'* || $answer == *'gone away'* ]]
}

is_put_out() { # MUTE_FOR: does a Primary go on without this member?
    local line
    set_ask_limit "$1"
    while IFS= read -r line; do
        [[ ,$(answer_field "$line" view), == *,"$GALERA_MEMBER",* ]] || return 0
    done < <(ask_all | grep -F ' phase=primary ')
    return 1
}

# Ends the server so that this member settles again. One that does not hold the Primary's data yet, or has left the
# group, need not end in order; while it waits for a Primary it does not even hear TERM.
leave_to_vote() { # [SECONDS it has to end in order]
    : >"$run_dir/step_down"
    if met_primary; then
        kill -TERM "$server_pid"
        pause "${1:-60}"
    fi
    kill -KILL "$server_pid" 2>/dev/null
}

tell_transfer() {
    local kilobytes
    [[ -d $data_dir/$transfer_dir ]] || return 0
    kilobytes=$(du -sk "$data_dir/$transfer_dir" 2>/dev/null) || return 0
    say "SST: ${kilobytes%%[!0-9]*} KiB received"
}

tell_room() { # before it is the reason for something worse
    local room
    room=$(room_left)
    [[ -z $room ]] || say "${room#; }"
}

# In place: the server appends, and tail follows the truncation.
trim_log() {
    local size
    size=$(stat -c %s "$log_file" 2>/dev/null || printf 0)
    ((size <= log_limit)) || { : >"$log_file" && say "the server's log had $size bytes and begins anew"; }
}

# A component without quorum heals by itself when the network does, as long as everybody in it still runs. If all that
# count can be heard, nobody is Primary, and one of them does not run any more, it cannot: then this member stops its
# server, in order, and votes with the others. If they all run and can be heard, but do not find together for a minute,
# the same. If somebody that counts is silent, it stays: silence is not death.
consider_stepping_down() { # SECONDS_ALONE
    local verdict
    set_ask_limit "$1"
    verdict=$(ask_all | table 0 | stepping_down "$1")
    if [[ $verdict == yes* ]]; then
        say "stops its server to vote: ${verdict#yes }"
        leave_to_vote
    elif (($1 % 10 == 0)); then
        say "without quorum for $1 s: ${verdict#no }"
    fi
}

stepping_down() { # SECONDS_ALONE  (the table on stdin) -> yes REASON | no REASON
    local line member parked="" verdict
    local -a table=()
    mapfile -t table
    for line in "${table[@]}"; do
        member=$(answer_field "$line" member)
        case $(answer_field "$line" phase) in
        primary)
            if (($1 < patience_together)); then printf 'no %s is Primary, and should be found again' "$member"
            else printf 'yes %s is Primary and was not found again in %s s' "$member" "$1"; fi
            return
            ;;
        bootstrapping | birth) printf 'no %s bootstraps' "$member" && return ;;
        parked) parked+=" $member" ;;
        esac
    done
    verdict=$(printf '%s\n' "${table[@]}" | as_if_parked | decide)
    if [[ -z $(sed -n 's/^winner=//p' <<<"$verdict") ]]; then
        printf 'no %s' "$(sed -n 's/^reason=//p' <<<"$verdict")"
    elif [[ -n $parked ]]; then printf 'yes all that count answer, nobody is Primary, and%s wait' "$parked"
    elif (($1 >= patience_together)); then printf 'yes all that count run, and did not find together in %s s' "$1"
    else printf 'no all that count run, and should find together'; fi
}

# The table as it would be if every member without quorum had stopped its server: is anybody missing then? What their
# positions are does not matter for that.
as_if_parked() {
    sed -E '/ phase=nonprimary /s/ phase=nonprimary data=[^ ]* uuid=([^ ]*) seqno=[^ ]* / phase=parked data=position uuid=\1 seqno=0 /'
}
