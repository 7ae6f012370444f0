//! What a session tells the owner, in the owner's words, and why it hangs up.

use std::fmt;
use std::time::Duration;

use crate::limits::{AUTH_TIMEOUT, DIAL_TIMEOUT, PONG_TIMEOUT};

/// Something the owner may want to read in the log. The loop puts the server's name before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Reports flow.
    Up {
        /// How long they did not, when they had before; `None` for the first connection.
        down_for: Option<Duration>,
        /// Attempts it took.
        attempts: u32,
    },
    /// The link is lost, or an attempt failed.
    Down {
        /// Why.
        reason: Reason,
        /// Time until the next attempt.
        retry_in: Duration,
        /// Attempts that failed since the last good connection; zero when that one was just lost.
        attempts: u32,
    },
    /// The server refused the credentials. Said once until a connection is good again.
    Refused {
        /// The identity shown to the server.
        id: String,
        /// The server's own words, or ours.
        reason: Reason,
        /// Time until the next attempt.
        retry_in: Duration,
    },
    /// The server replaced the connection twice within a minute. Said once until it lasts again.
    DuplicateId {
        /// The identity shown to the server.
        id: String,
    },
    /// The server asked for something an agent does not do.
    CommandRefused {
        /// What it asked for.
        command: String,
    },
    /// The server asked for something that this agent cannot serve.
    Unserved {
        /// What it asked for, and what it was told.
        wish: String,
    },
    /// The server reported a fault of ours.
    ServerError {
        /// Its words.
        message: String,
    },
    /// The server takes something of our reports and not all.
    NotTaken {
        /// Its words.
        words: String,
    },
    /// The server asked for silence.
    RateLimited {
        /// For how long, after our own bound.
        pause: Duration,
    },
    /// The server did not take samples whole, and is not asked to again. Said once for the same
    /// words until it takes some.
    SamplesRejected {
        /// Samples that it did not take, or not whole.
        samples: u64,
        /// Its words.
        words: String,
    },
    /// The server did not take all of the samples of an outage.
    BackfillRejected {
        /// Samples it did not take.
        rejected: u64,
    },
}

/// How much an event matters, in the log's own levels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The owner should act.
    Warn,
    /// A state changed.
    Info,
    /// One more of what was said already.
    Debug,
}

impl Event {
    /// How much it matters: what repeats an earlier line is [`Level::Debug`].
    pub const fn level(&self) -> Level {
        match self {
            Self::Up { .. } | Self::Unserved { .. } => Level::Info,
            Self::Down { attempts, .. } if *attempts > 1 => Level::Debug,
            Self::Down { reason: Reason::Refused(_), .. } => Level::Debug,
            Self::Down { .. }
            | Self::Refused { .. }
            | Self::DuplicateId { .. }
            | Self::CommandRefused { .. }
            | Self::ServerError { .. }
            | Self::NotTaken { .. }
            | Self::RateLimited { .. }
            | Self::SamplesRejected { .. }
            | Self::BackfillRejected { .. } => Level::Warn,
        }
    }
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Up { down_for: None, attempts: 0 | 1 } => f.write_str("connected"),
            Self::Up { down_for: None, attempts } => {
                write!(f, "connected at attempt {attempts}")
            }
            Self::Up { down_for: Some(down_for), attempts } => {
                let (down_for, s) = (Seconds(*down_for), if *attempts == 1 { "" } else { "s" });
                write!(f, "connected again after {down_for} and {attempts} attempt{s}")
            }
            Self::Down { reason, retry_in, attempts: 0 } => {
                write!(f, "link lost: {reason}; next attempt in {}", Seconds(*retry_in))
            }
            Self::Down { reason, retry_in, .. } => {
                write!(f, "{reason}; next attempt in {}", Seconds(*retry_in))
            }
            Self::Refused { id, reason, retry_in } => write!(
                f,
                "{reason}: check the token and the id ({id}); next attempt in {}",
                Seconds(*retry_in)
            ),
            Self::DuplicateId { id } => write!(
                f,
                "the server replaced this connection twice within a minute: \
                 another host seems to use the id {id}, or its token"
            ),
            Self::CommandRefused { command } => {
                write!(f, "the server asked for {command}: refused, an agent takes no orders")
            }
            Self::Unserved { wish } => write!(f, "the server asked for {wish}"),
            Self::ServerError { message } => write!(f, "the server says: {message}"),
            Self::NotTaken { words } => {
                write!(f, "the server does not take all of a report: {words}; told once")
            }
            Self::RateLimited { pause } => {
                write!(f, "the server asked for silence: next report in {}", Seconds(*pause))
            }
            Self::SamplesRejected { samples, words } => {
                let s = if *samples == 1 { "" } else { "s" };
                write!(f, "the server did not take {samples} sample{s}, and they are lost: {words}")
            }
            Self::BackfillRejected { rejected } => {
                let s = if *rejected == 1 { "" } else { "s" };
                write!(f, "the server did not take {rejected} sample{s} of the outage")
            }
        }
    }
}

/// Why a connection ends, or an attempt failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// No Pong for 45 s.
    Deaf,
    /// No Pong soon after the host's network changed.
    Moved,
    /// The login was not answered, in the protocol's words.
    AuthTimeout(&'static str),
    /// The server refused the credentials, with its own words if it had any.
    Refused(Option<String>),
    /// The attempt led to nothing and nobody said so.
    DialTimeout,
    /// The server answered that it does not, or not now, with these words.
    Answered(String),
    /// The attempt failed.
    Unreachable,
    /// The server said nothing for longer than it promised.
    Silent,
    /// The server failed on our first sign of life.
    Heartbeat,
    /// What the server said ends the conversation, in words.
    Over(String),
    /// The connection broke.
    Broken,
    /// The server closed the connection.
    Closed,
    /// We are told to stop.
    Stopping,
    /// What was to be said is said.
    Done,
}

impl Reason {
    /// The close code to send (RFC 6455 section 7.4.1): 1001 whenever we leave before the end.
    pub const fn close_code(&self) -> u16 {
        match self {
            Self::Done => 1000,
            Self::Deaf
            | Self::Moved
            | Self::AuthTimeout(_)
            | Self::Silent
            | Self::Heartbeat
            | Self::Over(_)
            | Self::Refused(_)
            | Self::DialTimeout
            | Self::Answered(_)
            | Self::Unreachable
            | Self::Broken
            | Self::Closed
            | Self::Stopping => 1001,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deaf => write!(f, "no pong for {}", Seconds(PONG_TIMEOUT)),
            Self::Moved => f.write_str("no pong soon after a network change"),
            Self::AuthTimeout(words) => write!(f, "{words} within {}", Seconds(AUTH_TIMEOUT)),
            Self::Refused(None) => f.write_str("credentials refused"),
            Self::Refused(Some(words)) => write!(f, "credentials refused ({words})"),
            Self::DialTimeout => write!(f, "no connection within {}", Seconds(DIAL_TIMEOUT)),
            Self::Answered(words) => write!(f, "the server answered {words}"),
            Self::Unreachable => f.write_str("could not connect"),
            Self::Silent => f.write_str("the server is silent for longer than it promised"),
            Self::Heartbeat => {
                f.write_str("the server failed on our first heartbeat: none is sent from now on")
            }
            Self::Over(words) => f.write_str(words),
            Self::Broken => f.write_str("connection broken"),
            Self::Closed => f.write_str("closed by the server"),
            Self::Stopping => f.write_str("stopping"),
            Self::Done => f.write_str("done"),
        }
    }
}

/// A duration as people say it: `3.6 s`, `45 s`, `12 min`, `3.5 h`.
#[derive(Debug, Clone, Copy)]
pub struct Seconds(pub Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not of `as_millis`, which is u128: to divide and print those costs 4 kB on 32 bits.
        let tenths =
            self.0.as_secs().saturating_mul(10) + u64::from((self.0.subsec_millis() + 50) / 100);
        match tenths {
            0..600 if tenths.is_multiple_of(10) => write!(f, "{} s", tenths / 10),
            0..600 => write!(f, "{}.{} s", tenths / 10, tenths % 10),
            600..7200 => write!(f, "{} s", tenths / 10),
            7200..72_000 => write!(f, "{} min", tenths / 600),
            _ => write!(f, "{}.{} h", tenths / 36_000, tenths % 36_000 / 3600),
        }
    }
}

#[cfg(test)]
mod tests;
