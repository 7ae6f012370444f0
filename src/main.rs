//! The `kinglet` command: arguments to command to exit code.

use std::io::Write;
use std::process::ExitCode;

use kinglet::arguments::{Command, HELP};
use kinglet::command::{Outcome, check, enroll, run, sample};
use kinglet::config::{Config, Settings};

fn main() -> ExitCode {
    let settings = Settings::from_environment(|name| std::env::var(name).ok());
    match Command::parse(std::env::args_os().skip(1), settings) {
        Ok(command) => execute(command),
        Err(error) => complain(&error),
    }
}

fn execute(command: Command) -> ExitCode {
    let outcome = match command {
        Command::Help => print(HELP),
        Command::Version => print(&format!("kinglet {}\n", env!("CARGO_PKG_VERSION"))),
        Command::PrintConfig(settings) => match Config::load(&settings) {
            Ok(config) => print(&config.to_string()),
            Err(error) => return complain(&error),
        },
        Command::Run(settings) => match Config::load(&settings) {
            Ok(config) => run::run(&config),
            Err(error) => return complain(&error),
        },
        Command::Sample { settings, json } => match Config::load(&settings.without_servers()) {
            Ok(config) => sample::sample(&config, json),
            Err(error) => return complain(&error),
        },
        Command::Enroll(settings) => match enroll::run(&settings, &mut std::io::stdout()) {
            Ok(()) => Ok(Outcome::Good),
            Err(error) => {
                complain(&error);
                Ok(error.outcome())
            }
        },
        Command::Check { settings, config_only } => check::check(&settings, config_only),
    };
    match outcome {
        Ok(outcome) => exit_code(outcome),
        // Whoever read our output has gone away; there is nobody to tell.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => complain(&error),
    }
}

fn exit_code(outcome: Outcome) -> ExitCode {
    match outcome {
        Outcome::Good => ExitCode::SUCCESS,
        Outcome::Unreachable => ExitCode::from(1),
        Outcome::Misconfigured => ExitCode::from(2),
    }
}

fn print(text: &str) -> std::io::Result<Outcome> {
    std::io::stdout().write_all(text.as_bytes()).map(|()| Outcome::Good)
}

/// Says what is wrong with what the owner wrote.
fn complain(error: &dyn std::error::Error) -> ExitCode {
    for line in error.to_string().lines() {
        let _ = writeln!(std::io::stderr(), "kinglet: {line}");
    }
    ExitCode::from(2)
}
