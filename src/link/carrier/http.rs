//! HTTP/1.1 requests and their answers, one after the other; whoever asks once closes after it.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use kinglet_proto::limits::{ANSWER_TIMEOUT, UPGRADE_TIMEOUT};
use kinglet_proto::output::Request;
use kinglet_proto::time::Instant;
use nix::poll::PollFlags;

use super::answer::{Incoming, Whole};
use super::{Carrier, Events, READABLE};
use crate::limits::HEAD_PIECE_BYTES;
use crate::link::Target;
use crate::link::error::{LinkError, Step};
use crate::link::event::{LinkEvent, Progress};
use crate::link::transport::Transport;
use crate::link::url::ServerUrl;

/// Requests over one connection.
pub(in crate::link) struct Http {
    transport: Transport,
    url: ServerUrl,
    /// More requests than one are to go over it.
    keeps: bool,
    request: Vec<u8>,
    written: usize,
    incoming: Incoming,
    stage: Stage,
    secured: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Asked {
        give_up_at: Instant,
    },
    /// Answered, and good for another request.
    Free,
    /// Answered, and good for nothing more.
    Spent,
}

impl Http {
    /// Begins on a connected socket.
    pub(in crate::link) fn new(
        stream: TcpStream,
        target: &Target,
        keeps: bool,
        asked: &Request,
        now: Instant,
    ) -> Result<Self, LinkError> {
        Self::begin(stream, target, keeps, request(&target.url, asked, keeps), now)
    }

    /// Asks on a connected socket for the head of what is at the URL.
    #[cfg(feature = "probe")]
    pub(in crate::link) fn head(
        stream: TcpStream,
        target: &Target,
        now: Instant,
    ) -> Result<Self, LinkError> {
        let url = &target.url;
        let slash = if url.path_and_query.starts_with('/') { "" } else { "/" };
        let (host, agent) = (url.authority(), env!("CARGO_PKG_VERSION"));
        let words = ["HEAD ", slash, &url.path_and_query, " HTTP/1.1\r\nHost: ", &host];
        let rest = ["\r\nConnection: close\r\nUser-Agent: kinglet/", agent, "\r\n\r\n"];
        let text = [&words[..], &rest[..]].concat().concat();
        let mut http = Self::begin(stream, target, false, text.into_bytes(), now)?;
        http.incoming.has_no_body = true;
        Ok(http)
    }

    fn begin(
        stream: TcpStream,
        target: &Target,
        keeps: bool,
        request: Vec<u8>,
        now: Instant,
    ) -> Result<Self, LinkError> {
        Ok(Self {
            transport: Transport::new(stream, target.tls()?),
            url: target.url.clone(),
            keeps,
            request,
            written: 0,
            incoming: Incoming::default(),
            stage: Stage::Asked { give_up_at: now.plus(timeout(keeps)) },
            secured: false,
        })
    }

    /// Moves on as far as the socket lets it; the answer, once it is whole.
    fn exchange(&mut self) -> Result<Option<Whole>, LinkError> {
        let written = self.write();
        let read = self.read();
        // A server may answer before it has heard all, and hang up: what it said counts more.
        let is_end = is_fault(&read);
        if let Some(whole) = self.incoming.read(is_end && !self.incoming.is_empty())? {
            return Ok(Some(whole));
        }
        for moved in [read, written] {
            if let Err(error) = moved
                && error.kind() != io::ErrorKind::WouldBlock
            {
                return Err(LinkError::from_io(error, &self.url.host));
            }
        }
        Ok(None)
    }

    fn write(&mut self) -> io::Result<()> {
        self.transport.pump()?;
        while self.written < self.request.len() {
            self.written += self.transport.write(&self.request[self.written..])?;
        }
        self.transport.flush()
    }

    fn read(&mut self) -> io::Result<()> {
        if self.transport.is_handshaking() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut piece = [0; HEAD_PIECE_BYTES];
        while !self.incoming.is_long() {
            match self.transport.read(&mut piece)? {
                0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                count => self.incoming.push(&piece[..count]),
            }
        }
        Ok(())
    }

    /// The server says something though nobody asked: that it hangs up, if all is well.
    fn hear_unasked(&mut self) -> Result<(), LinkError> {
        match self.transport.read(&mut [0; 1]) {
            Ok(0) => Err(LinkError::Ended),
            Ok(_) => Err(LinkError::Protocol("it answers what nobody asked".to_owned())),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(()),
            Err(error) => Err(LinkError::from_io(error, &self.url.host)),
        }
    }

    fn finish(&mut self, whole: Whole, events: &mut Events) {
        let is_free = self.keeps && whole.keeps && self.written == self.request.len();
        self.stage = if is_free { Stage::Free } else { Stage::Spent };
        // The room that an outage's samples took is not kept.
        (self.request, self.written, self.incoming) = (Vec::new(), 0, Incoming::default());
        events.push_back(LinkEvent::Answered(whole.answer));
    }
}

impl Carrier for Http {
    fn transport(&self) -> &Transport {
        &self.transport
    }

    fn wants_write(&self) -> bool {
        self.transport.wants_write()
            || (!self.transport.is_handshaking() && self.written < self.request.len())
    }

    fn deadline(&self) -> Option<Instant> {
        match self.stage {
            Stage::Asked { give_up_at } => Some(give_up_at),
            Stage::Free | Stage::Spent => None,
        }
    }

    fn advance(
        mut self: Box<Self>,
        ready: PollFlags,
        now: Instant,
        events: &mut Events,
    ) -> Result<Box<dyn Carrier>, LinkError> {
        if ready.intersects(READABLE) {
            self.transport.set_readable();
        }
        let give_up_at = match self.stage {
            Stage::Asked { give_up_at } => give_up_at,
            Stage::Free | Stage::Spent if !ready.intersects(READABLE) => return Ok(self),
            Stage::Free | Stage::Spent => {
                self.hear_unasked()?;
                return Ok(self);
            }
        };
        let answered = self.exchange();
        if !self.secured
            && !self.transport.is_handshaking()
            && let Some(summary) = self.transport.tls_summary()
        {
            self.secured = true;
            events.push_back(LinkEvent::Progress(Progress::Secured(summary)));
        }
        match answered? {
            Some(whole) => self.finish(whole, events),
            None if give_up_at <= now => {
                return Err(LinkError::TimedOut(Step::Answer, timeout(self.keeps)));
            }
            None => {}
        }
        Ok(self)
    }

    fn ask(&mut self, asked: &Request, now: Instant) -> bool {
        if self.stage != Stage::Free {
            return false;
        }
        (self.request, self.written) = (request(&self.url, asked, self.keeps), 0);
        self.stage = Stage::Asked { give_up_at: now.plus(timeout(self.keeps)) };
        true
    }
}

impl AsFd for Http {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.transport.as_fd()
    }
}

fn is_fault(moved: &io::Result<()>) -> bool {
    moved.as_ref().is_err_and(|error| error.kind() != io::ErrorKind::WouldBlock)
}

/// TLS, the request and its answer together.
const fn timeout(keeps: bool) -> Duration {
    if keeps { ANSWER_TIMEOUT } else { UPGRADE_TIMEOUT }
}

fn request(url: &ServerUrl, asked: &Request, keeps: bool) -> Vec<u8> {
    let body = asked.body.as_deref().unwrap_or_default();
    let mut text = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\n{}Content-Length: {}\r\nUser-Agent: kinglet/{}\r\n",
        asked.path_and_query,
        url.authority(),
        if keeps { "" } else { "Connection: close\r\n" },
        body.len(),
        env!("CARGO_PKG_VERSION"),
    );
    for (name, value) in &asked.headers {
        text.extend([*name, ": ", value, "\r\n"]);
    }
    text.push_str("\r\n");
    text.push_str(body);
    text.into_bytes()
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
            body: Some("{\"a\":\"ä\"}".to_owned()),
        };
        let text = String::from_utf8(request(&url, &asked, false)).unwrap();
        assert!(text.starts_with("POST /x?token=t HTTP/1.1\r\nHost: h:8900\r\n"), "{text}");
        assert!(text.contains("\r\nContent-Length: 10\r\n"), "{text}");
        assert!(text.contains("\r\nConnection: close\r\n"), "{text}");
        let end = "\r\nContent-Type: application/json\r\n\r\n{\"a\":\"ä\"}";
        assert!(text.ends_with(end), "{text}");
        let kept = String::from_utf8(request(&url, &asked, true)).unwrap();
        assert!(!kept.contains("Connection:"), "{kept}");
    }
}
