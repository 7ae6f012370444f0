//! The other side: accepts, stores, acknowledges, answers Pings, and kicks an older duplicate.

use std::collections::BTreeMap;

use kinglet_proto::dialect::Protocol;

/// What the server knows of one host.
#[derive(Debug, Default)]
pub(crate) struct Stored {
    /// The sample each number belongs to.
    pub(crate) samples: BTreeMap<u64, u64>,
    /// The newest number seen live.
    pub(crate) newest_live: u64,
}

/// What arrives from an agent.
#[derive(Debug, Clone)]
pub(crate) enum ToServer {
    Text(String),
    Ping,
}

/// What the server answers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ToAgent {
    Text(String),
    Pong,
}

/// One connection, seen from the server.
#[derive(Debug)]
pub(crate) struct Connection {
    protocol: Protocol,
    logged_in: bool,
    live_here: u64,
}

impl Connection {
    pub(crate) fn new(protocol: Protocol) -> Self {
        Self { protocol, logged_in: protocol != Protocol::Vstats, live_here: 0 }
    }

    /// Takes a frame, and answers.
    pub(crate) fn receive(&mut self, frame: &ToServer, stored: &mut Stored) -> Option<ToAgent> {
        match frame {
            ToServer::Ping => Some(ToAgent::Pong),
            ToServer::Text(text) => match self.protocol {
                Protocol::Kinglet => self.receive_kinglet(text, stored).map(ToAgent::Text),
                Protocol::Vstats => self.receive_vstats(text).map(ToAgent::Text),
                Protocol::SimpleServerStatus => {
                    assert!(text.len() < 10_240 && text.contains("\"hostInfo\""));
                    None
                }
            },
        }
    }

    fn receive_kinglet(&mut self, text: &str, stored: &mut Stored) -> Option<String> {
        if text.contains("\"type\":\"heartbeat\"") || text.contains("\"link_restored\"") {
            return None;
        }
        let seq = number(text, "\"seq\":").expect("a report is numbered");
        let sample = number(text, "\"uptime\":").expect("the sample says which it is");
        let live = number(text, "\"age_ms\":") == Some(0);
        let before = stored.samples.insert(seq, sample);
        assert!(before.is_none_or(|before| before == sample), "number {seq} has two samples");
        if live {
            assert!(seq > self.live_here, "live {seq} after {} here", self.live_here);
            assert!(seq > stored.newest_live, "live {seq} after {}", stored.newest_live);
            self.live_here = seq;
            stored.newest_live = seq;
        }
        Some(format!(r#"{{"type":"ack","data":{{"seq":{seq}}}}}"#))
    }

    fn receive_vstats(&mut self, text: &str) -> Option<String> {
        if text.contains("\"type\":\"auth\"") {
            self.logged_in = true;
            return Some(r#"{"type":"auth","status":"ok"}"#.to_owned());
        }
        assert!(self.logged_in, "{text:.60} before the login was answered");
        let batch = number(text, "\"batch_id\":\"")?;
        Some(format!(r#"{{"type":"batch_ack","batch_id":"{batch}","accepted":1,"rejected":0}}"#))
    }
}

/// The number that follows a key.
pub(crate) fn number(text: &str, key: &str) -> Option<u64> {
    let rest = &text[text.find(key)? + key.len()..];
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}
