//! What shells complete: made wholly.

use kinglet::options::{COMMANDS, Command, CommandRow, KEYS, Key, SWITCHES, Switch};
use kinglet_proto::output::OUTPUTS;

use super::text::{ORIGIN, name, short};

/// What follows a flag.
#[derive(PartialEq)]
enum Follows {
    File,
    Protocol,
    Anything,
}

fn follows(key: &Key) -> Follows {
    match (key.name, key.value) {
        ("protocol", _) => Follows::Protocol,
        (_, "FILE") => Follows::File,
        (_, _) => Follows::Anything,
    }
}

fn protocols() -> String {
    OUTPUTS.iter().map(|protocol| protocol.name).collect::<Vec<_>>().join(" ")
}

/// The flags with a value, and their rows.
fn flags() -> impl Iterator<Item = (&'static str, &'static Key)> {
    KEYS.iter().filter_map(|key| Some((key.flag?, key)))
}

/// The switches that stand without a command.
fn alone() -> impl Iterator<Item = &'static Switch> {
    SWITCHES.iter().filter(|switch| switch.command.is_some())
}

/// `kinglet.bash`
pub(crate) fn bash() -> String {
    let followed_by = |what: Follows| {
        let flags = flags().filter(|(_, key)| follows(key) == what).map(|(flag, _)| flag);
        flags.collect::<Vec<_>>().join(" | ")
    };
    let mut commands = String::new();
    for CommandRow { name, command, .. } in COMMANDS {
        let words = words_of(*command).join(" ");
        commands += &format!("        {name}{}) words=\"{words}\" ;;\n", or_printed(*command));
    }
    let first = COMMANDS.iter().map(|row| row.name).chain(alone().map(|switch| switch.flag));
    BASH.replace("ORIGIN", ORIGIN)
        .replace("FILES", &followed_by(Follows::File))
        .replace("PROTOCOL", &followed_by(Follows::Protocol))
        .replace("NAMES", &protocols())
        .replace("ANYTHING", &followed_by(Follows::Anything))
        .replace("        COMMANDS\n", &commands)
        .replace("FIRST", &first.collect::<Vec<_>>().join(" "))
}

const BASH: &str = r#"# bash completion for kinglet. ORIGIN

_kinglet() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local words
    case $previous in
    FILES)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    PROTOCOL) words="NAMES" ;;
    ANYTHING) return ;;
    *)
        case ${COMP_WORDS[1]:-} in
        COMMANDS
        *) words="FIRST" ;;
        esac
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}

complete -F _kinglet kinglet
"#;

/// What would be in force for `run` can be printed: the same flags count.
fn or_printed(command: Command) -> &'static str {
    if command == Command::Run { " | --print-config" } else { "" }
}

/// Every flag that goes with a command.
fn words_of(command: Command) -> Vec<&'static str> {
    let keys = flags().filter(|(_, key)| key.commands.contains(&command)).map(|(flag, _)| flag);
    let switches = SWITCHES.iter().filter(|switch| switch.commands.contains(&command));
    keys.chain(switches.map(|switch| switch.flag)).collect()
}

/// `kinglet.fish`
pub(crate) fn fish() -> String {
    let line = |when: &str, what: &str, help: &str| {
        format!("complete -c kinglet -n \"{when}\" {what} -d \"{}\"\n", short(help))
    };
    let mut text = format!("# fish completion for kinglet. {ORIGIN}\n\n");
    for row in COMMANDS {
        text += &line("__fish_use_subcommand", &format!("-f -a {}", row.name), row.help);
    }
    for switch in alone() {
        let letter = switch.short.map(|short| format!("-s {short} ")).unwrap_or_default();
        let long = &switch.flag[2..];
        text += &line("__fish_use_subcommand", &format!("-f {letter}-l {long}"), switch.help);
    }
    let seen = |names: &[&str]| format!("__fish_seen_subcommand_from {}", names.join(" "));
    for switch in SWITCHES {
        let names: Vec<_> = switch.commands.iter().map(|command| name(*command)).collect();
        if !names.is_empty() {
            text += &line(&seen(&names), &format!("-f -l {}", &switch.flag[2..]), switch.help);
        }
    }
    for (flag, key) in flags() {
        let long = &flag[2..];
        let what = match follows(key) {
            Follows::File => format!("-r -l {long}"),
            Follows::Protocol => format!("-x -l {long} -a \"{}\"", protocols()),
            Follows::Anything => format!("-x -l {long}"),
        };
        let names: Vec<_> = key.commands.iter().map(|command| name(*command)).collect();
        text += &line(&seen(&names), &what, key.help);
    }
    text
}

/// `_kinglet`, for zsh.
pub(crate) fn zsh() -> String {
    let mut text = format!("#compdef kinglet\n# {ORIGIN}\n\ncase ${{words[2]}} in\n");
    for CommandRow { name, command, .. } in COMMANDS {
        text += &format!("{name}{})\n    _arguments '2:command:'", or_printed(*command));
        let switches = SWITCHES.iter().filter(|switch| switch.commands.contains(command));
        for switch in switches {
            text += &argument(switch.flag, switch.help, "");
        }
        for (flag, key) in flags().filter(|(_, key)| key.commands.contains(command)) {
            let value = key.value.to_lowercase();
            let what = match follows(key) {
                Follows::File => format!(":{value}:_files"),
                Follows::Protocol => format!(":{value}:({})", protocols()),
                Follows::Anything => format!(":{value}:"),
            };
            text += &argument(flag, key.help, &what);
        }
        text += "\n    ;;\n";
    }
    let names: Vec<_> = COMMANDS.iter().map(|row| row.name).collect();
    text += &format!("*)\n    _arguments '1:command:({})'", names.join(" "));
    for switch in alone() {
        text += &argument(switch.flag, switch.help, "");
    }
    text + "\n    ;;\nesac\n"
}

fn argument(flag: &str, help: &str, value: &str) -> String {
    format!(" \\\n        '{flag}[{}]{value}'", short(help).replace('\'', "'\\''"))
}
