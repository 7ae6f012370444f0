//! The `data` of an `alert` message, as it is documented: one form for an alert that fires, another
//! for one that is over.

use serde::Serialize;

use super::book::Known;
use super::{Alert, Resolution};
use crate::time::WallTime;

/// `data` of an alert that fires.
#[derive(Debug, Serialize)]
pub struct Fired<'a> {
    alert_id: &'a str,
    r#type: &'a str,
    level: &'static str,
    title: &'a str,
    message: &'a str,
    value: f64,
    threshold: f64,
    status: &'static str,
    metadata: Metadata<'a>,
}

/// What the document leaves to who writes it.
#[derive(Debug, Serialize)]
struct Metadata<'a> {
    rule: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    series: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    suggestion: &'a str,
}

/// `data` of an alert that is over.
#[derive(Debug, Serialize)]
pub struct Resolved<'a> {
    alert_id: &'a str,
    r#type: &'a str,
    level: &'static str,
    status: &'static str,
    resolved_at: WallTime,
    resolution: &'static str,
    resolved_by: &'static str,
}

impl<'a> Fired<'a> {
    /// Of this alert.
    pub fn new(alert: &'a Alert) -> Self {
        Self {
            alert_id: &alert.id,
            r#type: &alert.kind,
            level: alert.level.name(),
            title: &alert.title,
            message: &alert.message,
            // One decimal, as percents have it: what is divided has many.
            value: (alert.value * 10.0).round() / 10.0,
            threshold: alert.threshold,
            status: "active",
            metadata: Metadata {
                rule: &alert.rule,
                series: &alert.series,
                suggestion: &alert.suggestion,
            },
        }
    }
}

impl<'a> Resolved<'a> {
    /// Of this alert, which ended so and then.
    pub fn new(known: &'a Known, how: Resolution, at: WallTime) -> Self {
        let resolution = match how {
            Resolution::Over => "the figure is well again",
            Resolution::Gone => "it is no longer there, or no longer watched",
        };
        Self {
            alert_id: &known.id,
            r#type: &known.kind,
            level: known.level.name(),
            status: "resolved",
            resolved_at: at,
            resolution,
            resolved_by: "kinglet",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::json;

    #[test]
    fn both_have_the_documented_members() {
        let alert = super::super::fixture::alert();
        assert_eq!(
            json(&Fired::new(&alert)),
            r#"{"alert_id":"disk-00000000000000ff","type":"filesystems","level":"warning","title":"Disk almost full","message":"/srv is 93.3% full","value":93.3,"threshold":90.0,"status":"active","metadata":{"rule":"disk","series":"filesystems./srv.usage_percent","suggestion":"make room"}}"#
        );
        let at = WallTime::from_unix_millis(0);
        assert_eq!(
            json(&Resolved::new(&Known::of(&alert), Resolution::Over, at)),
            r#"{"alert_id":"disk-00000000000000ff","type":"filesystems","level":"warning","status":"resolved","resolved_at":"1970-01-01T00:00:00.000Z","resolution":"the figure is well again","resolved_by":"kinglet"}"#
        );
    }
}
