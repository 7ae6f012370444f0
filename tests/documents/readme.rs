//! README's tables of commands, settings and collectors.

use kinglet::options::{COMMANDS, KEYS, Key, SWITCHES, Table};
use kinglet_host::collect::{COLLECTORS, Row};

use super::text::{help, meaning, replace};

/// README with its tables of settings made anew.
pub(crate) fn settings(text: &str) -> String {
    let rows: String = KEYS.iter().filter(|key| key.form.is_some()).map(key_row).collect();
    let text =
        replace(text, "| key | default | meaning |\n|---|---|---|\n", "\n\n", rows.trim_end());
    let rows: String = KEYS.iter().filter_map(flag_row).collect();
    let header = "| flag | environment | meaning |\n|---|---|---|\n";
    replace(&text, header, "\n\n", rows.trim_end())
}

/// README with its table of collectors made anew.
pub(crate) fn collectors(text: &str) -> String {
    let row = |row: &Row| format!("| `{}` | {} | {} |\n", row.name, row.gives, row.source);
    let rows: String = COLLECTORS.iter().map(row).collect();
    let header = "| name | what it gives | where it is read |\n|---|---|---|\n";
    replace(text, header, "\n\n", rows.trim_end())
}

/// The table of commands is written by hand and names all of them, and what switches do.
pub(crate) fn assert_commands(text: &str) {
    let (_, section) = text.split_once("\n## Commands\n").expect("## Commands");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows: Vec<_> = section.lines().filter(|line| line.starts_with("| `kinglet ")).collect();
    for row in COMMANDS {
        let (exact, more) =
            (format!("| `kinglet {}`", row.name), format!("| `kinglet {} ", row.name));
        let found = rows.iter().any(|line| line.starts_with(&exact) || line.starts_with(&more));
        assert!(found, "README's commands have no {}", row.name);
    }
    for switch in SWITCHES {
        let found = rows.iter().any(|line| line.contains(switch.flag));
        assert!(found, "README's commands have no {}", switch.flag);
    }
}

fn key_row(key: &Key) -> String {
    let only = match key.protocols {
        [] => String::new(),
        names => format!(" For {} only.", names.join(" and ")),
    };
    format!("| `{}` | {} | {}{only} |\n", path(key), key.default, meaning(key))
}

/// What is in the file too is told there.
fn flag_row(key: &Key) -> Option<String> {
    key.flag.or(key.variable)?;
    let flag = key.flag.map(|flag| format!("`{flag} {}` ", key.value)).unwrap_or_default();
    let variable = key.variable.map(|name| format!("`{name}`")).unwrap_or_default();
    let says = if key.form.is_some() { format!("`{}`", path(key)) } else { help(key) };
    Some(format!("| {flag}| {variable} | {says} |\n"))
}

fn path(key: &Key) -> String {
    let dot = if key.table == Table::Top { "" } else { "." };
    format!("{}{dot}{}", key.table.name(), key.name)
}
