# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# The founding of a cluster, once in its life, and only by a permit that came from outside (ClusterBirth).
#
# The data is made beside the data directory, complete with accounts and what the init scripts do, and then put in
# place: killed at any point, the next start begins again or goes on. In the volume's .galera-swarm:
#   birth/permit, birth/initdb.d/   what came from outside      newborn.tmp/  being made, thrown away by a new start
#   newborn/  complete, being put in place                      born          the permit that was used
# In the data directory: galera-swarm-birth, the permit the data was made by (an SST replaces it with the rest).

see_permit() {
    local permit
    permit=$(noted "$keep_dir/birth/permit")
    [[ $permit =~ ^[A-Za-z0-9._:-]{1,200}$ ]] || permit=""
    if [[ -n $permit && $permit == "$(noted "$keep_dir/born")" ]]; then # killed between the two steps of finish_birth
        rm -rf "$keep_dir/birth"
        permit=""
    fi
    [[ $permit == "$(noted "$run_dir/permit")" ]] || note "$run_dir/permit" "$permit"
}

make_newborn() {
    local permit=$1 dir=$keep_dir/newborn.tmp
    say "birth: makes the data directory (permit $permit)"
    rm -rf "$dir"
    mkdir -m 0700 "$dir" && chown mysql: "$dir" || return 1
    install_data "$dir" || return 1
    run_init_scripts "$dir" || return 1
    printf '%s\n' "$permit" >"$dir/galera-swarm-birth"
    chown mysql: "$dir/galera-swarm-birth"
    sync && mv "$dir" "$keep_dir/newborn" && sync "$keep_dir"
}

newborn_server() { # DATADIR OPTION...
    local dir=$1 server
    shift
    server=$(program mariadbd mysqld) || return 1
    as_mysql "$server" --defaults-file="$run_dir/my.cnf" --datadir="$dir" "${newborn_options[@]}" "$@"
}

# Each file and directory is renamed whole, so what a kill leaves behind is moved by the next start.
place_newborn() {
    local one
    [[ -d $keep_dir/newborn ]] || return 0
    for one in "$keep_dir"/newborn/* "$keep_dir"/newborn/.[!.]*; do
        [[ -e $one ]] || continue
        mv "$one" "$data_dir/" || return 1
    done
    sync "$data_dir" && rmdir "$keep_dir/newborn" && sync "$keep_dir"
}

# Done as soon as the cluster is there; until then a start finds the permit and goes on.
finish_birth() { # PERMIT
    note_durably "$keep_dir/born" "$1" && rm -rf "$keep_dir/birth" && note "$run_dir/permit" "" &&
        say "birth: the cluster is born (permit $1)"
}

# ---- accounts ----------------------------------------------------------------------------------------------------

sql_text() { # FILE: its first line as an SQL string
    local text
    text=$(noted "$1")
    text=${text//\\/\\\\} text=${text//\'/\'\'}
    printf "'%s'" "$text"
}

# ---- init scripts ------------------------------------------------------------------------------------------------

run_init_scripts() { # DATADIR
    local dir=$1 one status=0
    local -a scripts=()
    for one in "$keep_dir"/birth/initdb.d/* /docker-entrypoint-initdb.d/*; do
        [[ ! -f $one ]] || scripts+=("$one")
    done
    ((${#scripts[@]})) || return 0
    start_newborn_server "$dir" "$secrets_dir/galera_root_password" || return 1
    for one in "${scripts[@]}"; do
        run_init_script "$one" || { status=1 && say "birth: the init script ${one##*/} failed" && break; }
    done
    stop_newborn_server
    return "$status"
}

stop_newborn_server() { # newborn_pid is the shell around the server: to end that one would leave the server on the data
    kill -TERM "$(noted "$run_dir/newborn.pid")" && wait "$newborn_pid"
}

start_newborn_server() { # DATADIR PASSWORD_FILE of root
    local tries
    newborn_server "$1" --socket="$run_dir/newborn.sock" --log-error="$run_dir/newborn.log" --pid-file="$run_dir/newborn.pid" &
    newborn_pid=$!
    mkdir -p "$run_dir/home" && client_config "$run_dir/home/.my.cnf" root "$2" || return 1
    sed -i "s#^socket=.*#socket=$run_dir/newborn.sock#" "$run_dir/home/.my.cnf"
    chown -R mysql: "$run_dir/home"
    for ((tries = 0; tries < 600; tries++)); do
        ! init_client -e 'SELECT 1' >/dev/null 2>&1 || return 0
        kill -0 "$newborn_pid" 2>/dev/null || break
        pause 0.1
    done
    say "birth: the server on the new data did not start" && tail -n 20 "$run_dir/newborn.log"
    return 1
}

init_client() {
    local client
    client=$(program mariadb mysql) && as_mysql env HOME="$run_dir/home" "$client" --defaults-file="$run_dir/home/.my.cnf" "$@"
}

# A shell script runs as the server's user, with a client that logs in by itself.
run_init_script() { # FILE
    say "birth: runs the init script ${1##*/}"
    case $1 in
    *.sql) init_client <"$1" ;;
    *.sql.gz) gzip -dc "$1" | init_client ;;
    *.sh) as_mysql env HOME="$run_dir/home" MYSQL_HOME="$run_dir/home" bash "$1" ;;
    *) say "birth: ${1##*/} is neither .sql nor .sql.gz nor .sh, and is left alone" ;;
    esac
}
