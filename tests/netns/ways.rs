//! Ways out that their owner chose: a family, an address, an interface.

use std::net::{IpAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use tungstenite::WebSocket;

use crate::lab::Lab;

const PATIENCE: Duration = Duration::from_secs(20);

/// The next agent, once it has reported, and where it comes from.
fn visit(lab: &Lab, server: &TcpListener) -> (WebSocket<TcpStream>, String) {
    let mut visit = lab.visit(server, PATIENCE).expect("the agent comes");
    visit.read().unwrap();
    let from: IpAddr = visit.get_ref().peer_addr().unwrap().ip().to_canonical();
    (visit, from.to_string())
}

/// Reports leave from the address that was chosen; while it is gone nothing does, and the agent
/// says why and waits until it is back.
#[test]
fn reports_leave_from_the_address_that_was_chosen() {
    let Some(lab) = Lab::new("src") else { return };
    let second = ["addr", "add", "10.77.0.9/24", "dev", "k-agt"];
    lab.inside_agent(&second);
    let (server, url) = (lab.listen("0.0.0.0:7021"), "ws://10.77.0.2:7021");
    let chosen = "interface = \"10.77.0.9\"\n";
    let _agent = lab.agent_told(url, chosen);
    let (first, from) = visit(&lab, &server);
    assert_eq!(from, "10.77.0.9");
    lab.inside_agent(&["addr", "del", "10.77.0.9/24", "dev", "k-agt"]);
    assert!(lab.visit(&server, Duration::from_secs(5)).is_none(), "it comes from elsewhere");
    drop(first);
    let told = lab.check_told(url, chosen);
    let due = "connect       FAILED  cannot connect from 10.77.0.9: this host has no such address";
    assert!(told.contains(due), "{told}");
    lab.inside_agent(&second);
    assert_eq!(visit(&lab, &server).1, "10.77.0.9");
}

/// Of two ways to the server the chosen interface's is taken, though the route goes the other way.
#[test]
fn reports_leave_by_the_interface_that_was_chosen() {
    let Some(lab) = Lab::new("dev") else { return };
    lab.second_line();
    let server = lab.listen("0.0.0.0:7022");
    for (chosen, due) in [("", "10.77.0.1"), ("interface = \"k-agt2\"\n", "10.79.0.1")] {
        let _agent = lab.agent_told("ws://10.80.0.2:7022", chosen);
        assert_eq!(visit(&lab, &server).1, due, "{chosen}");
    }
    let told = lab.check_told("ws://10.80.0.2:7022", "interface = \"k-none\"\n");
    assert!(told.contains("cannot connect from k-none: this host has no such interface"), "{told}");
}

/// The preferred family goes first, and the other when it leads nowhere.
#[test]
fn the_preferred_family_is_tried_before_the_other() {
    let Some(lab) = Lab::new("pref") else { return };
    lab.hosts("fd77::2 hub.test\n10.77.0.2 hub.test\n");
    let (server, url) = (lab.listen("[::]:7023"), "ws://hub.test:7023");
    for (chosen, due) in [
        ("prefer = \"ipv4\"\n", "10.77.0.1"),
        ("prefer = \"ipv6\"\n", "fd77::1"),
        // What comes from an address goes to its family alone.
        ("prefer = \"ipv6\"\ninterface = \"10.77.0.1\"\n", "10.77.0.1"),
    ] {
        let _agent = lab.agent_told(url, chosen);
        assert_eq!(visit(&lab, &server).1, due);
    }
    lab.black_hole_ipv6();
    let began = Instant::now();
    let _agent = lab.agent_told(url, "prefer = \"ipv6\"\n");
    assert_eq!(visit(&lab, &server).1, "10.77.0.1");
    let took = began.elapsed();
    assert!(took > Duration::from_secs(2) && took < Duration::from_secs(5), "{took:?}");
}
