//! Messages of vStats as it ships, beside the report itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::pick;

/// The login: the first message of a connection, repeated to refresh what the server asks for.
#[derive(Serialize, Deserialize, Default)]
#[serde(default)]
pub(crate) struct Login<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: Cow<'a, str>,
    pub(crate) server_id: Cow<'a, str>,
    pub(crate) token: Cow<'a, str>,
    /// The agent's.
    pub(crate) version: Cow<'a, str>,
}

/// The answer to a login, and to what came without one.
#[derive(Serialize)]
pub(crate) struct Answer<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    /// `ok` or `error`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Cow<'a, str>>,
}

/// What a granted login may bring: the newest long-term bucket the server has of each granularity,
/// as seconds since 1970 by the length of one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LastBuckets {
    pub(crate) quarter: Option<u64>,
    pub(crate) hourly: Option<u64>,
    pub(crate) daily: Option<u64>,
}

/// The answer to a batch.
#[derive(Serialize)]
pub(crate) struct BatchAck<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    pub(crate) batch_id: Cow<'a, str>,
    pub(crate) accepted: u64,
    pub(crate) rejected: u64,
}

impl<'a> Answer<'a> {
    /// Reads it from a message.
    pub(crate) fn read(message: &'a str) -> Self {
        let text = |member| pick::text(message, &[member]);
        Self { kind: "auth", status: text("status"), message: text("message") }
    }
}

impl LastBuckets {
    /// Reads them from the answer to a login.
    pub(crate) fn read(message: &str) -> Self {
        let bucket = |grain| pick::whole(message, &["last_buckets", grain]);
        Self { quarter: bucket("15min"), hourly: bucket("hourly"), daily: bucket("daily") }
    }
}

impl<'a> BatchAck<'a> {
    /// Reads it from a message; what was not counted is none.
    pub(crate) fn read(message: &'a str) -> Option<Self> {
        let count = |member| pick::whole(message, &[member]).unwrap_or_default();
        let batch_id = pick::text(message, &["batch_id"])?;
        let (accepted, rejected) = (count("accepted"), count("rejected"));
        Some(Self { kind: "batch_ack", batch_id, accepted, rejected })
    }
}
