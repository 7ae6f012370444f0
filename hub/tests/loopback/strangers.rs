//! Many connections of one address, and many codes: others do not feel it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, TcpStream};
use std::os::fd::AsRawFd;
use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use kinglet_hub::limits::SEATS_EACH;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, SockaddrIn, bind, connect, socket};

use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

use super::support::{Deadline, FLEET, Hub, report};

/// A hub that gives four places to an address it does not know, and believes one proxy.
fn hub() -> Hub {
    let text = format!(
        "listen = \"127.0.0.1:0\"\n[viewers]\npublic = true\n[fleet]\ntoken_hash = \"{}\"\n\
         [server]\ntrusted_proxies = [\"127.0.0.9\"]\n",
        TokenHash::of(FLEET)
    );
    Hub::changed(&text, |config| config.guard.stranger_places = 4)
}

/// A connection from this machine's 127.0.0.n.
fn from(hub: &Hub, n: u8) -> TcpStream {
    let SocketAddr::V4(address) = hub.address else { unreachable!("it listens on 127.0.0.1") };
    let flags = SockFlag::SOCK_CLOEXEC;
    let made = socket(AddressFamily::Inet, SockType::Stream, flags, None).unwrap();
    bind(made.as_raw_fd(), &SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::new(127, 0, 0, n), 0)))
        .unwrap();
    connect(made.as_raw_fd(), &SockaddrIn::from(address)).unwrap();
    TcpStream::from(made)
}

/// The status of an answer within this time; `None` where there is none.
fn status(mut stream: &TcpStream, within: Duration) -> Option<u16> {
    stream.set_read_timeout(Some(within)).unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).ok()?;
    std::str::from_utf8(&head[9..]).unwrap().parse().ok()
}

fn ask(mut stream: &TcpStream) {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n").unwrap();
}

/// The status of a code that is nobody's, shown from 127.0.0.n.
fn show_code(hub: &Hub, n: u8, forwarded: &str) -> u16 {
    let mut stream = from(hub, n);
    let head = format!(
        "GET /ws/enroll HTTP/1.1\r\nHost: hub\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\
         Authorization: Bearer nobodys\r\nX-Forwarded-For: {forwarded}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    status(&stream, Duration::from_secs(10)).unwrap()
}

#[test]
fn an_address_with_too_many_connections_keeps_out_itself_only() {
    let hub = hub();
    let streams: Vec<_> = (0..9).map(|_| from(&hub, 2)).collect();
    streams.iter().for_each(ask);
    let quick = Duration::from_millis(300);
    let served = |stream: &&TcpStream| status(stream, quick) == Some(200);
    assert_eq!(streams.iter().filter(served).count(), 4);
    let mut agent = hub.agent("pi", FLEET);
    agent.send(&report(1, 7.0));
    hub.wait_for("pi", |host| host["metrics"]["cpu"]["usage"] == 7.0);
    // One goes, another comes in that has waited.
    let (first, rest) = streams.split_first().unwrap();
    first.shutdown(std::net::Shutdown::Both).unwrap();
    let slow = Duration::from_secs(1);
    assert!(rest.iter().any(|stream| status(stream, slow) == Some(200)));
}

#[test]
fn where_an_agent_has_come_from_there_is_room() {
    let hub = hub();
    let _agent = hub.agent("pi", FLEET);
    let streams: Vec<_> = (0..20).map(|_| from(&hub, 1)).collect();
    streams.iter().for_each(ask);
    for stream in &streams {
        assert_eq!(status(stream, Duration::from_secs(10)), Some(200));
    }
}

#[test]
fn who_tries_many_codes_takes_no_turn_of_others() {
    let hub = hub();
    let floods = |n, forwarded| (0..40).any(|_| show_code(&hub, n, forwarded) == 429);
    assert!(floods(2, "203.0.113.1"));
    // Its word is not taken, the proxy's is.
    assert_eq!(show_code(&hub, 3, "203.0.113.1"), 401);
    assert_eq!(show_code(&hub, 9, "203.0.113.1"), 401);
    assert!(floods(9, "198.51.100.7, 203.0.113.1"));
    assert_eq!(show_code(&hub, 9, "203.0.113.1, 203.0.113.2"), 401);
}

/// The close code of a viewer that the proxy brings, `None` for one that has a seat.
fn view(hub: &Hub, path: &str, forwarded: &str) -> (WebSocket<TcpStream>, Option<u16>) {
    let mut request = format!("ws://hub{path}").into_client_request().unwrap();
    request.headers_mut().insert("x-forwarded-for", forwarded.parse().unwrap());
    let stream = from(hub, 9);
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut viewer = tungstenite::client(request, stream).unwrap().0;
    viewer.send(Message::Ping("there".into())).unwrap();
    loop {
        match viewer.read().unwrap() {
            Message::Pong(_) => return (viewer, None),
            Message::Close(frame) => return (viewer, frame.map(|frame| frame.code.into())),
            Message::Text(_) | Message::Binary(_) | Message::Ping(_) | Message::Frame(_) => {}
        }
    }
}

#[test]
fn a_stranger_behind_a_proxy_takes_the_seats_of_nobody_else() {
    let hub = hub();
    let paths = ["/ws", "/ws-frontend", "/ws/status"];
    let mut seated = Vec::new();
    for n in 0..SEATS_EACH {
        let (viewer, closed) = view(&hub, paths[n % 3], "203.0.113.1");
        assert_eq!(closed, None, "{n}");
        seated.push(viewer);
    }
    for path in paths {
        assert_eq!(view(&hub, path, "203.0.113.1").1, Some(1013), "{path}");
        assert_eq!(view(&hub, path, "203.0.113.2").1, None, "{path}");
        assert_eq!(view(&hub, path, "203.0.113.1, 203.0.113.3").1, None, "the proxy's word counts");
    }
    drop(seated);
    let deadline = Deadline::in_seconds(10);
    while view(&hub, "/ws", "203.0.113.1").1.is_some() {
        deadline.check("they are gone");
    }
}

#[test]
fn a_viewer_that_answers_no_ping_loses_its_seat() {
    let text = "listen = \"127.0.0.1:0\"\n[viewers]\npublic = true\n";
    let every = Duration::from_secs(1);
    let hub = Hub::changed(text, |config| config.guard.viewer_ping = every);
    for path in ["/ws", "/ws-frontend"] {
        let _asleep = hub.open(path, &[]).unwrap();
        let mut awake = hub.open(path, &[]).unwrap();
        let seats = || hub.http("/healthz", "").1.matches("\"viewers\":2").count();
        let deadline = Deadline::in_seconds(10);
        while seats() == 0 {
            deadline.check("two have seats");
        }
        let deadline = Deadline::in_seconds(10);
        while !hub.http("/healthz", "").1.contains("\"viewers\":1") {
            // It reads, by which its Pings are answered.
            while awake.try_json(Duration::from_millis(50)).is_some() {}
            deadline.check("one sleeps");
        }
        for _ in 0..40 {
            while awake.try_json(Duration::from_millis(50)).is_some() {}
        }
        assert!(hub.http("/healthz", "").1.contains("\"viewers\":1"), "the other is awake");
        awake.socket.close(None).unwrap();
        let deadline = Deadline::in_seconds(10);
        while !hub.http("/healthz", "").1.contains("\"viewers\":0") {
            deadline.check("both are gone");
        }
    }
}
