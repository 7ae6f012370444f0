//! `kinglet check`: what is wrong, in the owner's words.
//!
//! The configuration is read as `run` reads it; then each server is dialled with the same link and
//! the same session, and every step is printed with its outcome. A first report really goes out.
//! With `--alerts` it is told what is watched, and nobody is dialled.

mod advice;
mod alerts;
mod paper;
mod probe;
mod visit;

use std::io;

pub use alerts::alerts;
use paper::Paper;
use visit::visit;

use super::{NO_SERVER, Outcome};
use crate::clock;
use crate::config::Config;
use crate::options::Given;

/// Checks the configuration and, unless `config_only`, the way to each server; says so in JSON if
/// `json`.
pub fn check(given: &Given, config_only: bool, json: bool) -> io::Result<Outcome> {
    let mut paper = Paper::new(io::stdout().lock(), json);
    let config = match Config::load(given) {
        Ok(config) if !config.servers.is_empty() => config,
        Ok(_) => return misconfigured(paper, NO_SERVER.to_owned()),
        Err(error) => return misconfigured(paper, error.to_string()),
    };
    paper.begin(&config.host.id, &config.host.name);
    for warning in &config.warnings {
        paper.warn(warning.to_string());
    }
    if clock::is_unset() {
        paper.warn(format!("the clock is not set: {}", clock::now().wall));
    }
    if config_only {
        return paper.end(true, None).map(|()| Outcome::Good);
    }
    let (mut good, mut all) = (0, 0);
    for server in &config.servers {
        // Each of its addresses has to be good for the day when it is needed.
        let targets = server.targets();
        let count = targets.len();
        for (at, target) in targets.into_iter().enumerate() {
            let place = match count {
                1 => String::new(),
                count => format!(", address {} of {count}", at + 1),
            };
            paper.server(target.url.to_string(), server.protocol.name, &place);
            let is_good = visit(server, target, &config, &mut paper)?;
            paper.end_server(is_good);
            (good, all) = (good + usize::from(is_good), all + 1);
        }
    }
    let is_good = good == all;
    paper.end(is_good, Some(format_args!("\n{good} of {all} good")))?;
    Ok(if is_good { Outcome::Good } else { Outcome::Unreachable })
}

fn misconfigured<W: io::Write>(mut paper: Paper<W>, words: String) -> io::Result<Outcome> {
    paper.error(words);
    paper.end(false, None).map(|()| Outcome::Misconfigured)
}
