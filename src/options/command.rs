//! What can be asked of the program: its commands, and the switches that go with them.

use lexopt::Arg;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// `kinglet run`: report until told to stop.
    Run,
    /// `kinglet sample`: one sample, as a table or as JSON.
    Sample,
    /// `kinglet check`: say what is wrong.
    Check,
    /// `kinglet enroll`: turn a one-time code into this host's token.
    Enroll,
    /// `--print-config`: the configuration in force.
    PrintConfig,
    /// `--help`.
    Help,
    /// `--version`.
    Version,
}

/// A command with a name.
#[derive(Debug, Clone, Copy)]
pub struct CommandRow {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub command: Command,
    /// What it does, in a sentence.
    pub help: &'static str,
}

/// A flag without a value.
#[derive(Debug, Clone, Copy)]
pub struct Switch {
    /// Dashes included.
    pub flag: &'static str,
    /// The same in one letter.
    pub short: Option<char>,
    /// What it does without a command.
    pub command: Option<Command>,
    /// What it does, in a sentence.
    pub help: &'static str,
    /// The commands it goes with; none where it needs none.
    pub commands: &'static [Command],
}

impl Switch {
    /// The one that this word is.
    pub(crate) fn of(word: &Arg<'_>) -> Option<&'static Self> {
        SWITCHES.iter().find(|switch| match word {
            Arg::Short(letter) => switch.short == Some(*letter),
            Arg::Long(name) => switch.flag.strip_prefix("--") == Some(name),
            Arg::Value(_) => false,
        })
    }
}

/// Every command.
pub static COMMANDS: &[CommandRow] = &[
    CommandRow {
        name: "run",
        command: Command::Run,
        help: "Report until told to stop (SIGTERM or Ctrl-C).",
    },
    CommandRow { name: "sample", command: Command::Sample, help: "Print one sample of this host." },
    CommandRow {
        name: "check",
        command: Command::Check,
        help: "Say what is wrong with the configuration and the way to each server.",
    },
    CommandRow {
        name: "enroll",
        command: Command::Enroll,
        help: "Turn the one-time code of an invitation into this host's token.",
    },
];

const SWITCH: Switch = Switch { flag: "", short: None, command: None, help: "", commands: &[] };

/// Every switch.
pub static SWITCHES: &[Switch] = &[
    Switch {
        flag: "--json",
        help: "Print JSON.",
        commands: &[Command::Sample, Command::Check],
        ..SWITCH
    },
    Switch {
        flag: "--config-only",
        help: "Read the configuration, connect to nothing.",
        commands: &[Command::Check],
        ..SWITCH
    },
    Switch {
        flag: "--alerts",
        help: "Show what is watched and which alerts would fire now; connect to nothing.",
        commands: &[Command::Check],
        ..SWITCH
    },
    Switch {
        flag: "--print-config",
        command: Some(Command::PrintConfig),
        help: "Print the configuration in force, with secrets as `***`.",
        ..SWITCH
    },
    Switch {
        flag: "--help",
        short: Some('h'),
        command: Some(Command::Help),
        help: "Print this.",
        ..SWITCH
    },
    Switch {
        flag: "--version",
        short: Some('V'),
        command: Some(Command::Version),
        help: "Print the version.",
        ..SWITCH
    },
];
