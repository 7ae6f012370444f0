# Debian 12 machines for the packaging tests. Sourced by bash, after tests/packaging/lib.sh.
#
# One base root serves all tests of a run: whoever comes first makes it in the folder
# KINGLET_ROOTS (default: the test's own), everybody boots a copy. $root is the booted machine's
# root, $leader its first process.
# shellcheck shell=bash

# Everything any test wants, so that there is one root to make: python3-minimal and curl for a hub
# and the installer, dnf for the rpm.
base_packages=systemd,systemd-sysv,dbus,adduser,procps,ca-certificates,curl,python3-minimal,dnf

# Not installed beside systemd, but fetched along with it: a root of its own costs half a minute.
export fetch_openrc='
    apt-get clean &&
    apt-get install --quiet --yes --no-install-recommends --download-only openrc &&
    mkdir /opt/openrc && mv /var/cache/apt/archives/*.deb /opt/openrc'

# base_root: prints the archive of the base root.
base_root() {
    local folder=${KINGLET_ROOTS:-$work}
    if [ ! -e "$folder/base.tar" ]; then
        # shellcheck disable=SC2016 # for the shell of mmdebstrap
        mmdebstrap --quiet --variant=minbase --include="$base_packages" \
            --customize-hook='chroot "$1" sh -c "$fetch_openrc"' \
            --aptopt='Acquire::Languages "none"' bookworm "$folder/base.new.tar" >&2
        mv "$folder/base.new.tar" "$folder/base.tar"
    fi
    echo "$folder/base.tar"
}

# make_root FOLDER: a fresh copy of the base root.
make_root() {
    mkdir -p "$1"
    tar -C "$1" --numeric-owner --xattrs --xattrs-include='*' -xf "$(base_root)"
}

# mount_root FOLDER: what a chroot needs there, for scripts that are alone (alone.sh). Devices come
# one by one: a folder of this machine's must never lie inside one that is removed afterwards.
mount_root() {
    local device
    mount --bind "$1" "$1"
    cleanups+=("umount --recursive $1")
    mount -t proc none "$1/proc"
    mount -t tmpfs none "$1/run"
    mount -t tmpfs none "$1/dev"
    for device in null zero full random urandom tty; do
        touch "$1/dev/$device"
        mount --bind "/dev/$device" "$1/dev/$device"
    done
    ln -s /proc/self/fd "$1/dev/fd"
}

# boot_machine: boots systemd in $root, on this host's network, until every unit has started.
boot_machine() {
    local until=$((SECONDS + 60))
    systemd-nspawn --quiet --directory "${root:?}" --machine "kinglet-$$-$SECONDS" --boot \
        --register=no --keep-unit --console=pipe </dev/null >"$work/boot" 2>&1 &
    cleanups+=("kill $!; wait $!")
    until leader=$(pgrep -P "$!") && inside systemctl is-system-running --wait \
        2>/dev/null | grep -qE 'running|degraded'; do
        [ $SECONDS -lt $until ] || { tail -n 20 "$work/boot" && exit 1; }
        sleep 0.3
    done
}

inside() { nsenter --target "$leader" --mount --uts --ipc --pid --root --wd -- "$@"; }

# service PROPERTY [UNIT]
service() { inside systemctl show --property "$1" --value "${2:-kinglet}"; }

# is PROPERTY VALUE [UNIT]
is() { [ "$(service "$1" "${3:-}")" = "$2" ] || { service "$1" "${3:-}" && return 1; }; }

# becomes PROPERTY VALUE [UNIT]: within 20 s.
becomes() {
    local until=$((SECONDS + 20))
    until is "$@"; do
        [ $SECONDS -lt $until ] || { inside journalctl -n 20 -u "${3:-kinglet}" && return 1; }
        sleep 0.2
    done
}
