#compdef kinglet
# Made from the table of settings by tests/documents.rs.

case ${words[2]} in
run | --print-config)
    _arguments '2:command:' \
        '--config[The configuration file]:file:_files' \
        '--interval[Time between two reports]:time:' \
        '--id[Who this host is to its dashboards]:id:' \
        '--protocol[What the server speaks]:name:(kinglet vstats simple-server-status komari stomp influxdb)' \
        '--url[Where to report]:url:' \
        '--server-id[Id by which the server knows this host]:id:' \
        '--token-file[File that holds the token]:file:_files' \
        '--ca-file[Certificate authorities of your own]:file:_files' \
        '--pin[Trust the one key with this hash]:pin:'
    ;;
sample)
    _arguments '2:command:' \
        '--json[Print JSON]' \
        '--config[The configuration file]:file:_files'
    ;;
check)
    _arguments '2:command:' \
        '--json[Print JSON]' \
        '--config-only[Read the configuration]' \
        '--alerts[Show what is watched and which alerts would fire now]' \
        '--config[The configuration file]:file:_files' \
        '--interval[Time between two reports]:time:' \
        '--id[Who this host is to its dashboards]:id:' \
        '--protocol[What the server speaks]:name:(kinglet vstats simple-server-status komari stomp influxdb)' \
        '--url[Where to report]:url:' \
        '--server-id[Id by which the server knows this host]:id:' \
        '--token-file[File that holds the token]:file:_files' \
        '--ca-file[Certificate authorities of your own]:file:_files' \
        '--pin[Trust the one key with this hash]:pin:'
    ;;
enroll)
    _arguments '2:command:' \
        '--config[The configuration file]:file:_files' \
        '--id[Who this host is to its dashboards]:id:' \
        '--url[Where to report]:url:' \
        '--token-file[File that holds the token]:file:_files' \
        '--ca-file[Certificate authorities of your own]:file:_files' \
        '--pin[Trust the one key with this hash]:pin:' \
        '--code[The code of an invitation]:code:'
    ;;
*)
    _arguments '1:command:(run sample check enroll)' \
        '--print-config[Print the configuration in force]' \
        '--help[Print this]' \
        '--version[Print the version]'
    ;;
esac
