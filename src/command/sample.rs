//! `kinglet sample`: one sample of this host, for eyes or for programs.

use std::io::{self, IsTerminal, Write};

use kinglet_host::Sampler;
use kinglet_host::limits::{BACKGROUND_PATIENCE_MAX, STATFS_TIMEOUT};
use kinglet_proto::output;
use kinglet_proto::quoted::Escaped;
use nix::poll::{PollTimeout, poll};

use super::{Outcome, table};
use crate::clock;
use crate::config::Config;
use crate::limits::FIRST_WINDOW;
use crate::options::{Given, Table};

/// Takes two looks a short window apart and prints what lies between them.
pub fn sample(config: &Config, given: &Given, json: bool) -> io::Result<Outcome> {
    let mut sampler = Sampler::new(&config.roots, &config.collect);
    sampler.set_patience(BACKGROUND_PATIENCE_MAX);
    sampler.collect(clock::now());
    poll(&mut [], PollTimeout::try_from(FIRST_WINDOW).unwrap_or(PollTimeout::ZERO))?;
    sampler.collect(clock::now());
    sampler.wait(STATFS_TIMEOUT);
    for fault in sampler.take_faults() {
        writeln!(io::stderr(), "kinglet: {}", Escaped(&fault))?;
    }
    let sample = sampler.sample_mut();
    let mut stdout = io::stdout().lock();
    if json {
        writeln!(stdout, "{}", output::json(sample))?;
    } else {
        let bold = stdout.is_terminal() && given.text(Table::Top, "no_color").is_none();
        table::write(&mut stdout, sample, bold)?;
    }
    stdout.flush().map(|()| Outcome::Good)
}
