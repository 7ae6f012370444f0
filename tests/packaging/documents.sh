# How each kind of block is tried. Sourced by tests/packaging/documents.
# shellcheck shell=bash disable=SC2154,SC2034 # its variables, and those of machine.sh

# has HOW: the block's marker.
has() { [[ $hows = *", $1,"* ]]; }

# The pages of a release, as cross/release makes them, with what was packaged already.
make_site() {
    local folder=$work/site/latest/download
    mkdir -p "$folder"
    cp "$agents"/*.{deb,tar.gz} "$hubs"/*.{deb,tar.gz} packaging/install.sh "$folder"
    (cd "$folder" && sha256sum ./* | sed 's|\./||' >SHA256SUMS)
}

# The same programs in packages that say they are newer.
newer_release() {
    local folder=$work/site/latest/download deb
    [ ! -e "$folder"/kinglet_99.0.0-1_amd64.deb ] || return 0
    for deb in "$folder"/*.deb; do
        newer_deb "$deb" 99.0.0 "${deb%%_*}_99.0.0-1_amd64.deb"
        rm "$deb"
    done
    (cd "$folder" && rm SHA256SUMS && sha256sum ./* | sed 's|\./||' >SHA256SUMS)
}

boot() {
    make_root "$root"
    make_site
    mkdir -p "$root/mnt/usb"
    machine_options=(--private-network)
    boot_machine
    echo "127.0.0.2 hub.example.org" >>"$root/etc/hosts"
    net ip link add eth0 type veth peer name eth1
    net ip address add 192.0.2.1/24 dev eth0
    net ip link set eth1 up
    net ip link set eth0 up
    net ip route add default via 192.0.2.254
    hub_example_org
    [ "$document" = README.md ] || served python3 -m http.server --directory site 8000
    case $document in
    packaging/INSTALL.md) tar -C "$root/root" --strip-components 1 -xzf "$agents"/*.tar.gz ;;
    packaging/hub/INSTALL.md) tar -C "$root/root" --strip-components 1 -xzf "$hubs"/*.tar.gz ;;
    esac
}
# On the machine's network, with this host's programs.
net() { nsenter --target "$leader" --net -- "$@"; }

# A hub at hub.example.org whose certificate an authority vouches for that the machine knows.
hub_example_org() {
    local curve=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2)
    mkdir "$work/example" && tar -C "$work/example" --strip-components 1 -xzf "$hubs"/*.tar.gz
    openssl req -x509 "${curve[@]}" -keyout "$work/ca.key" -out "$work/ca.pem" \
        -subj "/CN=documents" -addext "basicConstraints=critical,CA:TRUE" 2>/dev/null
    openssl req "${curve[@]}" -keyout "$work/key.pem" -out "$work/csr.pem" \
        -subj "/CN=hub.example.org" 2>/dev/null
    openssl x509 -req -in "$work/csr.pem" -CA "$work/ca.pem" -CAkey "$work/ca.key" \
        -CAcreateserial -days 2 -out "$work/cert.pem" \
        -extfile <(echo subjectAltName=DNS:hub.example.org) 2>/dev/null
    cat "$work/ca.pem" >>"$root/etc/ssl/certs/ca-certificates.crt"
    cat >"$work/example.toml" <<TOML
listen = "127.0.0.2:443"
state_dir = "$work/example"
[tls]
cert = "$work/cert.pem"
key = "$work/key.pem"
[viewers]
public = true
[fleet]
token_hash = "sha256:$(printf %s "$token" | sha256sum | cut -d ' ' -f 1)"
TOML
    served "$work/example/kinglet-hub" run --config "$work/example.toml"
}

# served COMMAND...: until the test ends, on the machine's network.
served() {
    (cd "$work" && exec nsenter --target "$leader" --net -- "$@") >>"$work/served" 2>&1 &
    cleanups+=("kill $!")
}

# The site's own block, which a reader leaves running.
serve_site() {
    local text
    text=$(until_text)
    served bash -e "$block"
    within 10 grep -qF -- "$text" "$work/served"
}
until_text() {
    local rest=${hows#*, until \"}
    echo "${rest%%\",*}"
}

write_file() {
    install -D -m "$(stat -c %a "$root$1" 2>/dev/null || echo 640)" "$block" "$work/file"
    cat "$work/file" >"$root$1"
}

# What --release makes is built already, by another compiler: the other profile is as good.
in_project() {
    sed -i 's/ --release//' "$block"
    # shellcheck disable=SC2016 # for the shell that is ended along with what it runs
    if [[ $hows = *', until "'* ]]; then
        ended_by_ctrl_c env --default-signal=INT bash -e -c 'trap : INT; . "$0"' "$block"
    else
        bash -e "$block"
    fi
}

# ended_by_ctrl_c COMMAND...: once it has said what it is to say; it ends well then. What is between
# this shell and the one of the block does not hear of it, as what is started in the background.
ended_by_ctrl_c() {
    local text pid said=$work/said.$number status=0
    text=$(until_text)
    setsid "$@" >"$said" 2>&1 &
    pid=$!
    cleanups+=("kill -KILL -- -$pid 2>/dev/null")
    within 240 grep -qF -- "$text" "$said" || status=1
    kill -INT -- "-$pid" || status=1
    wait "$pid" || status=$?
    cat "$said"
    return $status
}

# on_machine: the block in a root's shell there, which fails where an answer over HTTP is a refusal,
# and in which variables stay.
on_machine() {
    local said=$work/said.$number run
    run=(nsenter --target "$leader" --mount --uts --ipc --net --pid --root --wd --
        env --default-signal=INT HOME=/root bash -e /root/.block)
    if has "with a newer release"; then newer_release; fi
    if has "with an alert"; then open_alert; fi
    prepare
    if has "given a token"; then
        "${run[@]}" <<<"$token" >"$said" 2>&1
    elif has "asked for a token"; then
        printf '%s\n' "$token" >"$work/answer"
        python3 tests/packaging/installer/terminal.py "$work/answer" "${run[@]}" >"$said" 2>&1
    elif [[ $hows = *', until "'* ]]; then
        ended_by_ctrl_c "${run[@]}" >/dev/null
    else
        "${run[@]}" </dev/null >"$said" 2>&1
    fi || { cat "$said" && return 1; }
    cat "$said"
    if has "then paste"; then paste; fi
}

# prepare: the block, with what goes before and behind it.
prepare() {
    {
        echo 'trap : INT; cd; if [ -e .variables ]; then . ./.variables; fi'
        echo 'curl() { case $* in -f*) command curl "$@" ;; *) refused "$@" ;; esac; }'
        echo 'refused() { command curl --fail-with-body "$@"; }'
        sed "s/web-1/${host:-web-1}/g" "$block"
        echo 'export -p >/root/.variables'
    } >"$root/root/.block"
}

# The line that was printed, in a shell of its own; then the host is on the hub's page.
paste() {
    grep -a '^curl ' "$said" >"$root/root/.line"
    inside env HOME=/root sh /root/.line </dev/null || return 1
    within 60 shown && within 30 kept && touch "$work/shown"
}
kept() { inside kinglet-hub export --host "$host" --metric cpu.usage; }
# shown: its id goes into $host.
shown() {
    host=$(inside sh -c 'curl -sk --max-time 5 https://127.0.0.1:8900/api/hosts ||
        curl -s --max-time 5 http://127.0.0.1:8900/api/hosts' | python3 -c '
import json, sys
hosts = [host for host in json.load(sys.stdin)["hosts"] if host["name"] == "Attic Pi"]
print(hosts[0]["id"] if hosts and hosts[0]["online"] and hosts[0]["metrics"] else "")')
    [ -n "$host" ]
}

# The hub in clear, with a token for whoever may silence; its one host is heard of and stopped.
open_alert() {
    local hash
    read -r _ secret _ hash <<<"$(inside kinglet-hub token | tr '\n' ' ')"
    cat >"$root/etc/kinglet-hub/kinglet-hub.toml" <<TOML
listen = "0.0.0.0:8900"
[viewers]
public = true
[alerts]
offline_for = "0s"
token_hash = $hash
TOML
    echo "export TOKEN=$secret" >>"$root/root/.variables"
    sed -i -e 's|wss://|ws://|' -e '/^pin/d' "$root/etc/kinglet/kinglet.toml"
    inside systemctl restart kinglet-hub kinglet
    within 60 shown
    inside systemctl stop kinglet
    within 60 alerted
}
alerted() { inside curl -s http://127.0.0.1:8900/api/alerts | grep -q offline; }
