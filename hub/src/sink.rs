//! Where the fleet's updates go: each sink takes them from a queue of its own, at its own pace.
//!
//! A new sink is a file and a row of [`SINKS`]. It hears of every reading, late ones too, and says
//! itself what it does when it was too slow; nobody waits for it.

mod alerts;
pub(crate) mod broadcast;
mod influxdb;
mod keep;
mod notify;
pub(crate) mod roster;
pub(crate) mod topics;

use std::any::Any;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::fleet::Snapshot;
use crate::hub::Hub;
use crate::hub::feed::Feed;
use crate::limits::{
    ALERTS_QUEUE_MAX, BROADCAST_QUEUE_MAX, NOTIFY_UPDATES_MAX, ROSTER_QUEUE_MAX, STORE_QUEUE_MAX,
    TOPICS_QUEUE_MAX,
};

/// Takes the fleet's updates in, and shows, keeps or passes them on.
pub(crate) trait Sink: Any + Send + Sync {
    /// Takes in what the feed brings, to its end: the hub stops.
    fn run(self: Arc<Self>, hub: Arc<Hub>, feed: Feed) -> BoxFuture<'static, ()>;
}

/// How a sink is made.
struct Row {
    /// Updates that may wait for it.
    queue_max: usize,
    /// Whether this hub has it.
    is_wanted: fn(&Hub) -> bool,
    /// Makes it, with the fleet as it is before the first update.
    open: fn(&Hub, Vec<Snapshot>) -> Arc<dyn Sink>,
}

/// Every sink.
const SINKS: &[Row] = &[
    Row { queue_max: ALERTS_QUEUE_MAX, is_wanted: |_| true, open: alerts::open },
    Row { queue_max: BROADCAST_QUEUE_MAX, is_wanted: |_| true, open: broadcast::open },
    Row { queue_max: STORE_QUEUE_MAX, is_wanted: |_| true, open: keep::open },
    Row { queue_max: STORE_QUEUE_MAX, is_wanted: influxdb::is_wanted, open: influxdb::open },
    Row { queue_max: NOTIFY_UPDATES_MAX, is_wanted: notify::is_wanted, open: notify::open },
    Row { queue_max: ROSTER_QUEUE_MAX, is_wanted: |_| true, open: roster::open },
    Row { queue_max: TOPICS_QUEUE_MAX, is_wanted: |_| true, open: topics::open },
];

/// The sinks of one hub, for the doors that show what one of them keeps.
#[derive(Clone)]
pub(crate) struct Sinks(Arc<[Arc<dyn Sink>]>);

impl Sinks {
    /// Opens every sink that this hub has; each of the futures runs one.
    pub(crate) fn open(hub: &Arc<Hub>) -> (Self, Vec<BoxFuture<'static, ()>>) {
        let mut sinks = Vec::with_capacity(SINKS.len());
        let mut running = Vec::with_capacity(SINKS.len());
        for row in SINKS.iter().filter(|row| (row.is_wanted)(hub)) {
            let (feed, hosts) = hub.open_feed(row.queue_max);
            let sink = (row.open)(hub, hosts);
            running.push(sink.clone().run(hub.clone(), feed));
            sinks.push(sink);
        }
        (Self(sinks.into()), running)
    }

    /// The sink of this type; `None` where this hub has none.
    pub(crate) fn get<T: Sink>(&self) -> Option<Arc<T>> {
        let any = |sink: &Arc<dyn Sink>| -> Arc<dyn Any + Send + Sync> { sink.clone() };
        self.0.iter().find_map(|sink| any(sink).downcast().ok())
    }
}
