# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# This member's own state: what its volume holds and how far that data goes. Reads only; the server's own recovery run
# (--wsrep-recover) is the one thing here that writes, and only what crash recovery writes.
#
# Sets: data (none | null | foreign | position | unknown), uuid, seqno, safe; and why, when data is unknown.

# grastate.dat as it is, or nothing of it if any of it makes no sense (a power cut leaves it empty).
read_grastate() { # sets saved_uuid saved_seqno saved_safe
    local file=$data_dir/grastate.dat uuid_line seqno_line safe_line
    saved_uuid=- saved_seqno=- saved_safe=-
    [[ -r $file ]] || return 0
    uuid_line=$(sed -n 's/^uuid:[[:space:]]*\([0-9a-f-]*\)[[:space:]]*$/\1/p' "$file")
    seqno_line=$(sed -n 's/^seqno:[[:space:]]*\(-\{0,1\}[0-9]*\)[[:space:]]*$/\1/p' "$file")
    safe_line=$(sed -n 's/^safe_to_bootstrap:[[:space:]]*\([01]\)[[:space:]]*$/\1/p' "$file")
    [[ $uuid_line =~ ^$uuid_pattern$ && $seqno_line =~ ^(-1|[0-9]{1,18})$ ]] || return 0
    saved_uuid=$uuid_line saved_seqno=$seqno_line saved_safe=${safe_line:--}
}

# "Recovered position: UUID:SEQNO" of a recovery log on stdin; a GTID tail after a comma is not ours.
recovered_position() {
    sed -n "s/.*WSREP[]:]* Recovered position:[[:space:]]*\([0-9a-f-]\{36\}:-\{0,1\}[0-9]*\).*/\1/p" | tail -n 1
}

# Is there anything in the volume besides our notes and what a server leaves without data?
has_strange_files() {
    local one
    for one in "$data_dir"/* "$data_dir"/.[!.]*; do
        [[ -e $one ]] || continue
        case ${one##*/} in
        .galera-swarm | lost+found | galera.cache | gvwstate.dat | grastate.dat | sst_in_progress | .sst) ;;
        aria_log* | ib_logfile* | ib_buffer_pool | ibtmp* | *.err | *.log | *.pid | *.pem | *.sock | sst-xb-tmpdir | auto.cnf) ;;
        *) return 0 ;;
        esac
    done
    return 1
}

made_by() { noted "$data_dir/galera-swarm-birth"; } # the permit this data was made by; gone once an SST replaced the data

find_state() {
    data=unknown uuid=- seqno=- safe=- why=""
    read_grastate
    safe=$saved_safe
    if [[ -e $data_dir/sst_in_progress || $saved_uuid == "$null_uuid" ]]; then
        data=null
    elif [[ -n $(other_server) ]]; then
        why="the data is that of $(other_server), which this image does not run: set database.flavor back"
    elif [[ ! -e $data_dir/ibdata1 && ! -d $data_dir/mysql ]]; then
        data=none
        ! has_strange_files || data=foreign
    elif [[ $saved_uuid != - ]] && ((saved_seqno >= 0)); then
        data=position uuid=$saved_uuid seqno=$saved_seqno
    else
        recover_state
    fi
}

recover_state() {
    local position found
    position=$(run_recovery | recovered_position)
    if [[ ! $position =~ ^($uuid_pattern):(-?[0-9]+)$ ]]; then
        why="the server's --wsrep-recover did not tell the position"
        return
    fi
    found=${BASH_REMATCH[1]} seqno=${BASH_REMATCH[2]}
    if [[ $found == "$null_uuid" ]] || ((seqno < 0)); then
        seqno=-
        unrecovered_state
    elif [[ $saved_uuid != - && $saved_uuid != "$found" ]]; then
        seqno=-
        why="grastate.dat names the history $saved_uuid, the data itself $found"
    else
        data=position uuid=$found
    fi
}

# The data carries no position. Data that a birth permit made is at the beginning of its history: nothing was committed.
unrecovered_state() {
    if [[ -n $(made_by) ]]; then
        data=none
        [[ $saved_uuid == - ]] || { data=position uuid=$saved_uuid seqno=0; }
    elif [[ $saved_uuid == - ]]; then
        data=foreign
    else
        data=null
    fi
}

run_recovery() { # the log of the recovery run
    local out=$run_dir/recovery.log server
    server=$(program mariadbd mysqld) || return 1
    rm -f "$out" "$run_dir/recovery.err"
    as_mysql "$server" --defaults-file="$run_dir/my.cnf" "${recovery_options[@]}" >"$out" 2>&1 &
    recovery_pid=$!
    wait "$recovery_pid" || printf '%s --wsrep-recover ended with status %s\n' "${server##*/}" "$?" >>"$out"
    [[ ! -e $run_dir/recovery.err ]] || cat "$run_dir/recovery.err" >>"$out"
    cat "$out"
}
