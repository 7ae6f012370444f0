//! A fleet that reports, a sink that is slow, viewers that come at any moment.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{Message, Report};
use kinglet_proto::viewer::Topic;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::*;
use crate::auth::Auth;
use crate::fleet::{ConnectionId, Input, Reading, Settings};
use crate::history::Nothing;
use crate::server::viewer::Audience;

fn id(text: &str) -> HostId {
    HostId::parse(text).unwrap()
}

fn new_hub() -> Arc<Hub> {
    let settings =
        Settings { offline_after: Duration::from_secs(60), durable: false, hosts: Vec::new() };
    Arc::new(Hub::new(Auth::new(BTreeMap::new(), None, None), settings, None, Arc::new(Nothing)))
}

fn new_broadcast() -> Arc<Broadcast> {
    Arc::new(Broadcast::new(true, Arc::default(), Stage::default()))
}

fn join(hub: &Hub, connection: u64, host: &str) {
    let connection = ConnectionId(connection);
    hub.handle_input(Input::Joined { connection, host: id(host), greet: false });
}

fn report(hub: &Hub, connection: u64, uptime: u64) {
    let mut report = Report::default();
    report.sample.uptime = Some(uptime);
    let message = Message::Report(Box::new(report));
    hub.handle_input(Input::Received(ConnectionId(connection), message));
}

fn words(update: &Update, _: &Broadcast) -> Vec<Notice> {
    let text = match update {
        Update::Reading(Reading { host, sample, .. }) => {
            format!("{} is at {}", host.id, sample.uptime.unwrap())
        }
        Update::Status(host) => format!("{} online: {}", host.id, host.online),
        Update::Added(host) => format!("{} added", host.id),
        Update::Removed(id) => format!("{id} removed"),
        Update::Told(told) => format!("{} told", told.kind),
        Update::Aggregates(sums) => format!("{} sums", sums.buckets.len()),
    };
    let topic = Topic::new("words", Vec::new());
    vec![Notice { text: text.into(), topic, audience: Audience::Chosen }]
}

fn waiting(live: &mut Live) -> Vec<String> {
    std::iter::from_fn(|| live.try_recv().ok()).map(|notices| text(&notices)).collect()
}

fn text(notices: &Notices) -> String {
    notices.iter().map(|notice| notice.1.text.as_str()).collect()
}

#[tokio::test]
async fn a_sink_that_was_too_slow_tells_the_state_and_goes_on() {
    let hub = new_hub();
    join(&hub, 1, "a");
    report(&hub, 1, 100);
    let (feed, hosts) = hub.open_feed(4);
    let broadcast = new_broadcast();
    broadcast.lock().board = Board::new(hosts);
    let kind = broadcast.add_kind(words);
    let mut live = broadcast.watch(kind, Sight::All).unwrap();
    // Five updates for four places, and some more.
    join(&hub, 2, "b");
    for uptime in 101..105 {
        report(&hub, 1, uptime);
        report(&hub, 2, uptime);
    }
    let running = tokio::spawn(broadcast.clone().run(hub.clone(), feed));
    let mut told = vec![text(&live.recv().await.unwrap())];
    told.extend(waiting(&mut live));
    assert_eq!(told, ["a is at 104", "b added", "b online: true", "b is at 104"]);
    report(&hub, 2, 105);
    assert_eq!(text(&live.recv().await.unwrap()), "b is at 105");
    hub.stop();
    running.await.unwrap();
    assert!(matches!(live.recv().await, Err(RecvError::Closed)));
    assert!(broadcast.watch(kind, Sight::All).is_none(), "nobody comes after the end");
}

thread_local! {
    /// As whom somebody comes while the next update is written, and who came.
    static COMES: RefCell<Option<(Arc<Broadcast>, Kind)>> = const { RefCell::new(None) };
    static CAME: RefCell<Option<Live>> = const { RefCell::new(None) };
}

fn words_while_somebody_comes(update: &Update, broadcast: &Broadcast) -> Vec<Notice> {
    CAME.set(COMES.take().and_then(|(broadcast, kind)| broadcast.watch(kind, Sight::All)));
    words(update, broadcast)
}

#[test]
fn the_first_of_a_kind_may_come_while_an_update_is_written() {
    let broadcast = new_broadcast();
    let kind = broadcast.add_kind(words_while_somebody_comes);
    let other = broadcast.add_kind(words);
    let mut live = broadcast.watch(kind, Sight::All).unwrap();
    COMES.set(Some((broadcast.clone(), other)));
    broadcast.tell(&Update::Removed(id("a")));
    assert_eq!(waiting(&mut live), ["a removed"]);
    assert_eq!(waiting(&mut CAME.take().unwrap()), ["a removed"]);
}

#[test]
fn nothing_older_waits_when_the_board_is_looked_at() {
    let hub = new_hub();
    join(&hub, 1, "a");
    report(&hub, 1, 7);
    let host = hub.with_fleet(|fleet, _| fleet.snapshot("a")).unwrap();
    let broadcast = new_broadcast();
    let mut live = broadcast.watch(broadcast.add_kind(words), Sight::All).unwrap();
    assert!(matches!(live.past(&host.id), Past::Gone));
    broadcast.tell(&Update::Added(host.clone()));
    assert_eq!(live.hosts(), [id("a")]);
    assert!(matches!(live.past(&host.id), Past::Later), "its own message goes first");
    assert_eq!(waiting(&mut live), ["a added"]);
    let Past::State(past) = live.past(&host.id) else { panic!("the board has it") };
    assert_eq!(past, host);
    broadcast.tell(&Update::Removed(host.id.clone()));
    assert_eq!(text(&live.try_recv().unwrap()), "a removed");
    assert!(matches!(live.past(&host.id), Past::Gone));
    assert!(matches!(live.try_recv(), Err(TryRecvError::Empty)));
}
