//! The history: each update is given to it, and the fleet is told what of it is safe.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::Sink;
use crate::fleet::{Input, Snapshot};
use crate::history::Kept;
use crate::hub::Hub;
use crate::hub::feed::{Feed, Next};

/// The sink of the history.
struct Keep;

/// The sink. A history goes by what comes, and needs no word of what is there.
pub(super) fn open(_: &Hub, _: Vec<Snapshot>) -> Arc<dyn Sink> {
    Arc::new(Keep)
}

impl Sink for Keep {
    fn run(self: Arc<Self>, hub: Arc<Hub>, mut feed: Feed) -> BoxFuture<'static, ()> {
        // The history outlives no hub, and does not keep one alive either.
        let fleet = Arc::downgrade(&hub);
        hub.history.start(Box::new(move |kept| {
            let Some(hub) = fleet.upgrade() else { return };
            hub.handle_input(match kept {
                Kept::UpTo(number) => Input::Kept(number),
                Kept::Lost => Input::Lost,
            });
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
