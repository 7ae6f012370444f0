//! The fleet behind a lock, and the channels its commands go out on.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kinglet::supervisor::Supervisor;
use kinglet_proto::answer::Answer;
use kinglet_proto::time::Now;
use kinglet_proto::viewer;
use kinglet_proto::wire::envelope::Head;
use tokio::sync::{broadcast, mpsc};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tracing::{info, warn};

use crate::auth::Auth;
use crate::clock;
use crate::door::enroll::Desk;
use crate::fleet::{
    Command, ConnectionId, Fleet, Input, Note, Pace, Reading, Reason, Settings, Update, Verdict,
};
use crate::limits::{AGENT_QUEUE_MAX, VIEWER_QUEUE_MAX, VIEWERS_MAX};

/// What everything in the server shares.
pub(crate) struct Hub {
    pub(crate) auth: Auth,
    pub(crate) desk: Desk,
    inner: Mutex<Inner>,
    connections: AtomicU64,
    messages: AtomicU64,
    viewers: AtomicUsize,
    sockets: AtomicUsize,
    complaints: Mutex<Pace>,
}

struct Inner {
    fleet: Fleet,
    agents: HashMap<ConnectionId, mpsc::Sender<Outgoing>>,
    /// `None` once the hub stops.
    channels: Option<Channels>,
}

/// One queue for all viewers of a kind: a text is written once and shared, and who falls
/// [`VIEWER_QUEUE_MAX`] messages behind is told so by the queue itself.
struct Channels {
    panel: broadcast::Sender<Utf8Bytes>,
    frontend: broadcast::Sender<Utf8Bytes>,
}

/// What viewers of one path are sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Channel {
    /// `/ws`: the panel messages.
    Panel,
    /// `/ws-frontend`: the SimpleServerStatus objects.
    Frontend,
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
    pub(crate) fn new(auth: Auth, settings: Settings, state_dir: Option<PathBuf>) -> Self {
        let channels = Channels {
            panel: broadcast::Sender::new(VIEWER_QUEUE_MAX),
            frontend: broadcast::Sender::new(VIEWER_QUEUE_MAX),
        };
        let fleet = Fleet::new(settings);
        let inner = Inner { fleet, agents: HashMap::new(), channels: Some(channels) };
        Self {
            auth,
            desk: Desk::new(state_dir),
            inner: Mutex::new(inner),
            connections: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            viewers: AtomicUsize::new(0),
            sockets: AtomicUsize::new(0),
            complaints: Mutex::new(Pace::viewer(clock::now().instant)),
        }
    }

    /// Feeds one input to the fleet and does what follows.
    pub(crate) fn handle_input(&self, input: Input) {
        let now = clock::now();
        let mut inner = self.lock();
        inner.fleet.handle_input(input, now);
        inner.run_commands(self);
    }

    /// The number and time of a viewer's next message.
    pub(crate) fn head(&self) -> Head {
        let id = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
        Head { id, wall: clock::now().wall }
    }

    /// A place for an agent's connection; the receiver ends when the fleet is done with it.
    pub(crate) fn open_agent(&self) -> (ConnectionId, mpsc::Receiver<Outgoing>) {
        let (sender, receiver) = mpsc::channel(AGENT_QUEUE_MAX);
        let id = ConnectionId(self.next_id());
        let mut inner = self.lock();
        if inner.channels.is_some() {
            inner.agents.insert(id, sender);
        }
        (id, receiver)
    }

    /// The connection is gone.
    pub(crate) fn close_agent(&self, id: ConnectionId) {
        self.lock().agents.remove(&id);
        self.handle_input(Input::Left(id));
    }

    /// A place among the viewers of a channel and everything they are told from now on; `None`
    /// when all places are taken or the hub stops.
    pub(crate) fn open_viewer(
        &self,
        channel: Channel,
    ) -> Option<(Seat<'_>, broadcast::Receiver<Utf8Bytes>)> {
        let seat = Seat(&self.viewers);
        if self.viewers.fetch_add(1, Ordering::Relaxed) >= VIEWERS_MAX {
            return None;
        }
        let inner = self.lock();
        let channels = inner.channels.as_ref()?;
        let live = match channel {
            Channel::Panel => channels.panel.subscribe(),
            Channel::Frontend => channels.frontend.subscribe(),
        };
        Some((seat, live))
    }

    /// Looks at the fleet.
    pub(crate) fn with_fleet<T>(&self, look: impl FnOnce(&mut Fleet, Now) -> T) -> T {
        let now = clock::now();
        look(&mut self.lock().fleet, now)
    }

    /// How many viewers are connected.
    pub(crate) fn viewers(&self) -> usize {
        self.viewers.load(Ordering::Relaxed)
    }

    /// Counts a WebSocket for as long as it is open.
    pub(crate) fn open_socket(&self) -> Seat<'_> {
        self.sockets.fetch_add(1, Ordering::Relaxed);
        Seat(&self.sockets)
    }

    /// How many WebSockets are open.
    pub(crate) fn sockets(&self) -> usize {
        self.sockets.load(Ordering::Relaxed)
    }

    /// A number no other connection has.
    pub(crate) fn next_id(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// Whether a refusal may be logged: strangers must not fill the owner's disk.
    pub(crate) fn may_complain(&self) -> bool {
        let mut complaints = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        complaints.take(clock::now().instant) == Verdict::Take
    }

    /// Drives the fleet's deadlines for as long as the hub runs, and tells the service manager each
    /// time that the fleet has answered: a lock that is never given back, or a runtime that does
    /// not come round, is silence.
    pub(crate) async fn keep_time(&self, supervisor: &mut Supervisor) {
        // A deadline may be up to a second late: the shortest the owner can set is one second.
        let mut ticks = tokio::time::interval(Duration::from_millis(250));
        loop {
            ticks.tick().await;
            self.handle_input(Input::Tick);
            supervisor.handle_turn(clock::now().instant);
        }
    }

    /// Asks every connection to say goodbye; none is opened after this.
    pub(crate) fn stop(&self) {
        let mut inner = self.lock();
        inner.channels = None;
        for (_, agent) in inner.agents.drain() {
            // One whose queue is full ends with the queue.
            let _ = agent.try_send(Outgoing::Close(Reason::Stopping));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn run_commands(&mut self, hub: &Hub) {
        while let Some(command) = self.fleet.poll_command() {
            match command {
                Command::Send(id, answer) => {
                    if let Some(agent) = self.agents.get(&id) {
                        // An agent that does not read its answers loses them: the next
                        // acknowledgement covers this one.
                        let _ = agent.try_send(Outgoing::Answer(answer));
                    }
                }
                Command::Close(id, reason) => {
                    if let Some(agent) = self.agents.remove(&id) {
                        let _ = agent.try_send(Outgoing::Close(reason));
                    }
                }
                Command::Publish(update) => self.publish(&update, hub),
                Command::Note(note @ Note::Duplicate(_)) => warn!("{note}"),
                Command::Note(note @ (Note::Joined(_) | Note::Offline(_))) => info!("{note}"),
            }
        }
    }

    /// Writes an update once for each kind of viewer that is there.
    fn publish(&mut self, update: &Update, hub: &Hub) {
        let Some(Channels { panel, frontend }) = &self.channels else { return };
        if panel.receiver_count() > 0
            && let Some(text) = panel_message(hub.head(), update, hub.auth.public())
        {
            // Nobody there any more is no error.
            let _ = panel.send(text.into());
        }
        if frontend.receiver_count() > 0
            && let Update::Reading(Reading { newest: true, host, sample, .. }) = update
        {
            let text = viewer::server_info(&host.host(), host.label.ip.as_deref(), sample);
            let _ = frontend.send(text.into());
        }
    }
}

/// The message of `/ws` for an update; `None` when there is nothing to tell.
fn panel_message(head: Head, update: &Update, public: bool) -> Option<String> {
    match update {
        Update::Reading(Reading { newest: false, .. }) => None,
        Update::Reading(Reading { host, sample, .. }) => {
            Some(viewer::metrics(head, &host.id, viewer::Metrics { sample, public }))
        }
        Update::Status(host) => Some(viewer::status(head, &host.host())),
        Update::Added(host) => Some(viewer::added(head, &host.host())),
        Update::Removed(id) => Some(viewer::removed(head, id)),
    }
}

const _: () = assert!(size_of::<Outgoing>() <= 24, "room for 32 of them is kept for each agent");

/// A place among those counted, given back when it is dropped.
pub(crate) struct Seat<'a>(&'a AtomicUsize);

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::ffi::OsStr;
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};

    use super::*;

    #[test]
    fn a_fleet_that_does_not_answer_is_not_alive() {
        let name = format!("kinglet-hub-alive-{}", std::process::id());
        let manager = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap());
        let manager = manager.unwrap();
        let mut supervisor = Supervisor::new(Some(OsStr::new(&format!("@{name}"))), Some(2_000));
        let settings = Settings { offline_after: Duration::from_secs(60), hosts: Vec::new() };
        let hub = Hub::new(Auth::new(BTreeMap::new(), None, None), settings, None);
        let heard = |within| {
            manager.set_read_timeout(Some(within)).unwrap();
            let mut text = [0; 16];
            manager.recv(&mut text).map(|length| text[..length].to_vec()).ok()
        };
        std::thread::scope(|scope| {
            let taken = hub.lock();
            let hub = &hub;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
                let turns = Duration::from_millis(1_500);
                let run =
                    async { tokio::time::timeout(turns, hub.keep_time(&mut supervisor)).await };
                drop(runtime.unwrap().block_on(run));
            });
            assert_eq!(heard(Duration::from_millis(700)), None);
            drop(taken);
            assert_eq!(heard(Duration::from_secs(5)).as_deref(), Some(&b"WATCHDOG=1"[..]));
        });
    }
}
