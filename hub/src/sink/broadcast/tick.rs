//! When rows are told: a moment after the first of them waits, all together.

use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::viewer::Row;
use tokio::time::sleep;

use super::{Broadcast, Encode, Kind, Stage};
use crate::clock;
use crate::fleet::Update;
use crate::limits::viewers::{ROWS_CROWD, ROWS_EVERY, ROWS_EVERY_OF_CROWD, ROWS_QUEUE_MAX};

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
            let pause = self.lock().rows_pause();
            sleep(pause).await;
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
        let anyone = self.viewers_of_rows() > 0;
        self.rows.note(update, anyone)
    }

    /// How long the first row waits for others.
    pub(super) fn rows_pause(&self) -> Duration {
        let is_crowd = self.viewers_of_rows() > ROWS_CROWD;
        if is_crowd { ROWS_EVERY_OF_CROWD } else { ROWS_EVERY }
    }

    fn viewers_of_rows(&self) -> usize {
        let viewers = self.rows.kind.and_then(|kind| self.kinds.get(kind.0));
        viewers.map_or(0, |(_, viewers)| viewers.receiver_count())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fleet::Sight;

    #[test]
    fn a_crowd_is_told_less_often_and_all_at_once() {
        let broadcast = Arc::new(Broadcast::new(true, Arc::default(), Stage::default()));
        let kind = broadcast.add_kind_of_rows(|_, _| Vec::new());
        let watch = || broadcast.watch(kind, Sight::Public);
        let mut viewers: Vec<_> = (0..ROWS_CROWD).map(|_| watch()).collect();
        assert_eq!(broadcast.lock().rows_pause(), ROWS_EVERY);
        viewers.push(watch());
        assert_eq!(broadcast.lock().rows_pause(), ROWS_EVERY_OF_CROWD);
        viewers.pop();
        assert_eq!(broadcast.lock().rows_pause(), ROWS_EVERY);
    }
}
