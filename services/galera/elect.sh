# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the arrays are decide's own
# Rules 3 to 5: nobody is Primary, who counts, who is missing, who bootstraps. Part of decide.sh, and as pure.

_decide_bootstrap() {
    local uuid newest="" view_at="" required="" missing="" winner="" voters=""
    _decide_histories && return
    uuid=${field[$self.uuid]}
    _decide_view
    if [[ -z $required ]]; then
        _decide_without_view
        return
    fi
    local -a view=(view "$view_at ${newest//,/ }")
    for member in ${required//,/ }; do
        [[ -n ${known[$member]-} ]] && continue
        missing+="${missing:+, }$member"
        [[ -z ${conflict[$member]-} ]] || missing+=" (answers from two places)"
    done
    if [[ -n $missing ]]; then
        _verdict park "of the last Primary view $missing did not answer, and silence is not death" \
            "$missing answers, a Primary appears, or the operator names it in database.absent" "${view[@]}"
        return
    fi
    for member in ${required//,/ }; do
        [[ ${field[$member.phase]} == parked && ${field[$member.data]} != unknown ]] && continue
        _verdict park "$member counts, and could not find its position" "$member recovers, or a Primary appears" "${view[@]}"
        return
    done
    _decide_winner
}

# Two histories are never weighed against each other.
_decide_histories() {
    local -A holders=()
    local text=""
    for member in "${answered[@]}"; do
        if [[ ${field[$member.data]} == position ]]; then
            uuid=${field[$member.uuid]}
            [[ ${field[$member.discard]} != "$uuid" ]] || continue
            holders[$uuid]+="${holders[$uuid]:+, }$member at ${field[$member.seqno]}"
        fi
        if [[ ${field[$member.view]} != - && ${field[$member.view_uuid]} != "${field[$member.uuid]}" ]]; then
            uuid=${field[$member.view_uuid]}
            [[ ${field[$member.discard]} != "$uuid" ]] || continue
            holders[$uuid]+="${holders[$uuid]:+, }the last view of $member"
        fi
    done
    if ((${#holders[@]} > 1)); then
        local -a all=("${!holders[@]}")
        _sort all
        for uuid in "${all[@]}"; do
            text+="${text:+; }$uuid: ${holders[$uuid]}"
        done
        _verdict park "there are ${#holders[@]} histories: $text" \
            "the operator decides which one lives, and allows the others to be thrown away (discard UUID)"
        return
    fi
    if [[ -z ${holders[${field[$self.uuid]}]-} ]]; then
        _verdict park "it may throw its data away, and nobody is Primary" "a Primary appears"
        return
    fi
    return 1
}

# Sets newest (members), view_at and required (who has to be heard) from the newest view that leaves somebody to hear.
# Views of one place in the order, and views whose place is unknown, count together: nobody is left out by a guess.
_decide_view() {
    local place=-1 name
    local -a members places
    _view_places
    for place in "${places[@]}"; do
        members=()
        for member in "${answered[@]}"; do
            _knows_view "$member" || continue
            [[ ${field[$member.view_seqno]} == "$place" || ${field[$member.view_seqno]} == -1 ]] || continue
            for name in ${field[$member.view]//,/ }; do
                [[ " ${members[*]} " == *" $name "* ]] || members+=("$name")
            done
        done
        _sort members
        newest="${members[*]}" required=""
        for name in "${members[@]}"; do
            _in_list "$name" "$absent" || required+="${required:+,}$name"
        done
        [[ -z $required ]] || break
    done
    newest=${newest// /,}
    view_at="$uuid:$place"
    [[ -n $required ]] || return 0
    for name in ${newest//,/ }; do # a member declared absent that answers all the same is heard
        _in_list "$name" "$required" || [[ -z ${known[$name]-} ]] || required+=",$name"
    done
}

_knows_view() { [[ ${field[$1.view]} != - && ${field[$1.view_uuid]} == "$uuid" ]] && ! _is_left_behind "$1"; }

# Did MEMBER park beside a Primary that went on without it, and is somebody of that Primary here with its data? Then that is
# decided: neither its data nor its view counts.
_is_left_behind() { # MEMBER
    local name
    for name in ${field[$1.ahead]//,/ }; do
        [[ -n ${known[$name]-} && ${field[$name.data]} == position && ${field[$name.uuid]} == "$uuid" ]] || continue
        [[ ${field[$name.discard]} == "$uuid" ]] || return 0
    done
    return 1
}

_view_places() { # sets places: the seqnos of the views, the newest first; -1 if there are only views of unknown place
    local seqno i
    places=()
    for member in "${answered[@]}"; do
        _knows_view "$member" || continue
        seqno=${field[$member.view_seqno]}
        for ((i = 0; i < ${#places[@]}; i++)); do
            ((seqno < places[i])) || break
        done
        [[ ${places[i]-} == "$seqno" ]] || places=("${places[@]:0:i}" "$seqno" "${places[@]:i}")
    done
    ((${#places[@]} < 2)) || [[ ${places[-1]} != -1 ]] || unset 'places[-1]'
}

_decide_without_view() {
    if [[ ${field[$self.consent]} == "$(_at "$self")" ]]; then
        winner=$self
        _decide_voters
        _verdict bootstrap "nobody is left to be heard, and the operator consents to ${field[$self.consent]}" "" \
            winner "$self" voters "$voters"
        return
    fi
    if [[ -n $newest ]]; then
        _verdict park "every member of the last Primary view is declared absent" \
            "a Primary appears, or the operator corrects database.absent"
        return
    fi
    _verdict park "nobody that answers knows the last Primary view, so nobody knows who has to be heard" \
        "a member that knows it answers, a Primary appears, or the operator consents to $(_at "$self")"
}

_decide_winner() {
    local -a candidates=()
    local left_behind="" other in_view="" parting=""
    for member in "${answered[@]}"; do
        [[ ${field[$member.data]} == position && ${field[$member.uuid]} == "$uuid" ]] || continue
        [[ ${field[$member.phase]} == parked && ${field[$member.discard]} != "$uuid" ]] || continue
        ! _is_left_behind "$member" || { left_behind+=" $member" && continue; }
        for other in "${answered[@]}"; do
            [[ ${field[$other.data]} == position && ${field[$other.uuid]} == "$uuid" ]] || continue
            [[ ${field[$other.discard]} != "$uuid" ]] || continue
            _in_list "$other" "$required" || continue
            [[ $other != "$member" ]] || continue
            ! _is_left_behind "$other" || continue
            _parted "$member" "${field[$other.lineage]}" "${field[$other.seqno]}" || continue
            if _in_list "$member" "$required"; then
                _verdict park "$member at $(_at "$member") and $other at $(_at "$other") went different ways in one history" \
                    "the operator decides which one lives, and allows the other to be thrown away (discard $uuid)" "${view[@]}"
                return
            fi
            left_behind+=" $member"
            continue 2
        done
        candidates+=("$member")
        _in_list "$member" "$required" && in_view=yes
    done
    if [[ -z $in_view ]]; then
        _verdict park "no member of the last Primary view has data any more" \
            "a Primary appears, or the operator declares the members without data absent and accepts older data" "${view[@]}"
        return
    fi
    for member in "${candidates[@]}"; do # answered, and so candidates, are in the order of their names
        [[ -n $winner ]] && ((${field[$member.seqno]} <= ${field[$winner.seqno]})) && continue
        winner=$member
    done
    if [[ " $left_behind " == *" $self "* ]]; then
        _verdict park "it holds transactions the others went on without" \
            "a Primary appears, and the operator allows them to be thrown away (discard $uuid)" winner "$winner" "${view[@]}"
    elif [[ $winner != "$self" ]]; then
        _verdict wait "$winner bootstraps: it has the highest position, $(_at "$winner")" "$winner is Primary" \
            winner "$winner" "${view[@]}"
    else
        _decide_voters
        _verdict bootstrap "all that count have answered, and it has the highest position, $(_at "$self")" "" \
            winner "$self" voters "$voters" "${view[@]}"
    fi
}

_decide_voters() {
    for member in "${answered[@]}"; do
        [[ $member == "$self" ]] || voters+="${voters:+,}$member"
    done
}
