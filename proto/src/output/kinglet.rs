//! `kinglet`: the native protocol. The sample in an envelope, numbered and acknowledged.
//!
//! ```text
//! > {"type":"metrics","id":"1","timestamp":..,"data":{..},"meta":{"seq":41,"boot_id":..,
//!    "uptime_ms":..,"age_ms":0,"host":{"name":..,"group":..}}}
//! > {"type":"heartbeat","id":"2","timestamp":..}
//! > {"type":"system","id":"3","timestamp":..,"data":{"event":"link_restored","reason":..,
//!    "down_ms":..,"attempts":..}}
//! < {"type":"connection","data":{"status":"connected",..}}
//! < {"type":"ack","data":{"seq":41}}
//! < {"type":"error","data":{"code":"RATE_LIMIT_EXCEEDED","retry_after":5000}}
//! ```
//!
//! Inventory, and what the owner calls the host, go with the first live report of a connection and
//! whenever the inventory changes.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Heard, Stamp};
use crate::delivery::ring::Entry;
use crate::host::Host;
use crate::sample::{Report, Sample};
use crate::time::Now;
use crate::wire::frame::{self, Frame};

/// What one connection has seen so far.
#[derive(Debug, Default)]
pub(super) struct Kinglet {
    /// The last envelope's id.
    id: u64,
    /// The inventory the server was told on this connection.
    told: Option<u64>,
}

/// The report's place in time, apart from wall clocks.
#[derive(Serialize)]
struct Meta<'a> {
    seq: u64,
    boot_id: &'a str,
    uptime_ms: u64,
    age_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<Labels<'a>>,
}

/// What the owner calls the host: goes with the inventory.
#[derive(Serialize)]
struct Labels<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
}

impl<'a> Labels<'a> {
    fn of(host: &'a Host) -> Self {
        Self {
            name: &host.name,
            group: host.group.as_deref(),
            location: host.location.as_deref(),
            country_code: host.country_code.as_deref(),
            ip: host.ip.as_deref(),
        }
    }
}

#[derive(Deserialize)]
struct Message<T> {
    data: T,
}

#[derive(Deserialize)]
struct Ack {
    seq: u64,
}

/// `connection` and `error` name the code differently and share the rest.
#[derive(Deserialize)]
struct Fault<'a> {
    #[serde(borrow)]
    status: Option<Cow<'a, str>>,
    #[serde(borrow, alias = "error_code")]
    code: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Cow<'a, str>>,
    retry_after: Option<f64>,
}

impl Kinglet {
    pub(super) fn handle_opened(&mut self) {
        *self = Self::default();
    }

    /// Whether the sample's inventory is news to the server, which from now on has it.
    pub(super) fn handle_inventory(&mut self, sample: &Sample) -> bool {
        let inventory = Some(sample.inventory_hash());
        std::mem::replace(&mut self.told, inventory) != inventory
    }

    /// Writes the live report; returns where the sample lies in it.
    pub(super) fn encode_report(
        &mut self,
        host: &Host,
        report: Report<'_>,
        stamp: Stamp,
        out: &mut String,
    ) -> Range<usize> {
        let mut frame = self.open("metrics", stamp.now, out);
        let payload = frame.raw(",\"data\":").located(&report);
        let uptime_ms = stamp.now.instant.as_millis();
        let labels = report.inventory.then(|| Labels::of(host));
        let (seq, boot_id) = (stamp.seq, &host.boot_id);
        let meta = Meta { seq, boot_id, uptime_ms, age_ms: 0, host: labels };
        frame.raw(",\"meta\":").value(&meta).raw("}");
        frame.finish();
        payload
    }

    /// Writes a sample that waited in the ring.
    pub(super) fn encode_kept(&mut self, host: &Host, entry: &Entry, now: Now, out: &mut String) {
        let age = now.instant.since(entry.taken).as_millis();
        let meta = Meta {
            seq: entry.seq,
            boot_id: &host.boot_id,
            uptime_ms: entry.taken.as_millis(),
            age_ms: u64::try_from(age).unwrap_or(u64::MAX),
            host: None,
        };
        let mut frame = self.open("metrics", now, out);
        frame.raw(",\"data\":").raw(&entry.payload).raw(",\"meta\":").value(&meta).raw("}");
        frame.finish();
    }

    pub(super) fn encode_heartbeat(&mut self, now: Now, out: &mut String) {
        let mut frame = self.open("heartbeat", now, out);
        frame.raw("}");
        frame.finish();
    }

    pub(super) fn encode_system<T: Serialize>(&mut self, event: &T, now: Now, out: &mut String) {
        let mut frame = self.open("system", now, out);
        frame.raw(",\"data\":").value(event).raw("}");
        frame.finish();
    }

    fn open<'a>(&mut self, kind: &str, now: Now, out: &'a mut String) -> Frame<'a> {
        self.id += 1;
        Frame::envelope(out, kind, self.id, now.wall)
    }
}

/// What a server's message means; what makes no sense means nothing.
pub(super) fn hear(text: &str) -> Heard {
    let Some(kind) = frame::kind_of(text) else { return Heard::Nothing };
    match &*kind {
        "ack" => {
            frame::read::<Message<Ack>>(text).map_or(Heard::Nothing, |ack| Heard::Ack(ack.data.seq))
        }
        "connection" | "error" => frame::read::<Message<Fault<'_>>>(text)
            .map_or(Heard::Nothing, |fault| hear_fault(&fault.data)),
        "command" | "update" => Heard::Command(kind.into_owned()),
        _ => Heard::Nothing,
    }
}

fn hear_fault(fault: &Fault<'_>) -> Heard {
    if fault.status.as_deref() == Some("connected") {
        return Heard::Nothing;
    }
    let code = fault.code.as_deref().unwrap_or_default();
    let words = fault.message.as_deref().unwrap_or(code);
    match code {
        "AUTH_FAILED" | "AUTHENTICATION_FAILED" => Heard::Refused(frame::clean(words)),
        "RATE_LIMIT_EXCEEDED" => {
            // Milliseconds; without a number, a second.
            let seconds = fault.retry_after.unwrap_or(1000.0).max(0.0) / 1000.0;
            Heard::RateLimit(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
        }
        _ => Heard::Fault(frame::clean(if words.is_empty() { "an error" } else { words })),
    }
}

#[cfg(test)]
mod tests;
