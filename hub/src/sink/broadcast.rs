//! The live viewers: each update is written once for each kind of viewer that is there, and shared
//! by all of the kind.
//!
//! The board holds what viewers were told last, and changes under one lock with what is sent: so
//! who comes in between is greeted with exactly what the messages to follow go on from.

mod board;
mod live;
mod rows;
mod tick;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use board::Board;
use futures_util::future::BoxFuture;
use kinglet_proto::wire::envelope::Head;
pub(crate) use live::{Live, Past, PastRow};
use rows::Rows;
pub(crate) use rows::{message, notice as row_notice};
use tokio::sync::Notify;
use tokio::sync::broadcast::Sender;
use tracing::warn;

use super::Sink;
use crate::clock;
use crate::fleet::{Sight, Snapshot, Update};
use crate::hub::Hub;
use crate::hub::alerts::Alerts;
use crate::hub::feed::{Feed, Next};
use crate::limits::{FEED_BATCH, VIEWER_QUEUE_MAX};
use crate::server::viewer::{Notice, Notices, Seen};
use crate::turn::end_turn;

/// What viewers of one kind are told of an update.
pub(crate) type Encode = fn(&Update, &Broadcast) -> Vec<Notice>;

/// A kind of viewer, numbered in the order of their coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind(usize);

/// The sink of the live viewers.
pub(crate) struct Broadcast {
    /// Anyone may look: viewers get no serial numbers and addresses.
    public: bool,
    alerts: Arc<Alerts>,
    messages: AtomicU64,
    stage: Mutex<Stage>,
    /// Rows wait to be told.
    rows_wait: Notify,
}

#[derive(Default)]
struct Stage {
    board: Board,
    /// One queue for all viewers of a kind: who falls [`VIEWER_QUEUE_MAX`] updates behind is told
    /// so by the queue itself. There is none once the hub stops.
    kinds: Vec<(Encode, Sender<Notices>)>,
    rows: Rows,
}

/// What was written of one update, by kind.
type Texts = Vec<(usize, Notices)>;

/// The sink, with the fleet as it is.
pub(super) fn open(hub: &Hub, hosts: Vec<Snapshot>) -> Arc<dyn Sink> {
    let stage = Stage { board: Board::new(hosts), ..Stage::default() };
    Arc::new(Broadcast::new(hub.auth.public(), hub.alerts.clone(), stage))
}

impl Sink for Broadcast {
    fn run(self: Arc<Self>, hub: Arc<Hub>, mut feed: Feed) -> BoxFuture<'static, ()> {
        let (broadcast, ticks) = (self.clone(), self);
        let tell = async move { broadcast.tell_all(&hub, &mut feed).await };
        Box::pin(async move {
            tokio::select! {
                () = tell => {}
                () = ticks.tell_rows() => {}
            }
        })
    }
}

impl Broadcast {
    fn new(public: bool, alerts: Arc<Alerts>, stage: Stage) -> Self {
        let (messages, rows_wait) = (AtomicU64::new(0), Notify::new());
        Self { public, alerts, messages, stage: Mutex::new(stage), rows_wait }
    }

    /// Tells whatever comes, to the end.
    async fn tell_all(&self, hub: &Hub, feed: &mut Feed) {
        while let Some(next) = feed.next().await {
            match next {
                Next::Update(update) => self.tell(&update),
                Next::Lost(lost) => {
                    if hub.may_complain() {
                        warn!("viewers are told the state instead of {lost} steps to it");
                    }
                    self.catch_up(hub.resync(feed)).await;
                }
            }
        }
        // Every queue of viewers ends with this.
        *self.lock() = Stage::default();
    }

    /// Another kind of viewer.
    pub(crate) fn add_kind(&self, encode: Encode) -> Kind {
        self.add_queue(encode, VIEWER_QUEUE_MAX)
    }

    fn add_queue(&self, encode: Encode, queue_max: usize) -> Kind {
        let mut stage = self.lock();
        stage.kinds.push((encode, Sender::new(queue_max)));
        Kind(stage.kinds.len() - 1)
    }

    /// Everything viewers of a kind are told from now on; `None` once the hub stops.
    pub(crate) fn watch(self: &Arc<Self>, kind: Kind, sight: Sight) -> Option<Live> {
        let stage = self.lock();
        let (_, texts) = stage.kinds.get(kind.0)?;
        Some(Live::new(self.clone(), texts.subscribe(), sight))
    }

    /// Whether anyone may look.
    pub(crate) fn public(&self) -> bool {
        self.public
    }

    /// Which alerts are silent.
    pub(crate) fn alerts(&self) -> &Alerts {
        &self.alerts
    }

    /// The number and time of the next message to whomever.
    pub(crate) fn head(&self) -> Head {
        let id = self.messages.fetch_add(1, Ordering::Relaxed) + 1;
        Head { id, wall: clock::now().wall }
    }

    /// Tells an update. It is written while nothing is locked; a kind whose first viewer came
    /// meanwhile gets its text before the board moves on.
    fn tell(&self, update: &Update) {
        let mut texts = Texts::new();
        loop {
            let mut stage = self.lock();
            let missing = stage.missing(&texts);
            if missing.is_empty() {
                let replaced = stage.board.apply(update);
                stage.send(texts);
                let first_row = stage.note(update);
                drop(stage);
                if first_row {
                    self.rows_wait.notify_one();
                }
                return drop(replaced);
            }
            let was_seen = stage.board.is_seen(update);
            drop(stage);
            let written = |encode| self.write(update, was_seen, encode);
            texts.extend(missing.into_iter().map(|(kind, encode)| (kind, written(encode))));
        }
    }

    /// What an update says, and to whom. A host that strangers see no more is gone for them.
    fn write(&self, update: &Update, was_seen: bool, encode: Encode) -> Notices {
        let is_seen = Sight::Public.takes(update) && (was_seen || update.host().is_some());
        let by = if is_seen { Seen::Everybody } else { Seen::Insiders };
        let mut notices: Vec<_> =
            encode(update, self).into_iter().map(|notice| (by, notice)).collect();
        if let (true, false, Some(host)) = (was_seen, is_seen, update.host()) {
            let gone = encode(&Update::Removed(host.id.clone()), self);
            notices.extend(gone.into_iter().map(|notice| (Seen::Strangers, notice)));
        }
        notices.into()
    }

    /// Tells what led from the board to these hosts, with pauses in which viewers read.
    async fn catch_up(&self, hosts: Vec<Snapshot>) {
        let changes = self.lock().board.changes(hosts, clock::now());
        for part in changes.chunks(FEED_BATCH) {
            part.iter().for_each(|update| self.tell(update));
            end_turn().await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Stage {
    /// The kinds that have viewers and no text.
    fn missing(&self, texts: &Texts) -> Vec<(usize, Encode)> {
        let kinds = self.kinds.iter().enumerate();
        kinds
            .filter(|(_, (_, viewers))| viewers.receiver_count() > 0)
            .filter(|(kind, _)| texts.iter().all(|(written, _)| written != kind))
            .map(|(kind, (encode, _))| (kind, *encode))
            .collect()
    }

    fn send(&self, texts: Texts) {
        for (kind, notices) in texts {
            if let Some((_, viewers)) = self.kinds.get(kind)
                && !notices.is_empty()
            {
                // Nobody there any more is no error.
                let _ = viewers.send(notices);
            }
        }
    }
}

#[cfg(test)]
mod tests;
