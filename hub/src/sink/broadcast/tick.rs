//! When rows are told: a moment after the first of them waits, all together.

use kinglet_proto::host::HostId;
use kinglet_proto::viewer::Row;
use tokio::time::sleep;

use super::{Broadcast, Encode, Kind, Stage};
use crate::clock;
use crate::fleet::Update;
use crate::limits::viewers::{ROWS_EVERY, ROWS_QUEUE_MAX};

impl Broadcast {
    /// A kind of viewer that has rows beside what `encode` writes.
    pub(crate) fn add_kind_of_rows(&self, encode: Encode) -> Kind {
        let kind = self.add_queue(encode, ROWS_QUEUE_MAX);
        self.lock().rows.kind = Some(kind);
        kind
    }

    /// The number that stands for a host in rows.
    pub(crate) fn number(&self, id: &HostId) -> u64 {
        self.lock().rows.number(id)
    }

    /// Whether a viewer looks at all fields of a host.
    pub(crate) fn is_watched_whole(&self, id: &HostId) -> bool {
        self.lock().rows.is_watched_whole(id)
    }

    /// A viewer looks at all fields of these hosts, and no longer at those.
    pub(crate) fn watch_whole<'a>(
        &self,
        now: impl Iterator<Item = &'a HostId>,
        before: impl Iterator<Item = &'a HostId>,
    ) {
        self.lock().rows.watch_whole(now, before);
    }

    /// Tells rows as long as it is polled.
    pub(super) async fn tell_rows(&self) {
        loop {
            self.rows_wait.notified().await;
            sleep(ROWS_EVERY).await;
            self.tick();
        }
    }

    /// Tells the rows that wait. They are written while nothing is locked.
    pub(super) fn tick(&self) {
        let stage = self.lock();
        let due = stage.rows.due(&stage.board);
        drop(stage);
        let due = due.into_iter().map(|(id, sample)| (id, Row::of(&sample))).collect();
        let at = clock::now().wall;
        let mut stage = self.lock();
        let Stage { rows, board, .. } = &mut *stage;
        if let (Some(notices), Some(kind)) = (rows.tell(due, board, at), rows.kind) {
            stage.send(vec![(kind.0, notices)]);
        }
    }
}

impl Stage {
    /// Notes whose row is to be told; whether it is the first that waits.
    pub(super) fn note(&mut self, update: &Update) -> bool {
        let viewers = self.rows.kind.and_then(|kind| self.kinds.get(kind.0));
        let anyone = viewers.is_some_and(|(_, viewers)| viewers.receiver_count() > 0);
        self.rows.note(update, anyone)
    }
}
