# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# The last Primary view: who was in the cluster when this member last had a quorum. Written by notify, read by everybody.
# File: UUID SEQNO NAME,NAME,...   SEQNO is -1 when the view's place in the order could not be found out.
# A Primary view takes a seqno as a transaction does. The file quiet knows since when there were only views: data that goes
# beyond another's by nothing else has nothing to lose.
# File: UUID FIRST LAST   of seqnos that are views, one after another

# Sets view_uuid, view_seqno, view_members; "-" where there is none or the file makes no sense.
read_view() {
    local told
    view_uuid=- view_seqno=- view_members=-
    read_note "$keep_dir/view"
    [[ $told =~ ^($uuid_pattern)\ (-1|[0-9]{1,18})\ ([A-Za-z0-9.,_-]+)$ ]] || return 0
    view_uuid=${BASH_REMATCH[1]} view_seqno=${BASH_REMATCH[2]} view_members=${BASH_REMATCH[3]}
}

# The names in wsrep_notify_cmd's --members UUID/NAME/ADDRESS,..., sorted.
member_names() { # MEMBERS
    local one
    for one in ${1//,/ }; do
        one=${one#*/}
        printf '%s\n' "${one%%/*}"
    done | LC_ALL=C sort -u | paste -sd, -
}

# The seqno of the newest view in the server's log, if it is this very view; else -1. The server logs a view right before
# it calls notify, from the same thread, and a primary view of Galera 4 takes a seqno of its own.
logged_seqno() { # UUID NAMES  (log on stdin)
    awk -v uuid="$1" -v names="$2" '
        /^View:/ || /Recovered view from SST:/ { id = status = list = ""; inside = 1; next }
        inside && $1 == "id:" { id = $2; next }
        inside && $1 == "status:" { status = $2; next }
        inside && /^\t[0-9]+: / { list = list $3 "\n"; next }
        inside && /^  [a-z_]+(\([0-9]+\))?:/ { next }
        { inside = 0 }
        END {
            split(id, at, ":")
            n = split(list, have, "\n") - 1
            m = split(names, want, ",")
            good = at[1] == uuid && status == "primary" && at[2] ~ /^[0-9]+$/ && n == m
            for (i = 1; i <= n; i++) seen[have[i]] = 1
            for (i = 1; i <= m; i++) if (!(want[i] in seen)) good = 0
            print good ? at[2] : -1
        }'
}

# Writes the view down. In one run of the server an older view never replaces a newer one: the events that an IST brings
# replay views that are history. A view that cannot be written is forgotten: no view at all parks, an old one misleads.
record_view() { # UUID NAMES SEQNO
    local newest
    newest=$(noted "$run_dir/newest_view" -1)
    if (($3 >= 0 && $3 < newest)); then
        return 0
    fi
    if [[ $(noted "$keep_dir/view") != "$1 $3 $2" ]]; then
        note_durably "$keep_dir/view" "$1 $3 $2" || { forget_view && return 1; }
    fi
    (($3 < 0)) || note "$run_dir/newest_view" "$3"
}

# Views one right after another had no transaction between them. It lasts for one way of the history: who joins or loses
# track begins anew.
note_quiet() { # UUID SEQNO of a view
    local uuid first last
    read -r uuid first last <<<"$(noted "$keep_dir/quiet" "- - -1")"
    if (($2 < 0)); then
        rm -f "$keep_dir/quiet"
    elif [[ $uuid == "$1" ]] && (($2 == last || $2 == last + 1)); then
        note "$keep_dir/quiet" "$1 $first $2"
    else
        note "$keep_dir/quiet" "$1 $2 $2"
    fi
}

# The first of the views that data at this position ends with, nothing but views behind it; "-" if it ends with another event.
read_quiet() { # UUID SEQNO; sets quiet
    local told
    quiet=-
    read_note "$keep_dir/quiet"
    [[ $told =~ ^($uuid_pattern)\ ([0-9]{1,18})\ ([0-9]{1,18})$ ]] || return 0
    [[ ${BASH_REMATCH[1]} != "$1" || ${BASH_REMATCH[3]} != "$2" ]] || quiet=${BASH_REMATCH[2]}
}

# Whom a Primary that went on without this member consists of. They count for it as those of its last view do: what the
# operator has chosen is not undone because it is down, or cannot be heard, while this member waits with what only it holds.
# File ahead: UUID NAME,NAME,...
note_ahead() { # UUID NAMES
    [[ $(noted "$keep_dir/ahead") == "$1 $2" ]] || note_durably "$keep_dir/ahead" "$1 $2"
}

count_ahead() { # PHASE, after read_view; sets ahead, and adds it to view_members
    local told name
    ahead=-
    case $1 in primary | nonprimary) return ;; esac
    read_note "$keep_dir/ahead"
    [[ $told =~ ^($uuid_pattern)\ ([A-Za-z0-9.,_-]+)$ && ${BASH_REMATCH[1]} == "$view_uuid" ]] || return 0
    ahead=${BASH_REMATCH[2]}
    for name in ${ahead//,/ }; do
        [[ ,$view_members, == *,"$name",* ]] || view_members+=,$name
    done
}

newest_primary_view() { # (answers on stdin) -> the highest seqno of a view that a Primary member shows, else -1
    sed -n 's/.* phase=primary .* view_seqno=\([0-9-]*\) .*/\1/p' | { cat && printf '%s\n' -1; } | sort -rn | grep -m 1 -E '^-?[0-9]+$'
}

forget_view() { rm -f "$keep_dir/view" && sync "$keep_dir"; }
