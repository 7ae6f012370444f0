//! The queue between the fleet and one sink: the fleet never waits, and what finds no room is
//! counted. What a loss means is for the sink to say.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio::task::unconstrained;

use crate::fleet::Update;
use crate::limits::FEED_BATCH;
use crate::turn::end_turn;

/// The fleet's end.
pub(super) struct Outlet {
    updates: mpsc::Sender<Arc<Update>>,
    lost: Arc<AtomicU64>,
}

/// The sink's end: everything that happened since it was opened, in order.
pub(crate) struct Feed {
    updates: mpsc::Receiver<Arc<Update>>,
    lost: Arc<AtomicU64>,
    /// Updates since the others had their turn.
    taken: usize,
}

/// What comes next.
#[derive(Debug, PartialEq)]
pub(crate) enum Next {
    /// This happened.
    Update(Arc<Update>),
    /// So many updates found no room. Some that came before or after them may still be waiting.
    Lost(u64),
}

/// A queue for this many updates.
pub(super) fn open(updates_max: usize) -> (Outlet, Feed) {
    let (sender, receiver) = mpsc::channel(updates_max);
    let lost = Arc::new(AtomicU64::new(0));
    (Outlet { updates: sender, lost: lost.clone() }, Feed { updates: receiver, lost, taken: 0 })
}

impl Outlet {
    /// Puts an update into the queue, or counts it.
    pub(super) fn push(&self, update: &Arc<Update>) {
        if self.updates.try_send(update.clone()).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Feed {
    /// The next thing to take in, a loss first; `None` once the hub stops and all is taken.
    ///
    /// Agents are many tasks and a sink is one: it takes [`FEED_BATCH`] of what waits before they
    /// go on, and not the 128 of tokio's budget, or a busy fleet would fill its queue while it
    /// waits for its turns.
    pub(crate) async fn next(&mut self) -> Option<Next> {
        self.taken += 1;
        if self.taken >= FEED_BATCH {
            self.taken = 0;
            end_turn().await;
        }
        match self.lost.swap(0, Ordering::Relaxed) {
            0 => unconstrained(self.updates.recv()).await.map(Next::Update),
            lost => Some(Next::Lost(lost)),
        }
    }

    /// Takes out what waits, and forgets of losses: for who is about to read the present state.
    pub(super) fn clear(&mut self) -> Vec<Arc<Update>> {
        self.lost.store(0, Ordering::Relaxed);
        std::iter::from_fn(|| self.updates.try_recv().ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use kinglet_proto::host::HostId;

    use super::*;

    fn update(number: u32) -> Arc<Update> {
        Arc::new(Update::Removed(HostId::parse(&format!("h{number}")).unwrap()))
    }

    #[tokio::test]
    async fn a_sink_takes_more_than_a_budget_at_once_and_then_others_have_their_turn() {
        let (outlet, mut feed) = open(4 * FEED_BATCH);
        (0..1500).for_each(|number| outlet.push(&update(number)));
        let turns = Arc::new(AtomicU64::new(0));
        let others = turns.clone();
        let other = tokio::spawn(async move {
            loop {
                others.fetch_add(1, Ordering::Relaxed);
                end_turn().await;
            }
        });
        let sink = tokio::spawn(async move {
            for _ in 0..1500 {
                assert!(feed.next().await.is_some());
            }
            turns.load(Ordering::Relaxed)
        });
        let turns = sink.await.unwrap();
        other.abort();
        assert!((2..=5).contains(&turns), "{turns}: tokio alone gives one every 128");
    }

    #[tokio::test]
    async fn what_finds_no_room_is_counted_and_told_first() {
        let (outlet, mut feed) = open(2);
        (0..5).for_each(|number| outlet.push(&update(number)));
        assert_eq!(feed.next().await, Some(Next::Lost(3)));
        assert_eq!(feed.next().await, Some(Next::Update(update(0))));
        outlet.push(&update(9));
        assert_eq!(feed.clear(), [update(1), update(9)]);
        drop(outlet);
        assert_eq!(feed.next().await, None);
    }
}
