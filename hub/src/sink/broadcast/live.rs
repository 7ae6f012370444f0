//! What one viewer is told: the queue of its kind, and the board for what was before it came.

use std::sync::Arc;

use kinglet_proto::host::HostId;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::Broadcast;
use crate::fleet::{Sight, Snapshot};
use crate::server::viewer::{HostRow, Notices};

/// One viewer's place.
pub(crate) struct Live {
    broadcast: Arc<Broadcast>,
    notices: Receiver<Notices>,
    sight: Sight,
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

/// What the board says of a host to who has rows.
pub(crate) enum PastRow {
    /// Its state, its number, and the row that was told last; no row before its first report.
    State(Snapshot, u64, Option<HostRow>),
    /// It is on the board no more.
    Gone,
    /// Messages wait, and go first.
    Later,
}

impl Live {
    pub(super) fn new(broadcast: Arc<Broadcast>, notices: Receiver<Notices>, sight: Sight) -> Self {
        Self { broadcast, notices, sight }
    }

    /// What its viewer sees of the fleet.
    pub(crate) fn sight(&self) -> Sight {
        self.sight
    }

    /// The sink it belongs to.
    pub(crate) fn broadcast(&self) -> &Broadcast {
        &self.broadcast
    }

    /// The same, to keep.
    pub(crate) fn shared(&self) -> Arc<Broadcast> {
        self.broadcast.clone()
    }

    /// What the next update says.
    pub(crate) async fn recv(&mut self) -> Result<Notices, RecvError> {
        self.notices.recv().await
    }

    /// What an update says that waits already.
    pub(crate) fn try_recv(&mut self) -> Result<Notices, TryRecvError> {
        self.notices.try_recv()
    }

    /// The hosts on the board that its viewer sees, by their ids.
    pub(crate) fn hosts(&self) -> Vec<HostId> {
        let stage = self.broadcast.lock();
        let seen = stage.board.hosts().filter(|host| self.sight.sees(host));
        let mut ids: Vec<_> = seen.map(|host| host.id.clone()).collect();
        drop(stage);
        ids.sort_unstable();
        ids
    }

    /// Looks a host up on the board.
    pub(crate) fn past(&self, id: &HostId) -> Past {
        let stage = self.broadcast.lock();
        if !self.notices.is_empty() {
            return Past::Later;
        }
        let host = stage.board.get(id).filter(|host| self.sight.sees(host));
        host.cloned().map_or(Past::Gone, Past::State)
    }

    /// Looks a host up on the board, and its row in what was told.
    pub(crate) fn past_row(&self, id: &HostId) -> PastRow {
        let mut stage = self.broadcast.lock();
        if !self.notices.is_empty() {
            return PastRow::Later;
        }
        let host = stage.board.get(id).filter(|host| self.sight.sees(host));
        let Some(host) = host.cloned() else { return PastRow::Gone };
        let row = host.sample.as_ref().map(|sample| stage.rows.last(id, sample));
        PastRow::State(host, stage.rows.number(id), row)
    }
}
