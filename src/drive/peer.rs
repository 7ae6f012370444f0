//! One server the agent reports to: a session, and what it has to do beside its connection.

use std::time::Duration;

use kinglet_proto::alert::book::Known;
use kinglet_proto::output::Account;
use kinglet_proto::probe::Wanted;
use kinglet_proto::session::{Counts, Input, Reporter, Run, start};
use kinglet_proto::time::{Instant, Now, WallTime};
use nix::poll::{PollFd, PollFlags};
use ring::rand::{SecureRandom, SystemRandom};

use super::{Drive, Logged};
use crate::config::{Config, Server};

/// A server of the configuration.
pub(crate) struct Peer {
    drive: Drive<Box<dyn Reporter>, Logged>,
    /// The errand under way, over a link of its own.
    errand: Option<Drive<Run, ()>>,
}

impl Peer {
    pub(crate) fn new(server: &Server, config: &Config) -> Self {
        let probes = config.probing.from_server;
        let account = Account { probes, ..server.account(&config.host) };
        let addresses = u32::try_from(server.urls().count()).unwrap_or(u32::MAX);
        let logged = Logged::new(server.url.to_string(), account.token.clone(), addresses);
        let session = start(server.protocol, account, server.interval, seed());
        let drive = Drive::to_any(session, server.targets(), server.return_after, logged);
        Self { drive, errand: None }
    }

    /// It goes on for one that was there before: its server has heard that the agent was started.
    #[cfg(feature = "reload")]
    pub(crate) fn resume(&mut self) {
        self.drive.conversation.resume();
    }

    /// The interval its session reports at.
    pub(crate) fn interval(&self) -> Duration {
        self.drive.conversation.interval()
    }

    /// Whether its samples are to have their detail.
    pub(crate) fn wants_detail(&self) -> bool {
        self.drive.conversation.wants_detail()
    }

    /// What its server wants probed, since this was asked last.
    pub(crate) fn poll_wanted(&mut self) -> Option<Wanted> {
        self.drive.conversation.poll_wanted()
    }

    /// A task of its server's is done.
    pub(crate) fn handle_probed(&mut self, task: u64, millis: Option<u32>) {
        self.drive.conversation.handle_probed(task, millis);
    }

    /// The alerts that the server holds to be open, once after each of its greetings.
    pub(crate) fn take_alerts(&mut self) -> &[Known] {
        self.drive.conversation.take_alerts()
    }

    /// What its session counted.
    pub(crate) fn counts(&self) -> Counts {
        self.drive.conversation.counts()
    }

    /// How it stands with it, for its owner.
    #[cfg(feature = "reload")]
    pub(crate) fn state(&self, now: Instant) -> String {
        let Counts { reconnects, samples_dropped, ring_bytes } = self.counts();
        format!(
            "{}; {} bytes sent, {reconnects} reconnects, {ring_bytes} bytes of samples wait, \
             {samples_dropped} samples dropped",
            self.drive.observer.standing(now),
            self.bytes_sent(),
        )
    }

    /// Until when its server's certificate is good; `None` without TLS.
    pub(crate) const fn certificate_end(&self) -> Option<WallTime> {
        self.drive.certificate_end()
    }

    /// Bytes that sockets have taken so far, errands not counted.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.drive.bytes_sent()
    }

    /// Feeds one input and does all that follows from it; returns when to come back.
    pub(crate) fn feed(&mut self, input: Input<'_>, now: Now) -> Option<Instant> {
        if let (Input::Stop, Some(errand)) = (input, &mut self.errand) {
            errand.feed(input, now);
        }
        let deadline = self.drive.feed(input, now);
        earlier(deadline, self.run_errand(now))
    }

    /// Adds the sockets to wait for; how many are the session's own.
    pub(crate) fn register<'a>(&'a self, fds: &mut Vec<PollFd<'a>>) {
        self.drive.register(fds);
        if let Some(errand) = &self.errand {
            errand.register(fds);
        }
    }

    /// Lets the links do what their sockets allow.
    pub(crate) fn advance(&mut self, ready: PollFlags, now: Now) {
        // One of the two is ready: the other finds nothing to do.
        self.drive.advance(ready, now);
        if let Some(errand) = &mut self.errand {
            errand.advance(ready, now);
        }
        self.run_errand(now);
    }

    /// When the link needs the loop, whatever the session says.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        earlier(self.drive.deadline(), self.errand.as_ref().and_then(Drive::deadline))
    }

    pub(crate) fn handle_network_change(&mut self, now: Now) {
        self.drive.handle_network_change(now);
    }

    /// Whether reports began to flow since this was asked last.
    pub(crate) fn take_came_up(&mut self) -> bool {
        self.drive.observer.take_came_up()
    }

    /// Whether the goodbye is said and gone.
    pub(crate) fn is_done(&self) -> bool {
        self.drive.is_done() && self.errand.as_ref().is_none_or(Drive::is_done)
    }

    /// Begins the errand that is wanted, and tells the session of one that is over.
    fn run_errand(&mut self, now: Now) -> Option<Instant> {
        if !cfg!(feature = "komari") {
            return None; // no other protocol has any
        }
        if self.errand.is_none()
            && let Some(errand) = self.drive.take_errand()
        {
            self.errand = Some(Drive::new(Run::new(errand), self.drive.target().clone(), ()));
        }
        let errand = self.errand.as_mut()?;
        let deadline = errand.feed(Input::Tick, now);
        if let Some(status) = errand.conversation.take_outcome() {
            self.drive.feed(Input::ErrandDone(status), now);
        }
        if errand.is_done() {
            self.errand = None;
        }
        deadline
    }
}

fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// What the jitter starts from: different on every host and at every start.
pub(crate) fn seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness all jitter is alike, which is no reason not to report.
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}
