//! What a row of the table of settings says, and what the program needs of it.

mod rows;

/// The names of the collectors: `[collect]` has a switch for each.
pub use kinglet_host::collect::switches as collectors;
use kinglet_proto::alert::built_in::BUILT_IN;
pub use rows::KEYS;

use super::Command;

/// One setting. Words are Markdown, with backquotes as its only marks.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The table of the file it stands in.
    pub table: Table,
    /// What it is called there.
    pub name: &'static str,
    /// What it looks like there; `None` for what no file holds.
    pub form: Option<Form>,
    /// Its flag, dashes included.
    pub flag: Option<&'static str>,
    /// Its environment variable.
    pub variable: Option<&'static str>,
    /// What stands for its value in documents; `FILE` for a path.
    pub value: &'static str,
    /// What holds where its owner says nothing.
    pub default: &'static str,
    /// What it is for, in one or two sentences; `{protocols}` stands for the names of all.
    pub help: &'static str,
    /// The protocols it is for; empty for all.
    pub protocols: &'static [&'static str],
    /// The commands it matters to.
    pub commands: &'static [Command],
}

/// What a value looks like in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `"text"`
    Text,
    /// `["text", "text"]`
    List,
    /// `"text"`, or a list of them
    Texts,
    /// `true` or `false`
    Switch,
    /// `{ name = "text" }`
    Map,
    /// `90` or `12.5`
    Number,
}

/// A table of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Table {
    /// What stands above all tables.
    Top,
    /// `[host]`
    Host,
    /// `[[server]]`, one for each.
    Server,
    /// `[collect]`
    Collect,
    /// `[custom]`
    Custom,
    /// `[traffic]`
    Traffic,
    /// `[router]`
    Router,
    /// `[containers]`
    Containers,
    /// `[processes]`
    Processes,
    /// `[smart]`
    Smart,
    /// `[units]`
    Units,
    /// `[budget]`
    Budget,
    /// `[probe]`
    Probe,
    /// `[alerts]`: those that are built in.
    Alerts,
    /// `[[alert]]`, one for each of the owner's own.
    Alert,
}

/// A row without its words, which only documents need: they do not get into the program.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    pub(crate) table: Table,
    pub(crate) name: &'static str,
    form: Option<Form>,
    flag: Option<&'static str>,
    pub(crate) variable: Option<&'static str>,
    pub(crate) protocols: &'static [&'static str],
    /// The command it is for, where that is a single one; none where all take it.
    pub(crate) only_for: &'static [Command],
}

static ENTRIES: [Entry; KEYS.len()] = {
    let mut entries = [KEYS[0].entry(); KEYS.len()];
    let mut at = 0;
    while at < KEYS.len() {
        entries[at] = KEYS[at].entry();
        at += 1;
    }
    entries
};

impl Key {
    /// The name of the row that stands for a key of each of what its table switches.
    pub const EACH: &str = "NAME";

    const fn entry(&self) -> Entry {
        let Self { table, name, form, flag, variable, protocols, commands, .. } = *self;
        let only_for = if commands.len() == 1 { commands } else { &[] };
        Entry { table, name, form, flag, variable, protocols, only_for }
    }
}

impl Table {
    /// Every table that has a header.
    pub const ALL: [Self; 14] = [
        Self::Host,
        Self::Server,
        Self::Collect,
        Self::Custom,
        Self::Traffic,
        Self::Router,
        Self::Containers,
        Self::Processes,
        Self::Smart,
        Self::Units,
        Self::Budget,
        Self::Probe,
        Self::Alerts,
        Self::Alert,
    ];

    /// What its header has between the brackets.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Top => "",
            Self::Host => "host",
            Self::Server => "server",
            Self::Collect => "collect",
            Self::Custom => "custom",
            Self::Traffic => "traffic",
            Self::Router => "router",
            Self::Containers => "containers",
            Self::Processes => "processes",
            Self::Smart => "smart",
            Self::Units => "units",
            Self::Budget => "budget",
            Self::Probe => "probe",
            Self::Alerts => "alerts",
            Self::Alert => "alert",
        }
    }

    /// Whether the header has double brackets, because it may stand more than once.
    pub const fn repeats(self) -> bool {
        matches!(self, Self::Server | Self::Alert)
    }

    /// The names of what it switches on and off.
    pub fn switches(self) -> Vec<&'static str> {
        match self {
            Self::Collect => collectors().collect(),
            Self::Alerts => BUILT_IN.iter().map(|row| row.name).collect(),
            Self::Top
            | Self::Host
            | Self::Server
            | Self::Custom
            | Self::Traffic
            | Self::Router
            | Self::Containers
            | Self::Processes
            | Self::Smart
            | Self::Units
            | Self::Budget
            | Self::Probe
            | Self::Alert => Vec::new(),
        }
    }
}

impl Entry {
    /// All of them.
    pub(crate) fn all() -> impl Iterator<Item = &'static Self> {
        ENTRIES.iter()
    }

    /// The flag of this name, which is without the dashes, and its row.
    pub(crate) fn of_flag(name: &str) -> Option<(&'static str, &'static Self)> {
        let mut flags = Self::all().filter_map(|entry| Some((entry.flag?, entry)));
        flags.find(|(flag, _)| flag.strip_prefix("--") == Some(name))
    }

    /// Those of a table.
    pub(crate) fn of_table(table: Table) -> impl Iterator<Item = &'static Self> {
        Self::all().filter(move |entry| entry.table == table)
    }
}

/// The keys that a table of the file may have, and their forms.
pub fn keys_of(table: Table) -> Vec<(&'static str, Form)> {
    let mut keys = Vec::new();
    for entry in Entry::of_table(table) {
        match entry.form {
            Some(form) if entry.name == Key::EACH => {
                keys.extend(table.switches().into_iter().map(|name| (name, form)));
            }
            Some(form) => keys.push((entry.name, form)),
            None => {}
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kinglet_proto::output::{LEFT_OUT, OUTPUTS, Protocol};

    use super::*;
    use crate::limits::INTERVAL_DEFAULT;
    use crate::options::{Given, SWITCHES};

    #[test]
    fn every_name_is_one_of_a_kind() {
        let flags = || KEYS.iter().filter_map(|key| key.flag);
        let all: Vec<_> = flags().chain(SWITCHES.iter().map(|switch| switch.flag)).collect();
        assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
        let variables: Vec<_> = KEYS.iter().filter_map(|key| key.variable).collect();
        assert_eq!(variables.iter().collect::<BTreeSet<_>>().len(), variables.len());
        let keys: BTreeSet<_> = KEYS.iter().map(|key| (key.table, key.name)).collect();
        assert_eq!(keys.len(), KEYS.len());
        for flag in flags() {
            let name = flag.strip_prefix("--").unwrap();
            assert_eq!(Entry::of_flag(name).unwrap().0, flag);
        }
    }

    #[test]
    fn defaults_in_words_are_those_in_force() {
        let default = |table, name| {
            let mut keys = KEYS.iter().filter(|key| key.table == table);
            keys.find(|key| key.name == name).unwrap().default
        };
        let file = Given::default().file().value.to_owned();
        assert_eq!(default(Table::Top, "config"), format!("`{file}`"));
        let interval = format!("`{}s`", INTERVAL_DEFAULT.as_secs());
        assert_eq!(default(Table::Top, "interval"), interval);
        assert_eq!(default(Table::Server, "protocol"), format!("`{}`", OUTPUTS[0]));
        assert!(collectors().count() > 0 && default(Table::Collect, "NAME") == "`true`");
    }

    #[test]
    fn a_row_can_be_written_and_names_what_there_is() {
        for key in KEYS {
            let written = key.form.is_some() || key.flag.is_some() || key.variable.is_some();
            assert!(written, "{key:?}");
            assert!(key.help.ends_with('.') && !key.default.is_empty(), "{key:?}");
            for name in key.protocols {
                assert!(Protocol::named(name).is_ok() != LEFT_OUT.contains(name), "{key:?}");
            }
        }
    }
}
