//! The files themselves, and how the words of the tables get into them.

use std::fs;
use std::path::Path;

use kinglet::options::{COMMANDS, Command, Key};
use kinglet_proto::output::{OUTPUTS, Protocol};

/// The widest line of what is printed.
pub(crate) const WIDTH: usize = 100;

/// Says in files where they come from.
pub(crate) const ORIGIN: &str = "Made from the table of settings by tests/documents.rs.";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_default()
}

/// Every file below a folder, by its path.
pub(crate) fn files_below(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root().join(folder)).expect("a folder of the project").flatten() {
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            found.extend(files_below(&path));
        } else {
            found.push(path);
        }
    }
    found
}

/// The file is this text; `UPDATE_DOCS` makes it so.
pub(crate) fn hold(path: &str, text: &str) {
    if std::env::var_os("UPDATE_DOCS").is_some() {
        // At once: another test may be reading it.
        let new = root().join(format!("{path}.new"));
        fs::write(&new, text).expect("a document can be written");
        fs::rename(&new, root().join(path)).expect("a document can be replaced");
    }
    let written = read(path);
    let differs = written.lines().zip(text.lines()).find(|(is, wanted)| is != wanted);
    assert!(
        written == text,
        "{path} is not what the tables say; it has, and should have, {differs:?}; \
         UPDATE_DOCS=1 cargo test --test documents writes it"
    );
}

/// The text with other lines in place of those behind `start` and before `end`.
pub(crate) fn replace(text: &str, start: &str, end: &str, lines: &str) -> String {
    let (before, rest) = text.split_once(start).unwrap_or_else(|| panic!("no {start:?}"));
    let at = rest.find(end).unwrap_or_else(|| panic!("no {end:?} behind {start:?}"));
    format!("{before}{start}{lines}{}", &rest[at..])
}

/// What a key is for, and what holds without it, in Markdown.
pub(crate) fn help(key: &Key) -> String {
    match key.default {
        "none" | "required" => meaning(key),
        default => format!("{} Default: {default}.", meaning(key)),
    }
}

/// What a key is for, in Markdown.
pub(crate) fn meaning(key: &Key) -> String {
    key.help.replace("{protocols}", &protocols('`'))
}

/// The names of all protocols in a sentence, each between two of these.
pub(crate) fn protocols(quote: char) -> String {
    let name = |protocol: &Protocol| format!("{quote}{}{quote}", protocol.name);
    let names: Vec<_> = OUTPUTS.iter().map(name).collect();
    let (last, others) = names.split_last().expect("there are protocols");
    format!("{} or {last}", others.join(", "))
}

/// The first words of it, as a menu has room for.
pub(crate) fn short(help: &str) -> String {
    help.split(['.', ',', ':', ';', '(']).next().unwrap_or_default().trim().replace('`', "")
}

/// The command's name.
pub(crate) fn name(command: Command) -> &'static str {
    let row = COMMANDS.iter().find(|row| row.command == command);
    row.expect("what flags are for has a name").name
}

/// The help of what goes with one command only, if it does.
pub(crate) fn of_commands(commands: &[Command], help: &str) -> String {
    if commands.is_empty() {
        return help.to_owned();
    }
    let names: Vec<_> = commands.iter().map(|command| format!("`{}`", name(*command))).collect();
    let (first, rest) = help.split_at(1);
    format!("{}: {}{rest}", names.join(", "), first.to_lowercase())
}

/// Lines of at most so many columns.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is one");
        if !line.is_empty() && line.len() + 1 + word.len() > width {
            lines.push(word.to_owned());
        } else {
            let space = if line.is_empty() { "" } else { " " };
            *line += &format!("{space}{word}");
        }
    }
    lines
}
