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

use super::{Heard, Stamp};
use crate::delivery::ring::{Entry, Ring};
use crate::limits::{BATCH_BYTES_MAX, LAST_METRICS_BYTES_MAX};
use crate::sample::{Report, Sample};
use crate::secret::Secret;
use crate::time::{Now, WallTime};
use crate::wire::frame::{self, Frame};
use crate::wire::vstats::{Answer, BatchAck, Command, Granted, Login};
use aggregate::Aggregates;

/// The shipped protocol's own state.
#[derive(Debug)]
pub(super) struct Shipped {
    server_id: String,
    token: Secret,
    aggregates: Aggregates,
}

/// Writes the documented report; returns where the sample lies in it.
pub(super) fn encode_documented(sample: &Sample, now: Now, out: &mut String) -> Range<usize> {
    let mut frame = Frame::new(out);
    frame.raw("{\"type\":\"metrics\",\"timestamp\":").value(&now.wall).raw(",\"data\":");
    let payload = frame.located(&Report { sample: &named(sample), inventory: true });
    frame.raw("}");
    frame.finish();
    payload
}

/// The sample with a name for its operating system, because the page shows nothing without one.
pub(super) fn named(sample: &Sample) -> Cow<'_, Sample> {
    let mut sample = Cow::Borrowed(sample);
    if sample.os.name.is_empty() {
        "linux".clone_into(&mut sample.to_mut().os.name);
    }
    sample
}

/// Writes the documented sign of life.
pub(super) fn encode_heartbeat(wall: WallTime, out: &mut String) {
    let mut frame = Frame::new(out);
    frame.raw("{\"type\":\"heartbeat\",\"timestamp\":").value(&wall).raw("}");
    frame.finish();
}

impl Shipped {
    pub(super) fn new(server_id: String, token: Secret) -> Self {
        Self { server_id, token, aggregates: Aggregates::default() }
    }

    pub(super) fn server_id(&self) -> &str {
        &self.server_id
    }

    pub(super) fn encode_login(&self, out: &mut String) {
        let login = Login {
            kind: "auth".into(),
            server_id: self.server_id.as_str().into(),
            token: self.token.expose().into(),
            version: env!("CARGO_PKG_VERSION").into(),
        };
        let mut frame = Frame::new(out);
        frame.value(&login);
        frame.finish();
    }

    /// Writes the live report; returns where the sample lies in it.
    pub(super) fn encode_report(&self, sample: &Sample, out: &mut String) -> Range<usize> {
        let mut frame = Frame::new(out);
        frame.raw("{\"type\":\"metrics\",\"metrics\":");
        let payload = frame.located(&Report { sample: &named(sample), inventory: true });
        frame.raw("}");
        frame.finish();
        payload
    }

    /// Counts a sample for the long charts, sent or not.
    pub(super) fn handle_sample(&mut self, sample: &Sample, stamp: Stamp) {
        self.aggregates.handle_sample(sample, stamp.now.wall);
    }

    /// Writes the oldest samples of an outage as one batch; returns how many.
    pub(super) fn encode_batch(&self, ring: &Ring, batch: u64, out: &mut String) -> usize {
        let fitting = |used: &mut usize, entry: &Entry| {
            *used += entry.payload.len();
            (*used == entry.payload.len() || *used <= BATCH_BYTES_MAX).then_some(())
        };
        let count = ring.unsent().scan(0, fitting).count();
        let mut frame = Frame::new(out);
        frame.raw("{\"type\":\"batch_metrics\",\"batch_id\":\"").value(&batch);
        frame.raw("\",\"metrics_batch\":[");
        for (at, entry) in ring.unsent().take(count).enumerate() {
            frame.raw(if at == 0 { "" } else { "," }).raw("{\"timestamp\":").value(&entry.wall);
            frame.raw(",\"metrics\":").raw(&entry.payload).raw("}");
        }
        frame.raw("]}");
        frame.finish();
        count
    }

    /// Whether a bucket of the long charts is complete that the server does not have.
    pub(super) fn has_aggregates(&self) -> bool {
        self.aggregates.is_due()
    }

    /// Writes those buckets, with the newest report the server expects beside them.
    ///
    /// The members stand both beside `type`, as in the other messages, and under the message's own
    /// name: what is known of the server leaves both open, and it ignores what it does not know.
    pub(super) fn encode_aggregates(&mut self, last_metrics: &str, out: &mut String) {
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

    /// What a server's message means; what makes no sense means nothing.
    ///
    /// `ping_targets` and `traffic_config`, in the login's answer or in `config`, are left alone:
    /// an agent without probes has nothing to set by them.
    pub(super) fn hear(&mut self, text: &str) -> Heard {
        let Some(kind) = frame::kind_of(text) else { return Heard::Nothing };
        match &*kind {
            "auth" => frame::read(text)
                .map_or(Heard::Nothing, |answer: Answer<'_>| self.hear_login(&answer, text)),
            "batch_ack" => frame::read(text).map_or(Heard::Nothing, |ack: BatchAck<'_>| {
                ack.batch_id.parse().map_or(Heard::Nothing, |frame| Heard::BatchAck {
                    frame,
                    rejected: ack.rejected.unwrap_or_default(),
                })
            }),
            _ => hear_order(&kind, text),
        }
    }

    fn hear_login(&mut self, answer: &Answer<'_>, text: &str) -> Heard {
        if answer.status.as_deref() != Some("ok") {
            let words = answer.message.as_deref().or(answer.status.as_deref());
            return Heard::Refused(frame::clean(words.unwrap_or_default()));
        }
        // Read apart, so that another form of it costs the buckets and not the login.
        if let Some(Granted { last_buckets }) = frame::read(text) {
            self.aggregates.handle_known(last_buckets);
        }
        Heard::LoggedIn
    }
}

/// What both forms hear beside answers.
pub(super) fn hear_documented(text: &str) -> Heard {
    frame::kind_of(text).map_or(Heard::Nothing, |kind| hear_order(&kind, text))
}

fn hear_order(kind: &str, text: &str) -> Heard {
    match kind {
        "command" | "update" => {
            let command = frame::read(text).map(|command: Command<'_>| command.command);
            let what = command.as_deref().filter(|what| !what.is_empty()).unwrap_or(kind);
            Heard::Command(frame::clean(what))
        }
        "error" => {
            let answer: Option<Answer<'_>> = frame::read(text);
            match answer.as_ref().and_then(|answer| answer.message.as_deref()) {
                // What ships says this to a report before its login, and to the documented form.
                Some(words @ "Not authenticated") => {
                    Heard::Refused(format!("{words}; vStats 3 wants a server_id"))
                }
                words => Heard::Fault(frame::clean(words.unwrap_or("an error"))),
            }
        }
        _ => Heard::Nothing,
    }
}

#[cfg(test)]
mod tests;
