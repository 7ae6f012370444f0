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
# Everything is a function and the last line calls the first: a download that was cut runs nothing.

kinglet_defaults() {
    set -u
    umask 022
    base=${KINGLET_BASE_URL:-https://github.com/kinglet-monitor/kinglet/releases}
    root=${KINGLET_ROOT:-}
    # The release's public key, for minisign; empty until there is a first signed release.
    public_key=${KINGLET_PUBLIC_KEY:-}
    url='' protocol=kinglet id='' server_id='' ca_file='' token_file='' version='' prefix=''
    secret=${KINGLET_TOKEN:-}
    unset KINGLET_TOKEN
    packages=yes require_signature=no action=install work='' previous=''
}

kinglet_usage() {
    cat <<'USAGE'
install.sh [--url URL] [--protocol NAME] [--id ID] [--server-id ID] [--ca-file FILE]
           [--token-file FILE] [--version X] [--prefix DIR] [--no-package]
           [--require-signature] [--uninstall]
USAGE
}

kinglet_say() { printf '%s\n' "kinglet: $*"; }

kinglet_fail() {
    printf '%s\n' "kinglet: $*" >&2
    exit 1
}

kinglet_has() { command -v "$1" >/dev/null 2>&1; }

kinglet_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --token | --token=*)
            kinglet_fail "--token is refused: every user of this host can read a command line." \
                "Use --token-file FILE, or KINGLET_TOKEN, or wait to be asked."
            ;;
        --no-package) packages=no ;;
        --require-signature) require_signature=yes ;;
        --uninstall) action=uninstall ;;
        --help | -h) action=help ;;
        --url | --protocol | --id | --server-id | --ca-file | --token-file | --version | --prefix)
            [ $# -gt 1 ] || kinglet_fail "$1 needs a value"
            case $1 in
            --url) url=$2 ;;
            --protocol) protocol=$2 ;;
            --id) id=$2 ;;
            --server-id) server_id=$2 ;;
            --ca-file) ca_file=$2 ;;
            --token-file) token_file=$2 ;;
            --version) version=${2#v} ;;
            --prefix) prefix=$2 ;;
            esac
            shift
            ;;
        *) kinglet_fail "unknown option $1; see --help" ;;
        esac
        shift
    done
    # These go into a TOML text and must not end it.
    for value in "$url" "$protocol" "$id" "$server_id" "$ca_file"; do
        case $value in
        *[\"\\]* | *"
"*) kinglet_fail "a value has a quote, a backslash or a line break: $value" ;;
        esac
    done
}

# What kind of machine: the userland's architecture, which the kernel's need not be.
kinglet_machine() {
    if kinglet_has dpkg && [ "$packages" = yes ]; then
        kind=deb arch=$(dpkg --print-architecture)
    elif kinglet_has rpm && [ "$packages" = yes ] && [ "$(rpm -qa 2>/dev/null | head -n 1)" ]; then
        kind=rpm arch=$(rpm --eval '%{_arch}')
    else
        kind=tarball arch=''
    fi
    [ -z "$prefix" ] || kind=tarball
    if [ "$kind" = tarball ]; then kinglet_triple; fi
}

kinglet_bytes() {
    if kinglet_has od; then od -An -v -tu1 | tr '\n' ' '; else hexdump -v -e '/1 "%u "'; fi
}

# Bytes of an ELF header: the class, the byte order and the machine of this system's own programs.
kinglet_elf() {
    for program in "$root/bin/busybox" "$root/bin/sh" "$root/usr/bin/env" "$root/bin/ls"; do
        [ -r "$program" ] || continue
        # shellcheck disable=SC2046 # one word for each byte
        set -- $(dd if="$program" bs=1 count=20 2>/dev/null | kinglet_bytes)
        if [ "${1:-0} ${2:-0} ${3:-0} ${4:-0}" = "127 69 76 70" ]; then
            elf="$5 $6 ${19} ${20}"
            return 0
        fi
    done
    elf=none
}

kinglet_triple() {
    kinglet_elf
    case $elf in
    "2 1 62 0") arch=x86_64-unknown-linux-musl ;;
    "2 1 183 0") arch=aarch64-unknown-linux-musl ;;
    "2 1 243 0") arch=riscv64gc-unknown-linux-musl ;;
    "1 1 3 0") arch=i686-unknown-linux-musl ;;
    "1 1 8 0") arch=mipsel-unknown-linux-musl ;;
    "1 2 0 8") kinglet_fail "big-endian MIPS is not supported" ;;
    "1 1 40 0") kinglet_arm ;;
    *) kinglet_fail "cannot tell this machine's architecture ($(uname -m), ELF $elf)" ;;
    esac
}

# By features of the processor: ARMv7 and ARMv6 with a floating-point unit, else ARMv5.
kinglet_arm() {
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

# kinglet_fetch NAME: a file of the release into the work folder.
kinglet_fetch() {
    if [ -n "$version" ]; then from=$base/download/v$version; else from=$base/latest/download; fi
    if kinglet_has curl; then
        curl -fsSL --proto-redir '=https' --retry 2 -o "$work/$1" "$from/$1"
    elif kinglet_has wget; then
        wget -q -O "$work/$1" "$from/$1"
    elif kinglet_has uclient-fetch; then
        uclient-fetch -q -O "$work/$1" "$from/$1"
    else
        kinglet_fail "needs curl, wget or uclient-fetch"
    fi
}

kinglet_signature() {
    if [ -n "$public_key" ] && kinglet_has minisign; then
        kinglet_fetch SHA256SUMS.minisig || kinglet_fail "the release has no signature"
        minisign -Vqm "$work/SHA256SUMS" -x "$work/SHA256SUMS.minisig" -P "$public_key" ||
            kinglet_fail "the signature of SHA256SUMS is wrong: nothing was installed"
        kinglet_say "signature checked"
    elif [ "$require_signature" = yes ]; then
        kinglet_fail "--require-signature: needs minisign and a signed release"
    fi
}

# The name of our file in SHA256SUMS, which has one for each machine; the version comes from it.
kinglet_choose() {
    case $kind in
    deb) pattern="kinglet_[0-9][^ ]*_$arch\.deb" ;;
    rpm) pattern="kinglet-[0-9][^ ]*\.$arch\.rpm" ;;
    tarball) pattern="kinglet-[0-9][^ ]*-$arch\.tar\.gz" ;;
    esac
    file=$(sed -n "s/^[0-9a-f]\{64\}  \($pattern\)\$/\1/p" "$work/SHA256SUMS" | head -n 1)
    if [ -z "$file" ] && [ "$kind" != tarball ]; then
        kind=tarball
        kinglet_triple
        kinglet_choose
        return
    fi
    [ -n "$file" ] || kinglet_fail "this release has nothing for $arch"
    version=$(printf '%s' "$file" | sed 's/^kinglet[-_]\([0-9][0-9.]*[0-9]\).*/\1/')
}

kinglet_checksum() {
    expected=$(sed -n "s/^\([0-9a-f]\{64\}\)  $file\$/\1/p" "$work/SHA256SUMS")
    if kinglet_has sha256sum; then
        actual=$(sha256sum "$work/$file" | cut -d ' ' -f 1)
    elif kinglet_has openssl; then
        actual=$(openssl dgst -sha256 "$work/$file" | sed 's/.*= *//')
    else
        kinglet_fail "needs sha256sum or openssl to check the download"
    fi
    [ "$actual" = "$expected" ] ||
        kinglet_fail "the checksum of $file is wrong: nothing was installed"
}

kinglet_init_system() {
    if [ -n "$prefix" ]; then init=none
    elif [ -d "$root/run/systemd/system" ]; then init=systemd
    elif [ -x "$root/sbin/procd" ]; then init=procd
    elif [ -x "$root/sbin/openrc-run" ]; then init=openrc
    else init=none; fi
}

# kinglet_service start|stop|restart|up|remove
kinglet_service() {
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

kinglet_user() {
    if grep -q '^kinglet:' "$root/etc/passwd" 2>/dev/null; then return; fi
    if kinglet_has useradd; then
        useradd ${root:+--root "$root"} --system --user-group --no-create-home \
            --home-dir /nonexistent --shell /bin/false kinglet
    elif kinglet_has adduser && [ "$init" != procd ]; then
        addgroup -S kinglet && adduser -S -D -H -h /nonexistent -s /bin/false -G kinglet kinglet
    else # OpenWrt has neither
        printf 'kinglet:x:789:\n' >>"$root/etc/group"
        printf 'kinglet:x:789:789:kinglet:/var/run:/bin/false\n' >>"$root/etc/passwd"
    fi
}

# kinglet_place SOURCE TARGET MODE: beside it first, then over it by rename.
kinglet_place() {
    mkdir -p "${2%/*}" && cp "$1" "$2.new" && chmod "$3" "$2.new" && mv -f "$2.new" "$2"
}

kinglet_tarball() {
    (cd "$work" && gzip -dc "$file" | tar -xf -) || kinglet_fail "cannot unpack $file"
    unpacked=$work/${file%.tar.gz}
    if [ -z "$root" ]; then
        "$unpacked/kinglet" --version >"$work/version" 2>&1 ||
            kinglet_fail "the new program does not run here: $(cat "$work/version")"
    fi
    if [ -e "$program" ]; then previous=$work/previous && cp -p "$program" "$previous"; fi
    kinglet_place "$unpacked/kinglet" "$program" 755 || kinglet_fail "cannot write $program"
    [ -z "$prefix" ] || return 0
    kinglet_user
    mkdir -p "$root/etc/kinglet"
    [ -e "$config" ] || kinglet_place "$unpacked/kinglet.toml" "$config" 640
    chown root:kinglet "$root/etc/kinglet" "$config" 2>/dev/null
    chmod 750 "$root/etc/kinglet"
    case $init in
    systemd)
        kinglet_place "$unpacked/kinglet.service" \
            "$root/etc/systemd/system/kinglet.service" 644
        ;;
    openrc) kinglet_place "$unpacked/kinglet.openrc" "$root/etc/init.d/kinglet" 755 ;;
    procd)
        kinglet_place "$unpacked/kinglet.init" "$root/etc/init.d/kinglet" 755
        [ -e "$root/etc/config/kinglet" ] ||
            kinglet_place "$unpacked/kinglet.config" "$root/etc/config/kinglet" 644
        kinglet_place "$unpacked/kinglet.keep" "$root/lib/upgrade/keep.d/kinglet" 644
        ;;
    none) kinglet_say "no systemd, OpenRC or procd here: start 'kinglet run' yourself" ;;
    esac
}

kinglet_package() {
    case $kind in
    deb) DEBIAN_FRONTEND=noninteractive apt-get install -y -q "$work/$file" ||
        DEBIAN_FRONTEND=noninteractive dpkg -i "$work/$file" ;;
    rpm) rpm -U --replacepkgs "$work/$file" ;;
    esac || kinglet_fail "the package could not be installed"
}

# A configuration the owner has touched is theirs: only a new one is written.
kinglet_configure() {
    if [ -n "$url" ] && { [ ! -e "$config" ] || grep -q 'hub\.example\.org' "$config"; }; then
        {
            if [ -n "$id" ]; then printf '[host]\nid = "%s"\n\n' "$id"; fi
            printf '[[server]]\nprotocol = "%s"\nurl = "%s"\n' "$protocol" "$url"
            if [ -n "$server_id" ]; then printf 'server_id = "%s"\n' "$server_id"; fi
            if [ -n "$ca_file" ]; then printf 'ca_file = "%s"\n' "$ca_file"; fi
            printf 'token_file = "%s"\n' /etc/kinglet/token
        } >"$work/kinglet.toml"
        kinglet_place "$work/kinglet.toml" "$config" 640 || kinglet_fail "cannot write $config"
        chown root:kinglet "$config" 2>/dev/null
    elif [ -n "$url" ]; then
        kinglet_say "$config is yours and was left as it is"
    fi
    if [ ! -e "$token" ] || [ -n "$token_file$secret" ]; then kinglet_token; fi
}

kinglet_token() {
    umask 077
    if [ -n "$token_file" ]; then
        cat "$token_file" >"$work/token" || kinglet_fail "cannot read $token_file"
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
        kinglet_say "no token yet: put it into $token (mode 0600) and start the service"
        umask 022
        return
    fi
    mkdir -p "${token%/*}"
    kinglet_place "$work/token" "$token" 600 || kinglet_fail "cannot write $token"
    # Only systemd hands the service its own copy; elsewhere its group may read it.
    if [ "$init" != systemd ]; then chown root:kinglet "$token" && chmod 640 "$token"; fi
    umask 022
}

kinglet_start() {
    [ -e "$token" ] || return 0
    if kinglet_service start && sleep "${KINGLET_PATIENCE:-3}" && kinglet_service up; then
        return 0
    fi
    [ -n "$previous" ] || kinglet_fail "the service does not come up; its log says why"
    kinglet_place "$previous" "$program" 755 && kinglet_service start
    kinglet_fail "the service did not come up with $version: the previous version is back"
}

kinglet_uninstall() {
    kinglet_service remove
    if kinglet_has dpkg && dpkg -s kinglet >/dev/null 2>&1; then dpkg --purge kinglet; fi
    if kinglet_has rpm && rpm -q kinglet >/dev/null 2>&1; then rpm -e kinglet; fi
    rm -f "$program" "$root/etc/systemd/system/kinglet.service" "$root/etc/init.d/kinglet" \
        "$root/etc/config/kinglet" "$root/lib/upgrade/keep.d/kinglet"
    if [ -z "$prefix" ]; then rm -rf "$root/etc/kinglet"; fi
    kinglet_say "removed"
}

kinglet_install() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/kinglet.XXXXXX") || kinglet_fail "no temporary folder"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    kinglet_fetch SHA256SUMS || kinglet_fail "cannot fetch $from/SHA256SUMS"
    kinglet_signature
    kinglet_choose
    if [ -z "$root" ] && [ -x "$program" ] &&
        [ "$("$program" --version 2>/dev/null)" = "kinglet $version" ]; then
        kinglet_say "$version is already current"
    else
        kinglet_fetch "$file" || kinglet_fail "cannot fetch $from/$file"
        kinglet_checksum
        if [ "$kind" = tarball ]; then kinglet_tarball; else kinglet_package; fi
        kinglet_say "installed $version"
    fi
    if [ -n "$prefix$root" ]; then return; fi
    kinglet_configure
    kinglet_start
    [ ! -e "$token" ] || "$program" check
}

kinglet_main() {
    kinglet_defaults
    kinglet_options "$@"
    if [ "$action" = help ]; then kinglet_usage && return; fi
    [ "$(uname -s)" = Linux ] || kinglet_fail "Kinglet is for Linux"
    kinglet_machine
    kinglet_init_system
    if [ -z "$prefix" ] && [ "$(id -u)" != 0 ]; then
        kinglet_fail "needs root; or --prefix \"\$HOME/.local\" for the program alone"
    fi
    config=$root/etc/kinglet/kinglet.toml token=$root/etc/kinglet/token
    program=${prefix:-$root/usr}/bin/kinglet
    if [ "$action" = uninstall ]; then kinglet_uninstall; else kinglet_install; fi
}

{ kinglet_main "$@"; exit $?; }
