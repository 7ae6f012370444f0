//! `kinglet check`: what is wrong, in the owner's words.
//!
//! The configuration is read as `run` reads it; then each server is dialled with the same link and
//! the same session, and every step is printed with its outcome. A first report really goes out.
//! With `--alerts` it is told what is watched, and nobody is dialled.

mod alerts;
mod probe;
mod visit;

use std::io::{self, Write};

pub use alerts::alerts;
use kinglet_proto::quoted::Quoted;
use visit::visit;

use super::{NO_SERVER, Outcome};
use crate::clock;
use crate::config::Config;
use crate::options::Given;

/// Checks the configuration and, unless `config_only`, the way to each server.
pub fn check(given: &Given, config_only: bool) -> io::Result<Outcome> {
    let mut out = io::stdout().lock();
    let config = match Config::load(given) {
        Ok(config) => config,
        Err(error) => {
            writeln!(out, "{error}")?;
            return Ok(Outcome::Misconfigured);
        }
    };
    if config.servers.is_empty() {
        writeln!(out, "{NO_SERVER}")?;
        return Ok(Outcome::Misconfigured);
    }
    let (name, id) = (Quoted(&config.host.name), &config.host.id);
    writeln!(out, "configuration good; this host is {name} ({id})")?;
    for warning in &config.warnings {
        writeln!(out, "warning: {warning}")?;
    }
    if clock::is_unset() {
        writeln!(out, "warning: the clock is not set: {}", clock::now().wall)?;
    }
    if config_only {
        return Ok(Outcome::Good);
    }
    let mut outcome = Outcome::Good;
    for server in &config.servers {
        writeln!(out, "\n{} ({})", server.url, server.protocol)?;
        if !visit(server, &config, &mut out)? {
            outcome = Outcome::Unreachable;
        }
    }
    Ok(outcome)
}
