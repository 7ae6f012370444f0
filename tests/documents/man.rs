//! The man pages: what is said of each option, variable and key is made, the rest is by hand.

use kinglet::options::{COMMANDS, KEYS, Key, SWITCHES, Table};

use super::text::{help, of_commands, replace};

/// `kinglet(1)`, from the page there is.
pub(crate) fn program(page: &str) -> String {
    for row in COMMANDS {
        let paragraph = format!("\n.TP\n.B {}\n", row.name);
        assert!(page.contains(&paragraph), "kinglet.1 has no paragraph about {}", row.name);
    }
    let options = KEYS.iter().filter_map(option).chain(SWITCHES.iter().map(|switch| {
        let short = switch.short.map(|short| format!("\\-{short}\\fR, \\fB")).unwrap_or_default();
        let help = sentences(&of_commands(switch.commands, switch.help));
        format!(".TP\n.B {short}{}\n{help}", escaped(switch.flag))
    }));
    let page = section(page, "OPTIONS", &options.collect::<String>());
    section(&page, "ENVIRONMENT", &KEYS.iter().filter_map(variable).collect::<String>())
}

/// `kinglet.toml(5)`, from the page there is.
pub(crate) fn file(page: &str) -> String {
    let mut page = page.to_owned();
    for table in [Table::Top].into_iter().chain(Table::ALL) {
        let title = match (table, table.repeats()) {
            (Table::Top, _) => "TOP LEVEL".to_owned(),
            (_, true) => format!("[[{}]]", table.name()),
            (_, false) => format!("[{}]", table.name()),
        };
        let keys = KEYS.iter().filter(|key| key.table == table && key.form.is_some());
        page = section(&page, &title, &keys.map(paragraph).collect::<String>());
    }
    page
}

/// A section with other paragraphs; what stands before the first of them stays.
fn section(page: &str, title: &str, paragraphs: &str) -> String {
    let heading = format!(".SH {title}\n");
    let (_, rest) = page.split_once(&heading).unwrap_or_else(|| panic!("no {heading}"));
    let head = rest.lines().take_while(|line| *line != ".TP" && !line.starts_with(".SH "));
    let head: String = head.flat_map(|line| [line, "\n"]).collect();
    replace(page, &heading, ".SH ", &(head + paragraphs))
}

fn option(key: &Key) -> Option<String> {
    let (flag, value) = (escaped(key.flag?), key.value);
    let variable = key.variable.map(|name| format!("\\fR, \\fB{name}")).unwrap_or_default();
    let only_for = if key.commands.len() == 1 { key.commands } else { &[] };
    let written = match (key.form, key.table) {
        (None, _) => String::new(),
        (Some(_), Table::Top) => format!(" In the file: `{}`.", key.name),
        (Some(_), table) => format!(" In the file: `{}.{}`.", table.name(), key.name),
    };
    let help = sentences(&(of_commands(only_for, &help(key)) + &written));
    Some(format!(".TP\n.B {flag} \\fI{value}{variable}\n{help}"))
}

fn variable(key: &Key) -> Option<String> {
    let name = key.variable.filter(|_| key.flag.is_none())?;
    Some(format!(".TP\n.B {name}\n{}", sentences(&help(key))))
}

fn paragraph(key: &Key) -> String {
    let names = if key.name == Key::EACH {
        key.table.switches().join("\\fR, \\fB")
    } else {
        key.name.to_owned()
    };
    let only = match key.protocols {
        [] => String::new(),
        names => format!(" For {} only.", names.join(" and ")),
    };
    format!(".TP\n.B {names}\n{}", sentences(&(help(key) + &only)))
}

/// A line for each sentence, as man pages are written.
fn sentences(markdown: &str) -> String {
    let mut text = String::new();
    for (at, piece) in markdown.split('`').enumerate() {
        if at % 2 == 0 {
            text += &piece.replace(". ", ".\n");
        } else {
            text += &format!("\\fB{}\\fR", escaped(piece));
        }
    }
    text + "\n"
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\e").replace('-', "\\-")
}
