//! The STOMP endpoint's viewers: what happens in the fleet, in Ostara's words, and its figures,
//! round by round.
//!
//! An event is written once, when it happens. A round is the fleet at one moment; what is told of
//! it is written when the first viewer asks, and shared by all who ask for the same.

mod known;
mod round;
mod wanted;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use kinglet_proto::viewer::lifecycle::Announcement;
use known::Known;
pub(crate) use round::{Message, Round};
use tokio::sync::broadcast::{Receiver, Sender};
use tokio::time::{MissedTickBehavior, interval};
pub(crate) use wanted::Wanted;

use super::Sink;
use crate::clock;
use crate::fleet::{Sight, Snapshot, Update};
use crate::hub::Hub;
use crate::hub::feed::{Feed, Next};
use crate::limits::{STOMP_EVENTS_MAX, STOMP_ROUNDS_MAX};

/// What one update means.
pub(crate) type Announcements = Arc<[Announcement]>;

/// The sink of the STOMP endpoint's viewers.
pub(crate) struct Topics {
    /// Anyone may look: figures that are private are not told.
    public: bool,
    every: Duration,
    stage: Mutex<Stage>,
}

struct Stage {
    known: Known,
    /// The same as strangers know it, on a public hub.
    seen: Known,
    /// How many updates have come.
    updates: u64,
    /// All hosts as they were after so many updates, for who subscribes before the next.
    present: Option<(u64, Arc<Round>)>,
    /// The queues of all viewers; there are none once the hub stops.
    queues: Option<Queues>,
}

struct Queues {
    events: Sender<Announcements>,
    /// What happens to hosts that strangers see.
    seen: Sender<Announcements>,
    rounds: Sender<Arc<Round>>,
}

/// One viewer's place.
pub(crate) struct Heard {
    /// What happens.
    pub(crate) events: Receiver<Announcements>,
    /// The figures, as often as the owner says.
    pub(crate) rounds: Receiver<Arc<Round>>,
}

/// The sink, with the fleet as it is.
pub(super) fn open(hub: &Hub, hosts: Vec<Snapshot>) -> Arc<dyn Sink> {
    let [events, seen] = [(); 2].map(|()| Sender::new(STOMP_EVENTS_MAX));
    let queues = Some(Queues { events, seen, rounds: Sender::new(STOMP_ROUNDS_MAX) });
    let public_hosts = hosts.iter().filter(|host| Sight::Public.sees(host)).cloned().collect();
    let seen = Known::new(public_hosts, clock::now());
    let known = Known::new(hosts, clock::now());
    let stage = Stage { known, seen, updates: 0, present: None, queues };
    let (public, every) = (hub.auth.public(), hub.stomp_every);
    Arc::new(Topics { public, every, stage: Mutex::new(stage) })
}

impl Sink for Topics {
    fn run(self: Arc<Self>, hub: Arc<Hub>, mut feed: Feed) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let mut ticks = interval(self.every);
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                let next = tokio::select! {
                    biased;
                    _ = ticks.tick() => {
                        self.tell_round(&hub);
                        continue;
                    }
                    next = feed.next() => next,
                };
                match next {
                    Some(Next::Update(update)) => self.tell(&update),
                    Some(Next::Lost(_)) => self.catch_up(hub.resync(&mut feed)),
                    None => break,
                }
            }
            // Every queue of viewers ends with this.
            self.lock().queues = None;
        })
    }
}

impl Topics {
    /// Everything that is told from now on; `None` once the hub stops.
    pub(crate) fn watch(&self, sight: Sight) -> Option<Heard> {
        let stage = self.lock();
        let Queues { events, seen, rounds } = stage.queues.as_ref()?;
        let events = if sight == Sight::All { events } else { seen };
        Some(Heard { events: events.subscribe(), rounds: rounds.subscribe() })
    }

    /// The hosts of which a subscription may be told, as they are now, offline ones too.
    pub(crate) fn present(&self, hub: &Hub, wanted: &Wanted) -> Arc<Round> {
        let mut stage = self.lock();
        let updates = stage.updates;
        if let Some((of, round)) = &stage.present
            && *of == updates
            && round.is_of(clock::now())
        {
            return round.clone();
        }
        let (hosts, now) = hub.with_fleet(|fleet, now| match wanted.host() {
            Some(id) => (Vec::from_iter(fleet.snapshot(id)), now),
            None => (fleet.snapshots().collect(), now),
        });
        let round = Arc::new(Round::new(hosts, now, self.public));
        if wanted.host().is_none() {
            stage.present = Some((updates, round.clone()));
        }
        round
    }

    fn tell(&self, update: &Update) {
        let mut stage = self.lock();
        stage.updates += 1;
        let now = clock::now();
        let told = stage.known.apply(update, now, self.public);
        let seen = match update.host().filter(|host| !Sight::Public.sees(host)) {
            _ if !self.public => Vec::new(),
            None => stage.seen.apply(update, now, true),
            // One that was not known stays so, and of one that was this is the end.
            Some(host) => stage.seen.apply(&Update::Removed(host.id.clone()), now, true),
        };
        stage.send(told, seen);
    }

    /// What led to these hosts, told late.
    fn catch_up(&self, hosts: Vec<Snapshot>) {
        let mut stage = self.lock();
        stage.updates += 1;
        let now = clock::now();
        let told = stage.known.catch_up(&hosts, now);
        let hosts: Vec<_> =
            hosts.into_iter().filter(|host| self.public && Sight::Public.sees(host)).collect();
        let seen = stage.seen.catch_up(&hosts, now);
        stage.send(told, seen);
    }

    /// The figures of all who are online, if anyone is there to hear.
    fn tell_round(&self, hub: &Hub) {
        let stage = self.lock();
        let Some(Queues { rounds, .. }) = &stage.queues else { return };
        if rounds.receiver_count() == 0 {
            return;
        }
        let online = |host: &Snapshot| host.online && host.sample.is_some();
        let (hosts, now) =
            hub.with_fleet(|fleet, now| (fleet.snapshots().filter(online).collect(), now));
        // Nobody there any more is no error.
        let _ = rounds.send(Arc::new(Round::new(hosts, now, self.public)));
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stage {
    fn send(&self, told: Vec<Announcement>, to_strangers: Vec<Announcement>) {
        let Some(Queues { events, seen, .. }) = &self.queues else { return };
        for (queue, told) in [(events, told), (seen, to_strangers)] {
            if !told.is_empty() {
                // Nobody there is no error.
                let _ = queue.send(told.into());
            }
        }
    }
}
