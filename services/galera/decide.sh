#!/bin/bash
# Decides what a member that has started, and runs no server yet, does next.
#
# PURE: reads a table on stdin, prints a verdict on stdout, runs nothing but bash itself, touches nothing else. The same
# table gives the same verdict whatever the order of its lines. The rules are those of the design, section 6.
#
# Table:
#   self NAME                    the member that decides; its own answer is among the answers
#   absent NAME,NAME             members the operator declares gone for good (absent_members)
#   waited long                  this member has waited long enough for a Primary to notice that it was gone
#   answer KEY=VALUE ...         one for each answer heard; "-" is an empty value
#     member    name of the member                epoch     id of this start of it
#     address   where it can be joined            phase     recovering failed parked birth joining bootstrapping
#                                                           primary nonprimary stopping
#     data      none     no data directory        uuid      history UUID of its data (of the cluster when primary)
#               null     data without a position  seqno     its final recovered position
#               foreign  data that never was in   safe      safe_to_bootstrap, shown and never used
#                        a cluster                permit    yes: a birth permit lies in its volume, and its data,
#                                                           if any, was made by that very permit
#               position data at uuid:seqno       discard   the UUID (or "foreign") it may throw away
#               unknown  not found out (yet)      consent   uuid:seqno it may bootstrap from without any view
#     view_uuid view_seqno view    last Primary view it recorded; view_seqno -1: its place in the order is unknown
#     quiet     the first of the views, nothing else, that its data ends with
#     ahead     who was in the Primary that it parked beside, and that had gone on without what it holds
#     lineage   SEQNO/ID,...     where this history was bootstrapped again, oldest first
#
# Verdict, one KEY=VALUE a line:
#   verdict   join | bootstrap | birth | wait | park     (wait: will end by itself; park: somebody has to come or to act)
#   reason    one sentence
#   until     what ends a wait or a park
#   winner    who bootstraps, when that is known
#   voters    bootstrap: whose vote is needed (everybody heard and everybody that counts, but not self)
#   view      the newest last Primary view, UUID:SEQNO and its members, where one decided
#   primaries join: the members that are Primary
#   lineage   join: the lineage of the history that is joined
#   discard   join: yes, if that throws away data which the operator allowed to be thrown away; views, if it throws away
#             nothing but views
#   ahead     park: the members of the Primary that went on without what this member holds

# shellcheck source=services/galera/lineage.sh
. "${BASH_SOURCE[0]%/*}/lineage.sh"
# shellcheck source=services/galera/table.sh
. "${BASH_SOURCE[0]%/*}/table.sh"
# shellcheck source=services/galera/elect.sh
. "${BASH_SOURCE[0]%/*}/elect.sh"

decide() {
    local LC_ALL=C
    local self="" absent="" waited="" member
    local -A known=() epoch_of=() conflict=() field=()
    _decide_read || return 1
    if [[ -n $self && -n ${conflict[$self]-} ]]; then
        _verdict wait "somebody else answers as $self" "only one of them is left"
        return
    fi
    if [[ -z $self || -z ${known[$self]-} || ${field[$self.phase]} != parked ]]; then
        _verdict wait "this member's own answer is not in the table yet" "its own position is known"
        return
    fi
    local -a answered=("${!known[@]}")
    _sort answered
    _decide_join && return
    _decide_unsettled && return
    _decide_birth && return
    _decide_bootstrap
}

# ---- rule 1: a Primary answers: join it --------------------------------------------------------------------------

_decide_join() {
    local -a primaries=()
    local -A uuids=()
    for member in "${answered[@]}"; do
        [[ ${field[$member.phase]} == primary && $member != "$self" ]] || continue
        primaries+=("$member")
        uuids[${field[$member.uuid]}]+="${uuids[${field[$member.uuid]}]:+,}$member"
    done
    ((${#primaries[@]})) || return 1
    local uuid=${field[${primaries[0]}.uuid]} lineage=- text=""
    if ((${#uuids[@]} > 1)); then
        local -a both=("${!uuids[@]}")
        _sort both
        for uuid in "${both[@]}"; do
            text+="${text:+; }$uuid is Primary on ${uuids[$uuid]//,/, }"
        done
        _verdict park "two clusters answer: $text" "the operator stops the wrong one"
        return
    fi
    _decide_components && return
    for member in "${primaries[@]}"; do
        lineage=$(lineage_longer "$lineage" "${field[$member.lineage]}")
    done
    local discard=""
    _decide_own_data "$uuid" "$lineage" && return
    # Killed and back at once, it would join a component that may lose its quorum the moment it notices the death.
    for member in "${primaries[@]}"; do
        if [[ $waited == long ]] || ! _in_list "$self" "${field[$member.view]}"; then
            continue
        fi
        _verdict wait "$member has not noticed yet that this member's last run has ended" "it has"
        return
    done
    _verdict join "Primary in $uuid: ${primaries[*]}" "" primaries "${primaries[*]}" lineage "$lineage" discard "$discard"
}

# One history, and two components of it are Primary: one was promoted while the other was out of sight. Who joins the one is
# a bridge to the other, so the one that was left behind has to end first.
_decide_components() {
    local one other parting
    for one in "${primaries[@]}"; do
        for other in "${primaries[@]}"; do
            _apart "$one" "$other" || continue
            if _left_behind "$one" "$other"; then
                _verdict wait "$one is Primary too, in a component that $other went on without from seqno $parting" \
                    "$one stops, which it does by itself when it hears $other"
            elif ! _left_behind "$other" "$one"; then
                _verdict park "two components of one history are Primary: ${field[$one.view]} and ${field[$other.view]}" \
                    "the operator stops the wrong one"
            else
                continue
            fi
            return 0
        done
    done
    return 1
}

_in_primaries() { # the names of those that are Primary, and of all in their views
    local name names=""
    for member in "${primaries[@]}"; do
        for name in "$member" ${field[$member.view]//,/ }; do
            [[ $name == - ]] || _in_list "$name" "$names" || names+="${names:+,}$name"
        done
    done
    printf '%s' "$names"
}

_decide_own_data() { # UUID LINEAGE of the Primary: the reasons not to join it
    local allowed=${field[$self.discard]} own=${field[$self.uuid]} parting=""
    case ${field[$self.data]} in
    unknown)
        _verdict wait "its own position is not known" "the recovery of its position ends"
        ;;
    foreign)
        [[ $allowed != foreign ]] || { discard=yes && return 1; }
        _verdict park "its data never was in a cluster, the Primary is $1: joining would throw the data away" \
            "the operator moves the data away, or allows it to be thrown away (discard foreign)"
        ;;
    position)
        if [[ $own != "$1" ]]; then
            [[ $allowed != "$own" ]] || { discard=yes && return 1; }
            _verdict park "its data is of $(_at "$self"), the Primary is $1: joining would throw the data away" \
                "the operator moves the data away, or allows it to be thrown away (discard $own)"
        elif _parted "$self" "$2" ""; then
            ! _only_views_beyond_parting "$self" || { discard=views && return 1; }
            [[ $allowed != "$own" ]] || { discard=yes && return 1; }
            _verdict park "it holds transactions up to $(_at "$self"), but the Primary went on without them from seqno $parting" \
                "the operator allows them to be thrown away (discard $own)" ahead "$(_in_primaries)"
        else
            return 1
        fi
        ;;
    *) return 1 ;;
    esac
}

# ---- nobody is Primary: let those who are on their way arrive ----------------------------------------------------

_decide_unsettled() {
    local phase
    for member in "${answered[@]}"; do
        phase=${field[$member.phase]}
        case $phase in
        bootstrapping | birth)
            _verdict wait "$member bootstraps" "$member is Primary" winner "$member"
            return
            ;;
        esac
    done
    for member in "${answered[@]}"; do
        phase=${field[$member.phase]}
        case $phase in
        joining) _verdict wait "$member joins a Primary" "it is Synced, or gives up" ;;
        recovering) _verdict wait "$member recovers its position" "it has recovered" ;;
        stopping) _verdict wait "$member stops" "it has stopped" ;;
        nonprimary) _verdict wait "$member runs without quorum" "it finds its quorum again, or gives up and parks" ;;
        *) continue ;;
        esac
        return
    done
    return 1
}

# ---- birth, and rule 2: no data, no Primary ----------------------------------------------------------------------

_decide_birth() {
    local data=${field[$self.data]} other=""
    if [[ ${field[$self.permit]} == yes && ${field[$self.view]} == - ]]; then
        for member in "${answered[@]}"; do
            [[ $member != "$self" ]] || continue
            if [[ ${field[$member.permit]} == yes ]]; then
                _verdict park "both it and $member have a birth permit" "one permit is taken back"
                return
            fi
            [[ ${field[$member.view]} == - && ${field[$member.data]} =~ ^(none|null)$ ]] && continue
            other+="${other:+, }$member"
        done
        if [[ -n $other ]]; then
            _verdict park "it has a birth permit, but there are traces of a cluster on $other" \
                "a Primary appears, or the operator finds out whose data that is"
        else
            _verdict birth "it has a birth permit, and no member that answers has data" ""
        fi
        return
    fi
    case $data in
    none | null) _verdict park "it has no data and nobody is Primary" "a Primary appears, or its birth permit comes" ;;
    foreign) _verdict park "its data never was in a cluster and nobody is Primary" "a Primary appears, or the operator acts" ;;
    unknown) _verdict wait "its own position is not known" "the recovery of its position ends" ;;
    *) return 1 ;;
    esac
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    set -uo pipefail
    decide
fi
