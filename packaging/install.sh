#!/bin/sh
# Installs Kinglet, the monitoring agent, and ends with `kinglet check`; or, with --hub, its hub.
#
#   curl -fsSL ADDRESS/install.sh | sh -s -- --url wss://hub.example.org
#
# `--help` lists the options. Environment: KINGLET_BASE_URL (where releases are), KINGLET_TOKEN,
# KINGLET_ROOT (into a mounted system, start nothing), KINGLET_PUBLIC_KEY (whose signature is due).
#
# Everything is a function and the last line calls the first: a download that was cut runs nothing,
# not even the beginning of a name, which is why all of them begin with `ki_`.

ki_defaults() {
    set -u && umask 022
    base=${KINGLET_BASE_URL:-https://github.com/kinglet-monitor/kinglet/releases}
    root=${KINGLET_ROOT:-}
    public_key=${KINGLET_PUBLIC_KEY:-} # minisign's; none until there is a signed release
    url='' protocol=kinglet id='' server_id='' ca_file='' token_file='' version='' prefix=''
    unset secret # or it may be exported
    code='' pin='' secret=${KINGLET_TOKEN:-}
    unset KINGLET_TOKEN
    name=kinglet packages=yes require_signature=no action=install work='' previous=''
}

ki_usage() {
    cat <<'USAGE'
  --hub                kinglet-hub instead of the agent, also together with --uninstall
  --url URL            where to report; written into a new configuration
  --protocol NAME      kinglet, or vstats, simple-server-status, komari, stomp, influxdb
  --id ID              who this host is; default: derived from its machine-id
  --server-id ID       the server's id in a vStats panel
  --ca-file FILE       own certificate authorities, PEM
  --code CODE          with --url: a hub's invitation, which brings token and configuration
  --pin PIN            the hub's key, where no authority vouches for it
  --token-file FILE    file with the token; else KINGLET_TOKEN; else it is asked for
  --version X          this version instead of the latest
  --prefix DIR         only the program, into DIR/bin: no service, no root needed
  --no-package         the tarball, even where dpkg or rpm could install a package
  --require-signature  stop where the release's signature cannot be checked
  --uninstall          remove everything, configuration, token and the hub's state included
USAGE
}

ki_say() { printf '%s\n' "kinglet: $*"; }

ki_fail() {
    printf '%s\n' "kinglet: $*" >&2
    exit 1
}

ki_has() { command -v "$1" >/dev/null 2>&1; }

ki_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --token | --token=*)
            ki_fail "--token is refused: every user of this host can read a command line." \
                "Use --token-file FILE, or KINGLET_TOKEN, or wait to be asked."
            ;;
        --hub) name=kinglet-hub ;;
        --no-package) packages=no ;;
        --require-signature) require_signature=yes ;;
        --uninstall) action=uninstall ;;
        --help | -h) ki_usage && exit ;;
        --url | --protocol | --id | --server-id | --ca-file | --token-file | --version | \
            --prefix | --code | --pin)
            [ $# -gt 1 ] || ki_fail "$1 needs a value"
            # An option has the name of its variable.
            eval "$(printf '%s' "${1#--}" | tr - _)=\$2"
            shift
            ;;
        *) ki_fail "unknown option $1; see --help" ;;
        esac
        shift
    done
    version=${version#v}
    # These go into a TOML text and must not end it.
    for value in "$url" "$protocol" "$id" "$server_id" "$ca_file" "$pin"; do
        case $value in
        *[\"\\]* | *"
"*) ki_fail "a value has a quote, a backslash or a line break: $value" ;;
        esac
    done
}

# What kind of machine: the userland's architecture, which the kernel's need not be.
ki_machine() {
    if [ "$packages" = yes ] && ki_has dpkg; then
        kind=deb arch=$(dpkg --print-architecture)
    elif [ "$packages" = yes ] && rpm -q --whatprovides rpm >/dev/null 2>&1; then
        kind=rpm arch=$(rpm -q --whatprovides --qf '%{ARCH}\n' rpm | head -n 1)
    else
        kind=tarball && ki_triple
    fi
}

# Bytes of an ELF header: the class, the byte order and the machine of this system's own programs.
ki_elf() {
    for program in "$root/bin/busybox" "$root/bin/sh" "$root/usr/bin/env" "$root/bin/ls"; do
        # shellcheck disable=SC2046 # one word for each byte
        set -- $(dd if="$program" bs=1 count=20 2>/dev/null |
            { od -An -v -tu1 2>/dev/null || hexdump -v -e '/1 "%u "'; })
        if [ "${1:-0} ${2:-0} ${3:-0} ${4:-0}" = "127 69 76 70" ]; then
            elf="$5 $6 ${19} ${20}"
            return 0
        fi
    done
    elf=none
}

ki_triple() {
    ki_elf
    case $elf in
    "2 1 62 0") arch=x86_64-unknown-linux-musl ;;
    "2 1 183 0") arch=aarch64-unknown-linux-musl ;;
    "2 1 243 0") arch=riscv64gc-unknown-linux-musl ;;
    "1 1 3 0") arch=i686-unknown-linux-musl ;;
    "1 1 8 0") arch=mipsel-unknown-linux-musl ;;
    "1 2 0 8") arch=mips-unknown-linux-musl ;;
    "1 1 40 0") ki_arm ;;
    *) ki_fail "cannot tell this machine's architecture ($(uname -m), ELF $elf)" ;;
    esac
}

# By features of the processor: ARMv7 and ARMv6 with a floating-point unit, else ARMv5.
ki_arm() {
    cpuinfo=$root/proc/cpuinfo
    [ -r "$cpuinfo" ] || cpuinfo=/proc/cpuinfo
    if ! grep -qE '^Features.* (vfp|fp)' "$cpuinfo"; then
        arch=armv5te-unknown-linux-musleabi
    elif grep -qE '^CPU architecture: *([789]|AArch64)' "$cpuinfo" &&
        ! grep -q 'ARMv6' "$cpuinfo"; then
        arch=armv7-unknown-linux-musleabihf
    else
        arch=arm-unknown-linux-musleabihf
    fi
}

# ki_fetch NAME: a file of the release into the work folder.
ki_fetch() {
    if [ -n "$version" ]; then from=$base/download/v$version; else from=$base/latest/download; fi
    for tool in curl wget uclient-fetch none; do if ki_has "$tool"; then break; fi; done
    case $tool in
    curl) curl -fsSL --proto-redir '=https' --retry 2 -o "$work/$1" "$from/$1" ;;
    none) ki_fail "needs curl, wget or uclient-fetch" ;;
    *) "$tool" -q -O "$work/$1" "$from/$1" ;;
    esac
    case $?-$from in
    0-*) ;;
    [15]-https* | 35-https* | 60-https* | 77-https*) # what they say of a server they do not trust
        ki_fail "cannot fetch $from/$1; for https a host needs certificate authorities (the" \
            "package ca-certificates) and a clock that is right" ;;
    *) ki_fail "cannot fetch $from/$1: no release is there, or no way leads there;" \
        "KINGLET_BASE_URL says where releases are" ;;
    esac
}

# minisign's keys and signatures are signify's too. Debian has a `signify` that is another program.
ki_signature() {
    verifier=''
    for tool in signify signify-openbsd minisign; do
        if ki_has "$tool" && { [ "$tool" != signify ] || ! ki_has dpkg; }; then verifier=$tool; fi
    done
    if [ -z "$public_key" ] || [ -z "$verifier" ]; then
        [ "$require_signature" = no ] || ki_fail "--require-signature: needs minisign or signify," \
            "and the release's public key, which is ${public_key:-not known: KINGLET_PUBLIC_KEY}"
        return 0
    fi
    ki_fetch SHA256SUMS.minisig
    printf 'untrusted comment: kinglet\n%s\n' "$public_key" >"$work/key.pub"
    "$verifier" -V -q -p "$work/key.pub" -x "$work/SHA256SUMS.minisig" -m "$work/SHA256SUMS" ||
        ki_fail "the signature of SHA256SUMS is wrong: nothing was installed"
    ki_say "signature checked by $verifier"
}

# The name of our file in SHA256SUMS, which has one for each machine; the version comes from it.
ki_choose() {
    case $kind in
    deb) pattern="${name}_[0-9][^ ]*_$arch\.deb" ;;
    rpm) pattern="$name-[0-9][^ ]*\.$arch\.rpm" ;;
    tarball) pattern="$name-[0-9][^ ]*-$arch\.tar\.gz" ;;
    esac
    file=$(sed -n "s/^[0-9a-f]\{64\}  \($pattern\)\$/\1/p" "$work/SHA256SUMS" | head -n 1)
    if [ -z "$file" ] && [ "$kind" != tarball ]; then
        kind=tarball && ki_triple && ki_choose
        return
    fi
    [ -n "$file" ] || ki_fail "this release has no $name for $arch"
    version=$(printf '%s' "$file" | sed "s/^${name}[-_]\\([0-9][0-9.]*[0-9]\\).*/\\1/")
}

ki_checksum() {
    expected=$(sed -n "s/^\([0-9a-f]\{64\}\)  $file\$/\1/p" "$work/SHA256SUMS")
    actual=$({ sha256sum || openssl dgst -sha256; } <"$work/$file" 2>/dev/null)
    case $actual in
    '') ki_fail "needs sha256sum or openssl to check the download" ;;
    *"$expected"*) ;;
    *) ki_fail "the checksum of $file is wrong: nothing was installed" ;;
    esac
}

ki_init_system() {
    init=none
    if [ -n "$prefix" ]; then packages=no
    elif [ -d "$root/run/systemd/system" ]; then init=systemd
    elif [ "$name" = kinglet-hub ]; then init=none # its service is a unit
    elif [ -x "$root/sbin/procd" ]; then init=procd
    elif [ -x "$root/sbin/openrc-run" ]; then init=openrc
    elif [ -e "$root/etc/inittab" ] && [ -d "$root/etc/init.d" ]; then init=sysv; fi
    case $init in procd | openrc | sysv) packages=no ;; esac # a package serves systemd alone
}

# ki_service start|up|remove|log
ki_service() {
    [ -z "$root" ] || return 0
    case $init-$1 in
    systemd-start) systemctl daemon-reload && systemctl enable --quiet "$name" &&
        systemctl restart "$name" ;;
    systemd-up) systemctl is-active --quiet "$name" ;;
    systemd-remove) systemctl disable --quiet --now "$name" 2>/dev/null ;;
    openrc-start) rc-update -q add kinglet default && rc-service kinglet restart ;;
    openrc-up) rc-service -q kinglet status ;;
    openrc-remove) rc-service -q kinglet stop; rc-update -q delete kinglet default ;;
    procd-start) uci set kinglet.agent.enabled=1 && uci commit kinglet &&
        /etc/init.d/kinglet enable && /etc/init.d/kinglet restart ;;
    sysv-start) /etc/init.d/kinglet enable && /etc/init.d/kinglet restart ;;
    procd-up | sysv-up) /etc/init.d/kinglet running ;;
    systemd-log) printf 'journalctl -u %s' "$name" ;;
    procd-log) printf 'logread -e kinglet' ;;
    openrc-log | sysv-log) printf 'tail /var/log/kinglet.log' ;;
    procd-remove | sysv-remove) /etc/init.d/kinglet stop; /etc/init.d/kinglet disable ;;
    esac
}

ki_user() {
    if grep -q "^$name:" "$root/etc/passwd" 2>/dev/null; then return; fi
    if ki_has useradd; then
        useradd ${root:+--root "$root"} --system --user-group --no-create-home \
            --home-dir /nonexistent --shell /bin/false "$name"
    elif ki_has adduser && [ "$init" != procd ]; then
        addgroup -S "$name" && adduser -S -D -H -h /nonexistent -s /bin/false -G "$name" "$name"
    else # OpenWrt has neither
        printf 'kinglet:x:789:\n' >>"$root/etc/group"
        printf 'kinglet:x:789:789:kinglet:/var/run:/bin/false\n' >>"$root/etc/passwd"
    fi
}

# ki_place SOURCE TARGET MODE: beside it first, then over it by rename.
ki_place() {
    { mkdir -p "${2%/*}" && cp "$1" "$2.new" && chmod "$3" "$2.new" && mv -f "$2.new" "$2"; } ||
        ki_fail "cannot write $2"
}

ki_tarball() {
    (cd "$work" && gzip -dc "$file" | tar -xf -) || ki_fail "cannot unpack $file"
    unpacked=$work/${file%.tar.gz}
    [ -n "$root" ] || "$unpacked/$name" --version >"$work/version" 2>&1 ||
        ki_fail "the new program does not run here: $(cat "$work/version")"
    ki_place "$unpacked/$name" "$program" 755
    [ -z "$prefix" ] || return 0
    ki_user
    mkdir -p "$folder"
    [ -e "$config" ] || ki_place "$unpacked/$name.toml" "$config" 640
    chown "root:$name" "$folder" "$config" 2>/dev/null
    chmod 750 "$folder"
    case $init in
    systemd) ki_place "$unpacked/$name.service" "$root/etc/systemd/system/$name.service" 644 ;;
    openrc | sysv) ki_place "$unpacked/kinglet.$init" "$root/etc/init.d/kinglet" 755 ;;
    procd)
        ki_place "$unpacked/kinglet.init" "$root/etc/init.d/kinglet" 755
        [ -e "$root/etc/config/kinglet" ] ||
            ki_place "$unpacked/kinglet.config" "$root/etc/config/kinglet" 644
        ki_place "$unpacked/kinglet.keep" "$root/lib/upgrade/keep.d/kinglet" 644
        ;;
    none) ki_say "no service of $name for this init system: start '$name run' yourself" ;;
    esac
}

ki_package() {
    case $kind in
    deb) DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$work/$file" ||
        DEBIAN_FRONTEND=noninteractive dpkg -i "$work/$file" ;;
    rpm) rpm -U --replacepkgs "$work/$file" ;;
    esac || ki_fail "the package could not be installed"
}

# A configuration the owner has touched is theirs: only a new one is written.
ki_configure() {
    if [ -n "$code" ] && [ -s "$token" ]; then
        ki_say "this host has a token already: the code was not used"
    elif [ -n "$code" ]; then
        KINGLET_CODE=$code "$program" enroll --url "$url" ${pin:+--pin "$pin"} ${id:+--id "$id"} \
            ${ca_file:+--ca-file "$ca_file"} || ki_fail "not enrolled, so nothing is reported"
    elif [ -n "$url" ] && { [ ! -e "$config" ] || grep -q 'hub\.example\.org' "$config"; }; then
        printf '%s\n' ${id:+"[host]" "id = \"$id\"" ""} \
            "[[server]]" "protocol = \"$protocol\"" "url = \"$url\"" \
            ${server_id:+"server_id = \"$server_id\""} \
            ${ca_file:+"ca_file = \"$ca_file\""} ${pin:+"pin = \"$pin\""} >"$work/kinglet.toml"
        ki_place "$work/kinglet.toml" "$config" 640
        chown root:kinglet "$config" 2>/dev/null
    elif [ -n "$url" ]; then
        ki_say "$config is yours and was left as it is"
    fi
    umask 077
    if [ ! -e "$token" ] || [ -n "$token_file$secret" ]; then ki_token; fi
    umask 022
}

ki_token() {
    if [ -n "$token_file" ]; then
        secret=$(cat "$token_file")
        [ -n "$secret" ] || ki_fail "there is no token in $token_file"
    elif [ -z "$secret" ] && (: </dev/tty) 2>/dev/null; then
        # Nothing of it is shown; what is typed after it is, also after Ctrl-C.
        trap 'stty echo </dev/tty; exit 1' HUP INT TERM
        printf 'Token (not shown): ' >/dev/tty
        stty -echo </dev/tty
        IFS= read -r secret </dev/tty
        stty echo </dev/tty && printf '\n' >/dev/tty
    fi
    if [ -z "$secret" ]; then
        ki_say "no token yet: put it into $token (mode 0600) and start the service"
        return
    fi
    # Not by printf, which some shells have as a program only: arguments can be read.
    cat >"$work/token" <<TOKEN
$secret
TOKEN
    ki_place "$work/token" "$token" 600
}

ki_start() {
    # Only systemd hands the service its own copy; elsewhere its group may read it.
    if [ "$init" != systemd ] && [ -e "$token" ]; then
        chown root:kinglet "$token" && chmod 640 "$token"
    fi
    ki_service start && sleep "${KINGLET_PATIENCE:-3}" && ki_service up && return
    [ -n "$previous" ] || ki_fail "the service does not come up; its log says why"
    ki_place "$previous" "$program" 755 && ki_service start
    ki_fail "the service did not come up with $version: the previous version is back"
}

ki_uninstall() {
    ki_service remove
    if ki_has dpkg && dpkg -s "$name" >/dev/null 2>&1; then dpkg --purge "$name"; fi
    if ki_has rpm && rpm -q "$name" >/dev/null 2>&1; then rpm -e "$name"; fi
    rm -f "$program" "$root/etc/systemd/system/$name.service" "$root/etc/init.d/$name" \
        "$root/etc/config/$name" "$root/lib/upgrade/keep.d/$name" "$root/var/log/$name.log"
    if [ -z "$prefix" ]; then rm -rf "$folder" "$root/var/lib/$name"; fi
    ki_say "removed"
}

ki_install() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/kinglet.XXXXXX") || ki_fail "no temporary folder"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    ki_fetch SHA256SUMS
    ki_signature
    ki_choose
    if [ -z "$root" ] && [ -x "$program" ] &&
        [ "$("$program" --version 2>/dev/null)" = "$name $version" ]; then
        ki_say "$version is already current"
    else
        ki_fetch "$file"
        ki_checksum
        if [ -e "$program" ]; then previous=$work/previous && cp -p "$program" "$previous"; fi
        if [ "$kind" = tarball ]; then ki_tarball; else ki_package; fi
        ki_say "installed $name $version"
    fi
    if [ -n "$prefix$root" ]; then return; fi
    if [ "$name" = kinglet-hub ]; then ki_hub && return; fi
    ki_configure
    if [ ! -e "$token" ]; then return; fi
    ki_start
    "$program" check || ki_fail "the service runs; its log ($(ki_service log)) says how it goes on"
    ki_say "it runs. What it says: $(ki_service log); settings: $config; 'kinglet check' tries them"
}

ki_hub() {
    "$program" check || ki_fail "the hub does not start with a configuration that is wrong"
    ki_start
    ki_say "as it comes, the hub lets nobody in. Say in $config where it listens and who may" \
        "look, start it again (systemctl restart $name), and invite the first host:" \
        "$name invite --name NAME"
}

ki_main() {
    ki_defaults
    ki_options "$@"
    [ "$(uname -s)" = Linux ] || ki_fail "Kinglet is for Linux"
    ki_init_system
    ki_machine
    if [ -z "$prefix" ] && [ "$(id -u)" != 0 ]; then
        ki_fail "needs root; or --prefix \"\$HOME/.local\" for the program alone"
    fi
    folder=$root/etc/$name
    config=$folder/$name.toml token=$folder/token program=${prefix:-$root/usr}/bin/$name
    if [ "$action" = uninstall ]; then ki_uninstall; else ki_install; fi
}

{ ki_main "$@"; exit $?; }
