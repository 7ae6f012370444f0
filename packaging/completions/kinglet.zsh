#compdef kinglet

local -a server=(
    '--config[configuration file]:file:_files'
    '--url[where to report]:url:'
    '--protocol[what the server speaks]:protocol:(kinglet vstats simple-server-status komari)'
    '--id[who this host is]:id:'
    '--server-id[id in a vStats panel]:id:'
    '--token-file[file with the token]:file:_files'
    '--interval[time between reports]:time:'
    '--ca-file[own certificate authorities]:file:_files'
    '--pin[hash of the server'\''s key]:pin:'
)

case ${words[2]} in
sample) _arguments '2:command:' '--json[as one JSON object]' ;;
run) _arguments '2:command:' $server ;;
check) _arguments '2:command:' $server '--config-only[try no server]' ;;
enroll) _arguments '2:command:' $server '--code[of an invitation]:code:' ;;
*) _arguments '1:command:(sample run check enroll)' '--print-config' '--version' '--help' ;;
esac
