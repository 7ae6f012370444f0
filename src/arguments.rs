//! The command line: words in, one [`Command`] out. Nothing is read and nothing is done here.

use std::ffi::OsString;
use std::fmt;

use kinglet_proto::quoted::Quoted;
use lexopt::{Arg, Parser, ValueExt};

use crate::config::{Setting, Settings};

/// What to do.
#[derive(Debug, Clone)]
pub enum Command {
    /// `kinglet run`: report until told to stop.
    Run(Settings),
    /// `kinglet sample`: one sample, as a table or as JSON.
    Sample {
        /// What was set.
        settings: Settings,
        /// `--json`.
        json: bool,
    },
    /// `kinglet check`: say what is wrong.
    Check {
        /// What was set.
        settings: Settings,
        /// `--config-only`: connect to nothing.
        config_only: bool,
    },
    /// `kinglet enroll`: turn a one-time code into this host's token.
    Enroll(Settings),
    /// `--print-config`: the configuration in force.
    PrintConfig(Settings),
    /// `--help`.
    Help,
    /// `--version`.
    Version,
}

/// What `--help` prints.
pub const HELP: &str = "\
Samples this host and reports to the dashboards of its owner.

Usage: kinglet <command> [options]

Commands:
  run       report until told to stop (SIGTERM or Ctrl-C)
  sample    print one sample of this host
  check     say what is wrong with the configuration and the way to each server
  enroll    turn the one-time code of an invitation into this host's token

Options:
  --config FILE      configuration file (default /etc/kinglet/kinglet.toml)
  --url URL          server to report to: wss://host[:port][/path]
  --protocol NAME    kinglet (default), vstats, simple-server-status, komari
  --id ID            id of this host (default: derived from the machine-id)
  --server-id ID     id the server knows this host by, where it has its own
  --token-file FILE  file that holds the token, one line
  --interval TIME    time between two reports, 1s to 1h (default 5s)
  --ca-file FILE     certificate authorities to trust beside the built-in ones (PEM)
  --pin PIN          trust the one key with this hash: sha256:HEX, from `kinglet-hub invite`
  --code CODE        enroll: the code; it may stand in a command line that others can read,
                     because it is good for minutes, for one host, and used up by this command
  --json             sample: print JSON
  --config-only      check: read the configuration, connect to nothing
  --print-config     print the configuration in force, without secrets
  -h, --help         print this
  -V, --version      print the version

Environment: KINGLET_CONFIG, KINGLET_URL, KINGLET_PROTOCOL, KINGLET_ID, KINGLET_SERVER_ID,
KINGLET_TOKEN, KINGLET_TOKEN_FILE, KINGLET_INTERVAL, KINGLET_CA_FILE, KINGLET_PIN, KINGLET_CODE;
KINGLET_LOG sets the log level (error, warn, info, debug, trace); HOST_PROC, HOST_SYS and HOST_ROOT
say where the kernel's files are. A flag wins over the environment, the environment over the file.

Only enroll writes to disk: the token's file, and the hub's lines in the configuration.

Exit status: 0 good, 1 a server cannot be reached or refuses, 2 the configuration is wrong.
";

impl Command {
    /// Reads the words behind the program's name; `settings` hold what the environment said.
    pub fn parse(
        words: impl IntoIterator<Item = OsString>,
        settings: Settings,
    ) -> Result<Self, ArgumentError> {
        let words: Vec<OsString> = words.into_iter().collect();
        let mut parser = Parser::from_args(words);
        let mut read = Words { settings, ..Words::default() };
        while let Some(word) = parser.next()? {
            match word {
                Arg::Short('h') | Arg::Long("help") => return Ok(Self::Help),
                Arg::Short('V') | Arg::Long("version") => return Ok(Self::Version),
                Arg::Long("token") => return Err(ArgumentError::Token),
                Arg::Long("json") => read.json = true,
                Arg::Long("config-only") => read.config_only = true,
                Arg::Long("print-config") => read.print_config = true,
                Arg::Long(name) => {
                    let name = name.to_owned();
                    let Some(setting) = read.setting(&name) else {
                        return Err(ArgumentError::UnknownFlag(name));
                    };
                    setting.flag = Some(parser.value()?.string()?);
                }
                Arg::Value(name) if read.name.is_none() => read.name = Some(name.string()?),
                Arg::Short(_) | Arg::Value(_) => return Err(word.unexpected().into()),
            }
        }
        read.command()
    }
}

/// The words read so far.
#[derive(Default)]
struct Words {
    settings: Settings,
    name: Option<String>,
    json: bool,
    config_only: bool,
    print_config: bool,
}

impl Words {
    fn setting(&mut self, flag: &str) -> Option<&mut Setting> {
        let settings = &mut self.settings;
        match flag {
            "config" => Some(&mut settings.file),
            "url" => Some(&mut settings.url),
            "protocol" => Some(&mut settings.protocol),
            "id" => Some(&mut settings.id),
            "server-id" => Some(&mut settings.server_id),
            "token-file" => Some(&mut settings.token_file),
            "interval" => Some(&mut settings.interval),
            "ca-file" => Some(&mut settings.ca_file),
            "pin" => Some(&mut settings.pin),
            "code" => Some(&mut settings.code),
            _ => None,
        }
    }

    fn command(self) -> Result<Command, ArgumentError> {
        let Self { settings, name, json, config_only, print_config } = self;
        let command = match name.as_deref() {
            _ if print_config => return Ok(Command::PrintConfig(settings)),
            Some("run") => Command::Run(settings),
            Some("sample") => Command::Sample { settings, json },
            Some("enroll") => Command::Enroll(settings),
            Some("check") => Command::Check { settings, config_only },
            Some(other) => return Err(ArgumentError::UnknownCommand(other.to_owned())),
            None => return Err(ArgumentError::NoCommand),
        };
        match &command {
            Command::Run(settings)
            | Command::Sample { settings, .. }
            | Command::Check { settings, .. }
                if settings.code.flag.is_some() =>
            {
                Err(ArgumentError::Misplaced("--code"))
            }
            Command::Sample { .. } if config_only => Err(ArgumentError::Misplaced("--config-only")),
            Command::Check { .. } if json => Err(ArgumentError::Misplaced("--json")),
            Command::Run(_) | Command::Enroll(_) if json => Err(ArgumentError::Misplaced("--json")),
            Command::Run(_) | Command::Enroll(_) if config_only => {
                Err(ArgumentError::Misplaced("--config-only"))
            }
            Command::Run(_)
            | Command::Enroll(_)
            | Command::Sample { .. }
            | Command::Check { .. }
            | Command::PrintConfig(_)
            | Command::Help
            | Command::Version => Ok(command),
        }
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
            Self::NoCommand => {
                write!(f, "no command given: run, sample, check or enroll (see --help)")
            }
            Self::UnknownCommand(name) => {
                write!(
                    f,
                    "there is no command {}: run, sample, check or enroll (see --help)",
                    Quoted(name)
                )
            }
            Self::UnknownFlag(name) => write!(f, "there is no option --{name} (see --help)"),
            Self::Misplaced(flag) => write!(f, "{flag} does not go with this command (see --help)"),
            Self::Token => write!(
                f,
                "--token is refused: everybody on this host can read a command line; \
                 put the token into a file and name it by --token-file, or set KINGLET_TOKEN"
            ),
            Self::Malformed(error) => write!(f, "{error} (see --help)"),
        }
    }
}

impl std::error::Error for ArgumentError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Command, String> {
        let words = line.split_whitespace().map(OsString::from);
        Command::parse(words, Settings::default()).map_err(|error| error.to_string())
    }

    #[test]
    fn commands_and_their_flags_are_read() {
        assert!(matches!(parse("sample --json"), Ok(Command::Sample { json: true, .. })));
        assert!(matches!(
            parse("check --config-only"),
            Ok(Command::Check { config_only: true, .. })
        ));
        assert!(matches!(parse("--print-config"), Ok(Command::PrintConfig(_))));
        assert!(matches!(parse("run --help"), Ok(Command::Help)));
        assert!(matches!(parse("-V"), Ok(Command::Version)));
        let Ok(Command::Run(settings)) = parse("run --url=ws://h --interval 2s") else {
            panic!("run is a command");
        };
        assert_eq!(settings.url.flag.as_deref(), Some("ws://h"));
        assert_eq!(settings.interval.flag.as_deref(), Some("2s"));
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
