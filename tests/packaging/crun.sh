# What crun needs of a machine, and what must be kept from it. Sourced by bash, by scripts that are
# alone (alone.sh), after tests/packaging/lib.sh.
# shellcheck shell=bash

ready_for_crun() {
    # It takes one hierarchy of control groups or the other, not both at once as older hosts have.
    umount --recursive /sys/fs/cgroup 2>/dev/null || true
    mount -t cgroup2 none /sys/fs/cgroup
    # It gives its streams to the container's user: a /dev/null of this script's, not the machine's.
    mknod -m 666 "${work:?}/null" c 1 3
    mount --bind "$work/null" /dev/null
    exec </dev/null
}
