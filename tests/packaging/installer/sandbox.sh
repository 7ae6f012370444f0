# Throw-away systems to install in: copies of this one, each an overlay in a mount namespace, with
# a systemctl of ours. Sourced by bash after tests/packaging/lib.sh.
# shellcheck shell=bash disable=SC2154 # $work, $base and $script are those of lab.sh

# Programs that note how they were called before they do, or pretend to do, their work.
stubs() {
    mkdir -p "$work/stubs" "$work/calls"
    cat >"$work/stubs/systemctl" <<STUB
#!/bin/sh
{ echo "systemctl \$*"; env; } >>$work/calls/log
case \$1 in is-active) ! grep -q 'behaviour: broken' "/usr/bin/\$3" ;; esac
STUB
    cat >"$work/stubs/curl" <<STUB
#!/bin/sh
{ echo "curl \$*"; env; } >>$work/calls/log
exec /usr/bin/curl "\$@"
STUB
    # Some shells have no printf of their own.
    cat >"$work/stubs/printf" <<STUB
#!/bin/sh
echo "printf \$*" >>$work/calls/log
exec /usr/bin/printf "\$@"
STUB
    chmod 755 "$work/stubs"/*
}

# sandbox NAME COMMAND...: in the copy of this system called NAME; what it wrote is in NAME.kept.
# It looks as if systemd ran in it, or what $booted names. $terminal, if it is a command, starts it.
booted=run/systemd/system terminal=()
sandbox() {
    local name=$work/$1
    shift
    mkdir -p "$name/up" "$name/work" "$name/root"
    # A Ctrl-C is for what runs in it alone: an unshare that it ends would take the rest along.
    # shellcheck disable=SC2016 # for the shell in the namespace
    "${terminal[@]}" env --ignore-signal=INT unshare --mount --pid --fork --kill-child bash -c '
        set -e
        mount -t tmpfs none "$1" 2>/dev/null || true
        mkdir -p "$1/up" "$1/work" "$1/root"
        if [ -d "$1.kept" ]; then cp -a "$1.kept/." "$1/up"; fi
        mount -t overlay overlay -o "lowerdir=/,upperdir=$1/up,workdir=$1/work" "$1/root"
        mount -t proc proc "$1/root/proc" && mount --rbind /dev "$1/root/dev"
        mkdir -p "$1/root/$3" "$1/root$2"
        mount --rbind "$2" "$1/root$2"
        status=0
        shift 3 && chroot "$0/root" env --default-signal=INT "$@" || status=$?
        rm -rf "$0.kept" && cp -a "$0/up" "$0.kept"
        exit $status
    ' "$name" "$name" "$work" "$booted" "$@"
}
kept() { echo "$work/$1.kept$2"; }

# install_in NAME SHELL-WORDS... -- OPTIONS...: the installer in a sandbox, its words in NAME.out.
# It is given $token, or $given where that is set, and $key as the public key.
install_in() {
    local name=$1 shell=()
    shift
    while [ "$1" != -- ]; do shell+=("$1") && shift; done
    shift
    sandbox "$name" env "PATH=$work/stubs:$PATH" "KINGLET_BASE_URL=$base" KINGLET_PATIENCE=0 \
        "KINGLET_PUBLIC_KEY=${key:-}" KINGLET_TOKEN="${given-$token}" secret=exported \
        "${shell[@]}" "$script" --no-package "$@" >"$work/$name.out" 2>&1 </dev/null
}

# told NAME COMMAND...: its words in NAME.out.
told() { "${@:2}" >"$work/$1.out" 2>&1 </dev/null; }

# tools_without PROGRAM...: $work/tools has this system's programs but these.
tools_without() {
    rm -rf "$work/tools" && mkdir -p "$work/tools"
    ln -s --target-directory "$work/tools" /usr/bin/*
    (cd "$work/tools" && rm -f "$@")
}
