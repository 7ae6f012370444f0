# fish completion for kinglet-hub

complete -c kinglet-hub -n __fish_use_subcommand -f -a run -d "Serve until told to stop"
complete -c kinglet-hub -n __fish_use_subcommand -f -a check -d "Say what is wrong"
complete -c kinglet-hub -n __fish_use_subcommand -f -a invite -d "Let a new host in"
complete -c kinglet-hub -n __fish_use_subcommand -f -a token -d "A new token and its hash"
complete -c kinglet-hub -n __fish_use_subcommand -f -a demo -d "This machine on a page"
complete -c kinglet-hub -n __fish_use_subcommand -f -l version
complete -c kinglet-hub -n __fish_use_subcommand -f -l help
set -l configured "__fish_seen_subcommand_from run check invite"
complete -c kinglet-hub -n $configured -r -l config -d "Configuration file"
set -l inviting "__fish_seen_subcommand_from invite"
complete -c kinglet-hub -n $inviting -x -l name -d "What the host will be called"
complete -c kinglet-hub -n $inviting -x -l url -d "Where it reaches this hub"
complete -c kinglet-hub -n $inviting -x -l replace -d "Whose place it takes"
complete -c kinglet-hub -n "__fish_seen_subcommand_from demo" -x -l listen -d "Address and port"
