//! The alerts: each update is shown to them, and what follows is kept and told.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use kinglet_proto::host::HostId;
use kinglet_proto::sample::metric::Metric;
use kinglet_proto::sample::table::metric;
use kinglet_proto::time::{Now, WallTime};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, sleep, sleep_until};
use tracing::debug;

use super::Sink;
use crate::clock;
use crate::fleet::Snapshot;
use crate::history::{Line, Query, QueryError};
use crate::hub::Hub;
use crate::hub::feed::{Feed, Next};
use crate::limits::alerts::{ALERTS_EVERY, ALERTS_RETRY};
use crate::limits::{TREND_EVERY, TREND_SPAN};

/// How full a disk is, of which it is said when it will be full.
const USE: &Metric = metric("filesystems.{mount_point}.usage_percent");
/// Seconds of one point of it.
const STEP_S: u32 = 3600;

/// The sink of the alerts.
struct Watch;

/// The sink. Who is there says so when it reports.
pub(super) fn open(_: &Hub, _: Vec<Snapshot>) -> Arc<dyn Sink> {
    Arc::new(Watch)
}

impl Sink for Watch {
    fn run(self: Arc<Self>, hub: Arc<Hub>, feed: Feed) -> BoxFuture<'static, ()> {
        Box::pin(async move {
            tokio::select! {
                () = listen(&hub, feed) => {}
                () = look_ahead(&hub) => {}
            }
        })
    }
}

/// Takes in what the feed brings, and what falls due, to its end.
async fn listen(hub: &Arc<Hub>, mut feed: Feed) {
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut waits, mut settle_at) = (false, Instant::now());
    loop {
        tokio::select! {
            next = feed.next() => match next {
                Some(Next::Update(update)) => {
                    hub.alerts.with(|desk, now| desk.handle(&update, now));
                }
                Some(Next::Lost(_)) => {
                    let told = hub.with_fleet(|fleet, _| fleet.alerts());
                    let hosts = hub.resync(&mut feed);
                    hub.alerts.with(|desk, now| desk.resume(&hosts, &told, now));
                }
                // What cannot be kept then has been told in the log.
                None => return drop(hub.settle_alerts().await),
            },
            _ = ticks.tick() => {
                hub.alerts.with(|desk, now| desk.tick(now));
            }
            () = sleep_until(settle_at), if waits => {}
        }
        waits = !hub.alerts.is_settled();
        // All of a fleet that comes back is one change each, and written with one word to the disk.
        if waits && settle_at <= Instant::now() {
            let is_failing = hub.settle_alerts().await.is_err();
            settle_at = Instant::now() + if is_failing { ALERTS_RETRY } else { ALERTS_EVERY };
            waits = is_failing;
        }
    }
}

/// Asks once an hour, one host after the other, where its disks go.
async fn look_ahead(hub: &Arc<Hub>) {
    let begin = Instant::now() + Duration::from_secs(60);
    let mut rounds = interval_at(begin, TREND_EVERY);
    loop {
        rounds.tick().await;
        let hosts = hub.alerts.with(|desk, _| desk.hosts_online());
        let many = u32::try_from(hosts.len().max(1)).unwrap_or(u32::MAX);
        let pause = (TREND_EVERY / 2 / many).min(Duration::from_secs(1));
        for id in hosts {
            let of = id.clone();
            let asked = ask(hub.clone(), of, clock::now()).await;
            match asked {
                Ok(lines) => {
                    let lines = Vec::from_iter(lines.into_iter().filter_map(as_points));
                    hub.alerts.with(|desk, now| desk.look_ahead(&id, &lines, now));
                }
                Err(error) => debug!("the disks of {id} are not looked at: {error}"),
            }
            sleep(pause).await;
        }
    }
}

async fn ask(hub: Arc<Hub>, id: HostId, now: Now) -> Result<Vec<Line>, QueryError> {
    let span = u64::try_from(TREND_SPAN.as_millis()).unwrap_or(u64::MAX);
    let from = WallTime::from_unix_millis(now.wall.unix_millis().saturating_sub(span));
    let asked = tokio::task::spawn_blocking(move || {
        let (host, to) = (&id, now.wall);
        let step_s = Some(STEP_S);
        hub.history.lines(&Query { host, metric: USE, label: None, from, to, step_s })
    });
    asked.await.unwrap_or_else(|error| Err(QueryError::Failed(error.to_string())))
}

/// The mount, and how full it was when.
fn as_points(line: Line) -> Option<(String, Vec<(u64, f64)>)> {
    let points = line.points.into_iter().map(|point| (point.at_ms, point.mean));
    Some((line.labels.into_iter().next()?, points.collect()))
}
