//! `[[notify]]`: each alert is given to the channels that somebody is told by.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use kinglet_proto::ingest::Label;
use kinglet_proto::time::Now;
use tracing::warn;

use super::Sink;
use crate::alert::Entry;
use crate::clock;
use crate::fleet::{Snapshot, Told, Update};
use crate::hub::Hub;
use crate::hub::feed::{Feed, Next};

/// The sink of the notices.
struct Notify;

/// Whether there is anybody to tell, or may be: who has a state folder may add them.
pub(super) fn is_wanted(hub: &Hub) -> bool {
    hub.notifier.is_any() || hub.state_dir.is_some()
}

/// The sink, which goes by what comes, and by what is open and silent since before this start.
pub(super) fn open(hub: &Hub, _: Vec<Snapshot>) -> Arc<dyn Sink> {
    let silent: Vec<Entry> = hub.alerts.with(|desk, now| desk.silent(now.wall).cloned().collect());
    silent.iter().for_each(|entry| hub.notifier.resume(&told_before(hub, entry)));
    Arc::new(Notify)
}

/// An alert as it was told. Its host may be one that has not come back since the start.
fn told_before(hub: &Hub, entry: &Entry) -> Told {
    let known = hub.with_fleet(|fleet, _| fleet.snapshot(&entry.host));
    let host = known.unwrap_or_else(|| {
        let group = Some(entry.said.group.clone()).filter(|group| !group.is_empty());
        let label = Arc::new(Label { group, ..Label::default() });
        let (id, online, last_seen, sample) = (entry.host.clone(), false, None, None);
        Snapshot { id, label, online, stopped: false, last_seen, sample }
    });
    let received = Now { wall: entry.since, ..clock::now() };
    let (kind, data, place, again) = ("alert".to_owned(), entry.message(), None, false);
    Told { host, kind, data, received, age: Duration::ZERO, place, again }
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
