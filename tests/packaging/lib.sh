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
mode_of() { [ "$(stat -c '%a %U:%G' "$1")" = "$2" ] || { stat -c '%a %U:%G' "$1" && return 1; }; }

# reported NAME: that server of bench/lab.sh hears two more reports. In a shell of its own: the
# laboratory gives up by leaving.
reported() (wait_reports "$1" $(($(reports "$1") + 2)))

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
