//! `kinglet run`: reports until SIGTERM or SIGINT.

use std::io::{self, Write};
use std::os::fd::AsFd;

use kinglet_proto::quoted::Quoted;
use log::LevelFilter;

use super::Outcome;
use crate::config::Config;
use crate::source::signals;

/// Runs the agent in the foreground.
pub fn run(config: &Config) -> io::Result<Outcome> {
    start_log();
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

/// Logs to stderr at the level of `KINGLET_LOG`, without the time where the journal adds its own.
///
/// Only Kinglet's own lines are let through: libraries log requests, and those hold the token.
fn start_log() {
    let wanted = std::env::var("KINGLET_LOG").unwrap_or_default();
    let level = wanted.parse().unwrap_or(LevelFilter::Info);
    let under_journal = std::env::var_os("JOURNAL_STREAM").is_some();
    let started = env_logger::Builder::new()
        .filter_module("kinglet", level)
        .format(move |out, record| {
            if !under_journal {
                write!(out, "{} ", crate::clock::now().wall)?;
            }
            writeln!(out, "{:5} {}", record.level(), record.args())
        })
        .try_init();
    if started.is_ok() && !wanted.is_empty() && wanted.parse::<LevelFilter>().is_err() {
        let wanted = Quoted(&wanted);
        log::warn!("KINGLET_LOG: {wanted} is not one of off, error, warn, info, debug, trace");
    }
}
