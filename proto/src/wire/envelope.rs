//! The envelope `type, id, timestamp, data, meta` that agents, hubs and viewers speak in, and what
//! stands in it, each stated once for who writes it and who reads it.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::pick;
use crate::time::WallTime;

/// The header of a host that only asks whether it would be let in: the hub greets it and hears it,
/// and leaves its agent in its place.
pub const PROBE_HEADER: &str = "X-Kinglet-Probe";

/// The head every message of the hub carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Number of the message, unique per connection.
    pub id: u64,
    /// When it was said.
    pub wall: WallTime,
}

/// `meta` of a report: its place in time, apart from wall clocks.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct Meta<'a> {
    pub(crate) seq: Option<u64>,
    pub(crate) boot_id: Option<Cow<'a, str>>,
    /// Milliseconds from boot to when it was taken.
    pub(crate) uptime_ms: Option<u64>,
    /// Milliseconds from when it was taken to when it was sent.
    pub(crate) age_ms: Option<u64>,
    /// What the host is called: goes with the inventory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<Labels<'a>>,
    /// The agent has rules for alerts of its own: goes with the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) alerts: bool,
}

/// What the agent's owner calls the host, as far as he says.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct Labels<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) country_code: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ip: Option<Cow<'a, str>>,
}

/// `meta` of an alert: its place in the news of its host.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(crate) struct Place<'a> {
    pub(crate) boot_id: Option<Cow<'a, str>>,
    /// Rises over all starts of an agent within one boot.
    pub(crate) number: Option<u64>,
    /// The number of the news before it; 0 for none.
    pub(crate) after: u64,
    /// Milliseconds from when it happened to when it was sent.
    pub(crate) age_ms: u64,
}

/// In a greeting: what the hub knows of the host's alerts.
#[derive(Serialize)]
pub(crate) struct Alerts<'a> {
    /// The boot of the last news it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) boot_id: Option<Cow<'a, str>>,
    /// The number of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<u64>,
    /// What it holds to be open.
    pub(crate) open: Vec<Open<'a>>,
}

/// An alert that is open.
#[derive(Serialize)]
pub(crate) struct Open<'a> {
    pub(crate) alert_id: Cow<'a, str>,
    pub(crate) r#type: Cow<'a, str>,
    pub(crate) level: Cow<'a, str>,
}

/// `ack`: every reading up to and including `seq` is stored.
#[derive(Serialize)]
pub(crate) struct Ack {
    pub(crate) seq: u64,
}

/// `connection` and `error`: what became of a connection or a message. The first of them calls the
/// code `error_code`.
#[derive(Serialize, Default)]
pub(crate) struct Outcome<'a> {
    /// `connected` or `error`; only in `connection`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_id: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_time: Option<WallTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) servers: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) alerts: Option<Alerts<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error_code: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Cow<'a, str>>,
    /// Milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after: Option<u64>,
}

impl Ack {
    /// Reads it from a message.
    pub(crate) fn read(message: &str) -> Option<Self> {
        pick::whole(message, &["data", "seq"]).map(|seq| Self { seq })
    }
}

impl<'a> Outcome<'a> {
    /// Reads from a message what an agent cares for.
    pub(crate) fn read(message: &'a str) -> Self {
        let text = |member| pick::text(message, &["data", member]);
        // A fraction of a millisecond is none, and less than none is none.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let retry_after = pick::number(message, &["data", "retry_after"]).map(|ms| ms as u64);
        Self {
            status: text("status"),
            error_code: text("error_code"),
            code: text("code"),
            message: text("message"),
            retry_after,
            ..Self::default()
        }
    }
}

/// One message with its `data`; without one for `()`.
pub(crate) fn envelope<T: Serialize>(kind: &str, head: Head, data: Option<&T>) -> String {
    write(kind, head, data, None)
}

/// One message about a host, which `meta` names.
pub(crate) fn envelope_of<T: Serialize>(
    kind: &str,
    head: Head,
    data: &T,
    server_id: &str,
) -> String {
    write(kind, head, Some(data), Some(About { server_id, silenced: false, silenced_until: None }))
}

/// The same of what is not to be passed on until then.
pub(crate) fn silent_envelope_of<T: Serialize>(
    kind: &str,
    head: Head,
    data: &T,
    server_id: &str,
    until: WallTime,
) -> String {
    let about = About { server_id, silenced: true, silenced_until: Some(until) };
    write(kind, head, Some(data), Some(about))
}

/// `meta` of what a hub tells of a host whose `data` does not name it.
#[derive(Serialize)]
struct About<'a> {
    server_id: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    silenced: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    silenced_until: Option<WallTime>,
}

fn write<T: Serialize>(
    kind: &str,
    head: Head,
    data: Option<&T>,
    meta: Option<About<'_>>,
) -> String {
    #[derive(Serialize)]
    struct Envelope<'a, T> {
        r#type: &'a str,
        id: String,
        timestamp: WallTime,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a T>,
        #[serde(skip_serializing_if = "Option::is_none")]
        meta: Option<About<'a>>,
    }
    let id = format!("{kind}_{}", head.id);
    let message = Envelope { r#type: kind, id, timestamp: head.wall, data, meta };
    // Texts and numbers under text keys: there is nothing in it that JSON cannot say.
    serde_json::to_string(&message).unwrap_or_default()
}

/// The connection stands.
pub fn connected(head: Head, client_id: &str, servers: Option<usize>) -> String {
    let data = Outcome {
        status: Some("connected".into()),
        client_id: Some(client_id.into()),
        server_time: Some(head.wall),
        servers,
        ..Outcome::default()
    };
    envelope("connection", head, Some(&data))
}

/// The connection will not stand.
pub fn refused(head: Head, code: &str, message: &str) -> String {
    let data = Outcome {
        status: Some("error".into()),
        error_code: Some(code.into()),
        message: Some(message.into()),
        ..Outcome::default()
    };
    envelope("connection", head, Some(&data))
}

/// Every reading up to and including `seq` is stored.
pub fn ack(head: Head, seq: u64) -> String {
    envelope("ack", head, Some(&Ack { seq }))
}

/// The connection stands, and this is what is known of the host's alerts.
pub(crate) fn greeting(head: Head, client_id: &str, alerts: Alerts<'_>) -> String {
    let data = Outcome {
        status: Some("connected".into()),
        client_id: Some(client_id.into()),
        server_time: Some(head.wall),
        alerts: Some(alerts),
        ..Outcome::default()
    };
    envelope("connection", head, Some(&data))
}

/// All news of alerts up to and including this number is stored.
pub(crate) fn alert_ack(head: Head, alert: u64) -> String {
    #[derive(Serialize)]
    struct AlertAck {
        alert: u64,
    }
    envelope("ack", head, Some(&AlertAck { alert }))
}

/// The answer to a `ping` message.
pub fn pong(head: Head) -> String {
    envelope::<()>("pong", head, None)
}

/// Something was not taken; with `retry_after_ms` it can be tried again then.
pub fn error(head: Head, code: &str, message: &str, retry_after_ms: Option<u64>) -> String {
    let data = Outcome {
        code: Some(code.into()),
        message: Some(message.into()),
        retry_after: retry_after_ms,
        ..Outcome::default()
    };
    envelope("error", head, Some(&data))
}
