# What the packaging tests share. Sourced by bash.
# shellcheck shell=bash

cleanups=()
# After bench/lab.sh its folder and its exit trap are used, and ours ends first.
if declare -F cleanup >/dev/null; then
    cleanups=(cleanup)
else
    work=$(mktemp -d)
    cleanups=("rm -rf --one-file-system $work")
fi
at_exit() {
    local at
    for ((at = ${#cleanups[@]} - 1; at >= 0; at--)); do eval "${cleanups[at]}" || true; done
}
trap at_exit EXIT

passed=0 failed=0
# expect WHAT COMMAND...: counts, and shows what went wrong.
expect() {
    local what=$1
    shift
    if "$@" >"$work/expect" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what: $*"
        tail -n 15 "$work/expect"
    fi
}

says() { grep -qF -- "$2" "$1" || { cat "$1" && return 1; }; }
lacks() { ! grep -rqF -- "$2" "$1"; }
not() { ! "$@"; }
# within SECONDS COMMAND...: sooner or later it succeeds.
within() {
    local until=$((SECONDS + $1))
    until "${@:2}"; do
        [ $SECONDS -lt $until ] || return 1
        sleep 0.2
    done
}
mode_of() { [ "$(stat -c '%a %U:%G' "$1")" = "$2" ] || { stat -c '%a %U:%G' "$1" && return 1; }; }

# reported NAME: that server of bench/lab.sh hears two more reports. In a shell of its own: the
# laboratory gives up by leaving.
reported() (wait_reports "$1" $(($(reports "$1") + 2)))

# serve FOLDER PORT [COMMAND...]: over HTTP on loopback, by COMMAND where that is another one; what
# was asked for is in $work/http, the address in $base. Port 0 is any that is free.
serve() {
    "${@:3}" python3 -u -m http.server --bind 127.0.0.1 --directory "$1" "$2" >"$work/http" 2>&1 &
    cleanups+=("kill $!")
    within 30 grep -qs port "$work/http"
    # shellcheck disable=SC2034 # for the test
    base=http://127.0.0.1:$(sed -n 's/.*port \([0-9]*\).*/\1/p' "$work/http" | head -n 1)
}

need() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || {
            echo "skipped: $program is missing"
            exit 0
        }
    done
}

need_root() {
    [ "$(id -u)" = 0 ] || {
        echo "skipped: needs root"
        exit 0
    }
}

# The last line, in the form CI adds up.
finish() {
    echo "test result: $( ((failed)) && echo FAILED || echo ok). $passed passed; $failed failed;"
    [ "$failed" = 0 ]
}
