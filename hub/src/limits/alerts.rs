//! Bounds of alerts: the hub's own, and what is kept of all.

use std::time::Duration;

/// A host that is offline for so long is an alert: a board has booted by then.
pub const OFFLINE_FOR: Duration = Duration::from_secs(300);
/// A disk that will be full this soon is an alert.
pub const FULL_WITHIN: Duration = Duration::from_secs(7 * 24 * 3600);
/// The hub's certificate is an alert for so long before it ends: time to renew it by hand.
pub const CERTIFICATE_LEFT: Duration = Duration::from_secs(14 * 24 * 3600);
/// Disks are looked at so often; what is kept of them is by the hour.
pub const TREND_EVERY: Duration = Duration::from_secs(3600);
/// What was kept of a disk in this time says where it goes: less is a day's mood, more is history.
pub const TREND_SPAN: Duration = Duration::from_secs(3 * 24 * 3600);
/// Points by the hour before anything is said of a disk: a day and its night.
pub const TREND_POINTS_MIN: usize = 24;
/// The share of a disk's ups and downs that a straight line explains at least.
pub const TREND_FIT_MIN: f64 = 0.7;
/// Looks in a row after which a trend is one, or is none any more.
pub const TREND_SURE_AFTER: u8 = 2;
/// Rules in the configuration: with those built in a watch has room for them.
pub const HUB_RULES_MAX: usize = 48;
/// Letters of the name of a rule or a receiver that has a file of its own.
pub const NAME_MAX: usize = 64;
/// Bytes of such a file: a template of the longest, twice over.
pub const DROP_IN_FILE_MAX: u64 = 64 * 1024;
/// Such files are looked at so often.
pub const DROP_IN_LOOK_EVERY: Duration = Duration::from_secs(1);
/// A receiver that was added is told so soon.
pub const NOTIFY_FRESH_EVERY: Duration = Duration::from_millis(500);
/// Bytes of a secret that is written on the page or the command line.
pub const SECRET_BYTES_MAX: usize = 4096;
/// Windows of maintenance in the configuration.
pub const WINDOWS_MAX: usize = 64;
/// Bytes of a zone's file: the largest has less than 4,000.
pub const ZONE_FILE_BYTES_MAX: u64 = 64 * 1024;
/// Silences at one time.
pub const SILENCES_MAX: usize = 256;
/// How long a silence may last, or lie ahead.
pub const SILENCE_MAX: Duration = Duration::from_secs(366 * 24 * 3600);
/// Names in one silence.
pub const SCOPE_NAMES_MAX: usize = 64;
/// Characters of a name or a comment that a viewer writes.
pub const REMARK_MAX: usize = 256;
/// Bytes of what a viewer writes about an alert: a silence with every name it may have.
pub const REMARK_BYTES_MAX: usize = 64 * 1024;
/// Changes of alerts that wait for a disk which cannot be written; the oldest go.
pub const ALERT_CHANGES_MAX: usize = 10_000;
/// Alerts that are over are kept for so long.
pub const KEEP_ALERTS: Duration = Duration::from_secs(366 * 24 * 3600);
/// Alerts that are over, kept at most.
pub const ALERTS_KEPT_MAX: usize = 100_000;
/// Updates that may wait for the sink of the alerts: more than half a second of the largest
/// fleet's. What finds no room is told as the state it led to.
pub const ALERTS_QUEUE_MAX: usize = 4096;
/// What changes of alerts and of who is there is kept at once, and then so often: a change each is
/// an fsync each, and readings wait for them.
pub const ALERTS_EVERY: Duration = Duration::from_millis(200);
/// The same on a disk that cannot be written.
pub const ALERTS_RETRY: Duration = Duration::from_secs(1);
