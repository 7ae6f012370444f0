//! The history: each update is given to it, and the fleet is told what of it is safe.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future::BoxFuture;

use super::Sink;
use crate::fleet::{Input, Snapshot};
use crate::history::Kept;
use crate::hub::Hub;
use crate::hub::feed::{Feed, Next};
use crate::limits::{ACK_PAUSE, ACK_STEPS_MAX, ACKS_AT_ONCE};
use crate::registry::Past;

/// The sink of the history.
struct Keep;

/// The sink. A history goes by what comes, and needs no word of what is there.
pub(super) fn open(_: &Hub, _: Vec<Snapshot>) -> Arc<dyn Sink> {
    Arc::new(Keep)
}

/// Has the fleet tell its agents that all is safe up to this reading, and before it was to another.
#[expect(
    clippy::disallowed_methods,
    reason = "the thread of the history, which writes nothing now"
)]
fn acknowledge(fleet: &Weak<Hub>, before: u64, upto: u64) {
    for (wait, number) in shares(before, upto) {
        std::thread::sleep(wait);
        fleet.upgrade().into_iter().for_each(|hub| hub.handle_input(Input::Kept(number)));
    }
}

/// In which steps agents are told that readings are safe, and how long to wait before each: where
/// all 20,000 of a commit are told at once, what comes for viewers meanwhile waits for a tenth of a
/// second.
fn shares(before: u64, upto: u64) -> impl Iterator<Item = (Duration, u64)> {
    let new = upto.saturating_sub(before);
    let step = new.div_ceil(ACK_STEPS_MAX).max(ACKS_AT_ONCE);
    let steps = (1..).map(move |share| before + share * step).take_while(move |at| *at < upto);
    let pauses = std::iter::once(Duration::ZERO).chain(std::iter::repeat(ACK_PAUSE));
    pauses.zip(steps.chain([upto]))
}

impl Sink for Keep {
    fn run(self: Arc<Self>, hub: Arc<Hub>, mut feed: Feed) -> BoxFuture<'static, ()> {
        // The history outlives no hub, and does not keep one alive either.
        let fleet = Arc::downgrade(&hub);
        let told = AtomicU64::new(0);
        hub.history.start(Box::new(move |kept| match kept {
            Kept::UpTo(number) => {
                acknowledge(&fleet, told.swap(number, Ordering::Relaxed), number);
            }
            Kept::Lost => fleet.upgrade().into_iter().for_each(|hub| hub.handle_input(Input::Lost)),
            Kept::Forgotten(id) => {
                fleet.upgrade().into_iter().for_each(|hub| hub.end_delete(&id, Past::Goes));
            }
        }));
        Box::pin(async move {
            while let Some(next) = feed.next().await {
                match next {
                    Next::Update(update) => hub.history.keep(&update),
                    Next::Lost(_) => hub.history.missed(),
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_told_at_once_and_many_in_shares_that_reach_the_last() {
        assert_eq!(Vec::from_iter(shares(7, 9)), [(Duration::ZERO, 9)]);
        assert_eq!(Vec::from_iter(shares(9, 9)), [(Duration::ZERO, 9)], "news of a lost one");
        let shares = Vec::from_iter(shares(100, 100 + 4 * ACKS_AT_ONCE));
        assert_eq!((shares.len(), shares.last().unwrap().1), (4, 100 + 4 * ACKS_AT_ONCE));
        assert_eq!((shares[0].0, shares[1].0), (Duration::ZERO, ACK_PAUSE));
        assert_eq!(shares[0].1, 100 + ACKS_AT_ONCE);
    }

    #[test]
    fn a_storm_is_told_in_no_more_steps_than_there_may_be() {
        let shares = Vec::from_iter(shares(0, 1_000_001));
        let most = usize::try_from(ACK_STEPS_MAX).unwrap();
        assert!(shares.len() <= most, "{}", shares.len());
        assert_eq!(shares.last().unwrap().1, 1_000_001);
    }
}
