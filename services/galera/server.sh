# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# The server's configuration and its start. What the product owns is written after the user's files, so it wins.

readonly socket=/run/mysqld/mysqld.sock

galera_library() {
    local one
    for one in /usr/lib/galera/libgalera_smm.so /usr/lib/libgalera_smm.so /usr/lib64/galera-4/libgalera_smm.so \
        /usr/lib64/galera4/libgalera_smm.so; do
        [[ ! -e $one ]] || { printf '%s' "$one" && return; }
    done
    say "this image has no Galera library" >&2
    return 1
}

# Failure detection, so that one dead member holds up a write for no more than 3 s: keepalive < suspect < inactive must
# hold, and install < inactive. A member that stays mute for suspect_timeout is put out, and comes back by IST.
# pc.recovery is off: a Primary is bootstrapped by the vote of the members alone, never by a file left behind.
provider_options() {
    printf '%s;' evs.keepalive_period=PT0.5S evs.inactive_check_period=PT0.25S evs.suspect_timeout=PT1.5S \
        evs.inactive_timeout=PT4S evs.install_timeout=PT3S evs.join_retrans_period=PT0.3S gmcast.peer_timeout=PT2S \
        pc.recovery=false pc.wait_prim_timeout=PT15S "gcache.size=${GALERA_GCACHE_MB:-256}M" gcache.recover=yes
}

write_server_config() {
    local library directory
    library=$(galera_library) || return 1
    umask 077
    {
        default_options
        for directory in "$config_dir/mariadb.conf.d" "$config_dir/conf.d"; do # the user's files, in the latter, win
            [[ ! -d $directory ]] || printf '!includedir %s/\n' "$directory"
        done
        cat <<-OWNED
			[mysqld]
			datadir=$data_dir
			socket=$socket
			pid_file=/run/mysqld/mysqld.pid
			log_error=$log_file
			port=3306
			bind_address=0.0.0.0
			skip_name_resolve=ON
			$(server_options)
			binlog_format=ROW
			default_storage_engine=InnoDB
			innodb_autoinc_lock_mode=2
			$(cluster_options)
			wsrep_provider=$library
			wsrep_provider_options="$(provider_options)"
			wsrep_cluster_name=$GALERA_CLUSTER_NAME
			wsrep_node_name=$GALERA_MEMBER
			$(transfer_options)
			wsrep_notify_cmd=$program_dir/notify
			[sst]
			$(transfer_script_options)
			cpat='.*\.pem\$\|.*galera\.cache\$\|.*sst_in_progress\$\|.*\.sst\$\|.*sst-xb-tmpdir\$\|.*gvwstate\.dat\$\|.*grastate\.dat\$\|.*\.err\$\|.*\.log\$\|.*/lost.found\$\|.*/\.galera-swarm\$'
		OWNED
    } >"$run_dir/my.cnf" && chown mysql: "$run_dir/my.cnf"
    umask 022
}

client_config() { # FILE USER PASSWORD_FILE: so that no password is in an argument list
    local password
    password=$(noted "$3")
    password=${password//\\/\\\\} password=${password//\"/\\\"}
    (umask 077 && printf '[client]\nuser=%s\npassword="%s"\nsocket=%s\n' "$2" "$password" "$socket" >"$1") && chown mysql: "$1"
}

# ---- our address on the network we share with the peers ----------------------------------------------------------

ip_number() {
    local IFS=.
    # shellcheck disable=SC2086 # split on the dots
    set -- $1
    printf '%s' "$((($1 << 24) | ($2 << 16) | ($3 << 8) | $4))"
}

# The networks of /proc/net/route on stdin: NETWORK MASK as numbers, the default route as "0 0 INTERFACE".
local_networks() {
    local interface destination mask
    while read -r interface destination _ _ _ _ _ mask _; do
        [[ $destination =~ ^[0-9A-F]{8}$ ]] || continue
        printf '%s %s %s\n' "$((16#${destination:6:2}${destination:4:2}${destination:2:2}${destination:0:2}))" \
            "$((16#${mask:6:2}${mask:4:2}${mask:2:2}${mask:0:2}))" "$interface"
    done
}

# A member has an address on each of its networks, one of them (docker_gwbridge) useless to peers. Ours is the one that
# the peers' name resolves to; else the one in a peer's network; else the one that has not the default route.
own_address() { # PEER_ADDRESS...
    local own address peer network mask interface resolved gateway=""
    own=$(hostname -I | tr ' ' '\n' | grep -E '^[0-9.]+$')
    resolved=$(timeout 3 getent ahostsv4 "$GALERA_PEERS" | awk '{ print $1 }')
    for address in $own; do
        [[ $'\n'$resolved$'\n' != *$'\n'"$address"$'\n'* ]] || { printf '%s' "$address" && return; }
    done
    while read -r network mask interface; do
        ((mask != 0)) || { gateway=$interface && continue; }
        for address in $own; do
            ((($(ip_number "$address") & mask) == network)) || continue
            for peer in "$@"; do
                ((($(ip_number "$peer") & mask) == network)) && { printf '%s' "$address" && return; }
            done
        done
    done < <(local_networks </proc/net/route)
    while read -r network mask interface; do
        [[ $mask != 0 && $interface != "$gateway" ]] || continue
        for address in $own; do
            ((($(ip_number "$address") & mask) == network)) && { printf '%s' "$address" && return; }
        done
    done < <(local_networks </proc/net/route)
    printf '%s' "${own%%$'\n'*}"
}

# ---- the state file of the provider ------------------------------------------------------------------------------

write_grastate() { # UUID SEQNO SAFE
    local draft=$data_dir/grastate.dat.galera-swarm
    printf '# GALERA saved state\nversion: 2.1\nuuid:    %s\nseqno:   %s\nsafe_to_bootstrap: %s\n' "$1" "$2" "$3" >"$draft" &&
        chown mysql: "$draft" && sync "$draft" && mv -f "$draft" "$data_dir/grastate.dat" && sync "$data_dir"
}

# ---- running -----------------------------------------------------------------------------------------------------

# view_floor: no view that this run of the server may write down is as old as that, -1 if it founds its component.
start_server() { # ADDRESS START_POSITION(- for none) OPTION...
    local server address=$1
    local -a options=("${@:3}")
    server=$(program mariadbd mysqld) || return 1
    if [[ -n $address ]] && ! clear_transfer; then
        say "cannot remove what a killed SST has left in its volume"
        return 1
    fi
    [[ $2 == - ]] || options+=("--wsrep-start-position=$2")
    rm -f "$run_dir"/{status,was_primary,newest_view,view_now,lost,step_down}
    ((view_floor < 0)) || note "$run_dir/newest_view" "$((view_floor + 1))"
    : >"$log_file"
    chown mysql: "$log_file"
    (become_mysql "$server" --defaults-file="$run_dir/my.cnf" --wsrep-cluster-address="gcomm://$address" \
        --wsrep-node-address="$node_address" "${options[@]}") &
    server_pid=$!
    tail --pid="$server_pid" -s 0.2 -n +1 -F "$log_file" 2>/dev/null &
    log_pid=$!
}

# The scripts of an SST outlive the server that has begun it, and the next SST would wait for their end.
end_transfer() {
    local -a begun=()
    mapfile -t begun < <(grep -las wsrep_sst_ /proc/[0-9]*/cmdline | cut -d / -f 3 | with_descendants)
    ((${#begun[@]} == 0)) || kill -KILL "${begun[@]}" 2>/dev/null
    return 0
}

with_descendants() { # the processes on stdin, and all that they have started
    { sed 's/^/root /' && cat /proc/[0-9]*/status 2>/dev/null; } | awk '
        $1 == "root" { root[$2] = 1 }
        $1 == "Pid:" { pid = $2 }
        $1 == "PPid:" { parent[pid] = $2 }
        END { for (pid in parent) for (up = pid; up > 1; up = parent[up]) if (up in root) { print pid; break } }'
}
