#!/bin/sh
# Installs Kinglet, the monitoring agent, and ends with `kinglet check`.
#
#   curl -fsSL ADDRESS/install.sh | sh -s -- --url wss://hub.example.org
#
# Options:
#   --url URL            where to report; written into a new configuration
#   --protocol NAME      kinglet (default), vstats or simple-server-status
#   --id ID              who this host is; default: derived from its machine-id
#   --server-id ID       the server's id in a vStats panel
#   --ca-file FILE       own certificate authorities, PEM
#   --code CODE          with --url: a hub's invitation, which brings token and configuration
#   --pin PIN            the hub's key, where no authority vouches for it
#   --token-file FILE    file with the token; else KINGLET_TOKEN; else it is asked for
#   --version X          this version instead of the latest
#   --prefix DIR         only the program, into DIR/bin: no service, no root needed
#   --no-package         the tarball, even where dpkg or rpm could install a package
#   --require-signature  stop where the release's signature cannot be checked
#   --uninstall          remove everything, configuration and token included
#
# Environment: KINGLET_BASE_URL (where releases are), KINGLET_ROOT (install into a mounted system,
# start nothing), KINGLET_TOKEN.
#
# Everything is a function and the last line calls the first: a download that was cut runs nothing,
# not even the beginning of a name, which is why all of them begin with `ki_`.

ki_defaults() {
    set -u
    umask 022
    base=${KINGLET_BASE_URL:-https://github.com/kinglet-monitor/kinglet/releases}
    root=${KINGLET_ROOT:-}
    # The release's public key, for minisign; empty until there is a first signed release.
    public_key=${KINGLET_PUBLIC_KEY:-}
    url='' protocol=kinglet id='' server_id='' ca_file='' token_file='' version='' prefix=''
    secret=${KINGLET_TOKEN:-}
    unset KINGLET_TOKEN
    packages=yes require_signature=no action=install work='' previous='' code='' pin=''
}

ki_usage() {
    cat <<'USAGE'
install.sh [--url URL] [--protocol NAME] [--id ID] [--server-id ID] [--ca-file FILE]
           [--code CODE] [--pin PIN] [--token-file FILE] [--version X] [--prefix DIR]
           [--no-package] [--require-signature] [--uninstall]
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
        --no-package) packages=no ;;
        --require-signature) require_signature=yes ;;
        --uninstall) action=uninstall ;;
        --help | -h) action=help ;;
        --url | --protocol | --id | --server-id | --ca-file | --token-file | --version | \
            --prefix | --code | --pin)
            [ $# -gt 1 ] || ki_fail "$1 needs a value"
            case $1 in
            --url) url=$2 ;;
            --protocol) protocol=$2 ;;
            --id) id=$2 ;;
            --server-id) server_id=$2 ;;
            --ca-file) ca_file=$2 ;;
            --code) code=$2 ;;
            --pin) pin=$2 ;;
            --token-file) token_file=$2 ;;
            --version) version=${2#v} ;;
            --prefix) prefix=$2 ;;
            esac
            shift
            ;;
        *) ki_fail "unknown option $1; see --help" ;;
        esac
        shift
    done
    # These go into a TOML text and must not end it.
    for value in "$url" "$protocol" "$id" "$server_id" "$ca_file"; do
        case $value in
        *[\"\\]* | *"
"*) ki_fail "a value has a quote, a backslash or a line break: $value" ;;
        esac
    done
}

# What kind of machine: the userland's architecture, which the kernel's need not be.
ki_machine() {
    if ki_has dpkg && [ "$packages" = yes ]; then
        kind=deb arch=$(dpkg --print-architecture)
    elif ki_has rpm && [ "$packages" = yes ] && [ "$(rpm -qa 2>/dev/null | head -n 1)" ]; then
        kind=rpm arch=$(rpm --eval '%{_arch}')
    else
        kind=tarball arch=''
    fi
    [ -z "$prefix" ] || kind=tarball
    if [ "$kind" = tarball ]; then ki_triple; fi
}

ki_bytes() {
    if ki_has od; then od -An -v -tu1 | tr '\n' ' '; else hexdump -v -e '/1 "%u "'; fi
}

# Bytes of an ELF header: the class, the byte order and the machine of this system's own programs.
ki_elf() {
    for program in "$root/bin/busybox" "$root/bin/sh" "$root/usr/bin/env" "$root/bin/ls"; do
        [ -r "$program" ] || continue
        # shellcheck disable=SC2046 # one word for each byte
        set -- $(dd if="$program" bs=1 count=20 2>/dev/null | ki_bytes)
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
    "1 2 0 8") ki_fail "big-endian MIPS is not supported" ;;
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
    if ki_has curl; then
        curl -fsSL --proto-redir '=https' --retry 2 -o "$work/$1" "$from/$1"
    elif ki_has wget; then
        wget -q -O "$work/$1" "$from/$1"
    elif ki_has uclient-fetch; then
        uclient-fetch -q -O "$work/$1" "$from/$1"
    else
        ki_fail "needs curl, wget or uclient-fetch"
    fi
}

ki_signature() {
    if [ -n "$public_key" ] && ki_has minisign; then
        ki_fetch SHA256SUMS.minisig || ki_fail "the release has no signature"
        minisign -Vqm "$work/SHA256SUMS" -x "$work/SHA256SUMS.minisig" -P "$public_key" ||
            ki_fail "the signature of SHA256SUMS is wrong: nothing was installed"
        ki_say "signature checked"
    elif [ "$require_signature" = yes ]; then
        ki_fail "--require-signature: needs minisign and a signed release"
    fi
}

# The name of our file in SHA256SUMS, which has one for each machine; the version comes from it.
ki_choose() {
    case $kind in
    deb) pattern="kinglet_[0-9][^ ]*_$arch\.deb" ;;
    rpm) pattern="kinglet-[0-9][^ ]*\.$arch\.rpm" ;;
    tarball) pattern="kinglet-[0-9][^ ]*-$arch\.tar\.gz" ;;
    esac
    file=$(sed -n "s/^[0-9a-f]\{64\}  \($pattern\)\$/\1/p" "$work/SHA256SUMS" | head -n 1)
    if [ -z "$file" ] && [ "$kind" != tarball ]; then
        kind=tarball
        ki_triple
        ki_choose
        return
    fi
    [ -n "$file" ] || ki_fail "this release has nothing for $arch"
    version=$(printf '%s' "$file" | sed 's/^kinglet[-_]\([0-9][0-9.]*[0-9]\).*/\1/')
}

ki_checksum() {
    expected=$(sed -n "s/^\([0-9a-f]\{64\}\)  $file\$/\1/p" "$work/SHA256SUMS")
    if ki_has sha256sum; then
        actual=$(sha256sum "$work/$file" | cut -d ' ' -f 1)
    elif ki_has openssl; then
        actual=$(openssl dgst -sha256 "$work/$file" | sed 's/.*= *//')
    else
        ki_fail "needs sha256sum or openssl to check the download"
    fi
    [ "$actual" = "$expected" ] ||
        ki_fail "the checksum of $file is wrong: nothing was installed"
}

ki_init_system() {
    if [ -n "$prefix" ]; then init=none
    elif [ -d "$root/run/systemd/system" ]; then init=systemd
    elif [ -x "$root/sbin/procd" ]; then init=procd
    elif [ -x "$root/sbin/openrc-run" ]; then init=openrc
    else init=none; fi
}

# ki_service start|stop|restart|up|remove
ki_service() {
    [ -z "$root" ] || return 0
    case $init-$1 in
    systemd-start) systemctl daemon-reload && systemctl enable --quiet kinglet &&
        systemctl restart kinglet ;;
    systemd-up) systemctl is-active --quiet kinglet ;;
    systemd-remove) systemctl disable --quiet --now kinglet 2>/dev/null ;;
    openrc-start) rc-update -q add kinglet default && rc-service kinglet restart ;;
    openrc-up) rc-service -q kinglet status ;;
    openrc-remove) rc-service -q kinglet stop; rc-update -q delete kinglet default ;;
    procd-start) uci set kinglet.agent.enabled=1 && uci commit kinglet &&
        /etc/init.d/kinglet enable && /etc/init.d/kinglet restart ;;
    procd-up) /etc/init.d/kinglet running ;;
    procd-remove) /etc/init.d/kinglet stop; /etc/init.d/kinglet disable ;;
    esac
}

ki_user() {
    if grep -q '^kinglet:' "$root/etc/passwd" 2>/dev/null; then return; fi
    if ki_has useradd; then
        useradd ${root:+--root "$root"} --system --user-group --no-create-home \
            --home-dir /nonexistent --shell /bin/false kinglet
    elif ki_has adduser && [ "$init" != procd ]; then
        addgroup -S kinglet && adduser -S -D -H -h /nonexistent -s /bin/false -G kinglet kinglet
    else # OpenWrt has neither
        printf 'kinglet:x:789:\n' >>"$root/etc/group"
        printf 'kinglet:x:789:789:kinglet:/var/run:/bin/false\n' >>"$root/etc/passwd"
    fi
}

# ki_place SOURCE TARGET MODE: beside it first, then over it by rename.
ki_place() {
    mkdir -p "${2%/*}" && cp "$1" "$2.new" && chmod "$3" "$2.new" && mv -f "$2.new" "$2"
}

ki_tarball() {
    (cd "$work" && gzip -dc "$file" | tar -xf -) || ki_fail "cannot unpack $file"
    unpacked=$work/${file%.tar.gz}
    if [ -z "$root" ]; then
        "$unpacked/kinglet" --version >"$work/version" 2>&1 ||
            ki_fail "the new program does not run here: $(cat "$work/version")"
    fi
    if [ -e "$program" ]; then previous=$work/previous && cp -p "$program" "$previous"; fi
    ki_place "$unpacked/kinglet" "$program" 755 || ki_fail "cannot write $program"
    [ -z "$prefix" ] || return 0
    ki_user
    mkdir -p "$root/etc/kinglet"
    [ -e "$config" ] || ki_place "$unpacked/kinglet.toml" "$config" 640
    chown root:kinglet "$root/etc/kinglet" "$config" 2>/dev/null
    chmod 750 "$root/etc/kinglet"
    case $init in
    systemd)
        ki_place "$unpacked/kinglet.service" \
            "$root/etc/systemd/system/kinglet.service" 644
        ;;
    openrc) ki_place "$unpacked/kinglet.openrc" "$root/etc/init.d/kinglet" 755 ;;
    procd)
        ki_place "$unpacked/kinglet.init" "$root/etc/init.d/kinglet" 755
        [ -e "$root/etc/config/kinglet" ] ||
            ki_place "$unpacked/kinglet.config" "$root/etc/config/kinglet" 644
        ki_place "$unpacked/kinglet.keep" "$root/lib/upgrade/keep.d/kinglet" 644
        ;;
    none) ki_say "no systemd, OpenRC or procd here: start 'kinglet run' yourself" ;;
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
    if [ -n "$code" ]; then
        KINGLET_CODE=$code "$program" enroll --url "$url" ${pin:+--pin "$pin"} ${id:+--id "$id"} \
            ${ca_file:+--ca-file "$ca_file"} || ki_fail "not enrolled, so nothing is reported"
    elif [ -n "$url" ] && { [ ! -e "$config" ] || grep -q 'hub\.example\.org' "$config"; }; then
        {
            if [ -n "$id" ]; then printf '[host]\nid = "%s"\n\n' "$id"; fi
            printf '[[server]]\nprotocol = "%s"\nurl = "%s"\n' "$protocol" "$url"
            if [ -n "$server_id" ]; then printf 'server_id = "%s"\n' "$server_id"; fi
            if [ -n "$ca_file" ]; then printf 'ca_file = "%s"\n' "$ca_file"; fi
        } >"$work/kinglet.toml"
        ki_place "$work/kinglet.toml" "$config" 640 || ki_fail "cannot write $config"
        chown root:kinglet "$config" 2>/dev/null
    elif [ -n "$url" ]; then
        ki_say "$config is yours and was left as it is"
    fi
    if [ ! -e "$token" ] || [ -n "$token_file$secret" ]; then ki_token; fi
}

ki_token() {
    umask 077
    if [ -n "$token_file" ]; then
        cat "$token_file" >"$work/token" || ki_fail "cannot read $token_file"
    elif [ -n "$secret" ]; then
        printf '%s\n' "$secret" >"$work/token"
    elif (: </dev/tty) 2>/dev/null; then
        printf 'Token (not shown): ' >/dev/tty
        stty -echo </dev/tty
        IFS= read -r answer </dev/tty
        stty echo </dev/tty
        printf '\n' >/dev/tty
        printf '%s\n' "$answer" >"$work/token"
    else
        ki_say "no token yet: put it into $token (mode 0600) and start the service"
        umask 022
        return
    fi
    mkdir -p "${token%/*}"
    ki_place "$work/token" "$token" 600 || ki_fail "cannot write $token"
    umask 022
}

ki_start() {
    [ -e "$token" ] || return 0
    # Only systemd hands the service its own copy; elsewhere its group may read it.
    if [ "$init" != systemd ]; then chown root:kinglet "$token" && chmod 640 "$token"; fi
    if ki_service start && sleep "${KINGLET_PATIENCE:-3}" && ki_service up; then
        return 0
    fi
    [ -n "$previous" ] || ki_fail "the service does not come up; its log says why"
    ki_place "$previous" "$program" 755 && ki_service start
    ki_fail "the service did not come up with $version: the previous version is back"
}

ki_uninstall() {
    ki_service remove
    if ki_has dpkg && dpkg -s kinglet >/dev/null 2>&1; then dpkg --purge kinglet; fi
    if ki_has rpm && rpm -q kinglet >/dev/null 2>&1; then rpm -e kinglet; fi
    rm -f "$program" "$root/etc/systemd/system/kinglet.service" "$root/etc/init.d/kinglet" \
        "$root/etc/config/kinglet" "$root/lib/upgrade/keep.d/kinglet" \
        "$root/var/log/kinglet.log"
    if [ -z "$prefix" ]; then rm -rf "$root/etc/kinglet"; fi
    ki_say "removed"
}

ki_install() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/kinglet.XXXXXX") || ki_fail "no temporary folder"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    ki_fetch SHA256SUMS || ki_fail "cannot fetch $from/SHA256SUMS"
    ki_signature
    ki_choose
    if [ -z "$root" ] && [ -x "$program" ] &&
        [ "$("$program" --version 2>/dev/null)" = "kinglet $version" ]; then
        ki_say "$version is already current"
    else
        ki_fetch "$file" || ki_fail "cannot fetch $from/$file"
        ki_checksum
        if [ "$kind" = tarball ]; then ki_tarball; else ki_package; fi
        ki_say "installed $version"
    fi
    if [ -n "$prefix$root" ]; then return; fi
    ki_configure
    ki_start
    [ ! -e "$token" ] || "$program" check
}

ki_main() {
    ki_defaults
    ki_options "$@"
    if [ "$action" = help ]; then ki_usage && return; fi
    [ "$(uname -s)" = Linux ] || ki_fail "Kinglet is for Linux"
    ki_machine
    ki_init_system
    if [ -z "$prefix" ] && [ "$(id -u)" != 0 ]; then
        ki_fail "needs root; or --prefix \"\$HOME/.local\" for the program alone"
    fi
    config=$root/etc/kinglet/kinglet.toml token=$root/etc/kinglet/token
    program=${prefix:-$root/usr}/bin/kinglet
    if [ "$action" = uninstall ]; then ki_uninstall; else ki_install; fi
}

{ ki_main "$@"; exit $?; }
