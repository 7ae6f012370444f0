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
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0.as_millis() + 50) / 100;
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
mod tests {
    use super::*;

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Events, their levels and their lines.
    fn assert_said<const N: usize>(rows: [(Event, Level, &str); N]) {
        for (event, level, line) in rows {
            assert_eq!(event.to_string(), line);
            assert_eq!(event.level(), level, "{line}");
            assert!(!line.ends_with('.'));
        }
    }

    #[test]
    fn connections_read_well_at_midnight() {
        assert_said([
            (Event::Up { down_for: None, attempts: 1 }, Level::Info, "connected"),
            (Event::Up { down_for: None, attempts: 4 }, Level::Info, "connected at attempt 4"),
            (
                Event::Up { down_for: Some(ms(4_310)), attempts: 1 },
                Level::Info,
                "connected again after 4.3 s and 1 attempt",
            ),
            (
                Event::Up { down_for: Some(ms(7_500_000)), attempts: 21 },
                Level::Info,
                "connected again after 2.0 h and 21 attempts",
            ),
            (
                Event::Down { reason: Reason::Deaf, retry_in: ms(3_600), attempts: 0 },
                Level::Warn,
                "link lost: no pong for 45 s; next attempt in 3.6 s",
            ),
            (
                Event::Down { reason: Reason::Moved, retry_in: ms(1_500), attempts: 0 },
                Level::Warn,
                "link lost: no pong soon after a network change; next attempt in 1.5 s",
            ),
            (
                Event::Down { reason: Reason::Closed, retry_in: ms(3_000), attempts: 0 },
                Level::Warn,
                "link lost: closed by the server; next attempt in 3 s",
            ),
            (
                Event::Down { reason: Reason::Broken, retry_in: ms(2_951), attempts: 0 },
                Level::Warn,
                "link lost: connection broken; next attempt in 3 s",
            ),
            (
                Event::Down { reason: Reason::Unreachable, retry_in: ms(4_320), attempts: 1 },
                Level::Warn,
                "could not connect; next attempt in 4.3 s",
            ),
            (
                Event::Down { reason: Reason::Unreachable, retry_in: ms(600_000), attempts: 30 },
                Level::Debug,
                "could not connect; next attempt in 600 s",
            ),
            (
                Event::Down { reason: Reason::DialTimeout, retry_in: ms(4_000), attempts: 1 },
                Level::Warn,
                "no connection within 60 s; next attempt in 4 s",
            ),
            (
                Event::Down {
                    reason: Reason::AuthTimeout("login not answered"),
                    retry_in: ms(3_000),
                    attempts: 1,
                },
                Level::Warn,
                "login not answered within 10 s; next attempt in 3 s",
            ),
            (
                Event::Down { reason: Reason::Refused(None), retry_in: ms(72_000), attempts: 2 },
                Level::Debug,
                "credentials refused; next attempt in 72 s",
            ),
        ]);
    }

    #[test]
    fn complaints_say_what_to_do_or_who_complains() {
        let id = || "pi-1".to_owned();
        let refused = Reason::Refused(Some("Invalid token".into()));
        assert_said([
            (
                Event::Refused { id: id(), reason: refused, retry_in: ms(61_200) },
                Level::Warn,
                "credentials refused (Invalid token): check the token and the id (pi-1); \
                 next attempt in 61 s",
            ),
            (
                Event::DuplicateId { id: id() },
                Level::Warn,
                "the server replaced this connection twice within a minute: \
                 another host seems to use the id pi-1, or its token",
            ),
            (
                Event::CommandRefused { command: "update".into() },
                Level::Warn,
                "the server asked for update: refused, an agent takes no orders",
            ),
            (
                Event::ServerError { message: "disk full".into() },
                Level::Warn,
                "the server says: disk full",
            ),
            (
                Event::RateLimited { pause: ms(60_000) },
                Level::Warn,
                "the server asked for silence: next report in 60 s",
            ),
            (
                Event::BackfillRejected { rejected: 1 },
                Level::Warn,
                "the server did not take 1 sample of the outage",
            ),
            (
                Event::BackfillRejected { rejected: 3 },
                Level::Warn,
                "the server did not take 3 samples of the outage",
            ),
        ]);
    }

    #[test]
    fn durations_are_said_as_people_do() {
        for (duration, text) in [
            (ms(0), "0 s"),
            (ms(49), "0 s"),
            (ms(250), "0.3 s"),
            (ms(3_600), "3.6 s"),
            (ms(59_940), "59.9 s"),
            (ms(60_000), "60 s"),
            (ms(719_949), "719 s"),
            (ms(720_000), "12 min"),
            (ms(7_199_000), "119 min"),
            (ms(7_200_000), "2.0 h"),
            (ms(100_000_000), "27.7 h"),
        ] {
            assert_eq!(Seconds(duration).to_string(), text);
        }
    }

    #[test]
    fn we_always_leave_with_a_code_that_means_leaving() {
        for reason in
            [Reason::Stopping, Reason::Deaf, Reason::AuthTimeout(""), Reason::Refused(None)]
        {
            assert_eq!(reason.close_code(), 1001, "{reason}");
        }
        assert_eq!(Reason::Stopping.to_string(), "stopping");
    }
}
