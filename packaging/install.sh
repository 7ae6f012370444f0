#!/bin/sh
# Installs Kinglet, the monitoring agent, and ends with `kinglet check`; or, with --hub, its hub.
# `--help` lists the options. Environment: KINGLET_BASE_URL (where releases are), KINGLET_TOKEN,
# KINGLET_ROOT (into a mounted system, start nothing), KINGLET_PUBLIC_KEY (whose signature is due).
# Everything is a function and the last line calls the first: a download that was cut runs nothing,
# not even the beginning of a name, which is why all of them begin with `ki_`.

ki_defaults() {
    set -u && umask 022 && export DEBIAN_FRONTEND=noninteractive
    base=${KINGLET_BASE_URL:-https://github.com/kinglet-monitor/kinglet/releases}
    root=${KINGLET_ROOT:-} public_key=${KINGLET_PUBLIC_KEY:-} # minisign's; none before a release
    url='' protocol=kinglet id='' server_id='' ca_file='' token_file='' version='' prefix=''
    unset secret # or it may be exported
    code='' pin='' secret=${KINGLET_TOKEN:-} name=kinglet packages=yes require_signature=no
    unset KINGLET_TOKEN
    action=install work='' previous='' was='' up=no
}

ki_usage() {
    cat <<'USAGE'
usage: install.sh [--hub] [--update | --uninstall] [OPTION]...
  --hub                kinglet-hub instead of the agent, also to update or to uninstall it
  --update             the newest program; configuration, token and state stay as they are
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
ki_fail() { ki_say "$*" >&2; exit 1; }
ki_wrong() { ki_usage | sed 1q >&2; ki_fail "$*; --help lists every option"; }
ki_has() { command -v "$1" >/dev/null 2>&1; }

ki_options() {
    while [ $# -gt 0 ]; do
        case $1 in
        --token | --token=*)
            ki_fail "--token is refused: every user of this host can read a command line." \
                "Use --token-file FILE, or KINGLET_TOKEN, or wait to be asked." ;;
        --hub) name=kinglet-hub ;;
        --no-package) packages=no ;;
        --require-signature) require_signature=yes ;;
        --update | --uninstall) action=${1#--} ;;
        --help | -h) ki_usage && exit ;;
        --url | --protocol | --id | --server-id | --ca-file | --token-file | --version | \
            --prefix | --code | --pin)
            [ $# -gt 1 ] || ki_wrong "$1 needs a value"
            # An option has the name of its variable.
            eval "$(printf '%s' "${1#--}" | tr - _)=\$2"
            shift
            ;;
        *) ki_wrong "unknown option $1" ;;
        esac
        shift
    done
    version=${version#v}
    if [ -n "$version" ]; then from=$base/download/v$version; else from=$base/latest/download; fi
    [ "$action" != update ] || [ -z "$url$code$token_file" ] ||
        ki_wrong "--update leaves the configuration as it is: no --url, --code or --token-file"
    # These go into a TOML text and must not end it.
    case $url$protocol$id$server_id$ca_file$pin in
    *[\"\\]* | *"
"*) ki_fail "a value has a quote, a backslash or a line break" ;;
    esac
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
        elf="${5:-} ${6:-} ${19:-} ${20:-}"
        [ "${1:-0} ${2:-0} ${3:-0} ${4:-0}" != "127 69 76 70" ] || return 0
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
    cpuinfo=$root/proc/cpuinfo; [ -r "$cpuinfo" ] || cpuinfo=/proc/cpuinfo
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
    for tool in curl wget uclient-fetch none; do if ki_has "$tool"; then break; fi; done
    case $tool in
    curl) curl -fsSL --proto-redir '=https' --retry 2 -o "$work/$1" "$from/$1" ;;
    none) ki_fail "needs curl, wget or uclient-fetch" ;;
    *) "$tool" -q -O "$work/$1" "$from/$1" ;;
    esac
    case $?-$from in
    0-*) return ;;
    [15]-https* | 35-https* | 60-https* | 77-https*) # what they say of a server they do not trust
        why="for https a host needs the package ca-certificates and a clock that is right" ;;
    *) why="no release is there, or no way leads there; KINGLET_BASE_URL says where they are" ;;
    esac
    ki_fail "cannot fetch $from/$1: $why"
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
    [ -n "$file" ] || [ "$kind" = tarball ] || { kind=tarball && ki_triple && ki_choose && return; }
    [ -n "$file" ] || ki_fail "this release has no $name for $arch"
    version=$(printf '%s' "$file" | sed "s/^${name}[-_]\\([0-9][0-9.]*[0-9]\\).*/\\1/")
}

# The file that was chosen, as its checksum says it is.
ki_download() {
    [ -e "$work/$file" ] || ki_fetch "$file"
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

# ki_service start|up|remove|look
ki_service() {
    [ -z "$root" ] || return 0
    case $init-$1 in
    systemd-start) systemctl daemon-reload && systemctl enable --quiet "$name" &&
        systemctl restart "$name" ;;
    systemd-up) systemctl is-active --quiet "$name" ;;
    systemd-remove) systemctl disable --quiet --now "$name" 2>/dev/null ;;
    systemd-forget) systemctl daemon-reload ;;
    openrc-start) rc-update -q add kinglet default && rc-service kinglet restart ;;
    openrc-up) rc-service -q kinglet status ;;
    openrc-remove) rc-service -q kinglet stop; rc-update -q delete kinglet default ;;
    procd-start | sysv-start)
        [ $init = sysv ] || { uci set kinglet.agent.enabled=1 && uci commit kinglet; }
        /etc/init.d/kinglet enable && /etc/init.d/kinglet restart ;;
    procd-up | sysv-up) /etc/init.d/kinglet running ;;
    systemd-look) printf 'systemctl status %s, journalctl -u %s' "$name" "$name" ;;
    procd-look) printf '/etc/init.d/kinglet status, logread -e kinglet' ;;
    openrc-look | sysv-look) printf '/etc/init.d/kinglet status, tail /var/log/kinglet.log' ;;
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
    deb) apt-get install -y -q --reinstall "$work/$file" || dpkg -i "$work/$file" ;;
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
    if [ ! -e "$token" ] || [ -n "$token_file$secret" ]; then (umask 077 && ki_token) || exit; fi
}

ki_token() {
    if [ -n "$token_file" ]; then
        secret=$(cat "$token_file")
        [ -n "$secret" ] || ki_fail "there is no token in $token_file"
    elif [ -z "$secret" ] && (: </dev/tty) 2>/dev/null; then
        # Nothing of it is shown; what is typed after it is, also after Ctrl-C.
        trap 'stty echo </dev/tty; exit 1' HUP INT TERM
        printf 'Token (not shown): ' >/dev/tty
        stty -echo </dev/tty; IFS= read -r secret </dev/tty
        stty echo </dev/tty && printf '\n' >/dev/tty
    fi
    [ -n "$secret" ] || ki_say "no token yet: put it into $token (mode 0600) and start the service"
    [ -n "$secret" ] || return 0
    # Not by printf, which some shells have as a program only: arguments can be read.
    cat >"$work/token" <<TOKEN
$secret
TOKEN
    ki_place "$work/token" "$token" 600
}

ki_start() {
    # Only systemd hands the service its own copy; elsewhere its group may read it.
    [ "$init" = systemd ] || [ ! -e "$token" ] || { chgrp kinglet "$token"; chmod 640 "$token"; }
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
    ki_service forget
    if [ -z "$prefix" ]; then rm -rf "$folder" "$root/var/lib/$name"; fi
    ki_say "removed $name"
}

# Until there are releases many programs have one version: whether the bytes are the same.
ki_same() {
    ki_download
    case $kind in
    deb) dpkg-deb --fsys-tarfile "$work/$file" | tar -xOf - "./usr/bin/$name" ;;
    rpm) rpm2cpio "$work/$file" | cpio -i --quiet --to-stdout "*/bin/$name" ;;
    tarball) gzip -dc "$work/$file" | tar -xOf - "${file%.tar.gz}/$name" ;;
    esac 2>/dev/null | cmp -s - "$program"
}

ki_install() {
    work=$(mktemp -d "${TMPDIR:-/tmp}/kinglet.XXXXXX") || ki_fail "no temporary folder"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 1' HUP INT TERM
    [ -n "$root" ] || was=$("$program" --version 2>/dev/null) && was=${was#"$name "}
    ki_service up 2>/dev/null && up=yes
    ki_fetch SHA256SUMS
    ki_signature
    ki_choose
    if [ "$was" = "$version" ] && { [ "$action" = install ] || ki_same; }; then
        ki_say "$version is already current"
        [ "$action" = install ] || return 0
    else
        ki_download
        if [ -e "$program" ]; then previous=$work/previous && cp -p "$program" "$previous"; fi
        if [ "$kind" = tarball ]; then ki_tarball; else ki_package; fi
        ki_say "installed $name $version${was:+, where $was was}"
    fi
    if [ -n "$prefix$root" ]; then return; fi
    if [ "$action$name" = installkinglet ]; then ki_configure; fi
    if [ "$action$up" = updateno ]; then
        ki_say "done: $name did not run and was not started"
    elif [ "$name" = kinglet-hub ] || [ -e "$token" ]; then
        ki_finish
    fi
}

# Of the agent the check is of its servers, and last; of the hub of its configuration, and first.
ki_finish() {
    [ "$name" = kinglet-hub ] || ki_start
    "$program" check || ki_fail "as said above; how it goes on: $(ki_service look)"
    [ "$name" = kinglet ] || ki_start
    ki_say "done: $name runs, and starts at boot; its settings: $config"
    ki_say "where to look: $(ki_service look), $name check"
    if [ "$name" = kinglet ]; then return; fi
    page=$(sed -n 's/^listen *= *"\(.*\)".*/\1/p' "$config" | sed "s/^0.0.0.0:/$(uname -n):/")
    if grep -q '^\[tls\]' "$config"; then page=https://$page; else page=http://$page; fi
    ki_say "its page: $page"
    [ "$action" = update ] || ki_say "as it comes, the hub lets nobody in: say in $config where" \
        "it listens and who may look, then: systemctl restart $name && $name invite --name NAME"
}

ki_main() {
    ki_defaults
    ki_options "$@"
    [ "$(uname -s)" = Linux ] || ki_fail "Kinglet is for Linux"
    ki_init_system
    ki_machine
    [ -n "$prefix" ] || [ "$(id -u)" = 0 ] || ki_fail "you are not root: run it with sudo, as in" \
        "'... | sudo ${KINGLET_BASE_URL:+KINGLET_BASE_URL=$base }sh -s -- $*';" \
        "or with --prefix \"\$HOME/.local\" for the program alone"
    folder=$root/etc/$name
    config=$folder/$name.toml token=$folder/token program=${prefix:-$root/usr}/bin/$name
    [ "$action" != update ] || [ -x "$program" ] || ki_wrong "there is no $program to update"
    if [ "$action" = uninstall ]; then ki_uninstall; else ki_install; fi
}

{ ki_main "$@"; exit $?; }
