# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# Looking at the engine, starting and stopping it.

engine_pid() {
  local pid
  pid="$(cat /run/docker.pid 2>/dev/null)" && [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] && echo "$pid"
}

engine_runs() { engine_pid >/dev/null; }

start_engine() {
  if runs_systemd; then
    detached systemctl enable --now docker.service
  else
    [ -x /etc/init.d/docker ] || fail "neither systemd nor /etc/init.d/docker is there to start the engine; use an image with one of them"
    rm -f /run/docker.pid
    detached service docker start
  fi
}

# On its own way down the engine gives each container 10 seconds, whatever grace its service asks for.
stop_containers() { [ ! -x "$stop_program" ] || ! engine_runs || logged "$stop_program" || true; }

# Without systemd the package's own stop kills the engine after 10 seconds: ask, and wait for it to end.
stop_engine() {
  local pid waited=0
  stop_containers
  if runs_systemd; then
    logged systemctl stop docker.socket docker.service
    return
  fi
  pid="$(engine_pid)" || return 0
  kill -TERM "$pid"
  while [ -e "/proc/$pid" ] && [ "$waited" -lt $((stop_seconds * 5)) ]; do
    sleep 0.2
    waited=$((waited + 1))
  done
  [ ! -e "/proc/$pid" ] || fail "the engine did not stop in $stop_seconds s; look at 'docker ps' on the server"
}

wait_for_engine() {
  local waited=0
  until engine_driver="$(timeout 10 docker info -f '{{.Driver}}' 2>/dev/null)" && [ -n "$engine_driver" ]; do
    sleep 0.2
    waited=$((waited + 1))
    if [ "$waited" -ge 300 ] || { [ "$waited" -ge 25 ] && ! engine_runs; }; then return 1; fi
  done
}

engine_words() {
  if runs_systemd; then journalctl -u docker -n 15 --no-pager -o cat; else tail -n 15 /var/log/docker.log; fi >>"$log_file" 2>&1 || true
}

remember_settings() {
  put_file "$state_dir/engine.restart-key" 0644 "$1"
  cp -f "$daemon_json" "$state_dir/daemon.json.working"
}
