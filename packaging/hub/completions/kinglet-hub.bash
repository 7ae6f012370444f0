# bash completion for kinglet-hub

_kinglet_hub() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words
    case $previous in
    --config)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --name | --url | --replace | --listen) return ;;
    esac
    case ${COMP_WORDS[1]:-} in
    run | check) words="--config" ;;
    invite) words="--config --name --url --replace" ;;
    demo) words="--listen" ;;
    token) return ;;
    *) words="run check invite token demo --help --version" ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _kinglet_hub kinglet-hub
