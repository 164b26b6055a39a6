# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# Time sync by chrony.

chrony_conf() { if [ -d /etc/chrony ]; then echo /etc/chrony/chrony.conf; else echo /etc/chrony.conf; fi; }

sync_time() {
  local path kept lines="" server service=chronyd changed=no
  path="$(chrony_conf)"
  [ ! -d /etc/chrony ] || service=chrony
  for server in ${time_servers[@]+"${time_servers[@]}"}; do lines+="server $server iburst"$'\n'; done
  kept="$(sed '/^# begin galera-swarm$/,/^# end galera-swarm$/d' "$path")" || fail "cannot read $path; reinstall chrony and run again"
  if [ -n "$lines" ]; then
    put_file "$path" 0644 "$kept"$'\n# begin galera-swarm\n'"$lines"$'# end galera-swarm'
  else
    put_file "$path" 0644 "$kept"
  fi
  changed="$file_changed"
  if in_container && [ -e /etc/default/chrony ]; then
    put_file /etc/default/chrony 0644 'DAEMON_OPTS="-F 1 -x"'
    [ "$file_changed" = no ] || changed=yes
  fi
  start_time_service "$service" "$changed"
}

start_time_service() {
  local action=start
  [ "$2" = no ] || action=restart
  if runs_systemd; then
    { detached systemctl enable "$1" && detached systemctl "$action" "$1"; } || fail_with_log "cannot start $1; see the lines above"
  else
    detached service "$1" "$action" || fail_with_log "cannot start $1; see the lines above"
  fi
}
