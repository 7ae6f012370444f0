//! What goes into a session and what comes out of it.

use std::time::Duration;

use super::{Event, Reason};
use crate::alert::Watch;
use crate::occurrence::Occurrence;
use crate::output::{Answer, Errand, Request};
use crate::sample::Sample;
use crate::time::{Instant, Now};

/// What happens to a session.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// The connection is open and upgraded.
    Opened,
    /// A text frame came.
    Text(&'a str),
    /// A Pong came.
    Pong,
    /// The connection is lost, or the attempt failed.
    Closed(Loss),
    /// A sample was taken: at the cadence of the server that wants them most often.
    Sampled(&'a Sample),
    /// A sample was taken, and this is what follows from it for alerts: before it is reported.
    Watched(&'a Watch),
    /// This happened.
    Happened(&'a [Occurrence]),
    /// The link holds bytes that did not leave yet.
    Blocked,
    /// The link's bytes have all left.
    Drained,
    /// The host's addresses or routes changed.
    NetworkChanged,
    /// Say goodbye.
    Stop,
    /// An errand is done: the status of the answer, `None` where there was none.
    ErrandDone(Option<u16>),
    /// The HTTP request under way is answered.
    Answered(Answer<'a>),
    /// The time asked for has come, or any other time.
    Tick,
}

/// One half of a conversation over one link: told what happens, it says what to do.
pub trait Conversation {
    /// Takes one input.
    fn handle_input(&mut self, input: Input<'_>, now: Now);

    /// The next thing to do; to be drained until [`Command::Wait`] before the next input.
    fn poll_command(&mut self) -> Command<'_>;
}

impl<C: Conversation + ?Sized> Conversation for Box<C> {
    fn handle_input(&mut self, input: Input<'_>, now: Now) {
        (**self).handle_input(input, now);
    }

    fn poll_command(&mut self) -> Command<'_> {
        (**self).poll_command()
    }
}

/// How a connection was lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// HTTP 401 or 403, or close code 1008: the credentials are refused.
    Refused,
    /// HTTP 429 or 503: the server wants to be asked again after this, and not before.
    Busy(Duration),
    /// HTTP 200, 404 or 405: there is nothing to speak with at the path that was asked for.
    NotThere,
    /// The server closed an open connection in good order without leaving itself: what it does to
    /// the older of two connections with one id.
    Closed,
    /// The server ended an open connection without a word.
    Ended,
    /// It was given up for another to the same server's first address, which is open already: a
    /// dial gets that one.
    Returned,
    /// Anything else.
    Broken,
}

/// What a session wants done.
#[derive(Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// Begin an attempt that shows this; what is left of the previous connection is dropped.
    Dial(Request),
    /// Send this HTTP request, over the connection that is open or else over a new one.
    Ask(Request),
    /// Send this text frame.
    Text(&'a str),
    /// Send a Ping.
    Ping,
    /// Close the connection or end the attempt, if it is not gone already; a `Closed` about it is
    /// not needed.
    HangUp(Reason),
    /// Tell the owner.
    Event(Event),
    /// Run this errand beside the connection, and tell what came of it.
    Errand(Errand),
    /// Nothing more now; come back then. `None`: nothing more will ever happen.
    Wait(Option<Instant>),
}

/// What a session counts, for the agent's account of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Connections that reports flowed on, after the first.
    pub reconnects: u64,
    /// Samples that found no room, or no connection in a protocol that keeps none.
    pub samples_dropped: u64,
    /// Bytes of samples that wait.
    pub ring_bytes: u64,
}

impl Loss {
    /// What the server's close code means: 1005 for a close frame without a code, `None` for a
    /// connection that ended without a close frame.
    pub const fn of_close_code(code: Option<u16>) -> Self {
        match code {
            Some(1008) => Self::Refused,
            // Not 1001 and 1012, with which a server goes away itself, and no faults.
            Some(1000 | 1005 | 3000..=4999) => Self::Closed,
            Some(_) | None => Self::Broken,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_close_in_good_order_can_be_a_kick() {
        for (code, loss) in [
            (Some(1008), Loss::Refused),
            (Some(1000), Loss::Closed),
            (Some(1005), Loss::Closed),
            (Some(4001), Loss::Closed),
            (Some(1001), Loss::Broken),
            (Some(1006), Loss::Broken),
            (Some(1009), Loss::Broken),
            (Some(1011), Loss::Broken),
            (Some(1012), Loss::Broken),
            (Some(0), Loss::Broken),
            (Some(65535), Loss::Broken),
            (None, Loss::Broken),
        ] {
            assert_eq!(Loss::of_close_code(code), loss, "{code:?}");
        }
    }
}
