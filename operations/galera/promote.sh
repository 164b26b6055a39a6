# shellcheck shell=bash
# shellcheck source=/dev/null
# shellcheck disable=SC2154 # names of the files sourced here
# Runs in the container of a member that has lost its quorum, and makes its component Primary.
#
# The point at which the history goes on is noted first, as with every bootstrap: so whoever holds something beyond it is
# known for a branch when it comes back. If the component does not become Primary, the note goes: then nothing branched.
set -uo pipefail
: "${program_dir:=/opt/galera-swarm}"
: "${member_log:=/proc/1/fd/1}" # where the member itself says what it does
for part in member view lineage server; do
    . "$program_dir/$part.sh"
done
readonly patience=20

main() {
    local uuid seqno before
    exec {lock}>"$run_dir/promote.lock"
    take_lock "$lock" now || refuse "another promotion of this member is under way"
    [[ $(phase) == nonprimary ]] || refuse "it is $(phase), and only a member that runs without quorum can be promoted"
    client_config "$run_dir/promote.cnf" root <(password_of_root) ||
        refuse "its settings cannot be written"
    seqno=$(status_of wsrep_last_committed) || refuse "its server does not answer root: $seqno"
    uuid=$(noted "$run_dir/status") uuid=${uuid##* }
    [[ $seqno =~ ^[0-9]{1,18}$ && $uuid =~ ^$uuid_pattern$ ]] || refuse "its server does not tell its position"
    before=$(cat "$keep_dir/lineage" 2>/dev/null)
    extend_lineage "$uuid" "$seqno" || refuse "its notes cannot be written$(room_left)"
    sql "SET GLOBAL wsrep_provider_options='pc.bootstrap=true'" >"$run_dir/promote.out" 2>&1
    if await_primary; then
        say "promoted by the operator at $uuid:$seqno"
        { say "promoted by the operator at $uuid:$seqno" >>"$member_log"; } 2>/dev/null || :
    else
        give_back "$before"
        refuse "it did not become Primary within $patience s: $(noted "$run_dir/promote.out" "no error was told")"
    fi
}

password_of_root() { # as the operator gave it: while it rolls, the server takes another one than this container has
    if [[ -n ${root_password-} ]]; then
        printf '%s\n' "$root_password"
    else
        noted "$secrets_dir/galera_root_password"
    fi
}

sql() { # STATEMENT
    timeout "$patience" "$(program mariadb mysql)" --defaults-file="$run_dir/promote.cnf" --connect-timeout=5 -NBe "$1" 2>&1
}

status_of() { # NAME: its value, or the client's error
    local said
    said=$(sql "SHOW GLOBAL STATUS LIKE '$1'") || { printf '%s' "$said" && return 1; }
    printf '%s' "${said##*$'\t'}"
}

await_primary() {
    local until=$((SECONDS + patience))
    while ((SECONDS < until)); do
        [[ $(status_of wsrep_cluster_status) != Primary ]] || return 0
        pause 0.3
    done
    return 1
}

give_back() { # LINEAGE as it was
    if [[ -n $1 ]]; then
        note_durably "$keep_dir/lineage" "$1"
    else
        rm -f "$keep_dir/lineage" && sync "$keep_dir"
    fi
}

refuse() {
    printf '%s\n' "$1" >&2
    exit 1
}

trap 'rm -f "$run_dir/promote.cnf" "$run_dir/promote.out"' EXIT
main
