# bash completion for kinglet

_kinglet() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local options="--config --url --protocol --id --server-id --token-file --interval --ca-file"
    options+=" --pin"
    local words
    case $previous in
    --config | --token-file | --ca-file)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --protocol) words="kinglet vstats simple-server-status komari" ;;
    --url | --id | --server-id | --interval | --pin | --code) return ;;
    *)
        case ${COMP_WORDS[1]:-} in
        sample) words="--json" ;;
        run) words=$options ;;
        check) words="$options --config-only" ;;
        enroll) words="--config --url --code --pin --id --token-file --ca-file" ;;
        *) words="sample run check enroll --print-config --help --version" ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _kinglet kinglet
