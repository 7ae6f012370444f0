# Databases, hubs and agents of the test beside. Sourced by bash, after tests/packaging/lib.sh.
# shellcheck shell=bash

declare -A url hub_port engine_port pid_of
free_port() {
    python3 -c '
import socket
s = socket.socket()
s.bind(("127.0.0.1", 0))
print(s.getsockname()[1])'
}
for each in influxdb victoriametrics; do
    engine_port[$each]=$(free_port)
    hub_port[$each]=$(free_port)
    url[$each]=http://127.0.0.1:${engine_port[$each]}
    echo first >"${work:?}/$each.password"
done
"${hub:?}" token >"$work/token"
agent_token=$(awk '/^token /{print $2}' "$work/token")
agent_hash=$(awk '/^token_hash/{print $2}' "$work/token")
echo "$agent_token" >"$work/agent.token"
chmod 600 "$work/agent.token"

ask() { curl -fsS --max-time 10 --cacert "$work/ca.pem" "$@" 2>&1; }
touch "$work/ca.pem"

# begin NAME COMMAND...: in the background; what it says is appended to $work/NAME.log.
begin() {
    "${@:2}" >>"$work/$1.log" 2>&1 &
    pid_of[$1]=$!
    cleanups+=("end $1 KILL")
}
# end NAME SIGNAL: and waits for its end.
end() {
    [ -n "${pid_of[$1]:-}" ] || return 0
    kill -s "$2" "${pid_of[$1]}" 2>/dev/null || true
    wait "${pid_of[$1]}" 2>/dev/null || true
    unset "pid_of[$1]"
}

start_engine() {
    local port=${engine_port[$1]} secure=${tls:-no}
    [ "$secure" = no ] && url[$1]=http://127.0.0.1:$port || url[$1]=https://127.0.0.1:$port
    mkdir -p "$work/$1"
    if [ "$1" = influxdb ]; then
        local is_tls=false
        [ "$secure" = no ] || is_tls=true
        cat >"$work/influxdb.conf" <<END
reporting-disabled = true
bind-address = "127.0.0.1:$(free_port)"
[meta]
dir = "$work/influxdb/meta"
[data]
dir = "$work/influxdb/data"
wal-dir = "$work/influxdb/wal"
[http]
bind-address = "127.0.0.1:$port"
log-enabled = false
auth-enabled = true
https-enabled = $is_tls
https-certificate = "$work/cert.pem"
https-private-key = "$work/key.pem"
END
        begin influxdb influxd -config "$work/influxdb.conf"
        within 30 ask "${url[$1]}/ping" >/dev/null
        # The first one is made by whoever comes.
        ask -X POST "${url[$1]}/query" --data-urlencode \
            "q=CREATE USER me WITH PASSWORD 'first' WITH ALL PRIVILEGES" >/dev/null || true
    else
        begin victoriametrics victoria-metrics -storageDataPath="$work/victoriametrics" \
            -httpListenAddr="127.0.0.1:$port" -httpAuth.username=me \
            -httpAuth.password="${server_password:-first}" -retentionPeriod=100y
        within 30 ask "${url[$1]}/health" -u "me:${server_password:-first}" >/dev/null
    fi
}
stop_engine() { end "$1" "$2"; }

# start_hub ENGINE LINES: a hub that keeps its past there.
start_hub() {
    cat >"$work/$1.toml" <<END
listen = "127.0.0.1:${hub_port[$1]}"
state_dir = "$work/state-$1"
[viewers]
public = true
[fleet]
token_hash = $agent_hash
[store]
backend = "influxdb"
[sink.influxdb]
url = "${url[$1]}"
database = "fleet"
user = "me"
token_file = "$work/$1.password"
interval = "1s"
$2
END
    begin "hub-$1" "$hub" run --config "$work/$1.toml"
    within 30 ask "http://127.0.0.1:${hub_port[$1]}/healthz" >/dev/null
}
stop_hub() { end "hub-$1" TERM; }
kill_hub() { end "hub-$1" KILL; }

start_agent() {
    cat >"$work/agent.toml" <<END
interval = "1s"
[host]
id = "pi"
[[server]]
url = "ws://127.0.0.1:${hub_port[$1]}/ws/agent"
token_file = "$work/agent.token"
END
    begin "agent-$1" "${agent:?}" run --config "$work/agent.toml"
    agent_since=$(date +%s)
}
stop_agent() { end "agent-$1" TERM; }

hub_says() { ask "http://127.0.0.1:${hub_port[$1]}$2"; }
waits() { hub_says "$1" /healthz | grep -q '"influxdb":"readings wait'; }
healthy() { hub_says "$1" /healthz | grep -q '"influxdb":"ok"'; }
# figure ENGINE NAME: of the hub's own.
figure() { hub_says "$1" /metrics | sed -n "s/^kinglet_hub_influxdb_$2 //p"; }
queues() { [ "$(figure "$1" queue_bytes)" -ge "$2" ]; }
dropped() { [ "$(figure "$1" dropped_total)" -ge "$2" ]; }
empty() { [ "$(figure "$1" queue_bytes)" -lt 8192 ] && healthy "$1"; }
has_readings() {
    local said
    said=$(hub_says "$1" "/api/history/pi?metric=uptime&step=1")
    [ "$(grep -o '\[1[0-9]*,' <<<"$said" | wc -l)" -ge "$2" ]
}
queue_fails() { hub_says "$1" /healthz | grep -q 'its queue cannot be written'; }
# whole ENGINE SECONDS: no gap is longer since the agent began, up to some seconds ago.
whole() {
    local now
    now=$(date +%s)
    hub_says "$1" "/api/history/pi?metric=uptime&step=1&from=${agent_since}000&to=${now}000" |
        python3 -c '
import json, sys
longest, since, now = map(int, sys.argv[1:])
times = [point[0] // 1000 for point in json.load(sys.stdin)["points"]]
times = [since + 2] + times + [now - 4]
gaps = [(b - a, a) for a, b in zip(times, times[1:]) if b - a > longest]
print(gaps)
sys.exit(bool(gaps))' "$2" "$agent_since" "$now"
}
# What an engine takes with it when it dies, in seconds, and the pace of a busy machine: InfluxDB
# has on the disk what it took, VictoriaMetrics some seconds in memory alone, as its documents say.
forgets() { if [ "$1" = influxdb ]; then echo 4; else echo 15; fi; }
# telegrafs ENGINE: as a dashboard asks.
telegrafs() {
    local base=${url[$1]}
    if [ "$1" = influxdb ]; then
        ask -G "$base/query" -u me:first -d db=fleet --data-urlencode \
            "q=SELECT mean(usage_idle) FROM cpu WHERE cpu = 'cpu-total' AND site = 'attic'
               AND time > now() - 1m GROUP BY host" | grep -q '"values":\[\['
        ask -G "$base/query" -u me:first -d db=fleet --data-urlencode \
            "q=SELECT last(used_percent) FROM mem" | grep -q '"values":\[\['
    else
        ask -G "$base/api/v1/query" -u me:first --data-urlencode \
            'query=count(last_over_time(cpu_usage_idle{cpu="cpu-total",site="attic"}[2m]))' \
            -d nocache=1 -d time="$(date +%s)" |
            grep -q '"1"'
    fi
}

change_password() {
    if [ "$1" = influxdb ]; then
        ask -X POST "${url[$1]}/query" -u me:first --data-urlencode \
            "q=SET PASSWORD FOR me = 'second'" >/dev/null
    else
        stop_engine "$1" TERM
        server_password=second start_engine "$1"
    fi
}
refused_once() {
    local said
    said=$(grep -c 'readings wait for the database: 401' "$work/hub-$1.log")
    [ "$said" = 1 ] || { echo "said $said times" && return 1; }
}

make_certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ca \
        -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=db \
        -keyout "$work/key.pem" -out "$work/db.csr" 2>/dev/null
    echo "subjectAltName = IP:127.0.0.1" >"$work/db.ext"
    openssl x509 -req -in "$work/db.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -days 2 \
        -CAcreateserial -extfile "$work/db.ext" -out "$work/cert.pem" 2>/dev/null
}

# old_queue ENGINE POINTS: as an outage of hours leaves it, a mebibyte and more.
old_queue() {
    python3 - "$work/state-$1/influxdb-queue/00000000000000000000.lp.gz" "$2" <<'END'
import gzip, sys
text = "".join(f"cpu,host=old usage_idle=1 {at}\n" for at in range(int(sys.argv[2])))
with gzip.open(sys.argv[1], "wb", compresslevel=0) as file:
    file.write(text.encode())
END
}

# on_small_disk ENGINE: the hub's queue finds its disk full, then the database does.
on_small_disk() {
    local state=$work/state-$1
    # The certificate's test and the queue's are over: all begins anew.
    stop_engine "$1" TERM
    rm -rf "$state" "${work:?}/$1"
    mkdir -p "$state" "$work/$1"
    mount -t tmpfs -o size=1m none "$state"
    cleanups+=("umount -l $state 2>/dev/null")
    server_password=first
    echo first >"$work/$1.password"
    start_engine "$1"
    start_hub "$1" ""
    head -c 1m /dev/zero >"$state/ballast" 2>/dev/null || true
    start_agent "$1"
    expect "$1: the hub's disk is full, and it says so" within 30 queue_fails "$1"
    expect "$1: the page is served all the same" hub_says "$1" /api/hosts/pi
    rm "$state/ballast"
    expect "$1: with room again it goes on" within 30 healthy "$1"
    expect "$1: and nothing is missing" within 20 whole "$1" 4
    stop_agent "$1"
    stop_hub "$1"
    umount "$state"

    stop_engine "$1" TERM
    mount -t tmpfs -o size=24m none "$work/$1"
    cleanups+=("umount -l $work/$1 2>/dev/null")
    start_engine "$1"
    start_hub "$1" ""
    start_agent "$1"
    expect "$1: on a small disk" within 30 has_readings "$1" 3
    head -c 24m /dev/zero >"$work/$1/ballast" 2>/dev/null || true
    expect "$1: its disk is full, and readings wait" within 60 waits "$1"
    rm "$work/$1/ballast"
    # InfluxDB 1.6 says so of its log for ever after, and VictoriaMetrics has ended itself.
    stop_engine "$1" TERM
    start_engine "$1"
    expect "$1: with room again the queue is empty" within 60 empty "$1"
    expect "$1: and nothing that was queued is missing" within 20 whole "$1" "$(forgets "$1")"
    stop_agent "$1"
    stop_hub "$1"
    stop_engine "$1" TERM
    umount "$work/$1"
}
