//! What the agent does for one sample, many times without waiting, to see whether it grows.
//!
//! `cargo run --example steady [SAMPLES]` prints the kilobytes of resident memory gained
//! between the first tenth of the samples and the last (default 10,000), on a clock that advances
//! five seconds a sample. `bench/footprint` holds the figure to cross/budget.toml.

use std::io::{self, Write};
use std::time::Duration;

use kinglet::collect::{Collector, Options, Roots};
use kinglet_proto::dialect::{Dialect, Protocol, Stamp};
use kinglet_proto::host::Host;
use kinglet_proto::secret::Secret;
use kinglet_proto::time::{Instant, Now, WallTime};

/// Time between two samples on the example's own clock.
const INTERVAL: Duration = Duration::from_secs(5);

fn main() -> io::Result<()> {
    let samples = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10_000);
    let mut agent = Agent::new();
    let mut early = 0;
    for seq in 0..samples {
        agent.report(seq);
        if seq == samples / 10 {
            early = resident_kb()?;
        }
    }
    let grown = resident_kb()?.saturating_sub(early);
    writeln!(io::stdout(), "{grown} kB gained over {samples} samples, {early} kB before")
}

/// One collector and every protocol's encoder, as `kinglet run` has them.
struct Agent {
    collector: Collector,
    dialects: Vec<Dialect>,
    frame: String,
    now: Now,
}

impl Agent {
    fn new() -> Self {
        let host = Host { id: "steady".to_owned(), name: "steady".to_owned(), ..Host::default() };
        let dialect = |protocol| Dialect::new(protocol, host.clone(), None, Secret::new("token"));
        Self {
            collector: Collector::new(&Roots::default(), &Options::default()),
            dialects: Protocol::ALL.into_iter().map(dialect).collect(),
            frame: String::new(),
            now: Now {
                instant: Instant::from_millis(1_000_000),
                wall: WallTime::from_unix_millis(1_767_225_600_000),
            },
        }
    }

    fn report(&mut self, seq: u64) {
        let interval = u64::try_from(INTERVAL.as_millis()).unwrap_or(u64::MAX);
        self.now.instant = self.now.instant.plus(INTERVAL);
        self.now.wall = WallTime::from_unix_millis(self.now.wall.unix_millis() + interval);
        let sample = self.collector.collect(self.now);
        for dialect in &mut self.dialects {
            dialect.encode_report(sample, Stamp { now: self.now, seq }, &mut self.frame);
        }
    }
}

/// This process's resident memory, from `VmRSS` in `/proc/self/status`.
fn resident_kb() -> io::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().map_err(io::Error::other)
}
