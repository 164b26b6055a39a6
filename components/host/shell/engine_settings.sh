# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# A changed daemon.json on a running host.

check_settings() {
  local draft="$state_dir/daemon.json.draft"
  put_file "$draft" 0644 "$settings"
  if dockerd --help 2>&1 | grep -e '--validate' >/dev/null; then
    logged dockerd --validate --config-file "$draft" || fail_with_log "the engine refuses its new settings, nothing was changed; see the lines above"
  fi
  rm -f "$draft"
}

restart_engine() {
  engine_runs && stop_engine
  start_engine && wait_for_engine
}

change_settings() {
  local path="$daemon_json"
  [ -s "$state_dir/prepared" ] || fail "the host is not prepared yet; run the whole stack again"
  check_settings
  put_file "$path" 0644 "$settings"
  if [ "$(cat "$state_dir/engine.restart-key" 2>/dev/null)" != "$restart_key" ] || ! engine_runs; then
    say "restarting the engine of $host_name"
    if ! restart_engine; then
      engine_words
      put_file "$path" 0644 "$(cat "$state_dir/daemon.json.working")"
      restart_engine || true
      fail_with_log "the engine does not start with its new settings and was put back to the old ones; see the lines above"
    fi
  elif [ "$file_changed" = yes ]; then
    say "the engine of $host_name takes over its settings without a restart"
    kill -HUP "$(engine_pid)"
    wait_for_engine || fail "the engine stopped answering after it read its settings; see 'docker info' on the server"
  fi
  remember_settings "$restart_key"
}
