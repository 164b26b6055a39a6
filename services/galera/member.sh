# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# What every part of a member knows: its names, its places, its notes, and how it speaks.
# Sourced by the programs beside it. Sets nothing outside the two directories named here.

: "${data_dir:=/var/lib/mysql}"                 # the volume
: "${keep_dir:=$data_dir/.galera-swarm}"        # what has to outlive the container: view, vote, lineage, born
: "${run_dir:=/dev/shm/galera-swarm}"           # what ends with it; in memory, since passwords lie there
: "${log_file:=/run/galera-swarm/mariadbd.log}" # MariaDB appends .err to a name without an extension
: "${secrets_dir:=/run/secrets}"
: "${config_dir:=/etc/mysql}"
: "${program_dir:=/opt/galera-swarm}"
readonly exchange_port=4569
readonly health_port=9200 null_uuid=00000000-0000-0000-0000-000000000000
readonly uuid_pattern='[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'

say() { printf 'galera-swarm: %s\n' "$*"; }

# Everything a member notes is small and is read while others write it, so a note is replaced whole, never edited.
note() { # FILE TEXT: lost with the machine
    local draft
    draft=$(mktemp "$1.XXXXXXXX" 2>/dev/null) || return 1
    { printf '%s\n' "$2" >"$draft" && chmod 0644 "$draft" && mv -f "$draft" "$1"; } 2>/dev/null && return
    rm -f "$draft" # a full volume: that is for the caller to tell
    return 1
}

# When the volume is full, the room kept for notes is given away for this one.
note_durably() { # FILE TEXT: survives a power cut from the moment this returns
    _note_durably "$1" "$2" && return
    [[ -e $keep_dir/reserve ]] && rm -f "$keep_dir/reserve" && _note_durably "$1" "$2"
}

_note_durably() {
    local draft
    draft=$(mktemp "$1.XXXXXXXX" 2>/dev/null) || return 1
    { printf '%s\n' "$2" >"$draft" && chmod 0644 "$draft" && sync "$draft" && mv -f "$draft" "$1"; } 2>/dev/null &&
        sync "${1%/*}" && return
    rm -f "$draft"
    return 1
}

keep_reserve() { # who counts has to be written down even when there is no room any more
    [[ ! -s $keep_dir/reserve ]] || return 0
    { head -c 65536 /dev/urandom >"$keep_dir/reserve" && chown mysql: "$keep_dir/reserve"; } 2>/dev/null ||
        rm -f "$keep_dir/reserve"
}

room_left() { # for a message, when that may be the trouble
    local kilobytes
    kilobytes=$(df -Pk "$data_dir" 2>/dev/null | awk 'NR == 2 { print $4 }')
    [[ ! $kilobytes =~ ^[0-9]+$ ]] || ((kilobytes >= 65536)) || printf '; its volume has only %s KiB left' "$kilobytes"
}

# What is looked at all the time is read without a process: read_* set told, where their namesakes print it.
read_note() { # FILE [default]: its first line
    told=""
    if [[ -r $1 ]]; then
        { IFS= read -r told || [[ -n $told ]]; } <"$1" 2>/dev/null || told=""
    fi
    told=${told:-${2-}}
}

noted() { # FILE [default]
    local told
    read_note "$@"
    printf '%s' "$told"
}

new_id() { # sixteen random bytes in hex
    local id
    IFS= read -r id </proc/sys/kernel/random/uuid
    printf '%s' "${id//-/}"
}

set_phase() { note "$run_dir/phase" "$1"; }

# The phase others see: what the entrypoint is at, refined by what the running server last told notify.
# A server that has been in the Primary component and is not now runs without quorum.
read_phase() {
    local base
    read_note "$run_dir/phase" recovering
    base=$told
    case $base in
    joining | bootstrapping)
        read_note "$run_dir/status" "-"
        case $told in
        synced\ yes\ * | donor\ yes\ *) base=primary ;;
        *\ no\ *) [[ ! -e $run_dir/was_primary ]] || base=nonprimary ;;
        esac
        ;;
    esac
    told=$base
}

phase() {
    local told
    read_phase
    printf '%s' "$told"
}

as_mysql() { # run a program as the server's user, which is what everything but PID 1 runs as
    if ((EUID == 0)); then
        (become_mysql "$@")
    else
        "$@"
    fi
}

become_mysql() { # PROGRAM ARGUMENT...: takes the place of this shell
    ! command -v gosu >/dev/null || exec gosu mysql "$@"
    exec chroot --userspec=mysql: --skip-chdir / "$@" # where an image has no gosu
}

# The lock ends with the descriptor, not with the program that took it. An image without flock has socat.
take_lock() { # DESCRIPTOR [now]: 1 if somebody else has it, which only `now` does not wait for
    if command -v flock >/dev/null; then
        flock ${2:+-n} "$1"
    else
        socat -u /dev/null "FD:$1,flock-ex${2:+-nb}" 2>/dev/null
    fi
}

# Images older than the mariadb-* names only have the mysql* ones.
program() { # NAME...: the first that exists
    local one
    for one in "$@"; do
        command -v "$one" && return
    done
    say "none of the programs $* is in this image" >&2
    return 1
}

# Wait without a fork, so that a signal is handled at once.
pause() { # SECONDS
    [[ -n ${pause_fd-} ]] || exec {pause_fd}<> <(:)
    read -r -t "$1" -u "$pause_fd" || :
}
