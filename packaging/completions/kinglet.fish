# fish completion for kinglet

complete -c kinglet -n __fish_use_subcommand -f -a sample -d "One sample of this host"
complete -c kinglet -n __fish_use_subcommand -f -a run -d "Report until told to stop"
complete -c kinglet -n __fish_use_subcommand -f -a check -d "Say what is wrong"
complete -c kinglet -n __fish_use_subcommand -f -a enroll -d "Turn a code into a token"
complete -c kinglet -n __fish_use_subcommand -f -l print-config -d "The configuration in effect"
complete -c kinglet -n __fish_use_subcommand -f -l version
complete -c kinglet -n __fish_use_subcommand -f -l help
complete -c kinglet -n "__fish_seen_subcommand_from sample" -f -l json -d "As one JSON object"
complete -c kinglet -n "__fish_seen_subcommand_from check" -f -l config-only -d "Try no server"
complete -c kinglet -n "__fish_seen_subcommand_from enroll" -x -l code -d "Of an invitation"
set -l with_server "__fish_seen_subcommand_from run check enroll"
complete -c kinglet -n $with_server -r -l config -d "Configuration file"
complete -c kinglet -n $with_server -r -l token-file -d "File with the token"
complete -c kinglet -n $with_server -r -l ca-file -d "Own certificate authorities"
complete -c kinglet -n $with_server -x -l pin -d "Hash of the server's key"
complete -c kinglet -n $with_server -x -l url -d "Where to report"
complete -c kinglet -n $with_server -x -l id -d "Who this host is"
complete -c kinglet -n $with_server -x -l server-id -d "Id in a vStats panel"
complete -c kinglet -n $with_server -x -l interval -d "Time between reports"
complete -c kinglet -n $with_server -x -l protocol -a "kinglet vstats simple-server-status komari"
