//! What somebody is told, in words: of one alert, of many that were held back, or of a test. Pure.

use std::fmt::Write as _;

use kinglet_proto::time::WallTime;
use serde::{Deserialize, Serialize};

use crate::limits::NOTIFY_TEXT_CHARS_MAX;

/// How bad it is; the worse is the greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nobody needs to be told.
    Info,
    /// To be looked at.
    Warning,
    /// To be looked at now.
    Critical,
}

impl Level {
    /// As it is written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// What agents of others call it is a warning where nothing better is known.
    pub(super) fn read(text: &str) -> Self {
        match text {
            "info" => Self::Info,
            "critical" => Self::Critical,
            _ => Self::Warning,
        }
    }
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum State {
    /// An alert began.
    Fired,
    /// An alert is over.
    Resolved,
    /// Many alerts in one.
    Digest,
    /// Nothing is wrong: it was asked whether notices come.
    Test,
}

impl State {
    /// As templates write it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Resolved => "resolved",
            Self::Digest => "digest",
            Self::Test => "test",
        }
    }
}

/// One notice. What it has no word for is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Notice {
    pub(super) state: State,
    pub(super) level: Level,
    /// The host's id, and what it and its group are called.
    pub(super) host: String,
    pub(super) name: String,
    pub(super) group: String,
    /// The alert's id.
    pub(super) id: String,
    /// A few words.
    pub(super) title: String,
    /// Some sentences.
    pub(super) message: String,
    pub(super) suggestion: String,
    pub(super) value: String,
    pub(super) threshold: String,
    /// When the hub heard of it.
    pub(super) at: WallTime,
}

impl Notice {
    /// The same with this title where it has none, or else with its id: what is over is called as
    /// it was when it fired.
    pub(super) fn titled(mut self, title: &str) -> Self {
        if self.title.is_empty() {
            self.title = if title.is_empty() { self.id.clone() } else { title.to_owned() };
        }
        self
    }

    /// That says this and is about no host.
    pub(super) fn plain(
        state: State,
        level: Level,
        (title, message): (String, String),
        at: WallTime,
    ) -> Self {
        let none = String::new;
        let (host, name, group, id) = (none(), none(), none(), none());
        let (suggestion, value, threshold) = (none(), none(), none());
        Self {
            state,
            level,
            host,
            name,
            group,
            id,
            title,
            message,
            suggestion,
            value,
            threshold,
            at,
        }
    }

    /// That notices come.
    pub(crate) fn test(channel: &str, at: WallTime) -> Self {
        let title = format!("Test of \"{channel}\"");
        let message = "Kinglet's hub can tell you here. Nothing is wrong.".to_owned();
        Self::plain(State::Test, Level::Info, (title, message), at)
    }

    /// One line that says what it is.
    pub(super) fn subject(&self) -> String {
        let line = match self.state {
            State::Fired => format!("{}: {}", self.name, self.title),
            State::Resolved => format!("Over: {}: {}", self.name, self.title),
            State::Digest | State::Test => self.title.clone(),
        };
        short(&line.replace(char::is_control, " "), 200)
    }

    /// All of it but for the subject.
    pub(super) fn text(&self) -> String {
        let mut text = short(&self.message, NOTIFY_TEXT_CHARS_MAX);
        let mut line = |line: String| {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(&line);
        };
        if !self.suggestion.is_empty() {
            line(short(&self.suggestion, NOTIFY_TEXT_CHARS_MAX));
        }
        if !self.host.is_empty() {
            line(self.whose());
        }
        line(match self.state {
            State::Fired => format!("{}, {}", self.level.name(), self.time()),
            State::Resolved | State::Digest | State::Test => self.time(),
        });
        text
    }

    /// The host, by name and id where these are two, and its group.
    fn whose(&self) -> String {
        let mut text = self.name.clone();
        if self.name != self.host {
            // Writing to a String cannot fail.
            let _ = write!(text, " ({})", self.host);
        }
        if !self.group.is_empty() {
            let _ = write!(text, ", {}", self.group);
        }
        text
    }

    /// `2026-11-27 04:30:11 UTC`: a notice may come late.
    fn time(&self) -> String {
        let time = self.at.to_string();
        let (day, rest) = time.split_once('T').unwrap_or_default();
        format!("{day} {} UTC", rest.get(..8).unwrap_or_default())
    }
}

/// The beginning of a text, and that there was more.
pub(super) fn short(text: &str, chars_max: usize) -> String {
    match text.char_indices().nth(chars_max) {
        None => text.to_owned(),
        Some(_) => text.chars().take(chars_max - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::alert::tests::alert;
    use super::*;

    #[test]
    fn a_notice_says_what_where_and_when() {
        let fired = alert("a", "critical", "active").notice.titled("");
        assert_eq!(fired.subject(), "Web: Disk almost full");
        assert_eq!(
            fired.text(),
            "/srv is 93.3% full\nmake room\nWeb (web-1), production\ncritical, 2026-11-18 11:06:40 UTC"
        );
        let mut over = alert("a", "critical", "resolved");
        over.notice.title.clear();
        over.notice.suggestion.clear();
        assert_eq!(over.clone().notice.titled("").subject(), "Over: Web: a");
        let over = over.notice.titled("Disk almost full");
        assert_eq!(over.subject(), "Over: Web: Disk almost full");
        assert!(!over.text().contains("critical"), "{}", over.text());
    }

    #[test]
    fn what_an_agent_says_cannot_break_a_line_or_fill_a_phone() {
        let mut alert = alert("a", "warning", "active");
        alert.notice.title = "a\r\nBcc: b".to_owned();
        alert.notice.message = "ä".repeat(10_000);
        let notice = alert.notice.titled("");
        assert_eq!(notice.subject(), "Web: a  Bcc: b");
        assert!(notice.text().chars().count() < NOTIFY_TEXT_CHARS_MAX + 100);
        assert_eq!(short("abc", 3), "abc");
        assert_eq!(short("abcd", 3), "ab…");
    }
}
