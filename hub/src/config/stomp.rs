//! `[stomp]`: how often viewers of the STOMP endpoint are told figures.

use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::{Fault, history};
use crate::limits::{STOMP_EVERY, STOMP_EVERY_MAX, STOMP_EVERY_MIN};

/// The table as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStomp {
    every: Option<Spanned<String>>,
}

/// How often.
pub(super) fn every(raw: &RawStomp) -> Result<Duration, Fault> {
    let allowed = STOMP_EVERY_MIN..=STOMP_EVERY_MAX;
    history::read("every", raw.every.as_ref(), STOMP_EVERY, allowed, "\"1s\" to \"1h\"")
}
