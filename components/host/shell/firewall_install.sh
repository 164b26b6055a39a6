# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# The firewall program put in place, for now and for every boot.

# Two owners of one firewall undo each other's work.
retire_other_firewalls() {
  local had_engine=no
  runs_systemd || return 0
  if systemctl -q is-active firewalld 2>/dev/null; then
    say "firewalld gives way to this product's rules"
    ! engine_runs || had_engine=yes
    logged systemctl disable --now firewalld || fail_with_log "cannot stop firewalld; see the lines above"
    [ "$had_engine" = no ] || { stop_engine && start_engine; }
  fi
  if command -v ufw >/dev/null && ufw status 2>/dev/null | grep '^Status: active' >/dev/null; then
    say "ufw gives way to this product's rules"
    logged ufw disable || fail_with_log "cannot stop ufw; see the lines above"
  fi
}

# The engine's unit requires this one, so stopping it would stop every container: systemd refuses to.
start_firewall_at_boot() {
  if runs_systemd; then
    put_file /etc/systemd/system/galera-swarm-firewall.service 0644 "[Unit]
Description=Firewall of galera-swarm
Wants=network-online.target
After=network-online.target
Before=docker.service
RefuseManualStop=yes

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=$firewall_path boot

[Install]
WantedBy=multi-user.target"
    [ "$file_changed" = no ] || logged systemctl daemon-reload || true
    logged systemctl enable galera-swarm-firewall.service || fail_with_log "cannot enable the firewall at boot; see the lines above"
  else
    put_file /etc/init.d/galera-swarm-firewall 0755 "#!/bin/sh
### BEGIN INIT INFO
# Provides:          galera-swarm-firewall
# Required-Start:    \$network \$local_fs
# Required-Stop:
# X-Start-Before:    docker
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: Firewall of galera-swarm
### END INIT INFO
case \"\${1:-start}\" in start | restart | force-reload) exec $firewall_path boot ;; esac"
    if [ "$file_changed" = yes ] && command -v update-rc.d >/dev/null; then
      logged update-rc.d galera-swarm-firewall defaults || fail_with_log "cannot enable the firewall at boot; see the lines above"
    fi
  fi
}

set_up_firewall() {
  retire_other_firewalls
  put_file "$firewall_path" 0755 "$firewall_program"
  logged "$firewall_path" || fail_with_log "the firewall rules cannot be applied; see the lines above"
  start_firewall_at_boot
}
