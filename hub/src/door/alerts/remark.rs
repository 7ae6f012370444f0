//! What a viewer writes: that he knows of an alert, or what he does not want to hear of.

use std::time::Duration;

use axum::body::{Body, to_bytes};
use kinglet_proto::time::WallTime;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::alert::{Scope, Silence};
use crate::limits::{REMARK_BYTES_MAX, REMARK_MAX, SCOPE_NAMES_MAX, SILENCE_MAX};
use crate::server::parameters::Fault;

/// Who knows of an alert.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Acknowledgement {
    #[serde(default)]
    pub(super) by: String,
}

/// A silence as it is asked for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WantedSilence {
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    rules: Vec<String>,
    from: Option<String>,
    until: Option<String>,
    seconds: Option<u64>,
    #[serde(default)]
    by: String,
    #[serde(default)]
    comment: String,
}

impl Acknowledgement {
    /// Reads it; without a body nobody says who.
    pub(super) async fn read(body: Body) -> Result<Self, Fault> {
        let mut read: Self = read(body, "{}").await?;
        read.by = short("by", read.by)?;
        Ok(read)
    }
}

impl WantedSilence {
    pub(super) async fn read(body: Body) -> Result<Self, Fault> {
        read(body, "").await
    }

    /// The silence it is.
    pub(super) fn silence(self, now: WallTime) -> Result<Silence, Fault> {
        let Self { hosts, groups, rules, from, until, seconds, by, comment } = self;
        for (key, names) in [("hosts", &hosts), ("groups", &groups), ("rules", &rules)] {
            if names.len() > SCOPE_NAMES_MAX || names.iter().any(|name| is_long(name)) {
                return Err(format!(
                    "{key} are at most {SCOPE_NAMES_MAX} names of {REMARK_MAX} bytes"
                ));
            }
        }
        let from = from.map_or(Ok(now), |text| time("from", &text))?;
        let until = match (until, seconds) {
            (Some(until), None) => time("until", &until)?,
            (None, Some(seconds)) => {
                let ms = seconds.saturating_mul(1000).saturating_add(from.unix_millis());
                WallTime::from_unix_millis(ms)
            }
            (Some(_), Some(_)) | (None, None) => {
                return Err("says until when, by until or by seconds".to_owned());
            }
        };
        let most = now.unix_millis().saturating_add(ms(SILENCE_MAX));
        if until <= now || until <= from || until.unix_millis() > most {
            let days = SILENCE_MAX.as_secs() / 86_400;
            return Err(format!("until lies after now and from, and {days} days ahead at most"));
        }
        let (by, comment) = (short("by", by)?, short("comment", comment)?);
        Ok(Silence { id: 0, scope: Scope { hosts, groups, rules }, from, until, by, comment })
    }
}

async fn read<T: DeserializeOwned>(body: Body, usual: &str) -> Result<T, Fault> {
    let bytes = to_bytes(body, REMARK_BYTES_MAX).await;
    let bytes = bytes.map_err(|_| format!("the body is larger than {REMARK_BYTES_MAX} bytes"))?;
    let text = if bytes.is_empty() { usual.as_bytes() } else { &bytes };
    // A list in the order of the members would do as well, and is what nobody means.
    let object: serde_json::Result<Map<String, Value>> = serde_json::from_slice(text);
    object
        .and_then(|object| serde_json::from_value(Value::Object(object)))
        .map_err(|error| format!("the body is no such JSON: {error}"))
}

fn time(key: &str, text: &str) -> Result<WallTime, Fault> {
    let fault = || format!("{key} is a time in UTC, as 2026-12-24T18:00:00Z");
    WallTime::parse(text).ok_or_else(fault)
}

fn short(key: &str, text: String) -> Result<String, Fault> {
    if is_long(&text) { Err(format!("{key} is at most {REMARK_MAX} bytes")) } else { Ok(text) }
}

fn is_long(text: &str) -> bool {
    text.len() > REMARK_MAX
}

fn ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallTime = WallTime::from_unix_millis(1_800_000_000_000);

    fn silence(text: &str) -> Result<Silence, Fault> {
        let wanted: WantedSilence = serde_json::from_str(text).map_err(|e| e.to_string())?;
        wanted.silence(NOW)
    }

    #[test]
    fn a_silence_means_what_it_says() {
        let made = silence(r#"{"hosts":["pi"],"seconds":60,"by":"ann"}"#).unwrap();
        assert_eq!((made.from, made.until.unix_millis()), (NOW, 1_800_000_060_000));
        assert!(made.scope.covers("pi", "", "cpu") && !made.scope.covers("nas", "", "cpu"));
        let later = r#"{"from":"2027-01-16T00:00:00Z","until":"2027-01-16T02:00:00Z"}"#;
        assert_eq!(silence(later).unwrap().from.to_string(), "2027-01-16T00:00:00.000Z");
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_allowed() {
        let long = format!(r#"{{"seconds":60,"comment":"{}"}}"#, "x".repeat(REMARK_MAX + 1));
        let many = format!(r#"{{"seconds":60,"hosts":{:?}}}"#, vec!["x"; SCOPE_NAMES_MAX + 1]);
        for (text, says) in [
            ("{}", "by until or by seconds"),
            (r#"{"seconds":60,"until":"2027-01-16T00:00:00Z"}"#, "by until or by seconds"),
            (r#"{"until":"tomorrow"}"#, "until is a time in UTC, as 2026-12-24T18:00:00Z"),
            (r#"{"until":"2026-01-16T00:00:00Z"}"#, "until lies after now and from"),
            (r#"{"from":"2027-02-01T00:00:00Z","until":"2027-01-31T00:00:00Z"}"#, "and from"),
            (r#"{"seconds":99999999999}"#, "366 days ahead at most"),
            (r#"{"seconds":60,"host":"pi"}"#, "unknown field `host`"),
            (&long, "comment is at most 256 bytes"),
            (&many, "hosts are at most 64 names"),
        ] {
            let fault = silence(text).unwrap_err();
            assert!(fault.contains(says), "{text}: {fault}");
        }
    }
}
