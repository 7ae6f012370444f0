//! `kinglet run`: reports until SIGTERM or SIGINT.

use std::io::{self, Write};
use std::os::fd::AsFd;

use log::LevelFilter;

use super::{NO_SERVER, Outcome};
use crate::config::Config;
use crate::options::{Given, Table};
use crate::source::signals;

/// Runs the agent in the foreground.
pub fn run(config: &Config, given: &Given) -> io::Result<Outcome> {
    start_log(given.text(Table::Top, "log").map(|text| text.value));
    if config.servers.is_empty() {
        log::error!("{NO_SERVER}");
        return Ok(Outcome::Misconfigured);
    }
    let stop = signals::subscribe()?;
    #[cfg(feature = "reload")]
    let word = signals::subscribe_to_words()?;
    let servers: Vec<_> = config.servers.iter().map(|server| server.to_line()).collect();
    log::info!(
        "kinglet {} reports as {} to {}",
        env!("CARGO_PKG_VERSION"),
        config.host.id,
        servers.join(", ")
    );
    #[cfg(feature = "reload")]
    let ended = {
        let load = || Config::load(given);
        crate::run::run_and_reload(config, stop.as_fd(), word.as_fd(), &load)
    };
    #[cfg(not(feature = "reload"))]
    let ended = crate::run::run(config, stop.as_fd());
    match ended {
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
    // A second one in the same process is a test's.
    let _ = env_logger::Builder::new()
        .filter_module("kinglet", level.unwrap_or(LevelFilter::Info))
        .format(move |out, record| {
            if !under_journal {
                write!(out, "{} ", crate::clock::now().wall)?;
            }
            writeln!(out, "{:5} {}", record.level(), record.args())
        })
        .try_init();
}
