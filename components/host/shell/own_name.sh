# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# The host's own name.

set_own_name() {
  if [ "$(uname -n)" != "$short_name" ] || [ "$(cat /etc/hostname 2>/dev/null)" != "$short_name" ]; then
    if runs_systemd; then
      logged hostnamectl set-hostname "$short_name" || fail_with_log "cannot set the host name $short_name; see the lines above"
    else
      put_file /etc/hostname 0644 "$short_name"
      hostname "$short_name" || fail "cannot set the host name $short_name; the guest must allow sethostname"
    fi
  fi
  if [ -d /etc/cloud/cloud.cfg.d ]; then
    put_file /etc/cloud/cloud.cfg.d/99-galera-swarm.cfg 0644 $'preserve_hostname: true\nmanage_etc_hosts: false'
  fi
  hosts_block self "$own_line"
}
