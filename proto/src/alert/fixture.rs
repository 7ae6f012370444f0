//! A rule and an alert, for tests.

use std::sync::Arc;
use std::time::Duration;

use super::{Alert, Level, Rule, Subject, Test};
use crate::sample::table::metric;
use crate::time::Now;

pub(super) fn rule() -> Rule {
    Rule {
        name: "disk".into(),
        own: false,
        subject: Subject::Figure(metric("filesystems.{mount_point}.usage_percent")),
        test: Test::Above(90.0),
        clear: 90.0,
        hold: Duration::ZERO,
        linger: Duration::ZERO,
        unless: None,
        labels: Vec::new(),
        level: Level::Warning,
        title: "Disk almost full".into(),
        message: "{mount_point} is {value} full".into(),
        suggestion: "make room".into(),
    }
}

pub(super) fn alert() -> Alert {
    Alert {
        id: "disk-00000000000000ff".to_owned(),
        rule: Arc::new(rule()),
        series: "filesystems./srv.usage_percent".to_owned(),
        title: "Disk almost full".to_owned(),
        message: "/srv is 93.3% full".to_owned(),
        value: 93.26,
        threshold: 90.0,
        processes: Vec::new(),
        at: Now::default(),
    }
}
