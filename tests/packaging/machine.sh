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
    apt-get install --quiet --yes --no-install-recommends --download-only openrc >/dev/null &&
    mkdir /opt/openrc && mv /var/cache/apt/archives/*.deb /opt/openrc'

# mirror: where this machine has Debian 12 from, without corrections: what is tested is ours.
mirror() {
    # shellcheck disable=SC2016 # apt's variables
    apt-get --option APT::Get::IndexTargets::OnlyPresent=false indextargets --no-release-info \
        --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' \
        "Created-By: Packages" "Release: bookworm" "Component: main" | sed -n 1p
}

# root_archive NAME OPTION...: prints the archive of that root, which mmdebstrap makes once; others
# wait for it.
root_archive() {
    local at=${KINGLET_ROOTS:-$work}/$1 mirror
    shift
    mirror=$(mirror)
    (
        flock 9
        [ -e "$at.tar" ] || {
            mmdebstrap --quiet --aptopt='Acquire::Languages "none"' "$@" bookworm "$at.new.tar" \
                ${mirror:+"$mirror"} >&2 && mv "$at.new.tar" "$at.tar"
        }
    ) 9>"$at.lock"
    echo "$at.tar"
}

# make_root FOLDER: a fresh copy of the base root.
make_root() {
    local archive
    # shellcheck disable=SC2016 # for the shell of mmdebstrap
    archive=$(root_archive base --variant=minbase --include="$base_packages" \
        --customize-hook='chroot "$1" sh -c "$fetch_openrc"')
    copy_root "$archive" "$1"
}

# copy_root ARCHIVE FOLDER: without devices, which a user namespace may not make. A script that is
# alone has its copy in memory, where it takes a second and leaves nothing.
copy_root() {
    mkdir -p "$2"
    if [ -n "${KINGLET_ALONE:-}" ]; then
        mount -t tmpfs none "$2"
        cleanups+=("umount --recursive --lazy $2")
    fi
    tar -C "$2" --numeric-owner --exclude './dev/*' -xf "$1"
}

# mount_root FOLDER: what a chroot needs there, for scripts that are alone (alone.sh). Devices come
# one by one: a folder of this machine's must never lie inside one that is removed afterwards.
mount_root() {
    local device
    mount -t proc none "$1/proc"
    mount -t tmpfs none "$1/run"
    # Not the sticky folder a tmpfs is: there a shell may not write to a device of another owner.
    mount -t tmpfs -o mode=755 none "$1/dev"
    for device in null zero full random urandom tty; do
        touch "$1/dev/$device"
        mount --bind "/dev/$device" "$1/dev/$device"
    done
    ln -s /proc/self/fd "$1/dev/fd"
}

# newer_deb DEB VERSION FILE [PROGRAM]: the same package, a later version of it, with this program.
newer_deb() {
    dpkg-deb --raw-extract "$1" "$work/raw"
    sed -i "s/^Version: .*/Version: $2-1/" "$work/raw/DEBIAN/control"
    [ $# = 3 ] || install -m 755 "$4" "$work/raw/usr/bin/"*
    dpkg-deb --build --root-owner-group "$work/raw" "$3" >/dev/null
    rm -rf "$work/raw"
}

# For systemd-nspawn; without --private-network the machine is on this host's.
machine_options=()
# boot_machine: boots systemd in $root, until every unit has started. /srv is a folder on this
# host's disk, which the root may not be.
boot_machine() {
    mkdir "$work/disk"
    systemd-nspawn --quiet --directory "${root:?}" --machine "kinglet-${work##*.}" --boot \
        --bind "$work/disk:/srv" --register=no --keep-unit --console=pipe \
        "${machine_options[@]}" </dev/null >"$work/boot" 2>&1 &
    cleanups+=("kill $!; wait $!")
    within 120 is_booted "$!" || { tail -n 20 "$work/boot" && exit 1; }
}
# is_booted PID: of systemd-nspawn.
is_booted() {
    leader=$(pgrep -P "$1") &&
        inside systemctl is-system-running --wait 2>/dev/null | grep -qE 'running|degraded'
}

inside() { nsenter --target "$leader" --mount --uts --ipc --net --pid --root --wd -- "$@"; }

# service PROPERTY [UNIT]
service() { inside systemctl show --property "$1" --value "${2:-kinglet}"; }

# is PROPERTY VALUE [UNIT]
is() { [ "$(service "$1" "${3:-}")" = "$2" ] || { service "$1" "${3:-}" && return 1; }; }

# becomes PROPERTY VALUE [UNIT]: within a minute.
becomes() { within 60 is "$@" || { inside journalctl -n 20 -u "${3:-kinglet}" && return 1; }; }
