//! A real writer against a database that answers slowly, wrongly or not at all, breaks off and
//! restarts, on one fake clock. A seed decides everything.

mod database;

use std::collections::BTreeSet;
use std::time::Duration;

use database::{Database, Heard, Mood};
use kinglet_proto::host::Host;
use kinglet_proto::limits::{BACKOFF_MAX, CLOSE_TIMEOUT, RING_BYTES_MAX, WRITE_BYTES_MAX};
use kinglet_proto::output::{Account, Answer, Auth, Protocol, Request, Setting};
use kinglet_proto::rng::Rng;
use kinglet_proto::sample::{Filesystem, Sample};
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Command, Conversation, Input, Loss, Reporter, Writer};
use kinglet_proto::time::{Instant, Now, WallTime};

/// Milliseconds with faults.
const TROUBLE_MS: u64 = 10 * 60 * 1000;
/// What waits is in this long after the server's return.
const BACK_MS: u64 = 15_000;
/// What the clock says at the beginning.
const EPOCH: u64 = 1_795_161_600;
/// The link gives a request up after this.
const LINK_TIMEOUT_MS: u64 = 30_000;

/// A request under way.
struct Flight {
    /// When something comes of it, and what: an answer, or the end of the connection.
    at: u64,
    outcome: Result<Heard, Loss>,
    samples: BTreeSet<u64>,
}

/// One writer, one database, one clock.
pub(crate) struct Trial {
    rng: Rng,
    now: u64,
    writer: Writer,
    wake_at: u64,
    sample_at: u64,
    fault_at: u64,
    database: Database,
    flight: Option<Flight>,
    /// The server ends the kept connection then.
    cut_at: Option<u64>,
    /// Samples by their seconds: taken, and known to be stored.
    taken: BTreeSet<u64>,
    acknowledged: BTreeSet<u64>,
    /// Nobody may be asked before this: the server said so.
    not_before: u64,
    requests: u64,
    mounts: u64,
    is_done: bool,
}

impl Trial {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut account = Account::new(Host::default(), Secret::new("pw"), Auth::Header);
        account.settings.add("database", Setting::Text("telegraf".to_owned()));
        let protocol = Protocol::named("influxdb").expect("a row of OUTPUTS");
        Self {
            now: 1000,
            writer: Writer::new(protocol, account, Duration::from_secs(5), rng.next()),
            wake_at: 1000,
            sample_at: 1000,
            fault_at: 1000,
            database: Database::default(),
            flight: None,
            cut_at: None,
            taken: BTreeSet::new(),
            acknowledged: BTreeSet::new(),
            not_before: 0,
            requests: 0,
            // Of some the ring holds hundreds, of some no more than two minutes'.
            mounts: [0, 5, 60][usize::try_from(rng.below(3)).unwrap_or_default()],
            is_done: false,
            rng,
        }
    }

    /// Trouble, then none: all that was promised holds.
    pub(crate) fn run(&mut self) {
        self.run_until(TROUBLE_MS);
        self.database.mood = Mood::Well;
        self.fault_at = u64::MAX;
        let longest = BACKOFF_MAX.as_secs() * 1000;
        let refused = if self.database.has_refused { longest } else { 0 };
        let patience = self.not_before.saturating_sub(self.now).max(refused);
        // A request that nobody answers was sent before the return.
        self.run_until(TROUBLE_MS + patience + LINK_TIMEOUT_MS + BACK_MS);
        self.check_all_is_in();
        self.feed(Input::Stop);
        let until = self.now + u64::try_from(CLOSE_TIMEOUT.as_millis()).expect("small");
        self.run_until(until + 1);
        assert!(self.is_done, "the goodbye is said in time");
        assert!(self.requests > 10, "{} requests", self.requests);
    }

    fn check_all_is_in(&self) {
        let stored = &self.database.stored;
        let missing = self.taken.difference(stored).count() as u64;
        let dropped = self.writer.counts().samples_dropped;
        let newest = self.taken.last().copied().unwrap_or_default();
        assert!(stored.contains(&newest), "what is now is in");
        let under_way = self.flight.as_ref().map_or(0, |flight| flight.samples.len());
        let is_empty = self.writer.counts().ring_bytes == 0;
        assert!(under_way == 1 || is_empty, "nothing waits any more");
        assert!(missing <= dropped, "{missing} missing, {dropped} counted");
        let in_doubt = self.database.stored_unanswered;
        assert!(dropped <= missing + in_doubt, "{dropped} counted, {missing} missing");
    }

    fn run_until(&mut self, end: u64) {
        let mut steps = 0;
        while self.now < end && !self.is_done {
            steps += 1;
            assert!(steps < 200_000, "a busy loop");
            let flight = self.flight.as_ref().map_or(u64::MAX, |flight| flight.at);
            let cut = self.cut_at.unwrap_or(u64::MAX);
            let times = [self.wake_at, self.sample_at, self.fault_at, flight, cut, end];
            self.now = times.into_iter().min().unwrap_or(end).max(self.now);
            self.step(flight);
        }
    }

    fn step(&mut self, flight: u64) {
        if self.fault_at <= self.now {
            self.fault_at = self.now + 1 + self.rng.below(60_000);
            self.database.change_mood(&mut self.rng);
            if self.database.mood == Mood::Away && self.flight.is_none() {
                self.cut_at = self.cut_at.or(Some(self.now));
            }
            if self.rng.below(4) == 0 {
                self.feed(Input::NetworkChanged);
            }
        } else if flight <= self.now {
            self.land();
        } else if self.cut_at.is_some_and(|at| at <= self.now) {
            self.cut_at = None;
            self.feed(Input::Closed(Loss::Ended));
        } else if self.sample_at <= self.now {
            self.sample_at = self.now + 5000;
            self.sample();
        } else {
            self.feed(Input::Tick);
            assert!(self.is_done || self.wake_at > self.now, "a deadline that stays");
        }
    }

    /// What comes of the request comes.
    fn land(&mut self) {
        let Some(flight) = self.flight.take() else { return };
        match flight.outcome {
            Ok(heard) => {
                if heard.status == 204 {
                    self.acknowledged.extend(&flight.samples);
                }
                if let Some(pause) = heard.retry_after {
                    self.not_before = self.now + u64::try_from(pause.as_millis()).expect("small");
                }
                // Now and then a server ends a connection that it could keep.
                self.cut_at = (self.rng.below(5) == 0).then(|| self.now + self.rng.below(9000));
                let (status, retry_after) = (heard.status, heard.retry_after);
                self.feed(Input::Answered(Answer { status, retry_after, body: &heard.body }));
            }
            Err(loss) => self.feed(Input::Closed(loss)),
        }
    }

    fn sample(&mut self) {
        let second = self.now / 1000;
        let mount = |at: u64| Filesystem {
            mount_point: format!("/mnt/a/path/of/some/length/{at}"),
            device: "/dev/sda1".to_owned(),
            fstype: "ext4".to_owned(),
            total: Some(1_000_000_000),
            ..Filesystem::default()
        };
        let sample = Sample {
            hostname: "pi".to_owned(),
            uptime: Some(second),
            taken: Instant::from_millis(self.now),
            filesystems: (0..self.mounts).map(mount).collect(),
            ..Sample::default()
        };
        self.taken.insert(second);
        self.feed(Input::Sampled(&sample));
    }

    fn feed(&mut self, input: Input<'_>) {
        let wall = WallTime::from_unix_millis(EPOCH * 1000 + self.now);
        self.writer.handle_input(input, Now { instant: Instant::from_millis(self.now), wall });
        loop {
            match self.writer.poll_command() {
                Command::Ask(request) => self.ask(&request),
                Command::HangUp(_) => {
                    // An answer that is on its way is not heard any more.
                    let unheard = self.flight.take().filter(|flight| flight.outcome.is_ok());
                    self.database.stored_unanswered +=
                        unheard.map_or(0, |flight| flight.samples.len() as u64);
                    self.cut_at = None;
                }
                Command::Event(event) => assert!(event.to_string().len() < 400, "{event}"),
                Command::Wait(at) => {
                    self.wake_at = at.map_or(u64::MAX, Instant::as_millis);
                    self.is_done = at.is_none();
                    break;
                }
                other @ (Command::Dial(_)
                | Command::Text(_)
                | Command::Ping
                | Command::Errand(_)) => panic!("{other:?}"),
            }
        }
        let bytes = self.writer.counts().ring_bytes;
        assert!(bytes <= RING_BYTES_MAX as u64, "the ring is bounded: {bytes}");
    }

    /// A request goes out: what it carries is checked, and its fate is drawn.
    fn ask(&mut self, request: &Request) {
        assert!(self.flight.is_none(), "one request in flight");
        assert!(self.now >= self.not_before, "asked before the time that the server named");
        self.requests += 1;
        let body = request.body.as_deref().unwrap_or_default();
        let samples = database::samples(body, EPOCH);
        let twice: Vec<_> = samples.intersection(&self.acknowledged).collect();
        assert!(twice.is_empty(), "sent again though acknowledged: {twice:?}");
        assert!(body.len() <= WRITE_BYTES_MAX || samples.len() == 1, "{} bytes", body.len());
        let was_cut = self.cut_at.take_if(|at| *at <= self.now + 5).is_some();
        let (at, outcome) = self.database.hear(request, &samples, was_cut, &mut self.rng);
        self.cut_at = None;
        self.flight = Some(Flight { at: self.now + at.min(LINK_TIMEOUT_MS), outcome, samples });
    }
}
