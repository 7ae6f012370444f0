#compdef kinglet-hub

local -a config=('2:command:' '--config[configuration file]:file:_files')
local -a invite=(
    '--name[what the host will be called]:name:'
    '--url[where it reaches this hub]:url:'
    '--replace[whose place it takes]:id:'
)

case ${words[2]} in
run | check) _arguments $config ;;
invite) _arguments $config $invite ;;
demo) _arguments '2:command:' '--listen[address and port]:address:' ;;
token) ;;
*) _arguments '1:command:(run check invite token demo)' '--version' '--help' ;;
esac
