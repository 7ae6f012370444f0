# Starts the script that sources this once more, as the first process of namespaces of its own:
# whatever it mounts or starts ends with it, daemons that run away from their parents included.
# Sourced by bash, first of all.
#
#   . alone.sh [--user ARGUMENT...]      also a user namespace, with the same users in it
# shellcheck shell=bash

alone=(unshare --mount --pid --fork --kill-child --mount-proc)

# A user namespace has no users until somebody outside says which: this does, when it is asked.
alone_with_users() {
    local asked child status=0
    asked=$(mktemp --dry-run)
    mkfifo "$asked"
    # shellcheck disable=SC2016 # for the shell in the namespace
    "${alone[@]}" --user bash -c 'read -r _ <"$0"; exec "$@"' "$asked" "$0" "$@" &
    child=$!
    until [ "$(readlink "/proc/$child/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do
        kill -0 "$child" || exit 1
        sleep 0.05
    done
    echo "0 0 65536" >"/proc/$child/uid_map"
    echo "0 0 65536" >"/proc/$child/gid_map"
    echo >"$asked"
    rm "$asked"
    wait "$child" || status=$?
    exit "$status"
}

if [ "$(id -u)" = 0 ] && [ -z "${KINGLET_ALONE:-}" ]; then
    export KINGLET_ALONE=1
    if [ "${1:-}" != --user ]; then exec "${alone[@]}" "$0" "$@"; fi
    shift
    alone_with_users "$@"
fi
