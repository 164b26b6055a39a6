# shellcheck shell=bash
# shellcheck disable=SC2154 # names are shared with the files this is sourced beside
# How clients are sent away without failing a write: all of a member that is about to stop, and those that came through a
# load balancer that is.

# First the next writer claims, then the load balancers send new connections there, then those that are here are ended
# between two transactions. Each step has its limit: a member that has to stop does stop.
drain() {
    is_asked_for_writes || return 0
    say "hands its clients over"
    note "$drain_file" handing-over
    await_limit 5 heir_claims || say "no other member takes the writes"
    await_limit 3 all_asked_since "$EPOCHSECONDS"
    note "$drain_file" leaving
    await_limit 3 all_told || say "a load balancer has not asked again"
    end_sessions
}

await_limit() { # SECONDS CONDITION...
    local until=$((SECONDS + $1))
    until "${@:2}"; do
        ((SECONDS < until)) || return 1
        pause 0.2
    done
}

heir_claims() {
    local address
    while read -r _ address; do
        [[ $(status_of "$address" /writer) != 200 ]] || return 0
    done < <(others)
    return 1
}

all_asked_since() { # TIME: after it, since a second is as exact as a time is noted
    local stamp
    while read -r stamp _; do
        ((stamp > $1)) || return 1
    done < <(askers)
}

all_told() { ! askers | grep -qv ' 404$'; }

# Load balancers that are about to stop, by their own word: whoever came through them finds another one.
see_off_leavers() {
    local file
    for file in "$leavers_dir"/*; do
        [[ -e $file ]] || continue
        rm -f "$file" "$asked_dir/${file##*/}-"*
        end_sessions "${file##*/}:%" &
    done
}

# Clients come over TCP; on the socket there is only the product itself. A transaction is never interrupted here
# (end_pausing is the flavor's).
end_sessions() { # [HOST]: a pattern of where they come from; all clients without one
    local left login
    login=$(mktemp "$run_dir/login.XXXXXXXX") || return 1
    log_in_to_end "$login"
    left=$(end_pausing "$login" "${1-%:%}")
    rm -f "$login"
    [[ $left == 0 ]] || say "leaves ${left:-unknown many} clients that made no pause between two transactions"
}

# By the member's own account: root may have another password by now than this container's secret. By root where a cluster
# is older than that account's right.
log_in_to_end() { # FILE
    local client
    client=$(program mariadb mysql) || return 1
    client_config "$1" mysql "$secrets_dir/galera_monitor_password"
    as_mysql timeout 4 "$client" --defaults-file="$1" --connect-timeout=2 -NBe 'SHOW GRANTS' 2>/dev/null |
        grep -q 'CONNECTION[ _]ADMIN' || client_config "$1" root "$secrets_dir/galera_root_password"
}
