//! The one loop: drain every output, wait until the earliest deadline, feed one input.
//!
//! One thread and one poll(2) serve all servers and every source of news. Nothing here decides
//! anything: sessions do, from what they are told.

#[cfg(feature = "reload")]
mod reload;
#[cfg(feature = "reload")]
mod state;

use std::os::fd::BorrowedFd;
use std::time::Duration;
use std::{fmt, io};

use kinglet_host::Sampler;
use kinglet_host::collect::Change;
use kinglet_proto::alert::{self, Watch};
use kinglet_proto::occurrence::{self, Occurrence};
use kinglet_proto::quoted::Escaped;
use kinglet_proto::sample::AgentCost;
use kinglet_proto::session::Input;
use kinglet_proto::time::{Instant, Now};
use nix::poll::{PollFd, PollFlags};

use crate::clock;
use crate::config::Config;
use crate::drive::{self, Peer};
use crate::limits::{FIRST_WINDOW, STOP_TIMEOUT, WAIT_MAX};
#[cfg(feature = "reload")]
use crate::options::ConfigError;
use crate::probe::Probes;
#[cfg(feature = "reload")]
use crate::source::signals::Words;
use crate::source::{self, News, Source};
use crate::supervisor::Supervisor;
#[cfg(feature = "reload")]
use reload::Reloading;

/// Reports until `stop` becomes readable or its other end is closed, then says goodbye to every
/// server and returns, within 3 s.
pub fn run(config: &Config, stop: BorrowedFd<'_>) -> Result<(), RunError> {
    start(config, stop).run()
}

/// The same, and reads the configuration anew, or says how it is, each time there is something to
/// read from `word`.
#[cfg(feature = "reload")]
pub fn run_and_reload<'a>(
    config: &'a Config,
    stop: BorrowedFd<'a>,
    word: BorrowedFd<'a>,
    load: &'a dyn Fn() -> Result<Config, ConfigError>,
) -> Result<(), RunError> {
    let mut turning = start(config, stop);
    turning.sources.push(Box::new(Words::new(word)));
    turning.ready.push(PollFlags::empty());
    turning.reload = Some(Reloading::new(config, load));
    turning.run()
}

fn start<'a>(config: &Config, stop: BorrowedFd<'a>) -> Loop<'a> {
    for warning in &config.warnings {
        log::warn!("{warning}");
    }
    if clock::is_unset() {
        log::warn!(
            "the clock is behind the day this program was built; certificates are checked \
             against that day, or the one they were issued on if that is later, and reports carry \
             wrong timestamps until the clock is set"
        );
    }
    Loop::new(config, stop)
}

/// Why the loop ended though nobody said stop.
#[derive(Debug)]
pub enum RunError {
    /// The kernel does not let us wait.
    Poll(io::Error),
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poll(error) => write!(f, "poll failed: {error}"),
        }
    }
}

impl std::error::Error for RunError {}

/// Everything the loop turns.
struct Loop<'a> {
    sources: Vec<Box<dyn Source + 'a>>,
    sampler: Sampler,
    watch: Watch,
    observer: occurrence::Observer,
    peers: Vec<Peer>,
    probes: Option<Probes>,
    supervisor: Supervisor,
    interval: Duration,
    sample_at: Instant,
    stop_at: Option<Instant>,
    #[cfg(feature = "reload")]
    started: Instant,
    /// The configuration in force, and how it is read anew; `None` where it never is.
    #[cfg(feature = "reload")]
    reload: Option<Reloading<'a>>,
    /// What poll(2) said of each source, of each peer, of all probes; kept for their room.
    ready: Vec<PollFlags>,
    /// Where the descriptors of each of them end.
    ends: Vec<usize>,
}

impl<'a> Loop<'a> {
    fn new(config: &Config, stop: BorrowedFd<'a>) -> Self {
        let now = clock::now();
        let sources = source::start(config, stop, now.instant);
        let peers: Vec<_> = config.servers.iter().map(|server| Peer::new(server, config)).collect();
        let interval = interval(&peers);
        let sampler = sampler(config, &peers, interval, now);
        // The last is for the probes.
        let waited_on = sources.len() + peers.len() + 1;
        Self {
            ready: vec![PollFlags::empty(); waited_on],
            ends: Vec::with_capacity(waited_on),
            sources,
            sampler,
            watch: Watch::new(&config.alerts, clock::built()),
            observer: occurrence::Observer::default(),
            interval,
            peers,
            probes: Probes::start(&config.probing, drive::seed, now.instant),
            supervisor: Supervisor::from_environment(),
            sample_at: now.instant.plus(FIRST_WINDOW),
            stop_at: None,
            #[cfg(feature = "reload")]
            started: now.instant,
            #[cfg(feature = "reload")]
            reload: None,
        }
    }

    fn run(mut self) -> Result<(), RunError> {
        self.supervisor.handle_start();
        loop {
            let now = clock::now();
            let mut wake_at = now.instant.plus(WAIT_MAX);
            if let Some(deadline) = self.supervisor.handle_turn(now.instant) {
                wake_at = wake_at.min(deadline);
            }
            for deadline in self.sources.iter().filter_map(|source| source.deadline()) {
                wake_at = wake_at.min(deadline);
            }
            if let Some(deadline) = self.probes.as_ref().and_then(Probes::deadline) {
                wake_at = wake_at.min(deadline);
            }
            for peer in &mut self.peers {
                let deadline = peer.feed(Input::Tick, now);
                wake_at = deadline.map_or(wake_at, |deadline| wake_at.min(deadline));
            }
            match self.stop_at {
                Some(at) if at <= now.instant || self.peers.iter().all(Peer::is_done) => {
                    return Ok(());
                }
                Some(at) => wake_at = wake_at.min(at),
                None => wake_at = wake_at.min(self.sample_when_due()),
            }
            self.wait(wake_at)?;
            self.advance();
            #[cfg(feature = "reload")]
            self.part();
        }
    }

    /// Takes a sample if its time has come and gives it to every session; returns when next.
    fn sample_when_due(&mut self) -> Instant {
        let now = clock::now();
        if self.peers.iter_mut().any(Peer::take_came_up) {
            // A server that is there again sees the host at once, not after a whole interval.
            self.sample_at = self.sample_at.min(now.instant.plus(FIRST_WINDOW));
        }
        if self.sample_at <= now.instant {
            let scheduled = self.sample_at.plus(self.interval);
            // After a suspend the lost ticks are not made up for.
            let missed = scheduled <= now.instant;
            self.sample_at = if missed { now.instant.plus(self.interval) } else { scheduled };
            self.sample(now);
        }
        let deadlines = self.peers.iter().filter_map(Peer::deadline);
        deadlines.fold(self.sample_at, Instant::min)
    }

    fn sample(&mut self, now: Now) {
        self.sampler.collect(now);
        while let Some(path) = self.sampler.poll_stuck() {
            let path = path.display();
            log::warn!("{path} keeps whoever reads it: left out until it answers");
        }
        for fault in self.sampler.take_faults() {
            log::warn!("{}", Escaped(&fault));
        }
        for note in self.sampler.take_notes() {
            log::info!("{}", Escaped(&note));
        }
        for trouble in self.sampler.troubles() {
            self.observer.note_trouble(trouble.component, trouble);
        }
        let sample = self.sampler.sample_mut();
        if let Some(agent) = &mut sample.agent {
            account(agent, &self.peers, now);
        }
        for source in &mut self.sources {
            source.fill(sample);
        }
        if let Some(probes) = &mut self.probes {
            probes.fill(&mut sample.probes);
        }
        for known in self.peers.iter_mut().flat_map(Peer::take_alerts) {
            self.watch.adopt(&known.id, now);
        }
        for change in self.watch.observe(sample, now) {
            tell(change);
        }
        let occurrences = self.observer.observe(sample, now);
        occurrences.iter().for_each(tell_of);
        for peer in &mut self.peers {
            peer.feed(Input::Happened(occurrences), now);
            peer.feed(Input::Watched(&self.watch), now);
            peer.feed(Input::Sampled(sample), now);
        }
    }

    /// Waits until something is ready or the time given, and notes who is.
    fn wait(&mut self, until: Instant) -> Result<(), RunError> {
        let mut fds = Vec::with_capacity(self.ready.len());
        self.ends.clear();
        for source in &self.sources {
            fds.extend(source.register());
            self.ends.push(fds.len());
        }
        for peer in &self.peers {
            peer.register(&mut fds);
            self.ends.push(fds.len());
        }
        if let Some(probes) = &self.probes {
            probes.register(&mut fds);
            self.ends.push(fds.len());
        }
        drive::wait(&mut fds, until).map_err(RunError::Poll)?;
        let mut begin = 0;
        for (ready, end) in self.ready.iter_mut().zip(&self.ends) {
            let raised = fds[begin..*end].iter().filter_map(PollFd::revents);
            *ready = raised.fold(PollFlags::empty(), PollFlags::union);
            begin = *end;
        }
        Ok(())
    }

    /// Lets everybody do what is ready for them, and hands on what the sources tell.
    fn advance(&mut self) {
        let now = clock::now();
        let of_peers = self.ready.iter().skip(self.sources.len());
        for (peer, ready) in self.peers.iter_mut().zip(of_peers) {
            peer.advance(*ready, now);
        }
        self.advance_probes(now);
        for at in 0..self.sources.len() {
            if let Some(news) = self.sources[at].advance(self.ready[at], now.instant) {
                self.handle_news(news, now);
            }
        }
    }

    /// Lets probes do what is due, and carries between them and the servers that asked for some.
    fn advance_probes(&mut self, now: Now) {
        let Some(probes) = &mut self.probes else { return };
        for (server, peer) in self.peers.iter_mut().enumerate() {
            while let Some(wanted) = peer.poll_wanted() {
                probes.want(server, wanted, now.instant);
            }
        }
        probes.advance(self.ready.last().copied().unwrap_or(PollFlags::empty()), now.instant);
        while let Some(done) = probes.poll_done() {
            if let Some(peer) = self.peers.get_mut(done.server) {
                peer.handle_probed(done.task, done.millis);
            }
        }
    }

    fn handle_news(&mut self, news: News, now: Now) {
        match news {
            News::Mounts => self.sampler.handle_change(Change::Mounts),
            News::Network => {
                self.sampler.handle_change(Change::Network);
                for peer in &mut self.peers {
                    peer.handle_network_change(now);
                }
            }
            #[cfg(feature = "reload")]
            News::Reload => self.reload(now),
            #[cfg(feature = "reload")]
            News::Asked => self.tell_state(now.instant),
            News::Stop => {
                log::info!("stopping");
                self.supervisor.handle_stop();
                self.stop_at = Some(now.instant.plus(STOP_TIMEOUT));
                for peer in &mut self.peers {
                    peer.feed(Input::Stop, now);
                }
            }
        }
    }
}

/// What takes the samples, with the first look behind it: rates lie between two.
fn sampler(config: &Config, peers: &[Peer], interval: Duration, now: Now) -> Sampler {
    let detail = peers.iter().any(Peer::wants_detail);
    let collect = config.collect.clone().with_detail(detail).with_interval(interval);
    let mut sampler = Sampler::new(&config.roots, &collect);
    sampler.collect(now);
    env!("CARGO_PKG_VERSION").clone_into(&mut sampler.sample_mut().version);
    sampler
}

/// As often as the server wants that wants it most often.
fn interval(peers: &[Peer]) -> Duration {
    peers.iter().map(Peer::interval).min().unwrap_or_default()
}

/// The owner reads of alerts in the log, whatever server hears of them.
fn tell(change: &alert::Change) {
    match change {
        alert::Change::Fired(alert) => {
            log::warn!("alert: {}: {}", Escaped(&alert.title), Escaped(&alert.message));
        }
        alert::Change::Resolved { id, title, how } => {
            let name = if title.is_empty() { id } else { title };
            log::info!("alert: {}: {how}", Escaped(name));
        }
    }
}

/// The owner reads in the log what no alert says.
fn tell_of(occurrence: &Occurrence) {
    match occurrence {
        Occurrence::Status(status) if status.reason.is_empty() => log::info!("{status}"),
        Occurrence::Status(status) => log::warn!("{status}"),
        Occurrence::Started(_)
        | Occurrence::Rebooted(..)
        | Occurrence::Undervoltage
        | Occurrence::Throttled
        | Occurrence::OomKill(_)
        | Occurrence::ReadOnly(_)
        | Occurrence::Reloaded(_) => {}
    }
}

/// Adds up what the connections cost.
fn account(agent: &mut AgentCost, peers: &[Peer], now: Now) {
    let end = peers.iter().filter_map(Peer::certificate_end).min();
    agent.certificate_days = end.map(|end| end.days_from(now.wall));
    agent.bytes_sent = 0;
    agent.reconnects = 0;
    agent.samples_dropped = 0;
    agent.ring_bytes = 0;
    for peer in peers {
        let counts = peer.counts();
        agent.bytes_sent += peer.bytes_sent();
        agent.reconnects += counts.reconnects;
        agent.samples_dropped += counts.samples_dropped;
        agent.ring_bytes += counts.ring_bytes;
    }
}
