//! The panel's pings: what it wants probed, and what it is told of that.
//!
//! ```text
//! < {"type":"config","ping_targets":[{"name":"Home","host":"192.0.2.1","type":"tcp","port":22}]}
//! > "ping":{"targets":[{"name":"Home","host":"192.0.2.1","type":"tcp","port":22,
//!     "latency_ms":12.3,"packet_loss":0.0,"status":"ok"}],"timestamp":1795161600,
//!     "agg_2min":[{"name":"Home","host":"192.0.2.1","bucket":14959680,"latency_sum":49.2,
//!     "latency_max":12.5,"latency_count":4,"ok_count":4,"fail_count":0}],"agg_15min":[..],..}
//! ```
//!
//! Its long ranges come from the sums alone. As with those of the other figures (`aggregate.rs`) a
//! bucket that comes again replaces the one that is there, so only buckets go that this process has
//! seen from their beginning: the one under way and the one before it, every minute.

use crate::limits::{BUCKET_INTERVAL, TARGETS_MAX};
use crate::probe::Target;
use crate::sample::{Probe, Sample};
use crate::time::{Instant, Now};
use crate::wire::frame::Frame;
use crate::wire::pick;

/// Lists of sums, and the seconds of their buckets.
const GRAINS: [(&str, u64); 4] =
    [("agg_2min", 120), ("agg_15min", 900), ("agg_hourly", 3600), ("agg_daily", 86_400)];

/// The sums of every target.
#[derive(Default)]
pub(super) struct Pings {
    rows: Vec<Row>,
    /// The first sample of this process; `None` before it.
    began: Option<Instant>,
    /// When that was by the wall clock as it is now, in seconds since 1970.
    began_at: u64,
    sent_at: Option<Instant>,
    /// The same without the newest report.
    sent_before: Option<Instant>,
}

/// Those of one target.
struct Row {
    name: String,
    host: String,
    /// Attempts that are counted already.
    sent: u64,
    lost: u64,
    /// Of each granularity the bucket under way, and the one before it.
    sums: [[Sum; 2]; GRAINS.len()],
}

#[derive(Clone, Copy, Default)]
struct Sum {
    bucket: u64,
    latency: f64,
    latency_max: f64,
    answered: u64,
    lost: u64,
}

/// The targets in a message of the panel; what cannot be probed is left out.
pub(super) fn read_targets(text: &str) -> Vec<Target> {
    let count = pick::count(text, &["ping_targets"]).min(2 * TARGETS_MAX);
    let target = |at: usize| {
        let place = at.to_string();
        let member = |name| pick::text(text, &["ping_targets", &place, name]);
        let port = pick::whole(text, &["ping_targets", &place, "port"]);
        let (kind, host) = (member("type")?, member("host")?);
        let port = port.and_then(|port| u16::try_from(port).ok()).filter(|_| kind == "tcp");
        Target::of(&member("name")?, &kind, &host, port).ok()
    };
    (0..count).filter_map(target).collect()
}

/// Writes what was seen of every target, and the sums if they are given. The caller closes what is
/// around it.
pub(super) fn write(frame: &mut Frame<'_>, sample: &Sample, sums: Option<&Pings>) {
    frame.raw("{\"targets\":[");
    for (at, probe) in sample.probes.iter().enumerate() {
        write_named(frame, at, &probe.name, &probe.target);
        frame.raw(",\"type\":").value(kind(probe));
        if let Some(port) = probe.port {
            frame.raw(",\"port\":").value(&port);
        }
        let status = match (probe.latency, probe.fault.as_str()) {
            (Some(_), _) => "ok",
            (None, "") => "timeout",
            (None, _) => "error",
        };
        frame.raw(",\"latency_ms\":").value(&probe.latency);
        frame.raw(",\"packet_loss\":").value(&probe.loss_percent.unwrap_or_default());
        frame.raw(",\"status\":").value(status).raw("}");
    }
    frame.raw("],\"timestamp\":").value(&sample.timestamp.unix_seconds());
    if let Some(pings) = sums {
        pings.write(frame);
    }
    frame.raw("}");
}

/// The panel knows two kinds.
fn kind(probe: &Probe) -> &str {
    if probe.kind == "icmp" { "icmp" } else { "tcp" }
}

fn write_named(frame: &mut Frame<'_>, at: usize, name: &str, host: &str) {
    frame.raw(if at == 0 { "{\"name\":" } else { ",{\"name\":" }).value(name);
    frame.raw(",\"host\":").value(host);
}

impl Pings {
    /// Counts what was attempted since the sample before.
    pub(super) fn handle_sample(&mut self, probes: &[Probe], now: Now) {
        let seconds = now.wall.unix_seconds();
        // The beginning by the clock as it is now, should it have been set since.
        let age = now.instant.since(*self.began.get_or_insert(now.instant));
        self.began_at = seconds.saturating_sub(age.as_secs());
        let is_there =
            |row: &Row| probes.iter().any(|p| p.name == row.name && p.target == row.host);
        self.rows.retain(is_there);
        for probe in probes {
            let known = |row: &Row| row.name == probe.name && row.host == probe.target;
            let at = self.rows.iter().position(known).unwrap_or_else(|| {
                self.rows.push(Row::new(probe));
                self.rows.len() - 1
            });
            self.rows[at].count(probe, seconds);
        }
    }

    /// The server may lack what was sent over another connection.
    pub(super) fn handle_login(&mut self) {
        self.sent_at = None;
    }

    /// Whether the sums go with the report that is made now.
    pub(super) fn take_due(&mut self, now: Now) -> bool {
        let is_due = self.sent_at.is_none_or(|at| now.instant.since(at) >= BUCKET_INTERVAL);
        self.sent_before = self.sent_at;
        if is_due {
            self.sent_at = Some(now.instant);
        }
        is_due
    }

    /// The report that was made last is not sent.
    pub(super) fn handle_unsent(&mut self) {
        self.sent_at = self.sent_before;
    }

    fn write(&self, frame: &mut Frame<'_>) {
        for (grain, (name, length)) in GRAINS.into_iter().enumerate() {
            frame.raw(",\"").raw(name).raw("\":[");
            let first = self.began_at.div_ceil(length);
            let mut written = 0;
            for row in &self.rows {
                let is_whole = |sum: &&Sum| sum.bucket >= first && sum.answered + sum.lost > 0;
                for sum in row.sums[grain].iter().filter(is_whole) {
                    write_named(frame, written, &row.name, &row.host);
                    frame.raw(",\"bucket\":").value(&sum.bucket);
                    frame.raw(",\"latency_sum\":").value(&sum.latency);
                    frame.raw(",\"latency_max\":").value(&sum.latency_max);
                    frame.raw(",\"latency_count\":").value(&sum.answered);
                    frame.raw(",\"ok_count\":").value(&sum.answered);
                    frame.raw(",\"fail_count\":").value(&sum.lost).raw("}");
                    written += 1;
                }
            }
            frame.raw("]");
        }
    }
}

impl Row {
    fn new(probe: &Probe) -> Self {
        let (name, host) = (probe.name.clone(), probe.target.clone());
        Self { name, host, sent: 0, lost: 0, sums: Default::default() }
    }

    /// Several attempts between two samples count with the latency of the last.
    fn count(&mut self, probe: &Probe, seconds: u64) {
        let lost = probe.lost.saturating_sub(self.lost);
        let answered = probe.sent.saturating_sub(self.sent).saturating_sub(lost);
        (self.sent, self.lost) = (probe.sent, probe.lost);
        let latency = probe.latency.or(probe.latency_mean).unwrap_or_default();
        for ([current, before], (_, length)) in self.sums.iter_mut().zip(GRAINS) {
            let bucket = seconds / length;
            if current.bucket != bucket {
                // A clock that was set back has dated what was before into the future.
                *before = if current.bucket < bucket { *current } else { Sum::default() };
                *current = Sum { bucket, ..Sum::default() };
            }
            for _ in 0..answered {
                current.latency += latency;
                current.latency_max = current.latency_max.max(latency);
            }
            current.answered += answered;
            current.lost += lost;
        }
    }
}

#[cfg(test)]
mod tests;
