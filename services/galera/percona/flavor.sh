# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# What is Percona XtraDB Cluster's own (8.0, image percona/percona-xtradb-cluster), in the place of MariaDB's.
#
# From the image's Dockerfile and entrypoint (github.com/percona/percona-docker, percona-xtradb-cluster-8.0): mysqld of MySQL
# 8, user mysql (1001), /usr/lib64/galera4/libgalera_smm.so, /etc/mysql/conf.d, socat, hostname, mysql and mysqladmin; no
# gosu and perhaps no flock (become_mysql and take_lock do without). Notes of the log are kept (verbosity 3): positions and
# views are told by them, as "[WSREP] Recovered position: UUID:SEQNO".

readonly recovery_options=(--wsrep-recover --wsrep-cluster-address=gcomm:// --log-error="$run_dir/recovery.err"
    --log-error-verbosity=3 --skip-networking --innodb-buffer-pool-dump-at-shutdown=OFF
    --innodb-buffer-pool-load-at-startup=OFF)
# Without the provider nothing is replicated, so the data has no position yet; without binlog no file of one comes with it.
readonly newborn_options=(--wsrep-provider=none --skip-networking --skip-log-bin --innodb-buffer-pool-dump-at-shutdown=OFF)

# Strict mode is said, since without a word whoever bootstraps would be the only member without it. What the server would
# tell its makers stays here (an older server does not know the option).
default_options() { # what the user's files may change
    cat <<-OPTIONS
		[client]
		socket=$socket
		[mysqld]
		innodb_flush_log_at_trx_commit=1
		innodb_buffer_pool_size=${GALERA_BUFFER_POOL_MB:-128}M
		max_connections=${GALERA_MAX_CONNECTIONS:-200}
		wsrep_applier_threads=4
		key_buffer_size=8M
		pxc_strict_mode=ENFORCING
		loose_percona_telemetry_disable=ON
	OPTIONS
}

server_options() { printf '%s\n' log_error_verbosity=3 mysqlx=OFF; }

# Encryption is on by default, with certificates that every server makes for itself: no other one would trust them. And the
# server would sleep for 10 s before it stops, so that load balancers notice; ours have been told by then (drain).
cluster_options() { printf '%s\n' pxc_encrypt_cluster_traffic=OFF pxc_maint_transition_period=0; }

# Only scripts that wsrep_sst_allowed_methods names can be the method. It makes its own account for each transfer.
transfer_options() { printf '%s\n' wsrep_sst_method=xtrabackup-v2; }
transfer_script_options() { printf '%s\n' sst-syslog=-1; }

# What an SST brings is received in there, below the data directory, unless a tmpdir of the user's is another place. The
# server's script ends when it finds one there, and one that was killed leaves it.
readonly transfer_dir=sst-xb-tmpdir
clear_transfer() { rm -rf "${data_dir:?}/$transfer_dir"; } # before a server joins; never beside one that runs

other_server() { [[ ! -e $data_dir/aria_log_control ]] || printf 'MariaDB'; } # whose data lies here, if it is not ours

install_data() { # DIR, empty -> the server's system tables and our accounts
    local server status
    server=$(program mysqld) || return 1
    as_mysql "$server" --defaults-file="$run_dir/my.cnf" --initialize-insecure --datadir="$1" --wsrep-provider=none \
        --skip-log-bin --log-error="$run_dir/install.log" >"$run_dir/install.out" 2>&1 ||
        { tail -n 20 "$run_dir/install.out" "$run_dir/install.log" && return 1; }
    # root has no password yet; only mysql and root reach the socket. An init file would be no way: its errors stop nothing.
    start_newborn_server "$1" /dev/null || return 1
    account_statements | init_client
    status=$?
    stop_newborn_server && return "$status"
}

# The mysql account ends sessions, root's too, so it has to be a system user. To know it by the operating system's user would
# take a plugin that is not loaded; the monitor's password does not change either.
account_statements() {
    local root monitor
    root=$(sql_text "$secrets_dir/galera_root_password")
    monitor=$(sql_text "$secrets_dir/galera_monitor_password")
    cat <<-SQL
		CREATE USER root@'%' IDENTIFIED BY $root;
		GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
		CREATE USER galera_swarm_monitor@localhost IDENTIFIED BY $monitor;
		CREATE USER galera_swarm_monitor@'127.0.0.1' IDENTIFIED BY $monitor;
		CREATE USER mysql@localhost IDENTIFIED BY $monitor;
		GRANT PROCESS, CONNECTION_ADMIN, SYSTEM_USER ON *.* TO mysql@localhost;
		ALTER USER root@localhost IDENTIFIED BY $root;
	SQL
}

# At first only sessions that have said nothing for a while; then, of those that are busy, whoever draws breath.
end_pausing() { # LOGIN HOST -> sessions that are left
    local left="" pace
    for pace in "3 100" "6 20" "6 5"; do
        # shellcheck disable=SC2086 # two words
        left=$(end_idle "$1" "$2" $pace)
        [[ $left != 0 ]] || break
    done
    printf '%s' "$left"
}

# MySQL has no blocks outside of a procedure, and a procedure would be replicated. So one session looks and ends, over and
# over. Clients come over TCP; on the socket there is only the product itself. Each look at the transactions has to come
# more than 0.1 s after the one before: else InnoDB shows the former one again. TIME_MS is Percona Server's.
end_idle() { # LOGIN HOST SECONDS MILLISECONDS -> sessions that are left
    local client until=$((EPOCHSECONDS + $3)) line left="" ends from into
    client=$(program mysql) || return 1
    coproc SESSION {
        as_mysql timeout "$(($3 + 3))" "$client" --defaults-file="$1" --connect-timeout=2 --unbuffered --force -NB \
            2>/dev/null
    }
    from=${SESSION[0]} into=${SESSION[1]}
    while [[ $left != 0 ]] && ((EPOCHSECONDS <= until)); do
        left="" ends="" line=""
        printf '%s\n' "SELECT p.id FROM information_schema.processlist p
            LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
            WHERE p.host LIKE '$2' AND p.command = 'Sleep' AND p.time_ms >= $4 AND t.trx_id IS NULL;
            SELECT 'all';" >&"$into" || break
        while read -r -t 3 line <&"$from" && [[ $line =~ ^[0-9]+$ ]]; do
            ends+="KILL CONNECTION $line; "
        done
        [[ $line == all ]] || break
        printf '%s\n' "$ends DO SLEEP(0.12);
            SELECT COUNT(*) FROM information_schema.processlist WHERE host LIKE '$2';" >&"$into" || break
        read -r -t 3 left <&"$from" || break
    done
    printf '%s' "$left"
}
