#compdef kinglet-hub

local -a config=('2:command:' '--config[configuration file]:file:_files')
local -a invite=(
    '--name[what the host will be called]:name:'
    '--url[where it reaches this hub]:url:'
    '--replace[whose place it takes]:id:'
)

local -a export=(
    '--host[whose readings]:id:'
    '*--metric[a metric by its name]:name:'
    '--from[from here on]:time:'
    '--to[up to here]:time:'
    '--format[how it is written]:format:(csv jsonl)'
)

case ${words[2]} in
run | check) _arguments $config ;;
host) _arguments '1:what:(list show set revoke delete)' $config '--name' '--group' '--location' '--country' '--hidden' '--history' ;;
invite) _arguments $config $invite ;;
export) _arguments $config $export ;;
backup | restore) _arguments $config ':file:_files' ;;
notify) _arguments $config '--test[send a test]::name:' ;;
alert)
    _arguments '2:what:(list show set remove test)' '*:name and keys:' \
        '--config[configuration file]:file:_files' '--host[of this host alone]:id:'
    ;;
receiver)
    _arguments '2:what:(list show set remove)' '*:name and keys:' \
        '--config[configuration file]:file:_files'
    ;;
user)
    _arguments '2:what:(add list password role sign-out remove)' '3:name:' \
        '--role[what somebody may]:role:(owner viewer)' '--config[configuration file]:file:_files'
    ;;
link)
    _arguments '2:what:(add list remove)' '3:name:' '--for[how long it is good]:time:' \
        '--url[where browsers reach this hub]:url:' '--config[configuration file]:file:_files'
    ;;
audit) _arguments $config '--last[so many of the newest]:count:' ;;
demo) _arguments '2:command:' '--listen[address and port]:address:' ;;
token) ;;
*)
    commands='run check host invite export backup restore notify alert receiver user link audit token demo'
    _arguments "1:command:($commands)" '--version' '--help'
    ;;
esac
