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
//! form already; inventory goes with every report, because the server merges nothing.

mod aggregate;

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use super::{Account, Auth, Heard, Keep, Output, Protocol, Request, Stamp, encode_kept, trim};
use crate::delivery::ring::{Entry, Ring};
use crate::limits::{
    BATCH_BYTES_MAX, FRAME_OUT_MAX, HEARTBEAT_INTERVAL, LAST_METRICS_BYTES_MAX, REAUTH_INTERVAL,
    VSTATS_INTERVAL_MAX,
};
use crate::sample::{Report, Sample};
use crate::time::Now;
use crate::wire::frame::{self, Frame};
use crate::wire::pick;
use crate::wire::vstats::{Answer, BatchAck, LastBuckets, Login};
use aggregate::Aggregates;

/// The row of the table.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "vstats",
    schemes: &["wss", "ws"],
    path: "/ws/agent",
    auths: &[Auth::Query, Auth::Header],
    interval_max: VSTATS_INTERVAL_MAX,
    new: |account| match account.server_id.clone() {
        Some(server_id) => Box::new(Shipped::new(account, server_id)),
        None => Box::new(Documented { account }),
    },
};

/// The documented protocol, which remembers nothing.
#[derive(Debug)]
struct Documented {
    account: Account,
}

/// The shipped protocol's own state.
#[derive(Debug)]
struct Shipped {
    account: Account,
    server_id: String,
    aggregates: Aggregates,
}

impl Output for Documented {
    fn id(&self) -> &str {
        &self.account.host.id
    }

    fn request(&self) -> Request {
        request(&self.account)
    }

    fn encode_report(&mut self, sample: &Sample, stamp: Stamp, out: &mut String) -> Range<usize> {
        trim::to_fit(FRAME_OUT_MAX, sample, |sample| {
            let mut frame = Frame::new(out);
            frame.raw("{\"type\":\"metrics\",\"timestamp\":").value(&stamp.now.wall);
            let sample = named(sample);
            let report = Report { sample: &sample, inventory: true };
            let payload = frame.raw(",\"data\":").located(&report);
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

    fn encode_report(&mut self, sample: &Sample, _stamp: Stamp, out: &mut String) -> Range<usize> {
        trim::to_fit(FRAME_OUT_MAX, sample, |sample| {
            let mut frame = Frame::new(out);
            let sample = named(sample);
            let report = Report { sample: &sample, inventory: true };
            let payload = frame.raw("{\"type\":\"metrics\",\"metrics\":").located(&report);
            frame.raw("}");
            frame.finish();
            (out.len(), payload)
        })
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
            _ => hear_order(&kind, text),
        }
    }

    fn handle_sample(&mut self, sample: &Sample, stamp: Stamp) {
        self.aggregates.handle_sample(sample, stamp.now.wall);
    }

    fn keeps(&self) -> Keep {
        Keep::Outage
    }

    fn encode_kept(&mut self, sample: &Sample, out: &mut String) {
        encode_kept(&named(sample), true, out);
    }

    fn encode_oldest(&mut self, ring: &Ring, frame: u64, _now: Now, out: &mut String) -> usize {
        let count = fitting(ring);
        if count > 0 {
            encode_batch(ring, count, frame, out);
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

    fn has_message(&self) -> bool {
        self.aggregates.is_due()
    }

    fn encode_message(&mut self, last: &str, out: &mut String) {
        self.encode_aggregates(last, out);
    }
}

impl Shipped {
    fn new(account: Account, server_id: String) -> Self {
        Self { account, server_id, aggregates: Aggregates::default() }
    }

    /// Writes those buckets, with the newest report the server expects beside them.
    ///
    /// The members stand both beside `type`, as in the other messages, and under the message's own
    /// name: what is known of the server leaves both open, and it ignores what it does not know.
    fn encode_aggregates(&mut self, last_metrics: &str, out: &mut String) {
        let due = self.aggregates.due();
        let mut frame = Frame::new(out);
        frame.raw("{\"type\":\"aggregated_metrics\"");
        for (open, close) in [(",", ""), (",\"aggregated_metrics\":{", "}}")] {
            frame.raw(open).raw("\"granularities\":").value(&due);
            if last_metrics.len() <= LAST_METRICS_BYTES_MAX {
                frame.raw(",\"last_metrics\":").raw(last_metrics);
            }
            frame.raw(close);
        }
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
        Heard::LoggedIn
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

/// Writes the oldest samples of an outage as one batch.
fn encode_batch(ring: &Ring, count: usize, batch: u64, out: &mut String) {
    let mut frame = Frame::new(out);
    frame.raw("{\"type\":\"batch_metrics\",\"batch_id\":\"").value(&batch);
    frame.raw("\",\"metrics_batch\":[");
    for (at, entry) in ring.unsent().take(count).enumerate() {
        frame.raw(if at == 0 { "" } else { "," }).raw("{\"timestamp\":").value(&entry.wall);
        frame.raw(",\"metrics\":").raw(&entry.payload).raw("}");
    }
    frame.raw("]}");
    frame.finish();
}

/// The sample with a name for its operating system, because the page shows nothing without one.
fn named(sample: &Sample) -> Cow<'_, Sample> {
    let mut sample = Cow::Borrowed(sample);
    if sample.os.name.is_empty() {
        "linux".clone_into(&mut sample.to_mut().os.name);
    }
    sample
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
