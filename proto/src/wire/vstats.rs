//! Messages of vStats as it ships, beside the report itself.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

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
#[derive(Serialize, Deserialize)]
pub(crate) struct Answer<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Cow<'a, str>,
    /// `ok` or `error`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Cow<'a, str>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub(crate) message: Option<Cow<'a, str>>,
}

/// What a granted login may bring: the newest long-term bucket the server has of each granularity.
#[derive(Deserialize)]
pub(crate) struct Granted {
    pub(crate) last_buckets: LastBuckets,
}

/// Numbers of buckets: seconds since 1970 by the length of one.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(crate) struct LastBuckets {
    #[serde(rename = "15min")]
    pub(crate) quarter: Option<u64>,
    pub(crate) hourly: Option<u64>,
    pub(crate) daily: Option<u64>,
}

/// The answer to a batch.
#[derive(Serialize, Deserialize)]
pub(crate) struct BatchAck<'a> {
    #[serde(rename = "type", borrow)]
    pub(crate) kind: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) batch_id: Cow<'a, str>,
    pub(crate) accepted: Option<u64>,
    pub(crate) rejected: Option<u64>,
}

/// Something the server wants done.
#[derive(Deserialize)]
pub(crate) struct Command<'a> {
    #[serde(borrow)]
    pub(crate) command: Cow<'a, str>,
}
