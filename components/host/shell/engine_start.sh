# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# The engine's first start.

# After a boot the engine must not start on the bare directory below a data disk that did not come, nor without the firewall.
guard_engine_systemd() {
  local needs=""
  [ "$firewall_closes" = no ] || needs="Requires=galera-swarm-firewall.service
After=galera-swarm-firewall.service
"
  [ "$disk_plan" = none ] || needs+="RequiresMountsFor=$data_root
"
  put_file /etc/systemd/system/docker.service.d/10-galera-swarm.conf 0644 "${needs:+[Unit]
$needs
}[Service]
ExecStop=-$stop_program
TimeoutStopSec=$((stop_seconds * 2))"
  [ "$file_changed" = no ] || logged systemctl daemon-reload || true
}

# Without systemd the order of boot scripts is not dependable, but the engine's own script reads /etc/default/docker first.
guard_engine_sysv() {
  local path=/etc/default/docker start="$firewall_path || true" kept
  [ "$firewall_closes" = no ] || start="$firewall_path boot || { echo 'galera-swarm: the firewall is not in place' >&2; exit 1; }"
  [ "$disk_plan" = none ] || start+="
    [ -e $data_root/$disk_mark ] || mount $data_root || { echo 'galera-swarm: the data disk is not mounted' >&2; exit 1; }"
  kept="$(sed '/^# begin galera-swarm$/,/^# end galera-swarm$/d' "$path" 2>/dev/null || true)"
  put_file "$path" 0644 "$kept
# begin galera-swarm
case \"\${1:-}\" in
  start)
    $start
    ;;
  stop) $stop_program || true ;;
esac
# end galera-swarm"
}

guard_engine() {
  put_file "$stop_program" 0755 "#!/bin/sh
# The grace that the engine itself, on its way down, does not give to containers.
docker ps -q | xargs -r docker stop -t $shutdown_timeout >/dev/null"
  if runs_systemd; then guard_engine_systemd; else guard_engine_sysv; fi
}

# The driver is the filesystem's choice, and the disk of this very server decides it.
first_settings() {
  if [ -n "$wanted_driver" ]; then printf '%s,"storage-driver":"%s"}' "${1%\}}" "$wanted_driver"; else printf '%s' "$1"; fi
}

seed_settings() {
  local path="$daemon_json"
  [ ! -e "$state_dir/engine.restart-key" ] || return 0
  [ -n "${1:-}" ] || fail "this script needs the engine's settings as its argument; run it through the program"
  if [ -e "$path" ] && [ ! -e "$path.before-galera-swarm" ]; then cp -p "$path" "$path.before-galera-swarm"; fi
  put_file "$path" 0644 "$(first_settings "$1")"
  if [ "$file_changed" = yes ] && engine_runs; then stop_engine; fi
}

set_up_engine() {
  check_kernel
  guard_engine
  seed_settings "${1:-}"
  if ! engine_runs; then start_engine || { engine_words; fail_with_log "the engine does not start; see the lines above"; }; fi
  wait_for_engine || { engine_words; fail_with_log "the engine does not answer; see the lines above"; }
  if [ -n "$wanted_driver" ] && [ "$engine_driver" != "$wanted_driver" ]; then
    fail "the engine uses storage driver $engine_driver instead of $wanted_driver; check that $data_root is on the data disk"
  fi
  if [ "$engine_driver" = vfs ]; then
    say "note: the engine found no better storage driver than vfs, which copies every layer; give $data_root a disk of its own"
  fi
  [ -e "$state_dir/engine.restart-key" ] || remember_settings "${2:-}"
  if [ ! -s "$state_dir/prepared" ]; then put_file "$state_dir/prepared" 0644 "$(cat /proc/sys/kernel/random/uuid)"; fi
}
