# shellcheck shell=sh
# Read by every init script. Where the machine below may not raise resource limits, a service starts with those it has.
ulimit() {
    command ulimit "$@" 2>/dev/null || true
}
