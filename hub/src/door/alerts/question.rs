//! Which alerts are asked for, read from the request's parameters.

use axum::http::Uri;
use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;

use crate::history::EventQuery;
use crate::limits::{EVENTS_MAX, EVENTS_USUAL, HISTORY_EVER};
use crate::server::parameters::{Fault, Parameters, quoted};

/// A question.
pub(super) struct Question {
    pub(super) which: Which,
    /// Whose; `None` for all hosts.
    pub(super) host: Option<HostId>,
    from: WallTime,
    to: WallTime,
    limit: usize,
}

/// Open ones, or those that are over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Open,
    Past,
}

impl Question {
    /// Reads it.
    pub(super) fn read(uri: &Uri, now: WallTime) -> Result<Self, Fault> {
        let parameters = Parameters::read(uri);
        let which = match parameters.one("state")? {
            None | Some("open") => Which::Open,
            Some("past") => Which::Past,
            Some(text) => return Err(format!("state is open or past, not {}", quoted(text))),
        };
        let host = parameters.one("host")?.map(|text| {
            HostId::parse(text).map_err(|error| format!("host {} is no id: {error}", quoted(text)))
        });
        let (from, to) = parameters.range(now, HISTORY_EVER)?;
        let most = u64::try_from(EVENTS_MAX).unwrap_or(u64::MAX);
        let limit = parameters.number("limit", 1..=most, "a number of alerts")?;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(EVENTS_USUAL);
        Ok(Self { which, host: host.transpose()?, from, to, limit })
    }

    /// The same for the store.
    pub(super) fn query(&self) -> EventQuery<'_> {
        let Self { which: _, host, from, to, limit } = self;
        EventQuery { host: host.as_ref(), kind: None, from: *from, to: *to, limit: *limit }
    }
}
