# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# What a member tells a human about its decision: who answered, what, who is missing, what would end the wait.

state_text() { # DATA UUID SEQNO SAFE
    case $1 in
    position) printf 'position %s:%s' "$2" "$3" ;;
    none) printf 'no data' ;;
    null) printf 'data without a position (it can only be replaced by an SST)' ;;
    foreign) printf 'data that never was in a cluster' ;;
    *) printf 'an unknown position' ;;
    esac
    [[ $4 == - ]] || printf ', safe_to_bootstrap %s (a hint, no proof)' "$4"
}

show_evidence() { # SECONDS VERDICT  (answers of the others on stdin)
    local verdict=$2 line view
    view=$(verdict_field view)
    case $(verdict_field verdict) in
    park) say "parked for $1 s: $(verdict_field reason)" ;;
    wait) say "waits for $1 s: $(verdict_field reason)" ;;
    *) say "decided after $1 s to $(verdict_field verdict): $(verdict_field reason)" ;;
    esac
    [[ -z $view ]] || say "  last Primary view ${view%% *}: ${view#* }"
    [[ -z $(absent_members) ]] || say "  declared absent: $(absent_members)"
    _show_answer "$(own_answer) address=this-member"
    while IFS= read -r line; do
        [[ -z $line ]] || _show_answer "$line"
    done
    [[ -z $(verdict_field until) ]] || say "  ends when $(verdict_field until)"
}

_show_answer() { # LINE
    local pair text
    local -A a=()
    for pair in $1; do
        [[ $pair != *=* ]] || a[${pair%%=*}]=${pair#*=}
    done
    text="${a[member]} at ${a[address]}: ${a[phase]}"
    if [[ ${a[phase]} == primary ]]; then
        text+=" in ${a[uuid]}"
    else
        text+=", $(state_text "${a[data]}" "${a[uuid]}" "${a[seqno]}" "${a[safe]}")"
    fi
    [[ ${a[view]} == - ]] || text+=", last view ${a[view_uuid]}:${a[view_seqno]} ${a[view]//,/ }"
    [[ ${a[lineage]} == - ]] || text+=", bootstrapped again at $(_last_points "${a[lineage]}")"
    [[ ${a[vote]} == - ]] || text+=", vote promised to ${a[vote]%%/*}"
    [[ ${a[permit]} != yes ]] || text+=", has a birth permit"
    say "  $text"
}

_last_points() { # LINEAGE
    local -a points
    IFS=, read -ra points <<<"$1"
    ((${#points[@]} <= 3)) || printf '%s earlier points, ' "$((${#points[@]} - 3))"
    printf '%s' "$(printf '%s\n' "${points[@]}" | tail -n 3 | paste -sd,)"
}
