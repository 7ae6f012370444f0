//! `kinglet run`: reports until SIGTERM or SIGINT.

use std::io::{self, Write};
use std::os::fd::AsFd;

use kinglet_proto::quoted::Quoted;
use log::LevelFilter;

use super::Outcome;
use crate::config::Config;
use crate::options::{Given, Table};
use crate::source::signals;

/// Runs the agent in the foreground.
pub fn run(config: &Config, given: &Given) -> io::Result<Outcome> {
    start_log(given.text(Table::Top, "log").map(|text| text.value));
    let stop = signals::subscribe()?;
    let servers: Vec<_> = config.servers.iter().map(|server| server.url.to_string()).collect();
    log::info!(
        "kinglet {} reports as {} to {}",
        env!("CARGO_PKG_VERSION"),
        config.host.id,
        servers.join(", ")
    );
    match crate::run::run(config, stop.as_fd()) {
        Ok(()) => Ok(Outcome::Good),
        Err(error) => {
            log::error!("{error}");
            Ok(Outcome::Misconfigured)
        }
    }
}

/// Logs to stderr at the level wanted, without the time where the journal adds its own.
///
/// Only Kinglet's own lines are let through: libraries log requests, and those hold the token.
fn start_log(wanted: Option<&str>) {
    let level = wanted.and_then(|wanted| wanted.parse().ok());
    let under_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let started = env_logger::Builder::new()
        .filter_module("kinglet", level.unwrap_or(LevelFilter::Info))
        .format(move |out, record| {
            if !under_journal {
                write!(out, "{} ", crate::clock::now().wall)?;
            }
            writeln!(out, "{:5} {}", record.level(), record.args())
        })
        .try_init();
    if let (Some(wanted), None, Ok(())) = (wanted, level, started) {
        let wanted = Quoted(wanted);
        log::warn!("KINGLET_LOG: {wanted} is not one of off, error, warn, info, debug, trace");
    }
}
