# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# Split brain: two components of one history are Primary side by side. Galera keeps a minority from it, but the operator may
# promote one while the others are Primary out of sight, or frozen, and Primary again when they thaw. Two such components do
# not look for each other any more: without somebody who ends it they go their ways for ever.
#
# The lineage tells whom the operator chose. The component that was left behind stops its servers, and its members settle: who
# holds a transaction that the other does not parks with it, the rest joins.

# Asks nobody as long as all peers are in the view. Twice the same before it believes it: a view may be about to change.
consider_split() { # PHASE
    local before=$split word names ask_limit=4 # whatever it was before the server ran: who is silent must not hold up the rest
    split=""
    [[ $1 == primary ]] && somebody_is_outside || return 0
    split=$(ask_all | table 0 | judge_split)
    [[ -n $split && $split == "$before" ]] || { split_told="" && return; }
    read -r word names _ <<<"$split"
    if [[ -z $split_told ]] || ((SECONDS - split_told >= 60)); then
        say "split brain: ${split#* }"
        split_told=$SECONDS
    fi
    [[ $word == behind ]] || return 0
    say "stops its server to settle"
    note_ahead "$(noted "$run_dir/status" "- - -" | cut -d ' ' -f 3)" "$names"
    leave_to_vote
}

somebody_is_outside() { # of the view this server is in
    local address inside
    inside=" $(others | cut -d ' ' -f 2 | tr '\n' ' ')"
    while read -r address; do
        [[ $inside == *" $address "* ]] || return 0
    done < <(peer_addresses)
    return 1
}

# PURE, as decide. behind: this member's component was left behind. torn: nobody knows which was. ahead: the other was.
judge_split() { # (the table on stdin) -> WORD REASON, or nothing
    local LC_ALL=C
    local self="" absent="" waited="" member parting word=""
    local -A known=() epoch_of=() conflict=() field=()
    _decide_read && [[ -n ${known[$self]-} && ${field[$self.phase]} == primary ]] || return 0
    local -a others=("${!known[@]}")
    _sort others
    # Who has not learnt of its own component's promotion yet, or has failed to, goes by those in its view.
    for member in "${others[@]}"; do
        [[ ${field[$member.phase]} == primary && ${field[$member.uuid]} == "${field[$self.uuid]}" ]] || continue
        _in_list "$member" "${field[$self.view]}" || continue
        field[$self.lineage]=$(lineage_longer "${field[$self.lineage]}" "${field[$member.lineage]}")
    done
    for member in "${others[@]}"; do
        [[ ${field[$member.phase]} == primary ]] || continue
        _apart "$self" "$member" || continue
        if _left_behind "$self" "$member"; then
            word="behind ${field[$member.view]} went on as Primary without this component from seqno $parting"
            break
        elif _left_behind "$member" "$self"; then
            : "${word:=ahead ${field[$member.view]} still Primary too, left behind at seqno $parting; ends by itself when it hears this}"
        else
            word="torn ${field[$member.view]} Primary too, and nobody knows who was promoted: the operator stops the wrong one"
        fi
    done
    printf '%s' "$word"
}
