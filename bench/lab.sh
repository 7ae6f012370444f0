# A small laboratory for scripts that let the agent report to bench/server.py. Sourced by bash.
#
# Sets $work (a folder that goes away), $ws and $wss (ports of the last server), $agent (process id
# of the last agent); needs $binary before an agent is started. Whatever was started is stopped.
# shellcheck shell=bash

work=$(mktemp -d)
strace_reports=20
pids=()
cleanup() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    # Not into anything that is mounted there.
    rm -rf --one-file-system "$work"
}
trap cleanup EXIT

fail() {
    echo "$0: $1" >&2
    exit 1
}

# A certificate authority of our own and a server certificate for loopback.
make_certificates() {
    local curve=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2)
    openssl req -x509 "${curve[@]}" -keyout "$work/ca.key" -out "$work/ca.pem" \
        -subj "/CN=footprint" -addext "basicConstraints=critical,CA:TRUE" 2>/dev/null
    openssl req "${curve[@]}" -keyout "$work/server.key" -out "$work/server.csr" \
        -subj "/CN=localhost" 2>/dev/null
    openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" \
        -CAcreateserial -days 2 -out "$work/server.pem" 2>/dev/null \
        -extfile <(echo "subjectAltName=DNS:localhost,IP:127.0.0.1")
}

# start_server NAME: its reports go to $work/NAME.log, its ports into $ws and $wss.
start_server() {
    # A second one of this name would be believed for what the first one saw.
    [ ! -e "$work/$1.ports" ] || fail "there was a server named $1 already"
    python3 bench/server.py "$work/$1.log" "$work/server.pem" "$work/server.key" >"$work/$1.ports" &
    pids+=($!)
    until [ -s "$work/$1.ports" ]; do
        kill -0 $! 2>/dev/null || fail "bench/server.py did not start"
        sleep 0.05
    done
    read -r _ ws _ wss <"$work/$1.ports"
}

# start_agent NAME PROTOCOL SCHEME [COMMAND...]: its process id goes into $agent. COMMAND runs it.
start_agent() {
    local name=$1 protocol=$2 scheme=$3
    shift 3
    start_server "$name"
    local port=$ws options=()
    [ "$scheme" = ws ] || port=$wss options=(--ca-file "$work/ca.pem")
    [[ $protocol = @(kinglet|stomp) ]] || options+=(--server-id footprint)
    "$@" "${binary:?}" run --url "$scheme://127.0.0.1:$port" --protocol "$protocol" --id footprint \
        --token-file "$work/token" --interval 1s "${options[@]}" \
        >"$work/$name.out" 2>&1 &
    agent=$!
    pids+=("$agent")
}

reports() {
    wc -l <"$work/$1.log"
}

# wait_reports NAME COUNT: returns just after a report has arrived, between two samples.
wait_reports() {
    local until=$((SECONDS + 60 + $2 * 3))
    while [ "$(reports "$1")" -lt "$2" ]; do
        [ $SECONDS -lt $until ] || fail "$1: only $(reports "$1") of $2 reports came:
$(tail -n 5 "$work/$1.out")"
        sleep 0.1
    done
}

# System calls of whole samples: attached and detached in the pause after a report.
syscalls_per_report() {
    local before after tracer
    before=$(reports "$1")
    wait_reports "$1" $((before + 1)) && sleep 0.3
    strace -f -c -o "$work/strace" -p "$2" 2>/dev/null &
    tracer=$!
    sleep 0.2 # until it is attached
    before=$(reports "$1")
    wait_reports "$1" $((before + strace_reports)) && sleep 0.3
    after=$(reports "$1")
    kill -INT $tracer
    wait $tracer || true
    [ "${KINGLET_FOOTPRINT_VERBOSE:-}" = "" ] || cat "$work/strace" >&2
    awk -v n=$((after - before)) '$NF == "total" { printf "%.1f", $4 / n }' "$work/strace"
}

printf 'a-token-for-loopback' >"$work/token"
chmod 600 "$work/token"
make_certificates
