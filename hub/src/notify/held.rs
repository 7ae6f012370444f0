//! What was held back, for one notice of all of it: each alert once, as it stands. Pure.

use std::fmt::Write as _;

use kinglet_proto::time::{Instant, WallTime};
use serde::{Deserialize, Serialize};

use super::notice::Level;
use super::notice::{Notice, State};
use crate::limits::{NOTIFY_DIGEST_LINES, NOTIFY_HELD_MAX};

/// Alerts that were not told one by one.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Held {
    lines: Vec<Line>,
    /// Those for which there was no line left.
    more: usize,
    /// When the first of them came; of this run of the hub.
    #[serde(skip)]
    since: Option<Instant>,
}

/// One of them.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Line {
    host: String,
    id: String,
    subject: String,
    level: Level,
    /// It fired while notices were held back, and is over.
    is_over: bool,
}

impl Held {
    /// Holds back one more. One that fires and ends in the meantime is one line.
    pub(super) fn push(&mut self, notice: &Notice, now: Instant) {
        self.since.get_or_insert(now);
        let same = |line: &&mut Line| line.host == notice.host && line.id == notice.id;
        let is_over = notice.state == State::Resolved;
        if let Some(line) = self.lines.iter_mut().find(same) {
            line.is_over = is_over;
            line.level = line.level.max(notice.level);
        } else if self.lines.len() < NOTIFY_HELD_MAX {
            let (host, id) = (notice.host.clone(), notice.id.clone());
            let subject = format!("{}: {}", notice.name, notice.title);
            self.lines.push(Line { host, id, subject, level: notice.level, is_over });
        } else {
            self.more += 1;
        }
    }

    /// When the first of them came; `None` for none.
    pub(super) fn since(&self) -> Option<Instant> {
        self.since
    }

    /// After a restart: what was held back before it counts from now.
    pub(super) fn restart(&mut self, now: Instant) {
        self.since = (!self.lines.is_empty()).then_some(now);
    }

    /// All of it as one notice; `None` for none. The worst is said first.
    pub(super) fn take(&mut self, at: WallTime) -> Option<Notice> {
        let Self { mut lines, more, .. } = std::mem::take(self);
        let level = lines.iter().map(|line| line.level).max()?;
        lines.sort_by_key(|line| (line.is_over, std::cmp::Reverse(line.level)));
        let count = lines.len() + more;
        let title = format!("{count} alerts were held back");
        let mut message = "There were more alerts than are told one by one.".to_owned();
        for Line { subject, level, is_over, .. } in lines.iter().take(NOTIFY_DIGEST_LINES) {
            let how = if *is_over { "over" } else { level.name() };
            // Writing to a String cannot fail.
            let _ = write!(message, "\n{how}: {}", super::notice::short(subject, 80));
        }
        if count > NOTIFY_DIGEST_LINES {
            let _ = write!(message, "\nand {} more", count - NOTIFY_DIGEST_LINES);
        }
        Some(Notice::plain(State::Digest, level, (title, message), at))
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::tests::alert;
    use super::*;

    #[test]
    fn each_alert_is_a_line_as_it_stands_the_worst_first() {
        let mut held = Held::default();
        assert_eq!(held.take(WallTime::default()), None);
        let at = Instant::from_millis(7);
        for (id, level, status) in [
            ("a", "warning", "active"),
            ("b", "warning", "active"),
            ("a", "warning", "resolved"),
            ("c", "critical", "active"),
        ] {
            held.push(&alert(id, level, status).notice.titled(id), at);
        }
        assert_eq!(held.since(), Some(at));
        let digest = held.take(WallTime::default()).unwrap();
        assert_eq!((digest.state, digest.level), (State::Digest, Level::Critical));
        assert_eq!(digest.title, "3 alerts were held back");
        let lines: Vec<_> = digest.message.lines().skip(1).collect();
        let due =
            ["critical", "warning", "over"].map(|how| format!("{how}: Web: Disk almost full"));
        assert_eq!(lines, due);
        assert_eq!(held, Held::default());
    }

    #[test]
    fn a_storm_is_counted_and_not_kept() {
        let mut held = Held::default();
        for number in 0..NOTIFY_HELD_MAX + 50 {
            let alert = alert(&number.to_string(), "warning", "active");
            held.push(&alert.notice.titled(""), Instant::default());
        }
        assert_eq!(held.lines.len(), NOTIFY_HELD_MAX);
        let digest = held.take(WallTime::default()).unwrap();
        assert_eq!(digest.title, format!("{} alerts were held back", NOTIFY_HELD_MAX + 50));
        assert_eq!(digest.message.lines().count(), NOTIFY_DIGEST_LINES + 2);
        assert!(digest.message.ends_with("and 230 more"), "{}", digest.message);
    }
}
