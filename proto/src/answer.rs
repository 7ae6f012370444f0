//! What a hub answers an agent: a value where it is decided, a text where it is sent.

use std::fmt;
use std::time::Duration;

use crate::alert::book::{Greeting, Known};
use crate::host::{HostId, HostIdError};
use crate::wire::envelope::{Alerts, Head, Open, ack, alert_ack, error, greeting, pong};
use crate::wire::{frame, vstats};

/// One answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The connection stands. Apart, for it is large and said once.
    Connected(Box<Welcome>),
    /// To a login in a message.
    Login(Result<(), LoginError>),
    /// To a `ping` message.
    Pong,
    /// Every reading up to and including this number may be forgotten.
    Ack(u64),
    /// All news of alerts up to and including this number may be forgotten.
    AlertAck(u64),
    /// To a batch of readings. Apart, for it is large and rare among what waits for an agent.
    BatchAck(Box<BatchAck>),
    /// More messages came than the pace allows; the next may come after this.
    TooFast(Duration),
    /// It would be a new host, of which more came than may in an hour; it may come after this.
    TooManyNew(Duration),
}

/// What an agent is greeted with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// What comes on the connection is this host's.
    pub host: HostId,
    /// What is known of its alerts.
    pub alerts: Greeting,
}

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchAck {
    /// The agent's name for it.
    pub batch_id: String,
    /// Readings that were taken.
    pub accepted: usize,
    /// Readings that could not be read.
    pub rejected: usize,
}

/// Why a login is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginError {
    /// The token is wrong, or there is no such host: which of the two is nobody's business.
    Refused,
    /// What it names cannot be the id of a host.
    BadId(HostIdError),
}

impl fmt::Display for LoginError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("invalid server id or token"),
            Self::BadId(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoginError {}

impl Answer {
    /// Its text: in the envelope, or as vStats words it where the question was in its words.
    pub fn encode(&self, head: Head) -> String {
        match self {
            Self::Connected(welcome) => greeting(head, &welcome.host, said_of(&welcome.alerts)),
            Self::AlertAck(number) => alert_ack(head, *number),
            Self::Login(taken) => login(*taken),
            Self::Pong => pong(head),
            Self::Ack(seq) => ack(head, *seq),
            Self::BatchAck(ack) => batch_ack(ack),
            Self::TooFast(after) => too_fast(head, "more messages than the pace allows", *after),
            Self::TooManyNew(after) => {
                too_fast(head, "more new hosts than may come in an hour", *after)
            }
        }
    }
}

fn too_fast(head: Head, text: &str, after: Duration) -> String {
    let ms = u64::try_from(after.as_millis()).unwrap_or(u64::MAX);
    error(head, "RATE_LIMIT_EXCEEDED", text, Some(ms))
}

fn said_of(greeting: &Greeting) -> Alerts<'_> {
    let open = |known: &Known| Open {
        alert_id: known.id.clone().into(),
        r#type: known.kind.clone().into(),
        level: known.level.name().into(),
    };
    Alerts {
        boot_id: greeting.heard.as_ref().map(|(boot, _)| boot.into()),
        number: greeting.heard.as_ref().map(|(_, number)| *number),
        open: greeting.open.iter().map(open).collect(),
    }
}

fn login(taken: Result<(), LoginError>) -> String {
    let status = if taken.is_ok() { "ok" } else { "error" };
    let message = taken.err().map(|error| error.to_string().into());
    frame::json(&vstats::Answer { kind: "auth", status: Some(status.into()), message })
}

fn batch_ack(ack: &BatchAck) -> String {
    let BatchAck { batch_id, accepted, rejected } = ack;
    let count = |readings: &usize| u64::try_from(*readings).unwrap_or(u64::MAX);
    frame::json(&vstats::BatchAck {
        kind: "batch_ack",
        batch_id: batch_id.into(),
        accepted: count(accepted),
        rejected: count(rejected),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert::Level;
    use crate::time::WallTime;

    #[test]
    fn answers_are_worded_as_agents_expect_them() {
        let head = Head { id: 5, wall: WallTime::from_unix_millis(0) };
        let at = "1970-01-01T00:00:00.000Z";
        let host = HostId::parse("pi").unwrap();
        let ack = BatchAck { batch_id: "b".to_owned(), accepted: 2, rejected: 1 };
        let open = Known { id: "cpu-1".into(), kind: "cpu".into(), level: Level::Critical };
        let alerts = Greeting { heard: Some(("b".to_owned(), 7)), open: vec![open] };
        for (answer, text) in [
            (
                Answer::Connected(Box::new(Welcome { host, alerts })),
                format!(
                    r#"{{"type":"connection","id":"connection_5","timestamp":"{at}","data":{{"status":"connected","client_id":"pi","server_time":"{at}","alerts":{{"boot_id":"b","number":7,"open":[{{"alert_id":"cpu-1","type":"cpu","level":"critical"}}]}}}}}}"#
                ),
            ),
            (Answer::Login(Ok(())), r#"{"type":"auth","status":"ok"}"#.to_owned()),
            (
                Answer::Login(Err(LoginError::Refused)),
                r#"{"type":"auth","status":"error","message":"invalid server id or token"}"#
                    .to_owned(),
            ),
            (Answer::Pong, format!(r#"{{"type":"pong","id":"pong_5","timestamp":"{at}"}}"#)),
            (
                Answer::Ack(9),
                format!(r#"{{"type":"ack","id":"ack_5","timestamp":"{at}","data":{{"seq":9}}}}"#),
            ),
            (
                Answer::AlertAck(9),
                format!(r#"{{"type":"ack","id":"ack_5","timestamp":"{at}","data":{{"alert":9}}}}"#),
            ),
            (
                Answer::BatchAck(Box::new(ack)),
                r#"{"type":"batch_ack","batch_id":"b","accepted":2,"rejected":1}"#.to_owned(),
            ),
            (
                Answer::TooFast(Duration::from_secs(1)),
                format!(
                    r#"{{"type":"error","id":"error_5","timestamp":"{at}","data":{{"code":"RATE_LIMIT_EXCEEDED","message":"more messages than the pace allows","retry_after":1000}}}}"#
                ),
            ),
        ] {
            assert_eq!(answer.encode(head), text);
        }
        let bad = Answer::Login(Err(LoginError::BadId(HostIdError::Empty))).encode(head);
        assert!(bad.contains("this one is empty"), "{bad}");
    }
}
