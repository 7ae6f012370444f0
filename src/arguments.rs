//! The command line: words in, one [`Call`] out. Nothing is read and nothing is done here.

use std::ffi::OsString;
use std::fmt;

use kinglet_proto::quoted::Quoted;
use lexopt::{Arg, Parser, ValueExt};

use crate::options::{COMMANDS, Command, Entry, Given, Place, Switch};

/// One call of the program.
#[derive(Debug, Clone)]
pub struct Call {
    /// What to do.
    pub command: Command,
    /// What flags and environment say.
    pub given: Given,
    flags: Vec<&'static str>,
}

impl Call {
    /// Reads the words behind the program's name; `given` is what the environment says.
    pub fn parse(
        words: impl IntoIterator<Item = OsString>,
        mut given: Given,
    ) -> Result<Self, ArgumentError> {
        let words: Vec<OsString> = words.into_iter().collect();
        let mut parser = Parser::from_args(words);
        let (mut name, mut alone) = (None, None);
        let mut flags = Vec::new();
        while let Some(word) = parser.next()? {
            if let Some(switch) = Switch::of(&word) {
                flags.push((switch.flag, switch.commands));
                alone = switch.command.or(alone);
                // Who asks for help is not told what else is wrong.
                if let Some(Command::Help | Command::Version) = alone {
                    break;
                }
                continue;
            }
            match word {
                Arg::Value(word) if name.is_none() => name = Some(word.string()?),
                Arg::Long("token") => return Err(ArgumentError::Token),
                Arg::Long(long) => {
                    let Some((flag, entry)) = Entry::of_flag(long) else {
                        return Err(ArgumentError::UnknownFlag(long.to_owned()));
                    };
                    flags.push((flag, entry.only_for));
                    given.set(entry, parser.value()?.string()?, Place::Flag(flag));
                }
                Arg::Short(_) | Arg::Value(_) => return Err(word.unexpected().into()),
            }
        }
        let command = match (alone, name) {
            (Some(command), _) => command,
            (None, Some(name)) => named(&name, &flags)?,
            (None, None) => return Err(ArgumentError::NoCommand),
        };
        let flags = flags.into_iter().map(|(flag, _)| flag).collect();
        Ok(Self { command, given, flags })
    }

    /// Whether this flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }
}

/// A flag, and the commands it goes with; none where all take it.
type Flag = (&'static str, &'static [Command]);

/// The command of this name, if it is one that every flag goes with.
fn named(name: &str, flags: &[Flag]) -> Result<Command, ArgumentError> {
    let Some(row) = COMMANDS.iter().find(|row| row.name == name) else {
        return Err(ArgumentError::UnknownCommand(name.to_owned()));
    };
    let misplaced =
        |(_, only_for): &&Flag| !only_for.is_empty() && !only_for.contains(&row.command);
    match flags.iter().find(misplaced) {
        Some((flag, _)) => Err(ArgumentError::Misplaced(flag)),
        None => Ok(row.command),
    }
}

/// Why the command line cannot be understood.
#[derive(Debug)]
pub enum ArgumentError {
    /// No command was named.
    NoCommand,
    /// There is no such command.
    UnknownCommand(String),
    /// There is no such flag.
    UnknownFlag(String),
    /// A flag that belongs to another command.
    Misplaced(&'static str),
    /// A token on the command line.
    Token,
    /// A value is missing or too much.
    Malformed(lexopt::Error),
}

impl From<lexopt::Error> for ArgumentError {
    fn from(error: lexopt::Error) -> Self {
        Self::Malformed(error)
    }
}

impl fmt::Display for ArgumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommand => write!(f, "no command given: {} (see --help)", commands()),
            Self::UnknownCommand(name) => {
                let name = Quoted(name);
                write!(f, "there is no command {name}: {} (see --help)", commands())
            }
            Self::UnknownFlag(name) => write!(f, "there is no option --{name} (see --help)"),
            Self::Misplaced(flag) => write!(f, "{flag} does not go with this command (see --help)"),
            Self::Token => write!(
                f,
                "--token is refused: everybody on this host can read a command line; \
                 put the token into a file and name it by --token-file, or set KINGLET_TOKEN"
            ),
            Self::Malformed(error) => malformed(error, f),
        }
    }
}

impl std::error::Error for ArgumentError {}

/// lexopt shows the words it was given by `Debug`, which is not in every build.
fn malformed(error: &lexopt::Error, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let quoted = |word: &OsString| Quoted(&word.to_string_lossy()).to_string();
    #[expect(clippy::wildcard_enum_match_arm, reason = "lexopt's own text serves")]
    match error {
        lexopt::Error::UnexpectedArgument(word) => {
            write!(f, "unexpected argument {} (see --help)", quoted(word))
        }
        lexopt::Error::UnexpectedValue { option, value } => {
            write!(f, "{option} takes no value: {} (see --help)", quoted(value))
        }
        lexopt::Error::NonUnicodeValue(word) => {
            write!(f, "{} is not UTF-8 (see --help)", quoted(word))
        }
        other => write!(f, "{other} (see --help)"),
    }
}

fn commands() -> String {
    let names: Vec<_> = COMMANDS.iter().map(|row| row.name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Table;

    fn parse(line: &str) -> Result<Call, String> {
        let words = line.split_whitespace().map(OsString::from);
        Call::parse(words, Given::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_and_their_flags_are_read() {
        for (line, command, flag) in [
            ("sample --json", Command::Sample, "--json"),
            ("--config-only check", Command::Check, "--config-only"),
            ("--print-config --id x", Command::PrintConfig, "--id"),
            ("run --json --help --bogus", Command::Help, "--json"),
            ("-V", Command::Version, "--version"),
        ] {
            let call = parse(line).unwrap();
            assert_eq!((call.command, call.has(flag)), (command, true), "{line}");
        }
        let call = parse("run --url=ws://h --interval 1s --interval 2s").unwrap();
        assert_eq!(call.command, Command::Run);
        assert!(!call.has("--json"));
        assert_eq!(call.given.text(Table::Server, "url").unwrap().value, "ws://h");
        let interval = call.given.text(Table::Top, "interval").unwrap();
        assert_eq!((interval.value, interval.place), ("2s", &Place::Flag("--interval")));
    }

    #[test]
    fn a_token_on_the_command_line_is_refused_with_the_reason() {
        for line in ["run --token secret", "run --token=secret"] {
            let error = parse(line).unwrap_err();
            assert!(error.contains("--token-file") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn nonsense_is_told() {
        for (line, word) in [
            ("", "no command"),
            ("fly", "\"fly\""),
            ("run --fast", "--fast"),
            ("run --url", "--url"),
            ("run --json", "--json"),
            ("run --code x", "--code"),
            ("enroll --json", "--json"),
            ("sample --config-only", "--config-only"),
            ("run twice", "twice"),
            ("run -x", "-x"),
        ] {
            let error = parse(line).unwrap_err();
            assert!(error.contains(word), "{line}: {error}");
        }
    }
}
