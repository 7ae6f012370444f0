# An agent's life under SysV, by `sh -ex` in a sandbox, with its release's address and a token in
# the environment: started, killed, started by the installer once more, rolled back, removed.
#
#   sysv.sh INSTALLER
# shellcheck shell=sh

installer=$1
touch /etc/inittab
sh "$installer"
unset KINGLET_TOKEN
/etc/init.d/kinglet status
pid=$(cat /run/kinglet.pid)
test "$(ps -o user= -p "$pid")" = kinglet
test "$(stat -c "%a %G" /etc/kinglet/token)" = "640 kinglet"
ls /etc/rc2.d/S*kinglet
/etc/init.d/kinglet restart
test "$(cat /run/kinglet.pid)" != "$pid"
pid=$(cat /run/kinglet.pid)
kill -KILL "$pid"
sleep 0.2
if /etc/init.d/kinglet status; then exit 1; fi
sh "$installer"
/etc/init.d/kinglet status
if sh "$installer" --version 0.3.0; then exit 1; fi
grep "kinglet 0.1.0" /usr/bin/kinglet
/etc/init.d/kinglet status
pid=$(cat /run/kinglet.pid)
sh "$installer" --uninstall
if kill -0 "$pid"; then exit 1; fi
for left in /etc/rc?.d/*kinglet /etc/init.d/kinglet /etc/kinglet /usr/bin/kinglet; do
    if [ -e "$left" ] || [ -L "$left" ]; then exit 1; fi
done
