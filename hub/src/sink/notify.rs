//! `[[notify]]`: each alert is given to the channels that somebody is told by.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use tracing::warn;

use super::Sink;
use crate::fleet::{Snapshot, Told, Update};
use crate::hub::Hub;
use crate::hub::feed::{Feed, Next};

/// The sink of the notices.
struct Notify;

/// Whether there is anybody to tell.
pub(super) fn is_wanted(hub: &Hub) -> bool {
    hub.notifier.is_any()
}

/// The sink, which goes by what comes.
pub(super) fn open(_: &Hub, _: Vec<Snapshot>) -> Arc<dyn Sink> {
    Arc::new(Notify)
}

impl Sink for Notify {
    fn run(self: Arc<Self>, hub: Arc<Hub>, mut feed: Feed) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            let silenced = |host: &Snapshot, id: &str| hub.alerts.silenced(host, id).is_some();
            let takes = async {
                while let Some(next) = feed.next().await {
                    match next {
                        // It was told, and comes for a store that lost it.
                        Next::Update(update) if is_again(&update) => {}
                        Next::Update(update) => hub.notifier.take(&update, silenced),
                        Next::Lost(count) => {
                            warn!(
                                "{count} updates were not looked at for alerts: the hub is too slow"
                            );
                        }
                    }
                }
            };
            tokio::select! {
                () = takes => {}
                () = hub.notifier.run(silenced) => {}
            }
        })
    }
}

fn is_again(update: &Update) -> bool {
    matches!(update, Update::Told(Told { again: true, .. }))
}
