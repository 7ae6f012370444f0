# bash completion for kinglet. Made from the table of settings by tests/documents.rs.

_kinglet() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local words
    case $previous in
    --config | --token-file | --ca-file)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --protocol) words="kinglet vstats simple-server-status komari stomp influxdb" ;;
    --interval | --id | --url | --server-id | --pin | --code) return ;;
    *)
        case ${COMP_WORDS[1]:-} in
        run | --print-config) words="--config --interval --id --protocol --url --server-id --token-file --ca-file --pin" ;;
        sample) words="--config --json" ;;
        check) words="--config --interval --id --protocol --url --server-id --token-file --ca-file --pin --json --config-only --alerts" ;;
        enroll) words="--config --id --url --token-file --ca-file --pin --code" ;;
        *) words="run sample check enroll --print-config --help --version" ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _kinglet kinglet
