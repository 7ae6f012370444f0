//! `vstats`: as documented, and, with a server id, as version 3.2 ships.
//!
//! ```text
//! documented  > {"type":"metrics","timestamp":..,"data":{..}}
//!             > {"type":"heartbeat","timestamp":..}
//! shipped     > {"type":"auth","server_id":..,"token":..,"version":..}
//!             < {"type":"auth","status":"ok","last_buckets":{"15min":..,"hourly":..,"daily":..}}
//!             > {"type":"metrics","metrics":{..}}
//!             > {"type":"batch_metrics","batch_id":"3","metrics_batch":[{"timestamp":..,..}]}
//!             < {"type":"batch_ack","batch_id":"3","accepted":12,"rejected":0}
//! ```
//!
//! The shipped server reads a report into fixed types and silently drops all of it when one does
//! not fit: timestamps are text, counters and uptime integers, lists never null. A sample has that
//! form already; inventory goes with every report, because the server merges nothing. Machines and
//! disks are called what its page knows them by ([`TERMS`]).

mod aggregate;
mod ping;

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use super::{Account, Auth, Backlog, Heard, Keep, Output, Protocol, Request, Stamp, trim};
use crate::delivery::ring::{Entry, Ring};
use crate::limits::{
    BATCH_BYTES_MAX, FRAME_OUT_MAX, HEARTBEAT_INTERVAL, KEPT_BYTES_MAX, LAST_METRICS_BYTES_MAX,
    REAUTH_INTERVAL, VSTATS_INTERVAL_MAX,
};
use crate::probe::Wanted;
use crate::sample::{DiskType, Field as _, Report, Sample, Terms};
use crate::time::{Now, WallTime};
use crate::wire::frame::{self, Frame};
use crate::wire::vstats::{Answer, BatchAck, LastBuckets, Login};
use crate::wire::{go, pick};
use aggregate::Aggregates;
use ping::Pings;

/// The row of the table.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "vstats",
    schemes: &["wss", "ws"],
    path: "/ws/agent",
    auths: &[Auth::Query, Auth::Header],
    needs_token: true,
    interval_max: VSTATS_INTERVAL_MAX,
    check: |_| Ok(()),
    new: |account| match account.server_id.clone() {
        Some(server_id) => Box::new(Shipped::new(account, server_id)),
        None => Box::new(Documented { account }),
    },
};

/// What ships knows machines by Go's names, and three kinds of disks.
const TERMS: Terms = Terms {
    arch: go::arch,
    disk_type: |kind| match kind {
        DiskType::Mmc | DiskType::Virtual | DiskType::Unknown => DiskType::Ssd,
        DiskType::Hdd | DiskType::Ssd | DiskType::Nvme => kind,
    },
};

/// The documented protocol, which remembers nothing.
#[derive(Debug)]
struct Documented {
    account: Account,
}

/// The shipped protocol's own state.
struct Shipped {
    account: Account,
    server_id: String,
    aggregates: Aggregates,
    pings: Pings,
    /// What the panel wants probed, until it was asked for.
    wanted: Option<Wanted>,
}

impl Output for Documented {
    fn id(&self) -> &str {
        &self.account.host.id
    }

    fn request(&self) -> Request {
        request(&self.account)
    }

    fn encode_report(&mut self, sample: &Sample, stamp: Stamp, out: &mut String) -> Range<usize> {
        trim::to_fit(FRAME_OUT_MAX, |rows| {
            let mut frame = Frame::new(out);
            frame.raw("{\"type\":\"metrics\",\"timestamp\":").value(&stamp.now.wall);
            let begin = frame.raw(",\"data\":").len();
            write_report(&mut frame, &Report { rows, ..Report::whole(sample) });
            let payload = begin..frame.len();
            frame.raw("}");
            frame.finish();
            (out.len(), payload)
        })
    }

    fn hear(&mut self, text: &str) -> Heard {
        kind(text).map_or(Heard::Nothing, |kind| hear_order(&kind, text))
    }

    fn heartbeat_interval(&self) -> Option<Duration> {
        Some(HEARTBEAT_INTERVAL)
    }

    fn encode_heartbeat(&mut self, now: Now, out: &mut String) {
        let mut frame = Frame::new(out);
        frame.raw("{\"type\":\"heartbeat\",\"timestamp\":").value(&now.wall).raw("}");
        frame.finish();
    }
}

impl Output for Shipped {
    fn id(&self) -> &str {
        &self.server_id
    }

    fn request(&self) -> Request {
        request(&self.account)
    }

    fn encode_report(&mut self, sample: &Sample, stamp: Stamp, out: &mut String) -> Range<usize> {
        let sums = self.pings.take_due(stamp.now);
        trim::to_fit(FRAME_OUT_MAX, |rows| {
            let mut frame = Frame::new(out);
            frame.raw("{\"type\":\"metrics\",\"metrics\":");
            let begin = frame.len();
            write_metrics(&mut frame, sample, rows, sums.then_some(&self.pings));
            let payload = begin..frame.len();
            frame.raw("}");
            frame.finish();
            (out.len(), payload)
        })
    }

    fn handle_unsent(&mut self) {
        self.pings.handle_unsent();
    }

    /// What a server's message means; what makes no sense means nothing.
    fn hear(&mut self, text: &str) -> Heard {
        let Some(kind) = kind(text) else { return Heard::Nothing };
        match &*kind {
            "auth" => self.hear_login(text),
            "batch_ack" => BatchAck::read(text).map_or(Heard::Nothing, |ack| {
                let batch = ack.batch_id.parse();
                let rejected = ack.rejected;
                batch.map_or(Heard::Nothing, |frame| Heard::BatchAck { frame, rejected })
            }),
            "config" => {
                if pick::exists(text, &["ping_targets"]) {
                    self.hear_targets(text);
                }
                wish(text, self.takes_probes()).map_or(Heard::Nothing, Heard::Unserved)
            }
            _ => hear_order(&kind, text),
        }
    }

    fn handle_sample(&mut self, sample: &Sample, stamp: Stamp) {
        self.aggregates.handle_sample(sample, stamp.now);
        self.pings.handle_sample(&sample.probes, stamp.now);
    }

    fn keeps(&self) -> Keep {
        Keep::Outage
    }

    fn encode_kept(&mut self, sample: &Sample, out: &mut String) {
        trim::to_fit(KEPT_BYTES_MAX, |rows| {
            let mut frame = Frame::new(out);
            write_metrics(&mut frame, sample, rows, None);
            frame.finish();
            (out.len(), ())
        });
    }

    fn encode_oldest(&mut self, backlog: &Backlog<'_>, out: &mut String) -> usize {
        let count = fitting(backlog.ring);
        if count > 0 {
            encode_batch(backlog, count, out);
        }
        count
    }

    fn login_interval(&self) -> Option<Duration> {
        Some(REAUTH_INTERVAL)
    }

    fn encode_login(&self, out: &mut String) {
        let login = Login {
            kind: "auth".into(),
            server_id: self.server_id.as_str().into(),
            token: self.account.token.expose().into(),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let mut frame = Frame::new(out);
        frame.value(&login);
        frame.finish();
    }

    fn poll_wanted(&mut self) -> Option<Wanted> {
        self.wanted.take()
    }

    fn has_message(&self) -> bool {
        self.aggregates.is_due()
    }

    fn encode_message(&mut self, last: &str, out: &mut String) {
        self.encode_aggregates(last, out);
    }
}

impl Shipped {
    fn new(account: Account, server_id: String) -> Self {
        Self {
            account,
            server_id,
            aggregates: Aggregates::default(),
            pings: Pings::default(),
            wanted: None,
        }
    }

    /// Writes those buckets, with the newest report the server expects beside them.
    fn encode_aggregates(&mut self, last_metrics: &str, out: &mut String) {
        let due = self.aggregates.due();
        let mut frame = Frame::new(out);
        frame.raw("{\"type\":\"aggregated_metrics\",\"granularities\":").value(&due);
        if last_metrics.len() <= LAST_METRICS_BYTES_MAX {
            frame.raw(",\"last_metrics\":").raw(last_metrics);
        }
        frame.raw("}");
        frame.finish();
        self.aggregates.handle_sent();
    }

    fn hear_login(&mut self, text: &str) -> Heard {
        let answer = Answer::read(text);
        if answer.status.as_deref() != Some("ok") {
            let words = answer.message.or(answer.status);
            return Heard::Refused(frame::clean(&words.unwrap_or_default()));
        }
        self.aggregates.handle_known(LastBuckets::read(text));
        self.pings.handle_login();
        self.hear_targets(text); // none is none
        Heard::LoggedIn { unserved: wish(text, self.takes_probes()) }
    }

    fn takes_probes(&self) -> bool {
        cfg!(feature = "probe") && self.account.probes
    }

    /// The panel's list, in place of the one before.
    fn hear_targets(&mut self, text: &str) {
        if self.takes_probes() {
            self.wanted = Some(Wanted::Targets(ping::read_targets(text)));
        }
    }
}

/// The type of a server's message; `None` for what is no message at all.
fn kind(text: &str) -> Option<Cow<'_, str>> {
    pick::text(text, &["type"])
}

/// What ships ignores the query and reads the login message; what is documented has only it.
fn request(account: &Account) -> Request {
    account.request(PROTOCOL.path).pair("token", account.token.expose())
}

/// How many of the oldest samples go into one batch.
fn fitting(ring: &Ring) -> usize {
    let within = |used: &mut usize, entry: &Entry| {
        *used += entry.payload.len();
        (*used == entry.payload.len() || *used <= BATCH_BYTES_MAX).then_some(())
    };
    ring.unsent().scan(0, within).count()
}

/// Writes the oldest samples of an outage as one batch, and the newest there is behind them: the
/// page shows what comes last as it is now.
fn encode_batch(backlog: &Backlog<'_>, count: usize, out: &mut String) {
    let waiting = || backlog.ring.unsent().map(|entry| (entry.wall, entry.payload.as_str()));
    let live = pick::text(backlog.last, &["timestamp"]).and_then(|at| WallTime::parse(&at));
    let live = live.map(|at| (at, backlog.last));
    let sent_last = waiting().take(count).last();
    let others = waiting().skip(count).last().into_iter().chain(live);
    let newest = others.max_by_key(|(at, _)| *at);
    let newest = newest.filter(|(at, _)| sent_last.is_none_or(|(last, _)| last < *at));
    let mut frame = Frame::new(out);
    frame.raw("{\"type\":\"batch_metrics\",\"batch_id\":\"").value(&backlog.frame);
    frame.raw("\",\"metrics_batch\":[");
    for (at, (wall, metrics)) in waiting().take(count).chain(newest).enumerate() {
        frame.raw(if at == 0 { "" } else { "," }).raw("{\"timestamp\":").value(&wall);
        frame.raw(",\"metrics\":").raw(metrics).raw("}");
    }
    frame.raw("]}");
    frame.finish();
}

/// What the owner set up in the panel and this agent does not do.
fn wish(text: &str, takes_probes: bool) -> Option<String> {
    let limit = pick::number(text, &["traffic_config", "monthly_limit_gb"]);
    let pings = !takes_probes && pick::count(text, &["ping_targets"]) > 0;
    match (pings, limit.is_some_and(|limit| limit > 0.0)) {
        (false, false) => None,
        (true, false) => Some("pings, which only [probe] from_server allows it".into()),
        (false, true) => Some("a traffic limit, which this agent does not watch".into()),
        (true, true) => Some(
            "pings, which only [probe] from_server allows it, and a traffic limit, which this \
             agent does not watch"
                .into(),
        ),
    }
}

/// Writes a reading as the server takes it, with the sums of its pings if they are given.
fn write_metrics(frame: &mut Frame<'_>, sample: &Sample, rows: usize, sums: Option<&Pings>) {
    write_report(frame, &Report { terms: &TERMS, rows, ..Report::whole(sample) });
    if cfg!(feature = "probe") && !sample.probes.is_empty() {
        ping::write(frame.member("ping"), sample, sums);
        frame.raw("}");
    }
}

/// Writes it with a name for the operating system, because the page shows nothing without one.
fn write_report(frame: &mut Frame<'_>, report: &Report<'_>) {
    frame.value(report);
    if report.sample.os.is_empty() {
        frame.member("os").raw("{\"name\":\"linux\"}}"); // a report leaves it out
    }
}

fn hear_order(kind: &str, text: &str) -> Heard {
    match kind {
        "command" | "update" => {
            let command = pick::text(text, &["command"]).filter(|what| !what.is_empty());
            Heard::Command(frame::clean(command.as_deref().unwrap_or(kind)))
        }
        "error" => match Answer::read(text).message.as_deref() {
            // What ships says this to a report before its login, and to the documented form.
            Some(words @ "Not authenticated") => {
                Heard::Refused(format!("{words}; vStats 3 wants a server_id"))
            }
            words => Heard::Fault(frame::clean(words.unwrap_or("an error"))),
        },
        _ => Heard::Nothing,
    }
}

#[cfg(test)]
mod tests;
