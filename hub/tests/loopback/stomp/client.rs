//! A STOMP client that shows every frame as text.

use std::io::ErrorKind;
use std::time::Duration;

use serde_json::Value;
use tungstenite::Message;

use crate::support::{Client, Hub};

/// A frame: command, headers, body.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Frame {
    pub(super) command: String,
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Frame {
    pub(super) fn parse(text: &str) -> Self {
        let text = text.strip_suffix('\0').unwrap_or_else(|| panic!("no NUL: {text:?}"));
        let (head, body) = text.split_once("\n\n").unwrap();
        let mut lines = head.lines();
        let command = lines.next().unwrap().to_owned();
        let header = |line: &str| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_owned(), value.to_owned())
        };
        Self { command, headers: lines.map(header).collect(), body: body.to_owned() }
    }

    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map_or("", |(_, value)| value)
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A raw client.
pub(super) struct Stomp(pub(super) Client);

impl Stomp {
    /// A connection on which nothing was said.
    pub(super) fn open(hub: &Hub, path: &str) -> Self {
        Self(hub.open(path, &[]).unwrap())
    }

    /// A session of version 1.2 without beats, with these headers in its CONNECT.
    pub(super) fn connect(hub: &Hub, headers: &str) -> Self {
        let mut client = Self::open(hub, "/stomp");
        client.say(&format!("CONNECT\naccept-version:1.2\nhost:h\n{headers}\n\0"));
        let connected = client.frame();
        assert_eq!(connected.command, "CONNECTED", "{connected:?}");
        client
    }

    pub(super) fn say(&mut self, text: &str) {
        self.0.send(text);
    }

    pub(super) fn subscribe(&mut self, id: &str, destination: &str) {
        let text = format!("SUBSCRIBE\nid:{id}\ndestination:{destination}\nreceipt:{id}\n\n\0");
        self.say(&text);
        let receipt = self.frame();
        assert_eq!(receipt.header("receipt-id"), id, "{receipt:?}");
    }

    pub(super) fn publish(&mut self, destination: &str, body: &str) {
        self.say(&format!("SEND\ndestination:{destination}\n\n{body}\0"));
    }

    /// The next message but beats and control frames, if one comes in time.
    pub(super) fn text(&mut self, within: Duration) -> Option<String> {
        self.0.socket.get_ref().set_read_timeout(Some(within)).unwrap();
        loop {
            match self.0.socket.read() {
                Ok(Message::Text(text)) if text.as_str() == "\n" => {}
                Ok(Message::Text(text)) => return Some(text.to_string()),
                Ok(Message::Close(frame)) => panic!("closed: {frame:?}"),
                Ok(_) => {}
                Err(tungstenite::Error::Io(error))
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    return None;
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    pub(super) fn frame(&mut self) -> Frame {
        Frame::parse(&self.text(Duration::from_secs(5)).expect("a frame"))
    }

    /// Nothing is said for a moment.
    pub(super) fn is_silent(&mut self) -> bool {
        self.text(Duration::from_millis(300)).is_none()
    }

    /// The ERROR that comes, and the code of the close behind it.
    pub(super) fn refused(&mut self) -> (Frame, u16) {
        self.refused_within(Duration::from_secs(5))
    }

    pub(super) fn refused_within(&mut self, time: Duration) -> (Frame, u16) {
        let error = Frame::parse(&self.text(time).expect("an ERROR"));
        assert_eq!(error.command, "ERROR", "{error:?}");
        (error, self.0.closed().map_or(0, |frame| frame.code.into()))
    }
}
