//! How a connected byte stream carries what a conversation says. One file each.

#[cfg(feature = "http")]
mod answer;
#[cfg(fuzzing)]
pub(super) mod fuzz;
pub(super) mod head;
#[cfg(feature = "http")]
pub(super) mod http;
pub(super) mod websocket;

use std::collections::VecDeque;
use std::os::fd::AsFd;

use kinglet_proto::output::Request;
use kinglet_proto::time::Instant;
use nix::poll::PollFlags;

use super::error::LinkError;
use super::event::LinkEvent;
use super::transport::Transport;

/// What happened, oldest first.
pub(super) type Events = VecDeque<LinkEvent>;

/// One connection, or one stage of it; every time limit lives in the stage it belongs to.
///
/// It is driven: nothing in it waits. An error ends it. Before the connection is open, what is sent
/// goes nowhere.
pub(super) trait Carrier: AsFd {
    /// The stream below.
    fn transport(&self) -> &Transport;

    /// Whether to wait for the socket to become writable.
    fn wants_write(&self) -> bool;

    /// When [`Carrier::advance`] has something to do though the socket is not ready.
    fn deadline(&self) -> Option<Instant>;

    /// Does what the socket allows and the limits demand, and becomes what comes after; `ready` is
    /// what poll(2) said of the socket.
    fn advance(
        self: Box<Self>,
        ready: PollFlags,
        now: Instant,
        events: &mut Events,
    ) -> Result<Box<dyn Carrier>, LinkError>;

    /// Sends a message.
    fn send_text(&mut self, _: &str, _: Instant, _: &mut Events) -> Result<(), LinkError> {
        Ok(())
    }

    /// Sends another request, where the carrier takes one now; whether it does.
    fn ask(&mut self, _: &Request, _: Instant) -> bool {
        false
    }

    /// Asks for a sign of life, where the carrier has a way to.
    fn ping(&mut self, _: Instant, _: &mut Events) -> Result<(), LinkError> {
        Ok(())
    }

    /// Says goodbye with a close code; whether that is still to leave.
    fn hang_up(&mut self, _code: u16) -> bool {
        false
    }

    /// Writes what waits, as far as the socket takes it; whether some of it still waits.
    fn flush(&mut self) -> Result<bool, LinkError> {
        Ok(false)
    }
}

/// What poll(2) sets when a read has something to tell, if only an error.
const READABLE: PollFlags = PollFlags::POLLIN.union(PollFlags::POLLHUP).union(PollFlags::POLLERR);
