//! The protocols an agent speaks: pure functions from samples to frames, and from frames to what
//! they mean. One file each, and one row of [`OUTPUTS`].
//!
//! An output knows no socket, no clock and no file. It remembers what its protocol makes it
//! remember; when anything is said is the session's to decide.

mod account;
mod errand;
#[cfg(test)]
mod fixture;
#[cfg(feature = "influxdb")]
mod influxdb;
mod kinglet;
#[cfg(feature = "komari")]
mod komari;
mod protocol;
mod request;
mod settings;
#[cfg(feature = "simple-server-status")]
mod simple_server_status;
#[cfg(feature = "stomp")]
mod stomp;
mod trim;
mod verdict;
#[cfg(feature = "vstats")]
mod vstats;

use std::ops::Range;
use std::time::Duration;

pub use account::{Account, Auth};
pub use errand::Errand;
pub use protocol::{LEFT_OUT, OUTPUTS, Protocol, UnknownName};
pub use request::Request;
use serde::Serialize;
pub use settings::{BadSetting, Setting, Settings};
pub use verdict::{Answer, Verdict};

use crate::alert::Watch;
use crate::alert::book::{Greeting, Telling};
pub use crate::delivery::Stamp;
use crate::delivery::ring::Ring;
use crate::limits::KEPT_BYTES_MAX;
use crate::probe::Wanted;
use crate::sample::{Report, Sample};
use crate::time::Now;
use crate::wire::frame::Frame;
pub use crate::wire::frame::json;

/// What is said to one server, and what its words mean.
///
/// The defaults are those of the simplest protocol: a report goes out, nothing is answered, and
/// what finds no connection is lost.
pub trait Output {
    /// The name the server knows the host by.
    fn id(&self) -> &str;

    /// The request that opens a connection.
    fn request(&self) -> Request;

    /// Writes a report into `out`, in place of what is there; returns where in it the sample lies.
    ///
    /// A report above the largest frame loses its longest lists from the bottom.
    fn encode_report(&mut self, sample: &Sample, stamp: Stamp, out: &mut String) -> Range<usize>;

    /// The report that was encoded last is not sent after all.
    fn handle_unsent(&mut self) {}

    /// What a server's frame means; anything that makes no sense means nothing.
    fn hear(&mut self, _text: &str) -> Heard {
        Heard::Nothing
    }

    /// What else it means, in protocols that put several things into one; `None` when that is all.
    fn hear_rest(&mut self) -> Option<Heard> {
        None
    }

    /// Where the first message of a text ends, in protocols that cut one into several.
    fn end_of_message(&self, text: &str) -> usize {
        text.len()
    }

    /// Whether a report can be made of the sample; one that waits for its counters is no loss.
    fn takes(&mut self, _sample: &Sample) -> bool {
        true
    }

    /// The server does not know the path that was asked for: whether there is another way to ask.
    fn try_other_way(&mut self) -> bool {
        false
    }

    /// Whether the server ends the older of two connections without a word, as no other does.
    fn is_replaced_by_a_cut(&self) -> bool {
        false
    }

    /// What another connection of this host takes from the one that is there.
    fn seat(&self) -> Seat {
        Seat::ByReport
    }

    /// A connection is open: nothing is said on it yet.
    fn handle_opened(&mut self) {}

    /// The connection, or the attempt to make one, is gone.
    fn handle_lost(&mut self) {}

    /// Counts a sample, sent or not, towards what is reported about many.
    fn handle_sample(&mut self, _sample: &Sample, _stamp: Stamp) {}

    /// Which samples can be handed in later.
    fn keeps(&self) -> Keep {
        Keep::Nothing
    }

    /// Whether it tells the sample's detail, which is collected for who wants it alone.
    fn wants_detail(&self) -> bool {
        false
    }

    /// Writes a sample as the ring keeps it: what the server needs of it later.
    fn encode_kept(&mut self, sample: &Sample, out: &mut String) {
        trim::to_fit(KEPT_BYTES_MAX, |rows| {
            let mut frame = Frame::new(out);
            frame.value(&Report { inventory: false, rows, ..Report::whole(sample) });
            frame.finish();
            (out.len(), ())
        });
    }

    /// Writes the oldest waiting samples as one frame; returns how many it carries.
    fn encode_oldest(&mut self, _backlog: &Backlog<'_>, _out: &mut String) -> usize {
        0
    }

    /// In protocols of request and response: writes the oldest waiting samples as the body of one
    /// request, at least one and above it no more than `limit` bytes; returns how many.
    fn encode_batch(&mut self, _ring: &Ring, _now: Now, _limit: usize, _out: &mut String) -> usize {
        0
    }

    /// What is to be asked for before samples can go; the next answer is about that.
    fn prepare(&mut self) -> Option<Request> {
        None
    }

    /// What an answer means for the samples that the request carried.
    fn judge(&mut self, _answer: &Answer<'_>) -> Verdict {
        Verdict::Taken
    }

    /// Whether nothing else is said before a login is answered.
    fn has_login(&self) -> bool {
        self.login_interval().is_some()
    }

    /// How often the login is repeated; `None` in protocols without one, or where once is enough.
    fn login_interval(&self) -> Option<Duration> {
        None
    }

    /// What the owner is told of a login without an answer, before "within 10 s".
    fn unanswered(&self) -> &'static str {
        "login not answered"
    }

    /// Writes the login, in protocols that have one.
    fn encode_login(&self, _out: &mut String) {}

    /// How long the agent may be silent; `None` in protocols without a sign of life.
    fn heartbeat_interval(&self) -> Option<Duration> {
        None
    }

    /// Writes the sign of life, in protocols that have one.
    fn encode_heartbeat(&mut self, _now: Now, _out: &mut String) {}

    /// The server failed on the first sign of life: whether this protocol does without from now on.
    fn give_up_heartbeat(&mut self) -> bool {
        false
    }

    /// How long the server may be silent; `None` where its Pongs alone tell that it lives.
    fn silence_max(&self) -> Option<Duration> {
        None
    }

    /// Whether there is a goodbye that is answered, before the connection's own.
    fn has_goodbye(&self) -> bool {
        false
    }

    /// Writes the goodbye, in protocols that have one.
    fn encode_goodbye(&mut self, _out: &mut String) {}

    /// Writes the news that an outage is over, in protocols that have a message for it.
    fn encode_restored(&mut self, _restored: &Restored, _now: Now, _out: &mut String) {}

    /// Sees which alerts are open, where the server's page has a place for a text of that.
    fn handle_watch(&mut self, _watch: &Watch) {}

    /// Whether the server hears of alerts.
    fn tells_alerts(&self) -> bool {
        false
    }

    /// Writes news of an alert, in protocols that have a message for it.
    fn encode_alert(&mut self, _telling: &Telling<'_>, _now: Now, _out: &mut String) {}

    /// Whether there is something to say that is no report.
    fn has_message(&self) -> bool {
        false
    }

    /// Writes the next of it; `last` is the newest report's sample.
    fn encode_message(&mut self, _last: &str, _out: &mut String) {}

    /// What the server wants probed, since this was asked last.
    fn poll_wanted(&mut self) -> Option<Wanted> {
        None
    }

    /// A task is done: whole milliseconds, `None` where there was no answer.
    fn handle_probed(&mut self, _task: u64, _millis: Option<u32>) {}

    /// What is to be done beside the connection, one at a time.
    fn poll_errand(&mut self) -> Option<Errand> {
        None
    }

    /// The errand is done: the status of the answer, `None` where there was none.
    fn handle_errand(&mut self, _status: Option<u16>) -> Heard {
        Heard::Nothing
    }
}

/// Which samples a protocol can hand in later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// None: a sample that finds no connection is lost.
    Nothing,
    /// Those that found no connection.
    Outage,
    /// All, until the server says that it has them.
    UntilAcked,
}

/// How a second connection of a host takes the first one's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seat {
    /// Nothing: both are served, side by side.
    Beside,
    /// Not at all, if it says that it only asks.
    Probed,
    /// By its first report.
    ByReport,
    /// By being there.
    ByConnection,
}

/// What waits to be handed in.
#[derive(Debug, Clone, Copy)]
pub struct Backlog<'a> {
    /// The samples.
    pub ring: &'a Ring,
    /// The number of the frame they go in, on this connection.
    pub frame: u64,
    /// When it is sent.
    pub now: Now,
    /// The sample of the newest live report; empty before the first.
    pub last: &'a str,
}

/// What a server may learn of an outage once it is over.
#[derive(Debug, Serialize)]
pub struct Restored {
    event: &'static str,
    reason: String,
    down_ms: u64,
    attempts: u32,
}

/// What a server's message means to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// Nothing, or nothing we understand.
    Nothing,
    /// The login is accepted.
    LoggedIn {
        /// What the server wants with it, and this agent cannot serve.
        unserved: Option<String>,
    },
    /// The credentials are refused, in the server's words.
    Refused(String),
    /// The connection stands; with what the server knows of this host's alerts, if it says.
    Greeted(Option<Box<Greeting>>),
    /// All news of alerts up to this number is stored.
    AlertAck(u64),
    /// The sample with this number is stored, and what was sent before it with a lower one.
    Ack(u64),
    /// The batch with this number was taken, but for so many samples.
    BatchAck {
        /// The frame that carried it.
        frame: u64,
        /// Samples that were not taken.
        rejected: u64,
    },
    /// No report is wanted for this long.
    RateLimit(Duration),
    /// The server wants something done.
    Command(String),
    /// The server wants something that this agent cannot serve, which harms nobody.
    Unserved(String),
    /// The server reports a fault.
    Fault(String),
    /// The server did not take something of the last report; its words where they are new.
    NotTaken(Option<String>),
    /// The conversation cannot go on, for this reason.
    Over(String),
    /// The goodbye is answered.
    Goodbye,
}

impl Restored {
    /// An outage of this length, ended by the attempt of this number.
    pub(crate) fn new(reason: String, down_for: Duration, attempts: u32) -> Self {
        let down_ms = u64::try_from(down_for.as_millis()).unwrap_or(u64::MAX);
        Self { event: "link_restored", reason, down_ms, attempts }
    }
}
