//! One channel at work: its desk behind a lock, the task that sends, and what the log is told of
//! it: each thing that goes wrong once, until all is well again.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kinglet_proto::time::{Instant, Now, WallTime};
use tokio::sync::Notify;
use tokio::time::timeout;
use tracing::{error, info, warn};

use super::courier;
use super::desk::{Counts, Desk, Memory, Step};
use super::fate::Fate;
use super::notice::Notice;
use super::settings::Settings;
use crate::clock;
use crate::limits::{NOTIFY_FAULTS_MAX, NOTIFY_LOOK_EVERY, NOTIFY_TEST_EVERY};

/// A channel.
pub(super) struct Channel {
    settings: Mutex<Arc<Settings>>,
    desk: Mutex<Desk>,
    /// The desk was fed.
    fed: Notify,
    health: Mutex<Health>,
    /// When the last test was sent.
    tested: Mutex<Option<Instant>>,
    /// Its owner has taken it out.
    is_over: AtomicBool,
}

/// What was told of it since all was well.
#[derive(Default)]
struct Health {
    /// Why the last notice is not there; `None` while all is well.
    failing: Option<String>,
    /// When the last was taken; `None` for none.
    taken: Option<WallTime>,
    told: BTreeSet<String>,
    told_held: bool,
}

/// How a channel is, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) counts: Counts,
    /// Notices that wait.
    pub(crate) waiting: usize,
    /// When the last notice was taken; `None` for none since the hub's start.
    pub(crate) taken: Option<WallTime>,
    /// Why the last notice is not there, in words; `None` while all is well.
    pub(crate) failing: Option<String>,
}

impl Channel {
    pub(super) fn new(settings: Settings, memory: Memory, seed: u64) -> Self {
        let desk = Desk::new(settings.rules.clone(), memory, seed, clock::now());
        Self {
            settings: Mutex::new(Arc::new(settings)),
            desk: Mutex::new(desk),
            fed: Notify::new(),
            health: Mutex::default(),
            tested: Mutex::default(),
            is_over: AtomicBool::new(false),
        }
    }

    /// What its owner says of it now.
    pub(super) fn settings(&self) -> Arc<Settings> {
        held(&self.settings).clone()
    }

    /// Goes by these from now on; what waits is tried at once where they are others.
    pub(super) fn change(&self, settings: Settings) {
        let mut now = held(&self.settings);
        if **now == settings {
            return;
        }
        held(&self.desk).change(settings.rules.clone());
        *now = Arc::new(settings);
        drop(now);
        self.fed.notify_one();
    }

    /// Its owner has taken it out: nobody is told any more.
    pub(super) fn end(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        self.fed.notify_one();
    }

    /// Changes what is to be told.
    pub(super) fn feed(&self, change: impl FnOnce(&mut Desk)) {
        change(&mut held(&self.desk));
        self.tell_held();
        self.fed.notify_one();
    }

    /// Sends whatever is to be told, until its owner takes it out.
    pub(super) async fn run(&self) {
        while !self.is_over.load(Ordering::Relaxed) {
            let now = clock::now();
            let step = held(&self.desk).poll(now);
            match step {
                Step::Send(notice) => {
                    let fate = courier::send(&self.settings(), &notice).await;
                    self.settle(&fate, clock::now());
                }
                Step::Wait(until) => {
                    // Looked at again all the same: a host that slept has another time.
                    let wait = until.map_or(NOTIFY_LOOK_EVERY, |until| until.since(now.instant));
                    let wait = wait.clamp(Duration::from_millis(10), NOTIFY_LOOK_EVERY);
                    let _ = timeout(wait, self.fed.notified()).await;
                }
            }
        }
    }

    /// Sends a test past the queue.
    ///
    /// # Errors
    /// It is not there; in words.
    pub(super) async fn test(&self) -> Result<(), String> {
        let now = clock::now();
        let before = held(&self.tested).replace(now.instant);
        if before.is_some_and(|before| now.instant.since(before) < NOTIFY_TEST_EVERY) {
            return Err(format!("a test was sent less than {} s ago", NOTIFY_TEST_EVERY.as_secs()));
        }
        let settings = self.settings();
        let notice = Notice::test(&settings.name, now.wall);
        match courier::send(&settings, &notice).await {
            Fate::Taken => {
                held(&self.health).well(&settings.name, now.wall);
                Ok(())
            }
            Fate::Partly(words) | Fate::Refused(words) | Fate::Later(_, words) => Err(words),
        }
    }

    /// What is to outlive the hub.
    pub(super) fn memory(&self) -> serde_json::Value {
        serde_json::to_value(held(&self.desk).memory()).unwrap_or_default()
    }

    /// A number that is another one once the memory is.
    pub(super) fn changes(&self) -> u64 {
        held(&self.desk).changes()
    }

    /// How it is.
    pub(super) fn report(&self) -> Report {
        let settings = self.settings();
        let desk = held(&self.desk);
        let Health { failing, taken, .. } = &*held(&self.health);
        Report {
            name: settings.name.clone(),
            kind: settings.kind.name,
            counts: desk.counts(),
            waiting: desk.waiting(),
            taken: *taken,
            failing: failing.clone(),
        }
    }

    fn settle(&self, fate: &Fate, now: Now) {
        let waiting = {
            let mut desk = held(&self.desk);
            desk.handle_fate(fate, now);
            desk.waiting()
        };
        let settings = self.settings();
        let name = &settings.name;
        let mut health = held(&self.health);
        match fate {
            Fate::Taken => health.well(name, now.wall),
            Fate::Partly(words) if health.tell(words) => {
                warn!("notify {name}: not everybody is told: {words}");
            }
            Fate::Refused(words) if health.tell(words) => {
                error!("notify {name}: a notice was refused and is lost: {words}");
            }
            Fate::Later(_, words) if health.tell(words) => {
                warn!("notify {name}: {words}; waiting: {waiting}, tried again and again")
            }
            Fate::Partly(_) | Fate::Refused(_) | Fate::Later(..) => {}
        }
    }

    /// That much is held back, once for each time that it begins.
    fn tell_held(&self) {
        let is_held = held(&self.desk).is_holding();
        let settings = self.settings();
        let mut health = held(&self.health);
        if is_held && !health.told_held {
            let Settings { name, rules, .. } = &*settings;
            warn!(
                "notify {name}: too many alerts to tell one by one ({} an hour, or they cannot be \
                 sent): they are held back and told together",
                rules.per_hour
            );
        }
        health.told_held = is_held;
    }
}

impl Health {
    /// One was taken, be it a test.
    fn well(&mut self, name: &str, at: WallTime) {
        if !self.told.is_empty() {
            info!("notify {name}: notices are taken again");
        }
        *self = Self { taken: Some(at), told_held: self.told_held, ..Self::default() };
    }

    /// Whether this is to be logged: it was not since all was well. Numbers make no difference, for
    /// some servers say how many seconds are left.
    fn tell(&mut self, words: &str) -> bool {
        self.failing = Some(words.to_owned());
        let kind: String = words.chars().filter(|c| !c.is_ascii_digit()).collect();
        self.told.len() < NOTIFY_FAULTS_MAX && self.told.insert(kind)
    }
}

/// A lock that a task has died with guards nothing that is half done.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
