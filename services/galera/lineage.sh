# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# The lineage: the points SEQNO/ID at which this history was bootstrapped again, oldest first, "-" for none.
#
# Members that were in one component have the same points up to there. A lineage keeps its oldest and its newest points;
# SEQNO/0 stands for those between that were left out, with the seqno of the first of them.
# File: the lineage; after a bootstrap also, on a second line, what it was before.

lineage_half=24 # points are kept at either end

# The lineage of data at SEQNO that is bootstrapped again. A point beyond the data was never reached: its Primary was to
# be joined, and was not.
lineage_with() { # LINEAGE SEQNO ID
    local -a points=()
    [[ $1 == - ]] || IFS=, read -ra points <<<"$1"
    while ((${#points[@]})) && ((${points[-1]%%/*} > $2)); do
        unset 'points[-1]'
    done
    points+=("$2/$3")
    if ((${#points[@]} > 2 * lineage_half + 1)); then
        points=("${points[@]:0:lineage_half}" "${points[lineage_half]%%/*}/0" "${points[@]:lineage_half + 2}")
    fi
    (IFS=, && printf '%s' "${points[*]}")
}

# Where OTHER left the way that it has in common with LINEAGE: its first point behind the last that both have. Sets
# parting to the seqno; 1 if OTHER has no such point. Points left out are in common with nothing.
lineage_parting() { # LINEAGE OTHER
    local -a points=()
    local i
    parting=""
    [[ $2 == - ]] || IFS=, read -ra points <<<"$2"
    for ((i = ${#points[@]} - 1; i >= 0; i--)); do
        [[ ${points[i]} == */0 || ,$1, != *,"${points[i]}",* ]] || break
        parting=${points[i]%%/*}
    done
    [[ -n $parting ]]
}

# Of two lineages in one component the one that says more: somebody in it may have lost its notes.
lineage_longer() { # LINEAGE OTHER
    local one=${1##*,} other=${2##*,}
    if [[ $1 == - ]]; then
        printf '%s' "$2"
    elif [[ $2 == - ]] || ((${one%%/*} > ${other%%/*} || (${one%%/*} == ${other%%/*} && ${#1} >= ${#2}))); then
        printf '%s' "$1"
    else
        printf '%s' "$2"
    fi
}

# This member's lineage. A bootstrap that ended before its first view was written down has let nobody in and changed
# nothing: it never was, however often it is tried.
own_lineage() { # PHASE DATA UUID SEQNO  (after read_view)
    local lineage="" before="" last
    { IFS= read -r lineage && IFS= read -r before; } 2>/dev/null <"$keep_dir/lineage"
    lineage=${lineage:--}
    last=${lineage##*,} last=${last%%/*}
    if [[ -n $before && $1 =~ ^(recovering|failed|parked|bootstrapping)$ && $2 == position && $4 == "$last" ]]; then
        if [[ $view_uuid == "$3" ]] && ((view_seqno >= 0 && view_seqno <= last)); then
            lineage=$before
        fi
    fi
    printf '%s' "$lineage"
}

# The history goes on from our position, whatever somebody who was not heard holds beyond it.
extend_lineage() { # UUID SEQNO
    local before quiet
    read_view
    read_quiet "$1" "$2"
    rm -f "$keep_dir/ahead"
    [[ $quiet != - ]] || rm -f "$keep_dir/quiet" # the seqnos behind ours are taken again; before what is synced next
    before=$(own_lineage parked position "$1" "$2")
    note_durably "$keep_dir/lineage" "$(lineage_with "$before" "$2" "$(new_id | head -c 12)")"$'\n'"$before"
}

# A joiner learnt its lineage before it joined. Whoever it really joined may have been bootstrapped once more since.
# Learns nothing and returns 2 if they went on from a point before SEQNO without this member, which was in a Primary view
# there whose members all had its lineage.
learn_lineage() { # UUID [SEQNO]  (answers on stdin)
    local line own lineage theirs parting
    own=$(noted "$keep_dir/lineage" -) lineage=$own
    while IFS= read -r line; do
        [[ $(answer_field "$line" phase) == primary && $(answer_field "$line" uuid) == "$1" ]] || continue
        theirs=$(answer_field "$line" lineage)
        ! lineage_parting "$own" "$theirs" || ((parting >= ${2:--1})) || return 2
        lineage=$(lineage_longer "$lineage" "$theirs")
    done
    [[ $lineage != "$own" ]] || return 0
    lineage_parting "$lineage" "$own" || note_durably "$keep_dir/lineage" "$lineage"
}
