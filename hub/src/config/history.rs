//! `[store]`: where the past is kept, how soon, and how long.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;
use toml::Spanned;

use super::{Fault, fault};
use crate::limits::{
    COMMIT_INTERVAL, COMMIT_INTERVAL_MAX, KEEP_HOUR, KEEP_MAX, KEEP_MINUTE, KEEP_QUARTER, KEEP_RAW,
};
use crate::store::{Retention, Settings};

/// The history's file below the state folder.
const FILE: &str = "history.db";
/// What `path` says for no file.
const MEMORY: &str = "memory";

/// The table as written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawStore {
    backend: Option<Spanned<String>>,
    path: Option<PathBuf>,
    commit_interval: Option<Spanned<String>>,
    keep_raw: Option<Spanned<String>>,
    keep_1m: Option<Spanned<String>>,
    keep_15m: Option<Spanned<String>>,
    keep_1h: Option<Spanned<String>>,
}

/// Whether it is in the database of `[sink.influxdb]`, and not in a file of the hub's own.
pub(super) fn is_influxdb(raw: Option<&RawStore>, has_influxdb: bool) -> Result<bool, Fault> {
    let Some(text) = raw.and_then(|raw| raw.backend.as_ref()) else { return Ok(false) };
    match text.get_ref().as_str() {
        "sqlite" => Ok(false),
        "influxdb" if has_influxdb => Ok(true),
        "influxdb" => Err(fault(text, "`backend = \"influxdb\"` needs a [sink.influxdb]")),
        _ => Err(fault(text, "`backend` must be \"sqlite\" or \"influxdb\"")),
    }
}

/// What it means.
pub(super) fn settings(raw: RawStore, state_dir: &Path) -> Result<Settings, Fault> {
    let path = match raw.path {
        Some(path) if path.as_os_str() == MEMORY => None,
        Some(path) => Some(path),
        None => Some(state_dir.join(FILE)),
    };
    let shortest = Duration::from_secs(1);
    let interval = read(
        "commit_interval",
        raw.commit_interval.as_ref(),
        COMMIT_INTERVAL,
        shortest..=COMMIT_INTERVAL_MAX,
        "\"1s\" to \"60s\"",
    )?;
    let keep = |name, text: Option<&Spanned<String>>, usual| {
        let range = Duration::from_secs(3600)..=KEEP_MAX;
        read(name, text, usual, range, "\"1h\" to \"3660d\"")
    };
    let retention = Retention {
        raw: keep("keep_raw", raw.keep_raw.as_ref(), KEEP_RAW)?,
        minute: keep("keep_1m", raw.keep_1m.as_ref(), KEEP_MINUTE)?,
        quarter: keep("keep_15m", raw.keep_15m.as_ref(), KEEP_QUARTER)?,
        hour: keep("keep_1h", raw.keep_1h.as_ref(), KEEP_HOUR)?,
    };
    Ok(Settings { path, commit_interval: interval, retention })
}

/// A time with its unit: s, m, h or d.
pub(super) fn read(
    name: &str,
    text: Option<&Spanned<String>>,
    usual: Duration,
    allowed: std::ops::RangeInclusive<Duration>,
    words: &str,
) -> Result<Duration, Fault> {
    let Some(text) = text else { return Ok(usual) };
    duration(text.get_ref())
        .filter(|duration| allowed.contains(duration))
        .ok_or_else(|| fault(text, &format!("`{name}` must be {words}, with s, m, h or d")))
}

/// A whole number with its unit; `None` for anything else.
pub fn duration(text: &str) -> Option<Duration> {
    let seconds = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 24 * 3600,
        _ => return None,
    };
    let number: u64 = text.get(..text.len() - 1)?.parse().ok()?;
    Some(Duration::from_secs(number.checked_mul(seconds)?))
}
