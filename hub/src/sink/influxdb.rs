//! `[sink.influxdb]`: each reading is given to the queue for the database. Where the past is read
//! from there, the history does that.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use super::Sink;
use crate::fleet::Snapshot;
use crate::hub::Hub;
use crate::hub::feed::{Feed, Next};

/// The sink of the database.
struct Influxdb;

/// Whether readings go there by way of this sink.
pub(super) fn is_wanted(hub: &Hub) -> bool {
    hub.influx.as_ref().is_some_and(|influx| !influx.is_history())
}

/// The sink, which goes by what comes.
pub(super) fn open(_: &Hub, _: Vec<Snapshot>) -> Arc<dyn Sink> {
    Arc::new(Influxdb)
}

impl Sink for Influxdb {
    fn run(self: Arc<Self>, hub: Arc<Hub>, mut feed: Feed) -> BoxFuture<'static, ()> {
        // What is safe is for the history to say.
        hub.influx.iter().for_each(|influx| influx.start(Box::new(|_| ())));
        Box::pin(async move {
            let Some(influx) = &hub.influx else { return };
            while let Some(next) = feed.next().await {
                match next {
                    Next::Update(update) => influx.take(&update),
                    Next::Lost(count) => influx.handle_lost(count),
                }
            }
        })
    }
}
