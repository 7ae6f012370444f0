//! `--print-config`: the configuration in force.

use std::io::{self, Write};

use super::Outcome;
use crate::config::Config;

/// Prints it, with secrets as `***`.
pub fn print(config: &Config) -> io::Result<Outcome> {
    io::stdout().write_all(config.to_string().as_bytes()).map(|()| Outcome::Good)
}
