# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # names are shared with the files this is sourced beside
# etcd's v3 API in bash: its JSON gateway over TLS with a client certificate, through socat, which the image has for its SST.
#
# Keys and values travel as base64, numbers as strings of digits, so an answer has no white space, escapes or brackets but
# its own. Whatever does not look so to the last character is no answer: then nothing is known, and nothing is allowed.

: "${etcd_limit:=262144}" # bytes of an answer; a longer one is cut, and so no answer
readonly etcd_seconds=3
readonly _b64='[A-Za-z0-9+/]*={0,2}' _digits='"[0-9]{1,20}"'
readonly _header='"header":\{("[a-z_]+":"[0-9]+",?)*\}'

b64() { printf '%s' "$1" | base64 -w0; }

# The body of the first endpoint's answer, the one that answered last time first.
etcd_call() { # PATH BODY
    local told last endpoint
    read_note "$run_dir/etcd_endpoint"
    last=$told
    for endpoint in $last ${GALERA_ETCD//,/ }; do
        _etcd_ask "$endpoint" "$1" "$2" || continue
        [[ $endpoint == "$last" ]] || note "$run_dir/etcd_endpoint" "$endpoint"
        return 0
    done
    rm -f "$run_dir/etcd_endpoint"
    return 1
}

_etcd_ask() { # ENDPOINT PATH BODY
    local reply head body
    # HTTP/1.0 spares the pieces of a chunked answer. The door stays open to write (shut-none), because the server takes
    # the end of what we send for the end of our interest.
    reply=$(printf 'POST %s HTTP/1.0\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %s\r\n\r\n%s' \
        "$2" "$1" "${#3}" "$3" | timeout "$etcd_seconds" socat "-t$etcd_seconds" - "$(_etcd_door "$1"),shut-none" 2>/dev/null |
        head -c "$etcd_limit" | tr '\000' '\001')
    [[ $reply =~ ^HTTP/1\.[01]\ 200\  && $reply == *$'\r\n\r\n'* ]] || return 1
    body=${reply#*$'\r\n\r\n'}
    body=${body//[$' \t\r\n']/}
    [[ $body =~ ^\{[]A-Za-z0-9+/=_{}\":,.[-]*\}$ ]] || return 1
    printf '%s' "$body"
}

_etcd_door() { # ENDPOINT
    if [[ -r $secrets_dir/galera_etcd_key ]]; then
        printf 'OPENSSL:%s,connect-timeout=2,verify=1,cafile=%s,cert=%s,key=%s' "$1" "$etcd_authority" \
            "$secrets_dir/galera_etcd_certificate" "$secrets_dir/galera_etcd_key"
    else
        printf 'TCP4:%s,connect-timeout=2' "$1"
    fi
}

# ---- keys and values ---------------------------------------------------------------------------------------------

# The values, in base64 and one a line, of the key, or of every key that begins with it if it ends in a slash.
etcd_values() { # KEY
    local body query rest list=""
    query="\"key\":\"$(b64 "$1")\""
    [[ $1 != */ ]] || query+=",\"range_end\":\"$(b64 "${1%/}0")\"" # 0 comes next after /
    body=$(etcd_call /v3/kv/range "{$query}") || return 1
    [[ $body =~ ^\{$_header(,\"kvs\":\[(.*)\])?(,\"count\":$_digits)?\}$ ]] || return 1
    rest=${BASH_REMATCH[3]}
    while [[ -n $rest ]]; do
        [[ $rest =~ ^\{\"key\":\"$_b64\"(,\"(create_revision|mod_revision|version)\":$_digits)*(,\"value\":\"($_b64)\")?(,\"lease\":$_digits)?\}(,(\{.*))?$ ]] ||
            return 1
        list+="${BASH_REMATCH[4]}"$'\n' rest=${BASH_REMATCH[7]}
    done
    printf '%s' "$list"
}

etcd_value() { # KEY: its value, nothing if there is no such key; fails if nobody knows
    local found
    found=$(etcd_values "$1") || return 1
    [[ -z $found ]] || base64 -d <<<"$found"
}

# A transaction: every comparison must hold for all the writes, or nothing is written.
# COMPARISONS and WRITES are what absent, equal, put and drop print, joined by commas.
etcd_write() { # COMPARISONS WRITES -> yes | no; fails if nobody knows
    local body
    body=$(etcd_call /v3/kv/txn "{\"compare\":[$1],\"success\":[$2]}") || return 1
    if [[ $body =~ ^\{$_header,\"succeeded\":true(,\"responses\":\[.*\])?\}$ ]]; then
        printf 'yes'
    elif [[ $body =~ ^\{$_header(,\"succeeded\":false)?(,\"responses\":\[\])?\}$ ]]; then
        printf 'no'
    else
        return 1
    fi
}

absent() { printf '{"key":"%s","target":"VERSION","result":"EQUAL","version":"0"}' "$(b64 "$1")"; }
equal() { printf '{"key":"%s","target":"VALUE","result":"EQUAL","value":"%s"}' "$(b64 "$1")" "$(b64 "$2")"; }
drop() { printf '{"request_delete_range":{"key":"%s"}}' "$(b64 "$1")"; }

put() { # KEY VALUE [LEASE]
    printf '{"request_put":{"key":"%s","value":"%s"%s}}' "$(b64 "$1")" "$(b64 "$2")" "${3:+,\"lease\":\"$3\"}"
}

# ---- leases ------------------------------------------------------------------------------------------------------

etcd_grant() { # SECONDS -> the lease's id
    local body
    body=$(etcd_call /v3/lease/grant "{\"TTL\":\"$1\"}") || return 1
    [[ $body =~ ^\{$_header,\"ID\":\"([0-9]{1,19})\",\"TTL\":$_digits\}$ ]] || return 1
    printf '%s' "${BASH_REMATCH[2]}"
}

etcd_keep() { # LEASE: 0 it lives on, 1 it is over, 2 nobody knows
    local body
    body=$(etcd_call /v3/lease/keepalive "{\"ID\":\"$1\"}") || return 2
    [[ $body =~ ^\{\"result\":\{$_header,\"ID\":\"$1\"(,\"TTL\":\"([0-9]{1,10})\")?\}\}$ ]] || return 2
    [[ -n ${BASH_REMATCH[3]} && ${BASH_REMATCH[3]} != 0 ]]
}

etcd_revoke() { etcd_call /v3/lease/revoke "{\"ID\":\"$1\"}" >/dev/null; } # LEASE
