//! STOMP 1.0 to 1.2: frames as both sides write and read them, for the agent, which talks to
//! brokers, and the hub, which is one.
//!
//! ```text
//! SEND                                      a command, a line
//! destination:/topic/metric/pi-1/cpu.usage  headers, a line each
//! content-length:2
//!                                           an empty line
//! {}^@                                      the body, and NUL
//! ```
//!
//! A lone line feed between frames is a beat, a sign of life. How frames lie in WebSocket messages
//! says nothing: a message may hold several, a frame may be cut into several messages. What the
//! frames mean is not here.

mod read;
mod write;

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

pub use read::Reader;
pub use write::Writer;

use crate::quoted::Quoted;

/// What a frame asks for or tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// The first frame of a client.
    Connect,
    /// The same, by its name since 1.1.
    Stomp,
    /// The answer to it.
    Connected,
    /// A message for a destination.
    Send,
    /// A client wants what is sent to a destination.
    Subscribe,
    /// It wants it no longer.
    Unsubscribe,
    /// A message was taken.
    Ack,
    /// A message was not taken.
    Nack,
    /// A transaction begins.
    Begin,
    /// It ends, and counts.
    Commit,
    /// It ends, and is forgotten.
    Abort,
    /// The last frame of a client.
    Disconnect,
    /// A message of a destination.
    Message,
    /// A frame that asked for a receipt was handled.
    Receipt,
    /// Something is wrong; mostly the connection ends.
    Error,
}

/// The commands as they are written.
const COMMANDS: [(Command, &str); 15] = [
    (Command::Connect, "CONNECT"),
    (Command::Stomp, "STOMP"),
    (Command::Connected, "CONNECTED"),
    (Command::Send, "SEND"),
    (Command::Subscribe, "SUBSCRIBE"),
    (Command::Unsubscribe, "UNSUBSCRIBE"),
    (Command::Ack, "ACK"),
    (Command::Nack, "NACK"),
    (Command::Begin, "BEGIN"),
    (Command::Commit, "COMMIT"),
    (Command::Abort, "ABORT"),
    (Command::Disconnect, "DISCONNECT"),
    (Command::Message, "MESSAGE"),
    (Command::Receipt, "RECEIPT"),
    (Command::Error, "ERROR"),
];

/// The versions there are, the oldest first. They differ in how headers are escaped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// 1.0: not at all.
    V10,
    /// 1.1: line feed, colon and backslash.
    V11,
    /// 1.2: a carriage return too.
    V12,
}

/// The versions as they are written, the newest first.
const VERSIONS: [(Version, &str); 3] =
    [(Version::V12, "1.2"), (Version::V11, "1.1"), (Version::V10, "1.0")];

/// Every version, as `accept-version` tells it.
pub const ACCEPT_VERSION: &str = "1.2,1.1,1.0";

/// What is offered for a WebSocket that carries STOMP, the newest first.
pub const SUBPROTOCOLS: [&str; 3] = ["v12.stomp", "v11.stomp", "v10.stomp"];

/// What one side says of beats in its `heart-beat`, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Beats {
    /// How often it can send one; 0: never.
    pub sends: u32,
    /// How often it wants to hear one; 0: it does not care.
    pub wants: u32,
}

/// A frame that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its command.
    pub command: Command,
    /// The lines of its headers, each known to be one.
    head: &'a str,
    is_escaped: bool,
    /// Its body, mostly text.
    pub body: &'a [u8],
}

/// Why what came is no frame. Nothing behind it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// No such command: its beginning.
    Command(String),
    /// A header without a name or a colon, or no empty line behind the headers.
    Header,
    /// A backslash in a header with something behind it that says nothing.
    Escape,
    /// `content-length` is no number, or no NUL stands where it says.
    Length,
    /// The frame has more bytes than the reader takes.
    TooLarge,
}

impl Command {
    /// As it is written.
    pub fn name(self) -> &'static str {
        COMMANDS.iter().find(|(command, _)| *command == self).map_or("", |(_, name)| name)
    }

    fn parse(name: &str) -> Option<Self> {
        COMMANDS.iter().find(|(_, known)| *known == name).map(|(command, _)| *command)
    }

    /// Whether headers of its frames are escaped: from 1.1 on, but for those that agree on that.
    fn is_escaped(self, version: Version) -> bool {
        version > Version::V10 && !matches!(self, Self::Connect | Self::Stomp | Self::Connected)
    }
}

impl Version {
    /// As it is written.
    pub fn name(self) -> &'static str {
        VERSIONS.iter().find(|(version, _)| *version == self).map_or("", |(_, name)| name)
    }

    /// The newest of those in a list like `1.0,1.2`; `None` without a known one.
    pub fn newest(list: &str) -> Option<Self> {
        let is_listed = |name| list.split(',').any(|one| one.trim() == name);
        VERSIONS.iter().find(|(_, name)| is_listed(*name)).map(|(version, _)| *version)
    }
}

impl Beats {
    /// Reads `10000,10000`; `None` where it is anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (sends, wants) = text.split_once(',')?;
        Some(Self { sends: sends.trim().parse().ok()?, wants: wants.trim().parse().ok()? })
    }

    /// How often this side sends beats to the other; `None`: never.
    pub fn period(self, other: Self) -> Option<Duration> {
        let both = self.sends > 0 && other.wants > 0;
        both.then(|| Duration::from_millis(self.sends.max(other.wants).into()))
    }
}

impl fmt::Display for Beats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{}", self.sends, self.wants)
    }
}

impl<'a> Frame<'a> {
    /// The header of this name; of several the first, as the protocol has it.
    pub fn header(&self, name: &str) -> Option<Cow<'a, str>> {
        self.headers().find(|(one, _)| one == name).map(|(_, value)| value)
    }

    /// Every header with its name, in the order in which they came.
    pub fn headers(&self) -> impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)> + use<'a> {
        let is_escaped = self.is_escaped;
        read::lines(self.head).filter_map(move |line| {
            let (name, value) = line.split_once(':')?;
            let plain = |text| if is_escaped { read::unescape(text) } else { Some(text.into()) };
            Some((plain(name)?, plain(value)?))
        })
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Command(name) => write!(f, "unknown command {}", Quoted(name)),
            Self::Header => f.write_str("malformed header"),
            Self::Escape => f.write_str("bad escape in a header"),
            Self::Length => f.write_str("wrong content-length"),
            Self::TooLarge => f.write_str("frame too large"),
        }
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests;
