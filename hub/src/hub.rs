//! Ties the parts together: the fleet behind its lock, the queues its commands go out on, and the
//! places that are counted.

pub(crate) mod admission;
pub(crate) mod alerts;
pub(crate) mod drop_ins;
mod elsewhere;
pub(crate) mod feed;
pub(crate) mod outbox;
mod owners;
pub(crate) mod seat;
pub(crate) mod sessions;

use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use alerts::Alerts;
use drop_ins::DropIns;
use feed::{Feed, Outlet};
use kinglet_proto::answer::Answer;
use kinglet_proto::host::HostId;
use kinglet_proto::limits::PING_INTERVAL;
use kinglet_proto::time::{Instant, Now};
use outbox::{Inlet, Outbox};
use sessions::Sessions;
use tokio::sync::Semaphore;
use tracing::{info, warn};

use crate::alert::{Desk, Tell};
use crate::auth::Auth;
use crate::clock;
use crate::fleet::{
    Command, ConnectionId, Fleet, Input, Note, Origin, Pace, Reason, Settings, Snapshot, Verdict,
};
use crate::guard::{Complaints, Gate, Newcomers, Seats, Way};
use crate::history::History;
use crate::influx::Influx;
use crate::limits::{MESSAGES_LARGE, NEW_HOSTS_PER_HOUR, QUESTIONS_MAX, STOMP_EVERY};
use crate::notify::Notifier;
use crate::oidc::Oidc;
use crate::registry::Registry;

/// What everything in the server shares.
pub(crate) struct Hub {
    pub(crate) auth: Auth,
    /// Where invitations and enrolled hosts are; `None` where nobody is ever enrolled.
    pub(crate) state_dir: Option<PathBuf>,
    /// What owners decide of hosts; `None` where that is kept nowhere.
    pub(crate) registry: Option<Registry>,
    /// Where people may sign in else.
    pub(crate) oidc: Option<Arc<Oidc>>,
    /// What is remembered of the past.
    pub(crate) history: Arc<dyn History>,
    /// Which alerts are open, and which are silent.
    pub(crate) alerts: Arc<Alerts>,
    /// How often viewers of the STOMP endpoint are told figures.
    pub(crate) stomp_every: Duration,
    /// The sessions of the STOMP endpoint.
    pub(crate) stomp_sessions: Sessions,
    /// The database that readings go to; `None` for none.
    pub(crate) influx: Option<Arc<Influx>>,
    /// Whom it tells of alerts.
    pub(crate) notifier: Notifier,
    /// Rules and receivers, those in files of their own too.
    pub(crate) drop_ins: DropIns,
    /// Which pages may listen, and what the hub is called.
    pub(crate) gate: Gate,
    /// How often a viewer is asked whether it is still there.
    pub(crate) viewer_ping: Duration,
    /// What keeps others from reading along.
    pub(crate) way: Way,
    inner: Mutex<Inner>,
    connections: AtomicU64,
    seats: Mutex<Seats>,
    sockets: AtomicUsize,
    large_messages: Arc<Semaphore>,
    questions: Arc<Semaphore>,
    complaints: Mutex<Pace>,
    refusals: Mutex<Complaints>,
}

struct Inner {
    fleet: Fleet,
    /// New hosts of the fleet's tokens.
    newcomers: Newcomers,
    agents: HashMap<ConnectionId, Inlet>,
    sinks: Vec<Outlet>,
    stopping: bool,
}

/// Something for an agent's connection to do.
#[derive(Debug)]
pub(crate) enum Outgoing {
    /// Answer it.
    Answer(Answer),
    /// Say goodbye.
    Close(Reason),
}

impl Hub {
    /// A hub nobody is connected to.
    pub(crate) fn new(
        auth: Auth,
        settings: Settings,
        state_dir: Option<PathBuf>,
        history: Arc<dyn History>,
    ) -> Self {
        let fleet = Fleet::new(settings);
        let newcomers = Newcomers::new(NEW_HOSTS_PER_HOUR);
        let (agents, sinks) = (HashMap::new(), Vec::new());
        Self {
            auth,
            state_dir,
            registry: None,
            oidc: None,
            history,
            alerts: Arc::default(),
            stomp_every: STOMP_EVERY,
            stomp_sessions: Sessions::default(),
            influx: None,
            notifier: Notifier::default(),
            drop_ins: DropIns::default(),
            gate: Gate::default(),
            viewer_ping: PING_INTERVAL,
            way: Way::default(),
            inner: Mutex::new(Inner { fleet, newcomers, agents, sinks, stopping: false }),
            connections: AtomicU64::new(0),
            seats: Mutex::default(),
            sockets: AtomicUsize::new(0),
            large_messages: Arc::new(Semaphore::new(MESSAGES_LARGE)),
            questions: Arc::new(Semaphore::new(QUESTIONS_MAX)),
            complaints: Mutex::new(Pace::viewer(clock::now().instant)),
            refusals: Mutex::default(),
        }
    }

    /// The same, with another pace of Pings to viewers.
    pub(crate) fn with_viewer_ping(self, viewer_ping: Duration) -> Self {
        Self { viewer_ping, ..self }
    }

    /// The same, with another pace of the STOMP endpoint.
    pub(crate) fn with_stomp_every(self, stomp_every: Duration) -> Self {
        Self { stomp_every, ..self }
    }

    /// The same hub, whose readings go to a database.
    pub(crate) fn with_influx(self, influx: Option<Arc<Influx>>) -> Self {
        Self { influx, ..self }
    }

    /// The same hub, which tells somebody of alerts, by these rules and receivers.
    pub(crate) fn with_notifier(self, notifier: Notifier, drop_ins: DropIns) -> Self {
        Self { notifier, drop_ins, ..self }
    }

    /// The same hub, which goes by these names, lets these pages listen and is reached this way.
    pub(crate) fn with_gate(self, gate: Gate, way: Way) -> Self {
        Self { gate, way, ..self }
    }

    /// The same hub, to which so many new hosts may come in an hour.
    pub(crate) fn with_new_hosts_per_hour(self, most: u32) -> Self {
        self.lock().newcomers = Newcomers::new(most);
        self
    }

    /// The same hub with these alerts; what of them agents told is no news to its fleet.
    pub(crate) fn with_alerts(self, desk: Desk) -> Self {
        self.lock().fleet.restore_alerts(desk.told_by_agents());
        Self { alerts: Arc::new(Alerts::new(desk)), ..self }
    }

    /// Keeps what changed of alerts, and tells what of it is the hub's own: in this order, so that
    /// what was told is not told again after a restart. Where it cannot be kept it is told all the
    /// same.
    ///
    /// # Errors
    /// It was not kept, and waits for the next call.
    pub(crate) async fn settle_alerts(self: &Arc<Self>) -> Result<(), String> {
        if self.alerts.is_settled() {
            return Ok(());
        }
        let hub = self.clone();
        let settled = tokio::task::spawn_blocking(move || {
            let (tells, kept) = hub.alerts.keep(&*hub.history);
            for Tell { host, data } in tells {
                hub.handle_input(Input::Alert(host, data));
            }
            kept
        });
        settled.await.unwrap_or_else(|error| Err(error.to_string()))
    }

    /// Feeds one input to the fleet and does what follows.
    pub(crate) fn handle_input(&self, input: Input) {
        let now = clock::now();
        let mut inner = self.lock();
        inner.fleet.handle_input(input, now);
        inner.run_commands();
    }

    /// A place for an agent's connection; the queue ends when the fleet is done with it.
    pub(crate) fn open_agent(&self) -> (ConnectionId, Outbox) {
        let (inlet, outbox) = outbox::open();
        let id = ConnectionId(self.next_id());
        let mut inner = self.lock();
        if !inner.stopping {
            inner.agents.insert(id, inlet);
        }
        (id, outbox)
    }

    /// The connection is gone.
    pub(crate) fn close_agent(&self, id: ConnectionId) {
        self.lock().agents.remove(&id);
        self.handle_input(Input::Left(id));
    }

    /// Every host as it is, and a queue of everything that happens from now on.
    pub(crate) fn open_feed(&self, updates_max: usize) -> (Feed, Vec<Snapshot>) {
        let (outlet, feed) = feed::open(updates_max);
        let mut inner = self.lock();
        inner.sinks.push(outlet);
        (feed, inner.fleet.snapshots().collect())
    }

    /// Every host as it is, for a sink that lost updates: what waits for it is forgotten, and its
    /// feed goes on from here.
    pub(crate) fn resync(&self, feed: &mut Feed) -> Vec<Snapshot> {
        let inner = self.lock();
        let forgotten = feed.clear();
        let hosts = inner.fleet.snapshots().collect();
        drop(inner);
        drop(forgotten);
        hosts
    }

    /// Tells the fleet how hosts came before this start.
    pub(crate) fn restore_origins(&self, before: impl IntoIterator<Item = (HostId, Origin)>) {
        self.lock().fleet.restore_origins(before);
    }

    /// Looks at the fleet.
    pub(crate) fn with_fleet<T>(&self, look: impl FnOnce(&Fleet, Now) -> T) -> T {
        let now = clock::now();
        look(&self.lock().fleet, now)
    }

    /// Counts a WebSocket for as long as it is open.
    pub(crate) fn open_socket(&self) -> Open<'_> {
        self.sockets.fetch_add(1, Ordering::Relaxed);
        Open(&self.sockets)
    }

    /// How many WebSockets are open.
    pub(crate) fn sockets(&self) -> usize {
        self.sockets.load(Ordering::Relaxed)
    }

    /// The places of messages above the ordinary limit.
    pub(crate) fn large_messages(&self) -> Arc<Semaphore> {
        self.large_messages.clone()
    }

    /// The places of viewers' questions that wait for the history.
    pub(crate) fn questions(&self) -> Arc<Semaphore> {
        self.questions.clone()
    }

    /// A number no other connection has.
    pub(crate) fn next_id(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Logs why a stranger was refused: the first of a minute, and of the rest how many.
    pub(crate) fn complain(&self, what: impl fmt::Display) {
        let now = clock::now().instant;
        match self.refusals.lock().unwrap_or_else(PoisonError::into_inner).hear(now) {
            Some(0) => warn!("{what}"),
            Some(unsaid) => warn!("{what}; {unsaid} others were refused since the last line"),
            None => {}
        }
    }

    /// Whether what an agent does wrong may be logged: it must not fill the owner's disk.
    pub(crate) fn may_complain(&self) -> bool {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        complaints.take(clock::now().instant) == Verdict::Take
    }

    /// Drives the fleet's deadlines for as long as the hub runs, and says each time that the fleet
    /// has answered: a lock that is never given back, or a runtime that does not come round, is
    /// silence.
    pub(crate) async fn keep_time(&self, mut is_alive: impl FnMut(Instant)) {
        // A deadline may be up to a second late: the shortest the owner can set is one second.
        let mut ticks = tokio::time::interval(Duration::from_millis(250));
        loop {
            ticks.tick().await;
            self.handle_input(Input::Tick);
            let now = clock::now().instant;
            self.tell_of_newcomers(now);
            is_alive(now);
        }
    }

    /// Asks every connection to say goodbye; none is opened after this.
    pub(crate) fn stop(&self) {
        let mut inner = self.lock();
        inner.stopping = true;
        inner.sinks.clear();
        for (_, agent) in inner.agents.drain() {
            // One whose queue is full ends with the queue.
            agent.push(Outgoing::Close(Reason::Stopping));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn run_commands(&mut self) {
        while let Some(command) = self.fleet.poll_command() {
            match command {
                Command::Send(id, answer) => {
                    if let Some(agent) = self.agents.get(&id) {
                        // An agent that does not read its answers loses them: the next
                        // acknowledgement covers this one.
                        agent.push(Outgoing::Answer(answer));
                    }
                }
                Command::Close(id, reason) => {
                    if let Some(agent) = self.agents.remove(&id) {
                        agent.push(Outgoing::Close(reason));
                    }
                }
                Command::Publish(update) => {
                    let update = Arc::new(update);
                    self.sinks.iter().for_each(|sink| sink.push(&update));
                }
                Command::Note(note @ Note::Duplicate(_)) => warn!("{note}"),
                Command::Note(note @ (Note::Joined(_) | Note::Offline(_) | Note::Stopped(_))) => {
                    info!("{note}");
                }
            }
        }
    }
}

/// A WebSocket among those counted, until it is dropped.
pub(crate) struct Open<'a>(&'a AtomicUsize);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::mpsc;

    use super::*;
    use crate::history::Nothing;

    #[test]
    fn a_fleet_that_does_not_answer_is_not_alive() {
        let settings =
            Settings { offline_after: Duration::from_secs(60), durable: false, hosts: Vec::new() };
        let hub =
            Hub::new(Auth::new(BTreeMap::new(), None, None), settings, None, Arc::new(Nothing));
        let (says, heard) = mpsc::channel();
        std::thread::scope(|scope| {
            let taken = hub.lock();
            let hub = &hub;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
                let turns = Duration::from_millis(1_500);
                let is_alive = |_| says.send(()).unwrap_or_default();
                let run = async { tokio::time::timeout(turns, hub.keep_time(is_alive)).await };
                drop(runtime.unwrap().block_on(run));
            });
            assert!(heard.recv_timeout(Duration::from_millis(700)).is_err());
            drop(taken);
            assert_eq!(heard.recv_timeout(Duration::from_secs(5)), Ok(()));
        });
    }
}
