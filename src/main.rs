//! The `kinglet` command: arguments to command to exit code.

use std::io::Write;
use std::process::ExitCode;

use kinglet::arguments::{ArgumentError, Call};
use kinglet::command::{Outcome, check, enroll, print_config, run, sample};
use kinglet::config::Config;
use kinglet::options::{Command, Given, HELP};

fn main() -> ExitCode {
    let given = Given::from_environment(|name| std::env::var(name).ok());
    match Call::parse(std::env::args_os().skip(1), given) {
        Ok(call) => execute(&call),
        Err(error) => complain(&error),
    }
}

fn execute(call: &Call) -> ExitCode {
    let given = &call.given;
    let outcome = match call.command {
        Command::Help => print(HELP),
        Command::Version => print(&format!("kinglet {}\n", env!("CARGO_PKG_VERSION"))),
        Command::PrintConfig => match Config::load(given) {
            Ok(config) => print_config::print(&config),
            Err(error) => return complain(&error),
        },
        Command::Run => match Config::load(given) {
            Ok(config) => run::run(&config, given),
            Err(error) => return complain(&error),
        },
        Command::Sample => match Config::load_host(given) {
            Ok(config) => sample::sample(&config, given, call.has("--json")),
            Err(error) => return complain(&error),
        },
        Command::Enroll => match enroll::run(given, &mut std::io::stdout()) {
            Ok(()) => Ok(Outcome::Good),
            Err(error) => {
                complain(&error);
                Ok(error.outcome())
            }
        },
        Command::Check if call.has("--alerts") && call.has("--json") => {
            return complain(&ArgumentError::Misplaced("--json"));
        }
        Command::Check if call.has("--alerts") => match Config::load_host(given) {
            Ok(config) => check::alerts(&config, given),
            Err(error) => return complain(&error),
        },
        Command::Check => check::check(given, call.has("--config-only"), call.has("--json")),
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
