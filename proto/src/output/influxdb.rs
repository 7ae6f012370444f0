//! `influxdb`: InfluxDB 1.x, 2 and 3, and VictoriaMetrics, in telegraf's schema: line protocol over
//! HTTP.
//!
//! A sample is kept as its lines, without what is alike in all of them: the owner's tags and the
//! time come back when it is sent. So an outage is bridged half as long again.

mod door;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use door::{Door, Kind};

use super::account::{Account, Auth};
use super::protocol::Protocol;
use super::request::Request;
use super::settings::BadSetting;
use super::verdict::{Answer, Verdict};
use super::{Keep, Output, Stamp};
use crate::delivery::ring::{Entry, Ring};
use crate::limits::{CLOCK_STEP, INTERVAL_MAX, KEPT_LINES_BYTES_MAX};
use crate::quoted::cut;
use crate::sample::Sample;
use crate::time::{Now, WallTime};
use crate::wire::frame::Frame;
use crate::wire::line_protocol::Line;
use crate::wire::{pick, telegraf};

pub(super) const PROTOCOL: Protocol = Protocol {
    name: "influxdb",
    schemes: &["https", "http"],
    path: Kind::V1.path(),
    auths: &[Auth::Header],
    needs_token: false,
    interval_max: INTERVAL_MAX,
    check,
    new: |account| Box::new(InfluxDb::new(&account)),
};

/// What is said to one database.
struct InfluxDb {
    id: String,
    door: Door,
    /// The owner's tags, written.
    tags: String,
    /// The host's name among them, and for whom that is.
    common: String,
    hostname: String,
    creation: Creation,
}

/// Where the making of a missing database stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Creation {
    /// Nobody missed it.
    NotNeeded,
    /// To be asked for.
    Wanted,
    /// Asked for; the next answer is about it.
    Asked,
    /// Done, or refused: not asked for again before something was stored.
    Tried,
}

impl InfluxDb {
    fn new(account: &Account) -> Self {
        let tags = account.settings.map("tags");
        Self {
            id: account.id().to_owned(),
            door: Door::of(account),
            tags: Line::tags(tags.iter().map(|(name, value)| (name.as_str(), value.as_str()))),
            common: String::new(),
            hostname: String::new(),
            creation: Creation::NotNeeded,
        }
    }

    fn name_host(&mut self, sample: &Sample) {
        if self.common.is_empty() || self.hostname != sample.hostname {
            self.hostname.clone_from(&sample.hostname);
            self.common = Line::tags([(telegraf::HOST, sample.hostname.as_str())]);
            self.common.push_str(&self.tags);
        }
    }

    fn judge_creation(&mut self, answer: &Answer<'_>) -> Verdict {
        self.creation = Creation::Tried;
        match answer.status {
            200..300 if !answer.body.contains("\"error\"") => Verdict::Again,
            401 | 403 => {
                let words = words(answer);
                Verdict::Refused(format!("the database is missing and may not be made: {words}"))
            }
            _ => Verdict::Later(answer.retry_after, words(answer)),
        }
    }
}

impl Output for InfluxDb {
    fn id(&self) -> &str {
        &self.id
    }

    fn request(&self) -> Request {
        self.door.write()
    }

    fn encode_report(&mut self, sample: &Sample, stamp: Stamp, out: &mut String) -> Range<usize> {
        let mut lines = String::new();
        self.encode_kept(sample, &mut lines);
        out.clear();
        expand(&lines, &self.common, stamp.now.wall.unix_seconds(), out);
        0..out.len()
    }

    fn keeps(&self) -> Keep {
        Keep::UntilAcked
    }

    fn wants_detail(&self) -> bool {
        true
    }

    fn encode_kept(&mut self, sample: &Sample, out: &mut String) {
        self.name_host(sample);
        let mut lines = Frame::new(out);
        telegraf::write_bare(sample, KEPT_LINES_BYTES_MAX, lines.bytes());
        lines.finish();
    }

    fn encode_batch(&mut self, ring: &Ring, now: Now, limit: usize, out: &mut String) -> usize {
        let mut count = 0;
        for entry in ring.unsent() {
            let before = out.len();
            out.reserve(entry.payload.len());
            expand(&entry.payload, &self.common, time(entry, now).unix_seconds(), out);
            if count > 0 && out.len() > limit {
                out.truncate(before);
                break;
            }
            count += 1;
        }
        count
    }

    fn prepare(&mut self) -> Option<Request> {
        if self.creation != Creation::Wanted {
            return None;
        }
        self.creation = Creation::Asked;
        self.door.create()
    }

    fn judge(&mut self, answer: &Answer<'_>) -> Verdict {
        if self.creation == Creation::Asked {
            return self.judge_creation(answer);
        }
        match answer.status {
            200..300 => {
                self.creation = Creation::NotNeeded;
                Verdict::Taken
            }
            404 if self.creation == Creation::NotNeeded && self.door.can_create() => {
                self.creation = Creation::Wanted;
                Verdict::Again
            }
            400 | 406 | 422 => Verdict::Rejected(words(answer)),
            413 => Verdict::TooLarge(words(answer)),
            401 | 403 => Verdict::Refused(words(answer)),
            _ => Verdict::Later(answer.retry_after, words(answer)),
        }
    }

    fn handle_lost(&mut self) {
        // What was asked for may not have been heard.
        if self.creation == Creation::Asked {
            self.creation = Creation::Wanted;
        }
    }
}

/// A token stands in the request.
impl fmt::Debug for InfluxDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InfluxDb").field("id", &self.id).field("door", &self.door).finish()
    }
}

/// Gives lines their common tags, behind the measurement, and their time.
fn expand(lines: &str, common: &str, unix_seconds: u64, out: &mut String) {
    let time = format!(" {unix_seconds}\n");
    for line in lines.split_terminator('\n') {
        // No measurement of the schema has a comma or a blank in its name.
        let end = line.bytes().position(|b| matches!(b, b',' | b' ')).unwrap_or(line.len());
        let (measurement, rest) = line.split_at(end);
        for part in [measurement, common, rest, &time] {
            out.push_str(part);
        }
    }
}

/// When a sample was taken, by the clock of that time; by today's, where that one was set since: a
/// board without a battery samples in 1970 until it has asked the network.
fn time(entry: &Entry, now: Now) -> WallTime {
    let age = now.instant.since(entry.taken);
    let ms = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let by_now = now.wall.unix_millis().saturating_sub(ms(age));
    if by_now.abs_diff(entry.wall.unix_millis()) > ms(CLOCK_STEP) {
        return WallTime::from_unix_millis(by_now);
    }
    entry.wall
}

/// The server's own words, if it has any beside its status.
fn words(answer: &Answer<'_>) -> String {
    let found = ["error", "message"].iter().find_map(|name| pick::text(answer.body, &[name]));
    let body = answer.body.trim_ascii();
    let is_page = body.starts_with('<');
    let text = match &found {
        Some(text) => text.as_ref(),
        None if is_page => "",
        None => body.lines().next().unwrap_or_default(),
    };
    let status = answer.status;
    match (status, text) {
        (300..400, _) => {
            format!("status {status}, a redirect, which a token must not follow: correct the url")
        }
        (404, "") => {
            "status 404: nothing takes points at this path; see database and bucket".into()
        }
        (_, "") => format!("status {status}"),
        (_, text) => format!("status {status}: {}", cut(text)),
    }
}

fn check(account: &Account) -> Result<(), BadSetting> {
    let settings = &account.settings;
    for (name, value) in settings.map("tags") {
        let is_ours = telegraf::SERIES.iter().any(|series| series.tags.contains(&name.as_str()));
        if is_ours || name == telegraf::HOST {
            return Err(BadSetting::new("tags", format!("{name} is a tag of the points' own")));
        }
        if name.is_empty() || value.is_empty() {
            return Err(BadSetting::new("tags", "a tag has a name and a value"));
        }
    }
    Door::check(account)
}

#[cfg(test)]
mod tests;
