//! The `data` of an `alert` message, as it is documented: one form for an alert that fires, another
//! for one that is over.

use super::book::Known;
use super::{Alert, Resolution};
use crate::time::WallTime;
use crate::wire::frame::Frame;

/// Writes the `data` of an alert that fires.
pub(crate) fn write_fired(frame: &mut Frame<'_>, alert: &Alert) {
    let rule = &alert.rule;
    frame.raw("{").texts(&[
        ("alert_id", &alert.id),
        ("type", rule.kind()),
        ("level", rule.level.name()),
        ("title", &alert.title),
        ("message", &alert.message),
    ]);
    // One decimal, as percents have it: what is divided has many.
    frame.key("value").value(&((alert.value * 10.0).round() / 10.0));
    frame.key("threshold").value(&alert.threshold);
    frame.texts(&[("status", "active")]).key("metadata").raw("{").texts(&[
        ("rule", &rule.name),
        ("series", &alert.series),
        ("suggestion", &rule.suggestion),
    ]);
    if !alert.processes.is_empty() {
        frame.key("affected_processes").value(&alert.processes);
    }
    frame.raw("}}");
}

/// Writes the `data` of an alert that is over: it ended so and then.
pub(crate) fn write_resolved(frame: &mut Frame<'_>, known: &Known, how: Resolution, at: WallTime) {
    let resolution = match how {
        Resolution::Over => "the figure is well again",
        Resolution::Gone => "it is no longer there, or no longer watched",
    };
    frame.raw("{").texts(&[
        ("alert_id", &known.id),
        ("type", &known.kind),
        ("level", known.level.name()),
        ("status", "resolved"),
    ]);
    frame.key("resolved_at").value(&at);
    frame.texts(&[("resolution", resolution), ("resolved_by", "kinglet")]).raw("}");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(write: impl Fn(&mut Frame<'_>)) -> String {
        let mut out = String::new();
        let mut frame = Frame::new(&mut out);
        write(&mut frame);
        frame.finish();
        out
    }

    #[test]
    fn the_processes_it_is_about_are_named_as_documented() {
        let processes = vec!["python".to_owned(), "qbittorrent".to_owned()];
        let alert = Alert { processes, ..super::super::fixture::alert() };
        let text = written(|frame| write_fired(frame, &alert));
        let names = r#""affected_processes":["python","qbittorrent"]}}"#;
        assert!(text.ends_with(names), "{text}");
    }

    #[test]
    fn both_have_the_documented_members() {
        let alert = super::super::fixture::alert();
        assert_eq!(
            written(|frame| write_fired(frame, &alert)),
            r#"{"alert_id":"disk-00000000000000ff","type":"filesystems","level":"warning","title":"Disk almost full","message":"/srv is 93.3% full","value":93.3,"threshold":90.0,"status":"active","metadata":{"rule":"disk","series":"filesystems./srv.usage_percent","suggestion":"make room"}}"#
        );
        let (known, at) = (Known::of(&alert), WallTime::from_unix_millis(0));
        assert_eq!(
            written(|frame| write_resolved(frame, &known, Resolution::Over, at)),
            r#"{"alert_id":"disk-00000000000000ff","type":"filesystems","level":"warning","status":"resolved","resolved_at":"1970-01-01T00:00:00.000Z","resolution":"the figure is well again","resolved_by":"kinglet"}"#
        );
    }
}
