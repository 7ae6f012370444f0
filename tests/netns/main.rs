//! The agent where routes break: in network namespaces of our own, joined by a veth pair.
//!
//! Needs root and `ip`; without them each test says that it is skipped and why. Nothing outside of
//! the namespaces is touched, and they are gone when the tests are.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]
#![allow(unreachable_pub, reason = "the parts of a test are public to each other only")]
#![allow(clippy::disallowed_methods, reason = "it runs ip and the agent, and reads the real clock")]

mod lab;
mod name_server;
mod names;
#[cfg(feature = "probe")]
mod probes;
#[cfg(feature = "router")]
mod router;
mod slow_line;
mod ways;

use std::time::{Duration, Instant};

use lab::Lab;

/// The agent's host loses its address and gets another: the server hears from it within 5 s,
/// though no packet ever told the old connection that it is dead.
#[test]
fn an_address_change_is_over_in_five_seconds() {
    let Some(lab) = Lab::new("addr") else { return };
    let server = lab.listen("0.0.0.0:7001");
    let _agent = lab.agent("ws://10.77.0.2:7001");
    let mut first = lab.visit(&server, Duration::from_secs(10)).expect("the agent comes");
    first.read().unwrap();
    lab.inside_server(&["addr", "add", "10.78.0.2/24", "dev", "k-srv"]);
    lab.inside_agent(&["addr", "add", "10.78.0.1/24", "dev", "k-agt"]);
    lab.inside_agent(&[
        "route",
        "add",
        "10.77.0.0/24",
        "dev",
        "k-agt",
        "src",
        "10.78.0.1",
        "metric",
        "9",
    ]);
    lab.inside_agent(&["addr", "del", "10.77.0.1/24", "dev", "k-agt"]);
    let changed = Instant::now();
    let mut second = lab.visit(&server, Duration::from_secs(20)).expect("the agent comes back");
    second.read().unwrap();
    let away = changed.elapsed();
    assert!(away < Duration::from_secs(5), "{away:?}");
}

/// The way to the server breaks without a word, and then another way appears: the new route is
/// the sign to ask whether the old connection lives.
#[test]
fn a_route_change_is_over_in_five_seconds() {
    let Some(lab) = Lab::new("route") else { return };
    let server = lab.listen("0.0.0.0:7002");
    let _agent = lab.agent("ws://10.77.0.2:7002");
    let mut first = lab.visit(&server, Duration::from_secs(10)).expect("the agent comes");
    for _ in 0..4 {
        first.read().unwrap(); // reports, and the Ping behind the first of them is answered
    }
    // The server forgets the connection as a NAT does: what comes for it is dropped.
    lab.inside_server(&["route", "add", "blackhole", "10.77.0.1/32"]);
    std::thread::sleep(Duration::from_secs(1));
    lab.inside_agent(&["addr", "add", "10.78.0.1/24", "dev", "k-agt"]);
    lab.inside_server(&["addr", "add", "10.78.0.2/24", "dev", "k-srv"]);
    lab.inside_agent(&["route", "add", "10.77.0.2/32", "dev", "k-agt", "src", "10.78.0.1"]);
    let changed = Instant::now();
    let mut second = lab.visit(&server, Duration::from_secs(20)).expect("the agent comes back");
    second.read().unwrap();
    let away = changed.elapsed();
    assert!(away < Duration::from_secs(5), "{away:?}");
}

/// A name with an IPv6 address behind which nothing answers costs a quarter of a second.
#[test]
fn an_ipv6_black_hole_costs_a_moment() {
    let Some(lab) = Lab::new("six") else { return };
    lab.hosts("fd77::2 hub.test\n10.77.0.2 hub.test\n");
    let server = lab.listen("0.0.0.0:7003");
    // The server takes what comes over IPv6, and its answers go nowhere.
    lab.black_hole_ipv6();
    let started = Instant::now();
    let _agent = lab.agent("ws://hub.test:7003");
    let mut visit = lab.visit(&server, Duration::from_secs(20)).expect("the agent comes over IPv4");
    visit.read().unwrap();
    let took = started.elapsed();
    assert!(took < Duration::from_secs(3), "{took:?}");
}

/// Name servers that never answer hold up the server behind the name, and nobody else.
#[test]
fn a_dead_name_server_does_not_delay_the_other_server() {
    let Some(lab) = Lab::new("dns") else { return };
    lab.hosts("127.0.0.1 localhost\n");
    lab.name_server("10.77.0.99");
    let server = lab.listen("0.0.0.0:7004");
    let _agent = lab.agent_with(&["ws://far.test:7004", "ws://10.77.0.2:7004"]);
    let mut visit = lab.visit(&server, Duration::from_secs(10)).expect("the near one is reached");
    visit.read().unwrap();
    let began = Instant::now();
    let reports = std::iter::from_fn(|| visit.read().ok()).filter(|message| message.is_text());
    assert_eq!(reports.take(5).count(), 5);
    let took = began.elapsed();
    // One a second, not five at once; the first may have waited for us to look.
    assert!(took > Duration::from_secs(3) && took < Duration::from_millis(5900), "{took:?}");
}
