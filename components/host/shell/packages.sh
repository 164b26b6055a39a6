# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# Packages of the Debian/Ubuntu and the Rocky/CentOS Stream/RHEL families.

os_family() {
  local ids
  # shellcheck source=/dev/null
  ids=" $(. "$os_release" && printf '%s %s' "${ID:-}" "${ID_LIKE:-}") "
  case "$ids" in
    *" debian "* | *" ubuntu "*) echo debian ;;
    *" rhel "* | *" centos "* | *" rocky "* | *" fedora "*) echo redhat ;;
    *) echo unknown ;;
  esac
}

check_family() {
  [ "$(os_family)" != unknown ] ||
    fail "the operating system is neither of the Debian/Ubuntu nor of the Rocky/CentOS Stream/RHEL family; order a server with one of these"
}

apt_get() {
  local action="$1"
  shift
  detached env NEEDRESTART_SUSPEND=1 APT_LISTCHANGES_FRONTEND=none apt-get -y -q \
    -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold \
    -o APT::Install-Recommends=false -o Acquire::Retries=2 -o Acquire::http::Timeout=20 -o Acquire::https::Timeout=20 \
    "$action" "$@"
}

# The lists have a lock of their own for which apt does not wait; a fresh server's own first-boot jobs hold it for minutes.
apt_patiently() {
  local attempt
  for attempt in 1 2 3 4 5 6; do
    apt_get "$@" && return 0
    dpkg_repair
    sleep $((attempt * 3))
  done
  return 1
}

dpkg_repair() { [ -z "$(dpkg --audit 2>/dev/null)" ] || detached dpkg --configure -a --force-confdef --force-confold || true; }

debian_missing() {
  local package
  for package in "$@"; do
    [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || printf '%s\n' "$package"
  done
}

# Services must not start before the disk is mounted and daemon.json is written; packages ask policy-rc.d.
hold_services() {
  if [ -e "$start_policy" ] && ! grep -q galera-swarm "$start_policy"; then return; fi
  put_file "$start_policy" 0755 $'#!/bin/sh\n# galera-swarm: services start when the host is prepared\nexit 101'
}

release_services() { if grep -qs galera-swarm "$start_policy"; then rm -f "$start_policy"; fi; }

# Newer releases keep the client in a package of its own.
debian_wanted() {
  debian_missing "${debian_packages[@]}"
  if ! command -v docker >/dev/null && apt-cache show docker-cli 2>/dev/null | grep '^Package: docker-cli$' >/dev/null; then
    echo docker-cli
  fi
}

debian_install() {
  local missing
  dpkg_repair
  mapfile -t missing < <(debian_wanted)
  if [ ${#missing[@]} -eq 0 ]; then
    release_services
    return
  fi
  hold_services
  # The engine's package would restart itself, and every container, on an upgrade; when that happens is the operator's decision.
  printf 'docker.io docker.io/restart boolean false\n' | logged debconf-set-selections || true
  if ! apt_get install --no-download "${missing[@]}"; then
    dpkg_repair
    say "not everything lies in the package cache, updating the package lists"
    apt_patiently update || fail_with_log "apt-get update failed six times; check the server's DNS, its package sources and its way out"
    mapfile -t missing < <(debian_wanted)
    apt_patiently install "${missing[@]}" || fail_with_log "apt-get install ${missing[*]} failed six times; see the lines above"
  fi
  release_services
}

debian_update() {
  hold_services
  apt_patiently update || fail_with_log "apt-get update failed six times; check the server's DNS, its package sources and its way out"
  apt_patiently dist-upgrade || fail_with_log "apt-get dist-upgrade failed six times; see the lines above"
  release_services
  [ ! -e /run/reboot-required ] || say "note: the update asks for a reboot of $host_name; reboot it at a quiet time"
}

dnf_patiently() {
  local attempt
  for attempt in 1 2 3 4 5 6; do
    detached dnf -y -q --setopt=install_weak_deps=False --setopt=timeout=20 "$@" && return 0
    sleep $((attempt * 3))
  done
  return 1
}

redhat_missing() {
  local package
  for package in "$@"; do rpm -q --quiet --whatprovides "$package" || printf '%s\n' "$package"; done
}

redhat_install() {
  local missing
  mapfile -t missing < <(redhat_missing "${redhat_packages[@]}")
  [ ${#missing[@]} -gt 0 ] || return 0
  if [ ! -e "$repository_file" ]; then
    logged curl -fsSL --retry 5 --max-time 60 -o "$repository_file.part" "$engine_repository" ||
      fail_with_log "cannot fetch $engine_repository; check the server's DNS and its way out"
    mv -f "$repository_file.part" "$repository_file"
  fi
  dnf_patiently install "${missing[@]}" || fail_with_log "dnf install ${missing[*]} failed six times; see the lines above"
}

redhat_update() { dnf_patiently upgrade || fail_with_log "dnf upgrade failed six times; see the lines above"; }

# A server's own first boot installs packages and writes files too; let it end.
first_boot_done() {
  command -v cloud-init >/dev/null || return 0
  ! cloud-init status 2>/dev/null | grep running >/dev/null || say "waiting for the first boot of $host_name to end"
  logged timeout 300 cloud-init status --wait || true
}

install_packages() {
  first_boot_done
  case "$(os_family)" in
    debian) debian_install ;;
    redhat) redhat_install ;;
  esac
}
