//! An open WebSocket (RFC 6455). `handshake` is how it becomes one, `channel` its frames.

mod channel;
#[cfg(fuzzing)]
pub(in crate::link) mod fuzz;
mod handshake;
pub(in crate::link) mod upgrade;

use std::os::fd::{AsFd, BorrowedFd};

use channel::{Channel, Heard};
pub(in crate::link) use handshake::Handshake;
use kinglet_proto::limits::WRITE_TIMEOUT;
use kinglet_proto::time::Instant;
use nix::poll::PollFlags;

use super::{Carrier, Events, READABLE};
use crate::limits::FRAMES_PER_WAKE_MAX;
use crate::link::error::{LinkError, Step};
use crate::link::event::LinkEvent;
use crate::link::transport::Transport;

/// An open connection.
struct WebSocket {
    channel: Channel,
    /// Since when no byte has left though some wait.
    stall: Option<Stall>,
    /// There may be more to read without the socket saying so.
    more: bool,
}

struct Stall {
    since: Instant,
    bytes_sent: u64,
}

impl WebSocket {
    /// Frames may have come in one piece with the response head.
    fn new(channel: Channel) -> Self {
        Self { channel, stall: None, more: true }
    }

    fn receive(&mut self, events: &mut Events) -> Result<(), LinkError> {
        self.more = true;
        for _ in 0..FRAMES_PER_WAKE_MAX {
            match self.channel.receive()? {
                Some(Heard::Text(text)) => events.push_back(LinkEvent::Text(text)),
                Some(Heard::Pong) => events.push_back(LinkEvent::Pong),
                Some(Heard::Other) => {}
                None => {
                    self.more = false;
                    break;
                }
            }
        }
        Ok(())
    }

    /// Keeps book of a full socket after a write: blocked, moving again, drained, or dead.
    fn note_stall(&mut self, now: Instant, events: &mut Events) -> Result<(), LinkError> {
        let bytes_sent = self.channel.transport().bytes_sent();
        match &mut self.stall {
            _ if !self.channel.has_unsent() => {
                if self.stall.take().is_some() {
                    events.push_back(LinkEvent::Drained);
                }
            }
            None => {
                self.stall = Some(Stall { since: now, bytes_sent });
                events.push_back(LinkEvent::Blocked);
            }
            Some(stalled) if stalled.bytes_sent != bytes_sent => {
                *stalled = Stall { since: now, bytes_sent };
            }
            Some(stalled) if stalled.since.plus(WRITE_TIMEOUT) <= now => {
                return Err(LinkError::TimedOut(Step::Write, WRITE_TIMEOUT));
            }
            Some(_) => {}
        }
        Ok(())
    }
}

impl Carrier for WebSocket {
    fn transport(&self) -> &Transport {
        self.channel.transport()
    }

    fn wants_write(&self) -> bool {
        self.channel.has_unsent()
    }

    fn deadline(&self) -> Option<Instant> {
        match &self.stall {
            _ if self.more => Some(Instant::from_millis(0)),
            stall => stall.as_ref().map(|stall| stall.since.plus(WRITE_TIMEOUT)),
        }
    }

    fn advance(
        mut self: Box<Self>,
        ready: PollFlags,
        now: Instant,
        events: &mut Events,
    ) -> Result<Box<dyn Carrier>, LinkError> {
        if ready.intersects(READABLE) {
            self.channel.set_readable();
        }
        if ready.intersects(READABLE) || self.more {
            self.receive(events)?;
        }
        if self.stall.is_some() {
            self.channel.flush()?;
            self.note_stall(now, events)?;
        }
        Ok(self)
    }

    fn send_text(
        &mut self,
        text: &str,
        now: Instant,
        events: &mut Events,
    ) -> Result<(), LinkError> {
        self.channel.send_text(text)?;
        self.note_stall(now, events)
    }

    fn ping(&mut self, now: Instant, events: &mut Events) -> Result<(), LinkError> {
        self.channel.send_ping()?;
        self.note_stall(now, events)
    }

    fn hang_up(&mut self, code: u16) -> bool {
        // A socket that is full now may have room for the goodbye soon.
        self.channel.send_close(code).is_ok() && self.channel.has_unsent()
    }

    fn flush(&mut self) -> Result<bool, LinkError> {
        self.channel.flush()?;
        Ok(self.channel.has_unsent())
    }
}

impl AsFd for WebSocket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.channel.as_fd()
    }
}
