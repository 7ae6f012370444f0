//! What a client asks for, read from its frames. Pure.

use kinglet_proto::wire::stomp::{Beats, Command, Frame, Version};

use crate::limits::STOMP_TEXT_MAX;

/// A frame of a client.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Request {
    pub(super) asks: Ask,
    /// The name of the receipt it wants.
    pub(super) receipt: Option<String>,
}

/// What it is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// To be let in.
    Connect(Connect),
    /// To be told.
    Subscribe {
        /// What the client calls it.
        id: String,
        destination: String,
        /// It wants to acknowledge each message.
        acks: bool,
    },
    /// Not to be told any longer.
    Unsubscribe { id: String },
    /// To take this in.
    Send { destination: String, body: String },
    /// To part.
    Disconnect,
    /// Nothing: nobody here waits for an acknowledgement.
    Nothing,
    /// What there is not; the words say so.
    Refused(&'static str),
    /// What makes no sense.
    Fault(&'static str),
}

/// The first frame.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Connect {
    /// `None` where there is none in common.
    pub(super) version: Option<Version>,
    pub(super) beats: Beats,
    /// What may be a token in it, the likeliest first.
    pub(super) tokens: Vec<String>,
}

const NO_TRANSACTIONS: &str = "there are no transactions here";

impl Request {
    /// Reads a frame.
    pub(super) fn read(frame: &Frame<'_>, version: Version) -> Self {
        let receipt = text(frame, "receipt").unwrap_or_default();
        Self { asks: ask(frame, version).unwrap_or_else(Ask::Fault), receipt }
    }
}

fn ask(frame: &Frame<'_>, version: Version) -> Result<Ask, &'static str> {
    Ok(match frame.command {
        Command::Connect | Command::Stomp => Ask::Connect(connect(frame)?),
        Command::Subscribe => {
            let destination =
                text(frame, "destination")?.ok_or("SUBSCRIBE without a destination")?;
            let acks = frame.header("ack").is_some_and(|ack| ack != "auto");
            Ask::Subscribe { id: id(frame, version)?, destination, acks }
        }
        Command::Unsubscribe => Ask::Unsubscribe { id: id(frame, version)? },
        Command::Send if frame.header("transaction").is_some() => Ask::Refused(NO_TRANSACTIONS),
        Command::Send => {
            let destination = text(frame, "destination")?.ok_or("SEND without a destination")?;
            Ask::Send { destination, body: String::from_utf8_lossy(frame.body).into_owned() }
        }
        Command::Disconnect => Ask::Disconnect,
        Command::Ack | Command::Nack => Ask::Nothing,
        Command::Begin | Command::Commit | Command::Abort => Ask::Refused(NO_TRANSACTIONS),
        Command::Connected | Command::Message | Command::Receipt | Command::Error => {
            return Err("a frame that only servers send");
        }
    })
}

/// What a subscription is called. Before 1.1 it need not have a name: then it is its destination.
fn id(frame: &Frame<'_>, version: Version) -> Result<String, &'static str> {
    let id = text(frame, "id")?;
    let id = match (id, version) {
        (None, Version::V10) => text(frame, "destination")?,
        (id, _) => id,
    };
    id.ok_or("a subscription needs an id")
}

fn connect(frame: &Frame<'_>) -> Result<Connect, &'static str> {
    let version = match frame.header("accept-version") {
        None => Some(Version::V10),
        Some(list) => Version::newest(&list),
    };
    let beats = match frame.header("heart-beat") {
        None => Beats::default(),
        Some(beats) => Beats::parse(&beats).ok_or("heart-beat must be two numbers")?,
    };
    let bearer = ["Authorization", "authorization"].iter().find_map(|name| frame.header(name));
    let bearer = bearer.map(|value| match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim().to_owned(),
        Some(_) | None => value.into_owned(),
    });
    let tokens = [frame.header("passcode").map(Into::into), bearer].into_iter().flatten();
    Ok(Connect { version, beats, tokens: tokens.filter(|token| !token.is_empty()).collect() })
}

/// A header that is kept or repeated, and so is bounded.
fn text(frame: &Frame<'_>, name: &str) -> Result<Option<String>, &'static str> {
    match frame.header(name) {
        Some(value) if value.len() > STOMP_TEXT_MAX => Err("a header is too long"),
        value => Ok(value.map(Into::into)),
    }
}

#[cfg(test)]
mod tests {
    use kinglet_proto::limits::STOMP_FRAME_MAX;
    use kinglet_proto::wire::stomp::Reader;

    use super::*;

    fn read(text: &str, version: Version) -> Request {
        let mut reader = Reader::new(STOMP_FRAME_MAX);
        reader.set_version(version);
        reader.push(text.as_bytes());
        Request::read(&reader.next_frame().unwrap().unwrap(), version)
    }

    fn asks(text: &str) -> Ask {
        read(text, Version::V12).asks
    }

    #[test]
    fn the_first_frame_says_version_beats_and_tokens() {
        let asks = asks(
            "STOMP\naccept-version:1.1,1.2\nheart-beat:10000,5000\npasscode:p\n\
             Authorization:Bearer b\n\n\0",
        );
        let tokens = vec!["p".to_owned(), "b".to_owned()];
        let beats = Beats { sends: 10_000, wants: 5_000 };
        assert_eq!(asks, Ask::Connect(Connect { version: Some(Version::V12), beats, tokens }));
        for (head, version) in [
            ("", Some(Version::V10)),
            ("accept-version:1.0,2.0\n", Some(Version::V10)),
            ("accept-version:2.0\n", None),
        ] {
            let Ask::Connect(connect) = super::tests::asks(&format!("CONNECT\n{head}\n\0")) else {
                panic!("{head}")
            };
            let (beats, tokens) = (Beats::default(), Vec::new());
            assert_eq!(connect, Connect { version, beats, tokens });
        }
    }

    #[test]
    fn a_subscription_has_an_id_but_in_the_oldest_version() {
        let plain = "SUBSCRIBE\ndestination:/topic/x\n\n\0";
        let subscribe = |id: &str, acks| {
            let (id, destination) = (id.to_owned(), "/topic/x".to_owned());
            Ask::Subscribe { id, destination, acks }
        };
        assert_eq!(read(plain, Version::V10).asks, subscribe("/topic/x", false));
        assert_eq!(asks(plain), Ask::Fault("a subscription needs an id"));
        let named = "SUBSCRIBE\nid:s\\c1\nack:client\nreceipt:r\ndestination:/topic/x\n\n\0";
        let read = read(named, Version::V12);
        assert_eq!((read.asks, read.receipt.as_deref()), (subscribe("s:1", true), Some("r")));
    }

    #[test]
    fn what_there_is_not_is_told_from_what_makes_no_sense() {
        for command in ["BEGIN", "COMMIT", "ABORT"] {
            let asks = asks(&format!("{command}\ntransaction:t\n\n\0"));
            assert_eq!(asks, Ask::Refused(NO_TRANSACTIONS));
        }
        let sent = asks("SEND\ndestination:/topic/x\ntransaction:t\n\n{}\0");
        assert_eq!(sent, Ask::Refused(NO_TRANSACTIONS));
        for command in ["ACK", "NACK"] {
            assert_eq!(asks(&format!("{command}\nid:1\n\n\0")), Ask::Nothing);
        }
        let long = format!("SUBSCRIBE\nid:1\ndestination:{}\n\n\0", "x".repeat(513));
        for fault in ["CONNECT\nheart-beat:soon\n\n\0", "SEND\n\n{}\0", "MESSAGE\n\n\0", &long] {
            assert!(matches!(asks(fault), Ask::Fault(_)), "{fault}");
        }
    }
}
