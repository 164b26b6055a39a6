# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# What is MariaDB's own: its server's options, how its data and accounts are made, how it tells its position. Another flavor
# of Galera has another file in the place of this one, and nothing else.

readonly recovery_options=(--wsrep-recover --wsrep-on=ON --wsrep-cluster-address=gcomm:// --disable-log-error
    --skip-networking --innodb-buffer-pool-dump-at-shutdown=OFF --innodb-buffer-pool-load-at-startup=OFF)
readonly newborn_options=(--wsrep-on=OFF --wsrep-provider=none --skip-networking --innodb-buffer-pool-dump-at-shutdown=OFF)

default_options() { # what the user's files may change
    cat <<-OPTIONS
		[client-server]
		socket=$socket
		[mysqld]
		innodb_flush_log_at_trx_commit=1
		innodb_buffer_pool_size=${GALERA_BUFFER_POOL_MB:-128}M
		max_connections=${GALERA_MAX_CONNECTIONS:-200}
		wsrep_slave_threads=4
		key_buffer_size=8M
		aria_pagecache_buffer_size=32M
	OPTIONS
}

# What is the product's, beside what every flavor has. A directory that is listed here is no database.
server_options() { printf '%s\n' ignore_db_dirs=.galera-swarm ignore_db_dirs=lost+found; }
cluster_options() { printf '%s\n' wsrep_on=ON; }
transfer_options() { printf '%s\n' wsrep_sst_method=galera_swarm wsrep_sst_auth=mysql:; }
transfer_script_options() { printf '%s\n' sst-syslog=-1 sockopt=,retry=120,interval=0.25; }

readonly transfer_dir=.sst # what an SST brings is received in there, below the data directory
clear_transfer() { :; }    # what a killed one has left there, before a server joins: the image's script does it by itself

other_server() { [[ ! -e $data_dir/mysql.ibd ]] || printf 'MySQL 8'; } # whose data lies here, if it is not ours

install_data() { # DIR, empty -> the server's system tables and our accounts
    local install
    install=$(program mariadb-install-db mysql_install_db) || return 1
    "$install" --defaults-file="$run_dir/my.cnf" --datadir="$1" --user=mysql --skip-test-db --wsrep-on=OFF \
        --auth-root-authentication-method=normal --log-error="$run_dir/install.log" >"$run_dir/install.out" 2>&1 ||
        { tail -n 20 "$run_dir/install.out" "$run_dir/install.log" && return 1; }
    account_statements | newborn_server "$1" --bootstrap --log-error="$run_dir/accounts.log" ||
        { tail -n 20 "$run_dir/accounts.log" && return 1; }
}

# One statement a line: that is what --bootstrap reads. The mysql account is the one a donor's mariadb-backup uses, and the
# one that ends sessions: it has no password, only the server's own operating system user can be it, through the socket.
account_statements() {
    local root monitor
    root=$(sql_text "$secrets_dir/galera_root_password")
    monitor=$(sql_text "$secrets_dir/galera_monitor_password")
    cat <<-SQL
		DELETE FROM mysql.global_priv WHERE User = '' OR User = 'mysql' OR (User = 'root' AND Host <> 'localhost');
		DELETE FROM mysql.proxies_priv WHERE User = '' OR (User = 'root' AND Host <> 'localhost');
		DELETE FROM mysql.db WHERE User IN ('', 'PUBLIC') AND Db LIKE 'test%';
		FLUSH PRIVILEGES;
		ALTER USER root@localhost IDENTIFIED BY $root;
		CREATE USER root@'%' IDENTIFIED BY $root;
		GRANT ALL PRIVILEGES ON *.* TO root@'%' WITH GRANT OPTION;
		CREATE USER galera_swarm_monitor@localhost IDENTIFIED BY $monitor;
		CREATE USER galera_swarm_monitor@'127.0.0.1' IDENTIFIED BY $monitor;
		CREATE USER mysql@localhost IDENTIFIED VIA unix_socket;
		GRANT RELOAD, PROCESS, LOCK TABLES, BINLOG MONITOR, REPLICATION SLAVE ADMIN ON *.* TO mysql@localhost;
		GRANT CONNECTION ADMIN ON *.* TO mysql@localhost;
		GRANT CREATE TEMPORARY TABLES ON mysql.* TO mysql@localhost;
	SQL
}

# Ends each session between two of its transactions, at a moment when the client will not miss it, since what a client says
# just then would be lost:
# - one that has said nothing for a second;
# - a busy one right after a statement. That statement was seen at work, so its end begins a pause: after a mere look
#   whether the connection is still there (a ping) the next statement would follow at once;
# - one that makes longer pauses in the first half of one, as long as they usually are.
# Whoever gives no such moment in 12 s is ended between two of its transactions all the same. It is done in the server, with
# nothing between the last look and the end, since a pause may be over by then. Each look at the transactions has to come
# more than 0.1 s after the one before: else InnoDB shows the former one again, and a transaction could be overlooked.
end_pausing() { # LOGIN HOST -> sessions that are left
    local client
    client=$(program mariadb mysql) || return 1
    as_mysql timeout 18 "$client" --defaults-file="$1" --connect-timeout=2 -NB 2>/dev/null <<-SQL
		CREATE TEMPORARY TABLE mysql.galera_swarm_seen
		    (session BIGINT PRIMARY KEY, at_work BIGINT, looks INT, total DOUBLE);
		DELIMITER //
		BEGIN NOT ATOMIC
		    DECLARE start, turn DATETIME(6) DEFAULT SYSDATE(6);
		    DECLARE sessions, ended_now, target BIGINT DEFAULT 0;
		    DECLARE CONTINUE HANDLER FOR 1094 BEGIN END; -- it has spoken again, or ended by itself
		    REPEAT
		        SET turn = SYSDATE(6);
		        REPEAT
		            INSERT INTO mysql.galera_swarm_seen
		                SELECT id, IF(command = 'Sleep', 0, query_id), command = 'Sleep', IF(command = 'Sleep', time_ms, 0)
		                FROM information_schema.processlist WHERE host LIKE '$2'
		                ON DUPLICATE KEY UPDATE at_work = IF(command = 'Sleep', at_work, query_id),
		                    looks = looks + (command = 'Sleep'), total = total + IF(command = 'Sleep', time_ms, 0);
		            DO SLEEP(0.004);
		            SELECT COUNT(*) INTO ended_now
		                FROM information_schema.processlist p JOIN mysql.galera_swarm_seen s ON s.session = p.id
		                WHERE p.command = 'Sleep' AND p.query_id = s.at_work AND p.time_ms <= 4;
		        UNTIL SYSDATE(6) > turn + INTERVAL IF(ended_now, 120, 400) * 1000 MICROSECOND END REPEAT;
		        FOR one IN (SELECT p.id AS session, p.query_id AS latest, CASE
		                WHEN p.time_ms >= 1000 OR SYSDATE(6) > start + INTERVAL 12 SECOND THEN 1e12
		                WHEN p.query_id = s.at_work AND p.time_ms <= 5 THEN 6
		                WHEN s.looks >= 10 AND p.time_ms BETWEEN 50 AND s.total / s.looks THEN s.total / s.looks
		                ELSE -1 END AS till
		            FROM information_schema.processlist p JOIN mysql.galera_swarm_seen s ON s.session = p.id
		            LEFT JOIN information_schema.innodb_trx t ON t.trx_mysql_thread_id = p.id
		            WHERE p.host LIKE '$2' AND p.command = 'Sleep' AND t.trx_id IS NULL) DO
		            SET target = (SELECT COALESCE(MAX(id), 0) FROM information_schema.processlist WHERE id = one.session
		                AND command = 'Sleep' AND query_id = one.latest AND time_ms <= one.till);
		            KILL CONNECTION target;
		        END FOR;
		        DO SLEEP(0.01); -- those that were ended are gone by then
		        SELECT COUNT(*) INTO sessions FROM information_schema.processlist WHERE host LIKE '$2';
		    UNTIL sessions = 0 OR SYSDATE(6) > start + INTERVAL 15 SECOND END REPEAT;
		    SELECT sessions;
		END //
	SQL
}
