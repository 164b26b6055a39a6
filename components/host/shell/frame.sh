# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # the names are assigned from the plan, in front of this part
# The frame of every script: progress, errors, log, lock, files written whole or not at all.

export LC_ALL=C DEBIAN_FRONTEND=noninteractive
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# A line goes out in a subshell: when the caller is gone, SIGPIPE ends the subshell and the work goes on to its end.
say() { (printf 'galera-swarm: %s\n' "$*") >&2 || true; }
answer() { (printf '%s\n' "$*") || true; }

# A step that takes long shows every 15 seconds that it lives. Nothing of this may hold the caller's pipes, nor outlive the script.
step() {
  say "$1"
  printf '%s %s\n' "$(date -u +%FT%TZ)" "$1" >>"$log_file"
  stop_ticker
  tick "$1" 9>&- &
  ticker=$!
}

tick() {
  local seconds=15
  # A read that times out is a sleep without a child that could outlive us.
  while { read -r -t 15 <> <(:) || true; } && kill -0 $$ 2>/dev/null; do
    say "$1, for $seconds s now"
    seconds=$((seconds + 15))
  done
}

stop_ticker() {
  [ -n "${ticker:-}" ] || return 0
  kill "$ticker" 2>/dev/null || true
  wait "$ticker" 2>/dev/null || true
  ticker=""
}

finish() {
  stop_ticker
  if declare -F release_services >/dev/null; then release_services; fi
}

fail() {
  say "$host_name: $*"
  exit 1
}

# For failures of other people's programs: their own last words, then our sentence.
fail_with_log() {
  say "last lines of $log_file:"
  tail -n 15 "$log_file" >&2 || true
  fail "$@"
}

# Both send a command's output to the log. Descriptor 9 is the lock: what may leave a daemon behind must not inherit it.
logged() { "$@" >>"$log_file" 2>&1; }
detached() { "$@" >>"$log_file" 2>&1 9>&-; }

begin() {
  trap finish EXIT
  [ "$(id -u)" -eq 0 ] || fail "host preparation needs root; log in as root or as a user with passwordless sudo"
  umask 022
  mkdir -p "$state_dir"
  command -v flock >/dev/null || fail "flock is missing; install the package util-linux on the server"
  exec 9>>"$state_dir/$lock_name.lock"
  if ! flock -n 9; then
    say "an earlier preparation of $host_name is still running, waiting for it to end"
    flock -w 900 9 || fail "an earlier preparation still holds $state_dir/$lock_name.lock after 15 minutes; look for it with 'fuser $state_dir/$lock_name.lock', end it and run again"
  fi
}

runs_systemd() { [ -d /run/systemd/system ]; }

in_container() { [ -e /.dockerenv ] || [ -e /run/.containerenv ] || grep -qz '^container=' /proc/1/environ 2>/dev/null; }

# Writes the text $3 to $1 with mode $2, whole or not at all, and tells in file_changed (yes or no) whether anything differed.
# A file that is itself a mount point (as containers have) cannot be renamed over and is written in place.
put_file() {
  local path="$1" mode="$2" fresh
  mkdir -p "$(dirname "$path")"
  fresh="$(mktemp "$path.XXXXXX")" || fail "cannot write beside $path; check that the disk is neither full nor read-only"
  printf '%s\n' "$3" >"$fresh" || fail "cannot write $fresh; check that the disk is neither full nor read-only"
  chmod "$mode" "$fresh"
  file_changed=no
  if [ -f "$path" ] && cmp -s "$fresh" "$path"; then
    rm -f "$fresh"
    chmod "$mode" "$path"
    return
  fi
  sync "$fresh"
  if ! mv -f "$fresh" "$path" 2>/dev/null; then
    cat "$fresh" >"$path" || fail "cannot write $path; check that the disk is neither full nor read-only"
    rm -f "$fresh"
  fi
  if command -v restorecon >/dev/null; then logged restorecon "$path" || true; fi
  file_changed=yes
}
