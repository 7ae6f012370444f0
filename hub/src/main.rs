//! The `kinglet-hub` command.

mod command;

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    match command::run(command::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // With nobody to tell, the exit code still tells.
            let _ = writeln!(io::stderr(), "kinglet-hub: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
