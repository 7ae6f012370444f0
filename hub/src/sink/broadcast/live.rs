//! What one viewer is told: the queue of its kind, and the board for what was before it came.

use std::sync::Arc;

use kinglet_proto::host::HostId;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::Broadcast;
use crate::fleet::Snapshot;

/// One viewer's place.
pub(crate) struct Live {
    broadcast: Arc<Broadcast>,
    texts: Receiver<Utf8Bytes>,
}

/// What the board says of a host.
pub(crate) enum Past {
    /// Its state. Every message about it that is older was taken out of the queue before.
    State(Snapshot),
    /// It is on the board no more.
    Gone,
    /// Messages wait, and go first: they may be older than the board.
    Later,
}

impl Live {
    pub(super) fn new(broadcast: Arc<Broadcast>, texts: Receiver<Utf8Bytes>) -> Self {
        Self { broadcast, texts }
    }

    /// The sink it belongs to.
    pub(crate) fn broadcast(&self) -> &Broadcast {
        &self.broadcast
    }

    /// The next message.
    pub(crate) async fn recv(&mut self) -> Result<Utf8Bytes, RecvError> {
        self.texts.recv().await
    }

    /// A message that waits already.
    pub(crate) fn try_recv(&mut self) -> Result<Utf8Bytes, TryRecvError> {
        self.texts.try_recv()
    }

    /// The hosts on the board, by their ids.
    pub(crate) fn hosts(&self) -> Vec<HostId> {
        let mut ids: Vec<_> = self.broadcast.lock().board.ids().cloned().collect();
        ids.sort_unstable();
        ids
    }

    /// Looks a host up on the board.
    pub(crate) fn past(&self, id: &HostId) -> Past {
        let stage = self.broadcast.lock();
        if !self.texts.is_empty() {
            return Past::Later;
        }
        stage.board.get(id).cloned().map_or(Past::Gone, Past::State)
    }
}
