//! What a hub says to an agent or a viewer in the envelope `type, id, timestamp, data, meta`.

use serde::Serialize;

use crate::time::WallTime;

/// The head every message of the hub carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the message, unique per connection.
    pub id: u64,
    /// When it was said.
    pub wall: WallTime,
}

/// One message with its `data`; without one for `()`.
pub(crate) fn envelope<T: Serialize>(kind: &str, head: Head, data: Option<&T>) -> String {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        r#type: &'a str,
        id: String,
        timestamp: WallTime,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a T>,
    }
    let id = format!("{kind}_{}", head.id);
    let message = Envelope { r#type: kind, id, timestamp: head.wall, data };
    // Texts and numbers under text keys: there is nothing in it that JSON cannot say.
    serde_json::to_string(&message).unwrap_or_default()
}

/// The connection stands.
pub fn connected(head: Head, client_id: &str, servers: Option<usize>) -> String {
    #[derive(Serialize)]
    struct Connected<'a> {
        status: &'static str,
        client_id: &'a str,
        server_time: WallTime,
        #[serde(skip_serializing_if = "Option::is_none")]
        servers: Option<usize>,
    }
    let data = Connected { status: "connected", client_id, server_time: head.wall, servers };
    envelope("connection", head, Some(&data))
}

/// The connection will not stand.
pub fn refused(head: Head, code: &'static str, message: &str) -> String {
    #[derive(Serialize)]
    struct Refused<'a> {
        status: &'static str,
        error_code: &'static str,
        message: &'a str,
    }
    let data = Refused { status: "error", error_code: code, message };
    envelope("connection", head, Some(&data))
}

/// Every reading up to and including `seq` is stored.
pub fn ack(head: Head, seq: u64) -> String {
    #[derive(Serialize)]
    struct Ack {
        seq: u64,
    }
    envelope("ack", head, Some(&Ack { seq }))
}

/// The answer to a `ping` message.
pub fn pong(head: Head) -> String {
    envelope::<()>("pong", head, None)
}

/// Something was not taken; with `retry_after_ms` it can be tried again then.
pub fn error(head: Head, code: &str, message: &str, retry_after_ms: Option<u64>) -> String {
    #[derive(Serialize)]
    struct Fault<'a> {
        code: &'a str,
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        retry_after: Option<u64>,
    }
    envelope("error", head, Some(&Fault { code, message, retry_after: retry_after_ms }))
}
