# shellcheck shell=bash
# shellcheck disable=SC2004,SC2034,SC2154 # the arrays are decide's own, and associative
# The table decide.sh reads, in arrays: known (who was heard), conflict (who answers from two places), field (MEMBER.KEY);
# and the small questions that every rule asks. Part of decide.sh, and as pure.

readonly _uuid='[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
readonly _name='[A-Za-z0-9][A-Za-z0-9._-]*'

_decide_read() {
    local word rest line
    while IFS= read -r line; do
        word=${line%% *} rest=${line#"${line%% *}"} rest=${rest# }
        case $word in
        self) self=$rest ;;
        absent) absent=$rest ;;
        waited) waited=$rest ;;
        answer) _decide_answer "$rest" ;;
        '') ;;
        *) return 1 ;;
        esac
    done
    for member in "${!conflict[@]}"; do
        unset "known[$member]"
    done
}

_decide_answer() {
    local -A a=()
    local pair key
    for pair in $1; do
        key=${pair%%=*}
        [[ $pair == [a-z]*=* && -z ${a[$key]-} ]] || return 0 # not an answer: its member stays unheard
        a[$key]=${pair#*=}
    done
    _decide_valid || return 0
    member=${a[member]}
    if [[ -n ${known[$member]-} && ${epoch_of[$member]} != "${a[epoch]}" ]]; then
        conflict[$member]=yes
        return 0
    fi
    known[$member]=yes epoch_of[$member]=${a[epoch]}
    for key in address phase data uuid seqno safe permit discard consent view_uuid view_seqno view quiet ahead lineage; do
        field[$member.$key]=${a[$key]:--}
    done
}

# A regular expression is compiled at each match, and one with a large bound takes longer than all else here: lengths of
# what every answer carries are compared.
_decide_valid() { # of the array a
    local number='(0|[1-9][0-9]{0,17})' name
    [[ ${a[member]-} =~ ^$_name$ && ${#a[member]} -le 63 ]] || return 1
    [[ ${a[epoch]-} =~ ^[0-9a-f]+$ && ${#a[epoch]} -ge 8 && ${#a[epoch]} -le 64 ]] || return 1
    [[ ${a[address]:--} =~ ^(-|[0-9.]{7,15})$ ]] || return 1
    case ${a[phase]-} in
    recovering | failed | parked | birth | joining | bootstrapping | primary | nonprimary | stopping) ;;
    *) return 1 ;;
    esac
    case ${a[data]-} in
    position) [[ ${a[uuid]-} =~ ^$_uuid$ && ${a[seqno]-} =~ ^$number$ ]] || return 1 ;;
    none | null | foreign | unknown) ;;
    *) return 1 ;;
    esac
    [[ ${a[phase]} != primary || ${a[uuid]-} =~ ^$_uuid$ ]] || return 1
    if [[ ${a[view]:--} != - ]]; then
        [[ ${a[view]} =~ ^$_name(,$_name)*$ && ${a[view_uuid]-} =~ ^$_uuid$ ]] || return 1
        for name in ${a[view]//,/ }; do
            ((${#name} <= 63)) || return 1
        done
        [[ ${a[view_seqno]-} =~ ^(-1|$number)$ ]] || return 1
    fi
    [[ ${a[quiet]:--} =~ ^(-|$number)$ && ${a[ahead]:--} =~ ^(-|$_name(,$_name)*)$ ]] || return 1
    [[ ${a[lineage]:--} == - || ${a[lineage]} =~ ^$number/[0-9a-f]+(,$number/[0-9a-f]+)*$ ]]
}

_in_list() { [[ ,$2, == *,"$1",* ]]; } # NAME LIST

_at() { printf '%s:%s' "${field[$1.uuid]}" "${field[$1.seqno]}"; }

# Sorts the array of that name, in the order of the bytes. Tables are small.
_sort() { # ARRAY
    local -n items=$1
    local i j item
    for ((i = 1; i < ${#items[@]}; i++)); do
        item=${items[i]}
        for ((j = i; j > 0; j--)); do
            [[ ${items[j - 1]} > $item ]] || break
            items[j]=${items[j - 1]}
        done
        items[j]=$item
    done
}

# Does MEMBER's data go beyond the point where its history and LINEAGE's part? That is looked up from both sides: LINEAGE
# was bootstrapped again without the end of MEMBER's data, or MEMBER's branch without data that went on as LINEAGE, up to
# SEQNO at least ("" when it runs and goes on). Sets parting.
_parted() { # MEMBER LINEAGE SEQNO
    local own=${field[$1.seqno]} theirs="" mine=""
    ! lineage_parting "${field[$1.lineage]}" "$2" || theirs=$parting
    ! lineage_parting "$2" "${field[$1.lineage]}" || mine=$parting
    [[ -z $theirs ]] || ((own > theirs)) || theirs=""
    [[ -z $mine ]] || { ((own > mine)) && [[ -z $3 || $3 -gt $mine ]]; } || mine=""
    parting=${theirs:-$mine}
    [[ -z $theirs || -z $mine ]] || parting=$((theirs < mine ? theirs : mine))
    [[ -n $parting ]]
}

# Is MEMBER's data beyond the parting that _parted has found nothing but views? Then it has nothing to lose, and that part
# of its history is another one all the same.
_only_views_beyond_parting() { [[ ${field[$1.quiet]} != - ]] && ((${field[$1.quiet]} <= parting + 1)); } # MEMBER

# Two that are Primary of one history, each in a view without the other's members: two components, and not one that is about
# to change. Views are written down before they are acted on, so members of one component share somebody.
_apart() { # MEMBER OTHER
    local name
    [[ ${field[$1.uuid]} == "${field[$2.uuid]}" ]] && _shows_own_view "$1" && _shows_own_view "$2" || return 1
    for name in ${field[$1.view]//,/ }; do
        ! _in_list "$name" "${field[$2.view]}" || return 1
    done
}

_shows_own_view() { _in_list "$1" "${field[$1.view]}" && [[ ${field[$1.view_uuid]} == "${field[$1.uuid]}" ]]; }

# Was OTHER's component bootstrapped or promoted without MEMBER's, and not the other way round? Sets parting.
_left_behind() { # MEMBER OTHER
    ! lineage_parting "${field[$2.lineage]}" "${field[$1.lineage]}" &&
        lineage_parting "${field[$1.lineage]}" "${field[$2.lineage]}"
}

_verdict() { # verdict reason until [key value]...
    printf 'verdict=%s\nreason=%s\nuntil=%s\n' "$1" "$2" "$3"
    shift 3
    while (($# >= 2)); do
        printf '%s=%s\n' "$1" "$2"
        shift 2
    done
}
