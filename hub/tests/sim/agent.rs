//! One host: a real session and a link that does as it is told.

use std::collections::BTreeSet;
use std::time::Duration;

use kinglet_proto::dialect::{Dialect, Protocol};
use kinglet_proto::host::Host;
use kinglet_proto::sample::Sample;
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Input, Output, Session};
use kinglet_proto::time::{Instant, Now, WallTime};

/// What the session wants of its surroundings.
#[derive(Debug)]
pub(crate) enum Wish {
    Dial,
    Text(String),
    Ping,
    HangUp,
}

pub(crate) struct Agent {
    pub(crate) id: String,
    pub(crate) protocol: Protocol,
    pub(crate) session: Session,
    pub(crate) cadence_ms: u64,
    /// The attempt or connection the session means; numbers are never used twice.
    pub(crate) link: Option<u64>,
    pub(crate) wake_at: Option<u64>,
    /// How many samples were taken; the number stands in the sample as its uptime.
    pub(crate) taken: u64,
    /// Which of them the fleet was handed.
    pub(crate) arrived: BTreeSet<u64>,
    /// The newest one viewers were shown.
    pub(crate) shown: u64,
    /// When the hub last had a frame of it.
    pub(crate) heard: Option<u64>,
}

impl Agent {
    pub(crate) fn new(number: u64, protocol: Protocol, cadence_ms: u64, seed: u64) -> Self {
        let id = format!("host-{number}");
        let host = Host { id: id.clone(), boot_id: "b".into(), ..Host::default() };
        let server_id = (protocol == Protocol::Vstats).then(|| id.clone());
        let dialect = Dialect::new(protocol, host, server_id, Secret::new("t"));
        Self {
            id,
            protocol,
            session: Session::new(dialect, Duration::from_millis(cadence_ms), seed),
            cadence_ms,
            link: None,
            wake_at: Some(0),
            taken: 0,
            arrived: BTreeSet::new(),
            shown: 0,
            heard: None,
        }
    }

    pub(crate) fn take_sample(&mut self, now: u64) -> Vec<Wish> {
        self.taken += 1;
        let sample = Sample {
            taken: Instant::from_millis(now),
            uptime: Some(self.taken),
            hostname: "h".to_owned(),
            ..Sample::default()
        };
        self.feed(Input::Sampled(&sample), now)
    }

    pub(crate) fn feed(&mut self, input: Input<'_>, now: u64) -> Vec<Wish> {
        self.session.handle_input(input, clock(now));
        let mut wishes = Vec::new();
        loop {
            match self.session.poll_output() {
                Output::Dial => wishes.push(Wish::Dial),
                Output::Text(text) => wishes.push(Wish::Text(text.to_owned())),
                Output::Ping => wishes.push(Wish::Ping),
                Output::HangUp(_) => wishes.push(Wish::HangUp),
                Output::Event(_) => {}
                Output::Wait(at) => {
                    self.wake_at = at.map(Instant::as_millis);
                    return wishes;
                }
            }
        }
    }
}

/// The one clock of hosts and hub.
pub(crate) fn clock(now: u64) -> Now {
    let wall = WallTime::from_unix_millis(1_700_000_000_000 + now);
    Now { instant: Instant::from_millis(now), wall }
}
