//! `--help`: its lists are made, its sentences are written by hand.

use kinglet::options::{COMMANDS, KEYS, SWITCHES};

use super::text::{WIDTH, help, of_commands, replace, wrap};

/// The page, from the one there is.
pub(crate) fn page(text: &str) -> String {
    let commands: Vec<_> =
        COMMANDS.iter().map(|row| (row.name.to_owned(), row.help.to_owned())).collect();
    let text = replace(text, "Commands:\n", "\n\n", list(&commands).trim_end());
    let text = replace(&text, "Options:\n", "\n\n", list(&options()).trim_end());
    let environment = flags_variables() + &list(&variables());
    replace(&text, "Environment:\n", "\n\n", environment.trim_end())
}

fn options() -> Vec<(String, String)> {
    let keys = KEYS.iter().filter_map(|key| {
        let only_for = if key.commands.len() == 1 { key.commands } else { &[] };
        Some((format!("{} {}", key.flag?, key.value), of_commands(only_for, &help(key))))
    });
    let switches = SWITCHES.iter().map(|switch| {
        let short = switch.short.map(|short| format!("-{short}, ")).unwrap_or_default();
        (short + switch.flag, of_commands(switch.commands, switch.help))
    });
    keys.chain(switches).collect()
}

/// The variables that say what a flag says.
fn flags_variables() -> String {
    let named = KEYS.iter().filter(|key| key.flag.is_some()).filter_map(|key| key.variable);
    let text =
        format!("{} say what the flags of their names say.", named.collect::<Vec<_>>().join(", "));
    wrap(&text, WIDTH - 2).into_iter().map(|line| format!("  {line}\n")).collect()
}

fn variables() -> Vec<(String, String)> {
    let alone = KEYS.iter().filter(|key| key.flag.is_none());
    alone.filter_map(|key| Some((key.variable?.to_owned(), help(key)))).collect()
}

/// Two columns: what it is, and what is said of it.
fn list(rows: &[(String, String)]) -> String {
    let column = 4 + rows.iter().map(|(term, _)| term.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (term, help) in rows {
        for (at, line) in wrap(&help.replace('`', ""), WIDTH - column).iter().enumerate() {
            let term = if at == 0 { term } else { "" };
            text += &format!("  {term:width$}{line}\n", width = column - 2);
        }
    }
    text
}
