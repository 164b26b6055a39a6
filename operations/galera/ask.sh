# shellcheck shell=bash
# shellcheck source=/dev/null
# shellcheck disable=SC2154 # names of the files sourced here
# Runs in a member's container. What the member notes about itself, as it tells its peers, and what its server says by now:
# of a server that hangs the notes are old.
set -uo pipefail
: "${program_dir:=/opt/galera-swarm}"
for part in member view lineage state vote exchange; do
    . "$program_dir/$part.sh"
done

client=$(program mariadb mysql) || exit 1
own_answer
printf '\n'
sql=$(timeout 4 "$client" --defaults-file="$run_dir/monitor.cnf" --connect-timeout=2 -NBe "SHOW GLOBAL STATUS WHERE
    Variable_name IN ('wsrep_cluster_status', 'wsrep_last_committed', 'wsrep_local_state_comment')" 2>&1) ||
    { printf 'mute=%s\n' "${sql//$'\n'/ }" && exit 0; }
printf '%s\n' "${sql//$'\t'/=}"
