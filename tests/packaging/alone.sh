# Starts the script that sources this once more, as the first process of namespaces of its own:
# whatever it mounts or starts ends with it, daemons that run away from their parents included.
# Sourced by bash, first of all.
# shellcheck shell=bash

if [ "$(id -u)" = 0 ] && [ -z "${KINGLET_ALONE:-}" ]; then
    KINGLET_ALONE=1 exec unshare --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi
