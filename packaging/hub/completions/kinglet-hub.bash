# bash completion for kinglet-hub

_kinglet_hub() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words
    case $previous in
    --config)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --role)
        mapfile -t COMPREPLY < <(compgen -W "owner viewer" -- "$current")
        return
        ;;
    --format)
        mapfile -t COMPREPLY < <(compgen -W "csv jsonl" -- "$current")
        return
        ;;
    --name | --url | --replace | --listen | --host | --metric | --from | --to | --test | --last | --for) return ;;
    esac
    case ${COMP_WORDS[1]:-} in
    run | check) words="--config" ;;
    host) words="list show set revoke delete --config --name --group --location --country --hidden --history" ;;
    invite) words="--config --name --url --replace" ;;
    export) words="--config --host --metric --from --to --format" ;;
    backup | restore)
        words="--config"
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        [[ $current = -* ]] || return
        ;;
    notify) words="--config --test" ;;
    alert)
        words="list show set remove test"
        [[ $COMP_CWORD -gt 2 ]] && words="--config"
        [[ $COMP_CWORD -gt 2 && ${COMP_WORDS[2]} = test ]] && words="--config --host"
        ;;
    receiver)
        words="list show set remove"
        [[ $COMP_CWORD -gt 2 ]] && words="--config"
        ;;
    link)
        words="add list remove"
        [[ $COMP_CWORD -gt 2 ]] && words="--config"
        [[ $COMP_CWORD -gt 2 && ${COMP_WORDS[2]} = add ]] && words="--config --for --url"
        ;;
    user) words="add list password role sign-out remove --config --role" ;;
    audit) words="--config --last" ;;
    demo) words="--listen" ;;
    token) return ;;
    *)
        words="run check host invite export backup restore notify alert receiver user link audit token demo"
        words+=" --help --version"
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _kinglet_hub kinglet-hub
