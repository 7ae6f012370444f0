//! What a hub hears: the text an agent sent becomes a reading or an event, a viewer's a request.
//!
//! The opposite of the outputs, and as lenient as they are strict: an agent that nobody here
//! wrote, or one from next year, loses the field that makes no sense and nothing else. Whatever
//! comes out is bounded, so a hub can keep it.

mod agent;
mod aggregates;
mod bounds;
mod published;
mod salvage;
mod simple_server_status;
pub mod telegraf;
mod told;
mod viewer;

use std::fmt;
use std::time::Duration;

pub use agent::decode;
pub use published::{Placed, Published, custom, decode_published, decode_sample, sample_of};
pub use simple_server_status::decode as decode_server_info;
pub use viewer::{Filters, Question, Request, Scalar, decode as decode_request};

use crate::alert::book::Known;
use crate::sample::Sample;

/// One message of an agent, whatever its protocol.
#[derive(Debug, Clone, PartialEq)]
pub enum Message {
    /// A reading, live or kept while the hub was away.
    Report(Box<Report>),
    /// vStats: readings kept while the hub was away, oldest first; wants an answer of its own.
    Batch(Batch),
    /// vStats: figures that the agent has summed up itself, over time that may lie before this
    /// connection.
    Aggregates(Vec<Bucket>),
    /// Something beside the figures.
    Told(Told),
    /// A login in the first message, as the vStats agent does.
    Login(Login),
    /// A sign of life.
    Heartbeat,
    /// The agent asks for a `pong`.
    Ping,
    /// Understood and not kept: a type from a later version.
    Other,
}

/// A reading with what came along about its place in time and its host.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Report {
    /// The reading, within bounds.
    pub sample: Sample,
    /// Its place among the readings of one boot; `None` in protocols that do not count.
    pub place: Option<Place>,
    /// How long ago it was taken; zero for a live one.
    pub age: Duration,
    /// How the agent calls its host, in protocols that say.
    pub label: Label,
}

/// The place of a reading in its host's history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// The boot it was taken in; empty when the agent does not know.
    pub boot_id: String,
    /// Rises by one with each reading, over reconnects too.
    pub seq: u64,
}

/// What an agent says of its host beside the figures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Label {
    /// Display name.
    pub name: Option<String>,
    /// Group on the dashboard.
    pub group: Option<String>,
    /// Where it stands, in words.
    pub location: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country_code: Option<String>,
    /// Address its owner wants shown.
    pub ip: Option<String>,
    /// Whether its agent has rules for alerts of its own; `None` where it has not said.
    pub has_rules: Option<bool>,
    /// Kept from whoever shows no token. The owner of a hub decides; no agent says it.
    pub hidden: bool,
}

/// Readings taken while the hub was away.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// The agent's name for it, repeated in the answer.
    pub id: String,
    /// The readings that could be read.
    pub reports: Vec<Report>,
    /// How many could not.
    pub rejected: usize,
}

/// Figures of one stretch of time, as the agent has them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Bucket {
    /// When it began, by the agent's clock, seconds since 1970-01-01 UTC; a multiple of the length.
    pub start_s: u64,
    /// How long it lasts, in seconds; never 0. One that has not ended yet is in the list, too.
    pub length_s: u32,
    /// How many readings are in it; never 0.
    pub samples: u32,
    /// `cpu.usage`, percent.
    pub cpu_usage: Option<Spread>,
    /// `memory.usage_percent`, percent.
    pub memory_usage: Option<Spread>,
    /// `disks.{disk}.usage_percent` of the host's first disk, percent.
    pub disk_usage: Option<Spread>,
    /// `network.total_rx` at its end, bytes: a counter.
    pub total_rx: Option<u64>,
    /// `network.total_tx` at its end, bytes: a counter.
    pub total_tx: Option<u64>,
}

/// What a figure was in a stretch of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// The mean.
    pub mean: f64,
    /// The lowest; `None` where the agent does not keep it.
    pub min: Option<f64>,
    /// The highest; `None` where the agent does not keep it.
    pub max: Option<f64>,
}

/// Something that an agent tells beside its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its type, one of [`Told::KINDS`].
    pub kind: &'static str,
    /// A JSON object as text, within bounds.
    pub data: String,
    /// How long ago that was; zero where its agent does not say.
    pub age: Duration,
    /// Its place in the news of its host; `None` from agents that do not count it.
    pub place: Option<NewsPlace>,
    /// What it says, where it is an alert that has an id.
    pub alert: Option<AlertNews>,
}

/// An alert that begins or is over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertNews {
    /// Which.
    pub known: Known,
    /// It is over.
    pub is_over: bool,
}

/// The place of what an agent tells beside its figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewsPlace {
    /// The boot it is of; empty when the agent does not know.
    pub boot_id: String,
    /// Rises with each news of one boot.
    pub number: u64,
    /// The number of the news before it; 0 for none.
    pub after: u64,
}

impl Told {
    /// One of this moment, that has no place and is no alert.
    pub const fn new(kind: &'static str, data: String) -> Self {
        Self { kind, data, age: Duration::ZERO, place: None, alert: None }
    }

    /// Every type there is.
    pub const KINDS: [&str; 5] = ["alert", "performance", "status", "system", "config"];
}

/// Credentials in a message.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Login {
    /// Who the agent says it is.
    pub server_id: String,
    /// What it shows for it.
    pub token: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("server_id", &self.server_id).finish_non_exhaustive()
    }
}

/// Why a message was not understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// Not JSON, or cut short.
    NotJson,
    /// JSON without the `type` every message of this channel carries.
    NoType,
    /// The named member is missing or is not what this message needs.
    WrongShape(&'static str),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("not a whole JSON object"),
            Self::NoType => f.write_str("no member `type` with a text"),
            Self::WrongShape(member) => write!(f, "`{member}` is missing or has the wrong shape"),
        }
    }
}

impl std::error::Error for DecodeError {}

#[cfg(test)]
mod tests;
