# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# Marked blocks of /etc/hosts: other lines stay as they are.

# Replaces the block marked $1 at the top of /etc/hosts by the lines that follow; the first match wins a look-up.
hosts_block() {
  local mark="$1" others
  shift
  others="$(sed "/^# begin galera-swarm $mark\$/,/^# end galera-swarm $mark\$/d" "$hosts_file")" ||
    fail "cannot read $hosts_file; restore it and run again"
  put_file "$hosts_file" 0644 "$(
    printf '# begin galera-swarm %s\n' "$mark"
    [ $# -eq 0 ] || printf '%s\n' "$@"
    printf '# end galera-swarm %s\n%s\n' "$mark" "$others"
  )"
}
