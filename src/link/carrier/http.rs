//! One HTTP/1.1 request and the status of its answer; the connection ends with it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};

use kinglet_proto::limits::UPGRADE_TIMEOUT;
use kinglet_proto::output::Request;
use kinglet_proto::time::Instant;
use nix::poll::PollFlags;

use super::head::begin_of_final;
use super::{Carrier, Events, READABLE};
use crate::limits::{HEAD_BYTES_MAX, HEAD_PIECE_BYTES, HEADERS_MAX};
use crate::link::Target;
use crate::link::error::{LinkError, Step};
use crate::link::event::LinkEvent;
use crate::link::transport::Transport;
use crate::link::url::ServerUrl;

/// A POST on its way.
pub(in crate::link) struct Post {
    transport: Transport,
    request: Vec<u8>,
    written: usize,
    head: Vec<u8>,
    host: String,
    give_up_at: Instant,
    answered: bool,
}

impl Post {
    /// Begins on a connected socket.
    pub(in crate::link) fn new(
        stream: TcpStream,
        target: &Target,
        asked: &Request,
        body: &str,
        now: Instant,
    ) -> Result<Self, LinkError> {
        Ok(Self {
            transport: Transport::new(stream, target.tls()?),
            request: request(&target.url, asked, body).into_bytes(),
            written: 0,
            head: Vec::new(),
            host: target.url.host.clone(),
            give_up_at: now.plus(UPGRADE_TIMEOUT),
            answered: false,
        })
    }

    fn exchange(&mut self) -> io::Result<()> {
        self.transport.pump()?;
        while self.written < self.request.len() {
            self.written += self.transport.write(&self.request[self.written..])?;
        }
        self.transport.flush()?;
        let mut piece = [0; HEAD_PIECE_BYTES];
        while status(&self.head).is_ok_and(|status| status.is_none()) {
            match self.transport.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.head.extend_from_slice(&piece[..count]),
            }
        }
        Ok(())
    }
}

impl Carrier for Post {
    fn transport(&self) -> &Transport {
        &self.transport
    }

    fn wants_write(&self) -> bool {
        self.transport.wants_write()
            || (!self.transport.is_handshaking() && self.written < self.request.len())
    }

    fn deadline(&self) -> Option<Instant> {
        (!self.answered).then_some(self.give_up_at)
    }

    fn advance(
        mut self: Box<Self>,
        ready: PollFlags,
        now: Instant,
        events: &mut Events,
    ) -> Result<Box<dyn Carrier>, LinkError> {
        if self.answered {
            return Ok(self);
        }
        if ready.intersects(READABLE) {
            self.transport.set_readable();
        }
        match self.exchange() {
            Err(error) if error.kind() != io::ErrorKind::WouldBlock => {
                return Err(LinkError::from_io(error, &self.host));
            }
            Ok(()) | Err(_) => {}
        }
        if let Some(status) = status(&self.head)? {
            self.answered = true;
            events.push_back(LinkEvent::Answered(status));
        } else if self.give_up_at <= now {
            return Err(LinkError::TimedOut(Step::Upgrade, UPGRADE_TIMEOUT));
        }
        Ok(self)
    }
}

impl AsFd for Post {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.as_fd()
    }
}

fn request(url: &ServerUrl, asked: &Request, body: &str) -> String {
    let mut text = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\
         User-Agent: kinglet/{}\r\n",
        asked.path_and_query,
        url.authority(),
        body.len(),
        env!("CARGO_PKG_VERSION"),
    );
    for (name, value) in &asked.headers {
        text.extend([*name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.push_str(body);
    text
}

/// The status of an answer whose head is whole; `None` while it is not.
fn status(head: &[u8]) -> Result<Option<u16>, LinkError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(&head[begin_of_final(head)..]) {
        Ok(httparse::Status::Complete(_)) => Ok(response.code),
        Ok(httparse::Status::Partial) if head.len() < HEAD_BYTES_MAX => Ok(None),
        Ok(httparse::Status::Partial) | Err(_) => {
            Err(LinkError::Protocol("its answer is not HTTP".to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_request_is_complete() {
        let url = ServerUrl::parse("ws://h:8900").unwrap();
        let asked = Request {
            path_and_query: "/x?token=t".to_owned(),
            headers: vec![("Content-Type", "application/json".to_owned())],
            body: None,
        };
        let text = request(&url, &asked, "{\"a\":\"ä\"}");
        assert!(text.starts_with("POST /x?token=t HTTP/1.1\r\nHost: h:8900\r\n"), "{text}");
        assert!(text.contains("\r\nContent-Length: 10\r\n"), "{text}");
        let end = "\r\nContent-Type: application/json\r\n\r\n{\"a\":\"ä\"}";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn a_status_is_read_once_the_head_is_whole() {
        assert_eq!(status(b"").unwrap(), None);
        assert_eq!(status(b"HTTP/1.1 200 OK\r\nA: b\r\n").unwrap(), None);
        assert_eq!(status(b"HTTP/1.1 500 No\r\nA: b\r\n\r\nbody").unwrap(), Some(500));
        let interim = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n";
        assert_eq!(status(&interim[..40]).unwrap(), None);
        assert_eq!(status(interim).unwrap(), Some(200));
        assert!(status(b"SSH-2.0\r\n").is_err());
        assert!(status(&b"HTTP/1.1 200 OK\r\nA: "[..].repeat(HEAD_BYTES_MAX / 16)).is_err());
    }
}
