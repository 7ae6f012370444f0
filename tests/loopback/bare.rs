//! A link by itself, without a session: what it tells of servers that are at fault.

use std::io::{Read, Write};
use std::time::Duration;

use kinglet::clock;
use kinglet::link::{Link, LinkError, LinkEvent, ServerUrl, Step, Target};
use kinglet_proto::output::Request;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::*;

/// A bare link, for faults that take more pressure than an agent makes.
pub(crate) struct Bare {
    pub(crate) link: Link,
}

impl Bare {
    pub(crate) fn dial(port: u16) -> Self {
        let url = ServerUrl::parse(&format!("ws://127.0.0.1:{port}/x")).unwrap();
        let request = Request { path_and_query: "/x".to_owned(), ..Request::default() };
        let mut link = Link::new(Target::straight(url, None));
        link.dial(request, clock::now().instant);
        Self { link }
    }

    /// Turns the loop until something is told, at most this long.
    pub(crate) fn next(&mut self, limit: Duration) -> Option<LinkEvent> {
        let began = now();
        while began.elapsed() < limit {
            if let Some(event) = self.link.poll_event() {
                return Some(event);
            }
            let mut fds: Vec<PollFd<'_>> = Vec::new();
            self.link.register(&mut fds);
            poll(&mut fds, PollTimeout::from(50_u8)).unwrap();
            let ready =
                fds.iter().filter_map(PollFd::revents).fold(PollFlags::empty(), PollFlags::union);
            self.link.advance(ready, clock::now().instant);
        }
        None
    }

    /// Why the link is closed in the end.
    pub(crate) fn fault(&mut self, limit: Duration) -> LinkError {
        let began = now();
        while began.elapsed() < limit {
            if let Some(LinkEvent::Closed(error)) = self.next(limit) {
                return error;
            }
        }
        panic!("the link is still there after {limit:?}");
    }
}

#[test]
fn a_full_send_buffer_is_told_and_then_given_up_on() {
    let server = Server::new();
    let mut bare = Bare::dial(server.port());
    let _visit = server.visit();
    while !matches!(bare.next(Duration::from_secs(5)), Some(LinkEvent::Opened)) {}
    let frame = "x".repeat(kinglet_proto::limits::FRAME_OUT_MAX);
    // The kernel finds room for some megabytes, bit by bit; then it has none left.
    let (mut blocked_at, started) = (None, now());
    let error = loop {
        assert!(started.elapsed() < Duration::from_secs(60), "a socket nobody reads takes it all");
        if blocked_at.is_none() {
            bare.link.send_text(&frame, clock::now().instant);
        }
        match bare.next(Duration::from_millis(50)) {
            Some(LinkEvent::Blocked) => blocked_at = Some(now()),
            Some(LinkEvent::Drained) => blocked_at = None,
            Some(LinkEvent::Closed(error)) => break error,
            Some(LinkEvent::Progress(_) | LinkEvent::Opened | LinkEvent::Text(_))
            | Some(LinkEvent::Answered(_) | LinkEvent::Pong)
            | None => {}
        }
    };
    assert!(matches!(error, LinkError::TimedOut(Step::Write, _)), "{error}");
    let stalled = blocked_at.expect("it was blocked before it was given up").elapsed();
    assert!(stalled > Duration::from_secs(9), "{stalled:?}");
}

#[test]
fn a_server_that_drips_is_borne_for_ten_seconds() {
    let server = Server::new();
    let mut bare = Bare::dial(server.port());
    let mut stream = server.accept();
    let _ = stream.read(&mut [0; 2048]).unwrap();
    let dripping = std::thread::spawn(move || {
        // A head that never ends, one byte at a time.
        for byte in b"HTTP/1.1 101 Switching Protocols\r\nX-Slow: ".iter().chain([b'y'; 400].iter())
        {
            if stream.write_all(&[*byte]).is_err() {
                break;
            }
            pause(Duration::from_millis(50));
        }
    });
    let began = now();
    let error = bare.fault(Duration::from_secs(15));
    assert!(matches!(error, LinkError::TimedOut(Step::Upgrade, _)), "{error}");
    assert!(began.elapsed() > Duration::from_secs(9), "{:?}", began.elapsed());
    drop(bare);
    dripping.join().unwrap();
}

#[test]
fn every_refusal_has_its_name() {
    for (answer, words) in [
        ("HTTP/1.1 401 Unauthorized\r\n\r\n", "refused the token or the id (HTTP 401)"),
        ("HTTP/1.1 403 Forbidden\r\n\r\n", "refused the token or the id (HTTP 403)"),
        ("HTTP/1.1 200 OK\r\n\r\n<html>", "a web page (HTTP 200) instead of the upgrade"),
        ("HTTP/1.1 302 Found\r\nLocation: https://x/\r\n\r\n", "redirects to"),
        ("HTTP/1.1 404 Not Found\r\n\r\n", "nothing at this path"),
        ("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 511 N\r\n\r\n", "wants a login first"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "does not speak HTTP"),
        ("", "ended the connection without a word"),
    ] {
        let server = Server::new();
        let mut bare = Bare::dial(server.port());
        let mut stream = server.accept();
        let _ = stream.read(&mut [0; 2048]).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        drop(stream);
        let error = bare.fault(Duration::from_secs(5)).to_string();
        assert!(error.contains(words), "{answer:?}: {error}");
    }
    let nobody = Server::new().port();
    let error = Bare::dial(nobody).fault(Duration::from_secs(5)).to_string();
    assert!(error.contains("tcp connect to 127.0.0.1:"), "{error}");
}

#[test]
fn certificate_faults_are_named() {
    let (authority, stranger) = (Authority::new("ours"), Authority::new("theirs"));
    let token = Temporary::new("t");
    for (kind, trusted, words) in [
        (Kind::Good, &stranger, "is from an unknown issuer"),
        (Kind::Expired, &authority, "has expired"),
        (Kind::WrongName, &authority, "name than localhost: for elsewhere.example"),
    ] {
        let server = Server::new();
        let ca_file = Temporary::new(&trusted.pem());
        let more = format!("ca_file = \"{}\"", ca_file.path());
        let config = load(&block("wss", server.port(), &token, &more)).unwrap();
        let found = config.servers.first().unwrap();
        let request = Request { path_and_query: "/".to_owned(), ..Request::default() };
        let (url, trust) = (found.url.clone(), found.trust.clone());
        let mut link = Link::new(Target::straight(url, trust));
        link.dial(request, clock::now().instant);
        let tls = authority.server(kind);
        let serving = std::thread::spawn(move || {
            let connection = rustls::ServerConnection::new(tls).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, server.accept());
            let _ = stream.read(&mut [0; 16]);
        });
        let error = Bare { link }.fault(Duration::from_secs(5)).to_string();
        assert!(error.contains(words), "{kind:?}: {error}");
        serving.join().unwrap();
    }
}
