//! `kinglet`: the native protocol. The sample in an envelope, numbered and acknowledged.
//!
//! ```text
//! > {"type":"metrics","id":"1","timestamp":..,"data":{..},"meta":{"seq":41,"boot_id":..,
//!    "uptime_ms":..,"age_ms":0,"host":{"name":..,"group":..},"alerts":true}}
//! > {"type":"performance","id":"2","timestamp":..,"data":{"metric_name":"backup_age_seconds",
//!    "value":3600.0,"unit":"","category":"custom","tags":{"job":"home"}}}
//! > {"type":"heartbeat","id":"2","timestamp":..}
//! > {"type":"system","id":"3","timestamp":..,"data":{"event":"link_restored","reason":..,
//!    "down_ms":..,"attempts":..}}
//! > {"type":"alert","id":"4","timestamp":..,"data":{"alert_id":..,"status":"active",..},
//!    "meta":{"boot_id":..,"number":86400000,"after":0,"age_ms":0}}
//! < {"type":"connection","data":{"status":"connected",..,"alerts":{"open":[..]}}}
//! < {"type":"ack","data":{"alert":86400000}}
//! < {"type":"ack","data":{"seq":41}}
//! < {"type":"error","data":{"code":"RATE_LIMIT_EXCEEDED","retry_after":5000}}
//! ```
//!
//! Inventory, and what the owner calls the host, go with the first live report of a connection and
//! whenever the inventory changes.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use super::{
    Account, Auth, Backlog, Heard, Keep, Output, Protocol, Request, Restored, Seat, Stamp, trim,
};
use crate::alert::book::{Greeting, Known, News, Telling};
use crate::alert::{IS_BUILT, Level, write_fired, write_resolved};
use crate::delivery::ring::Entry;
use crate::host::Host;
use crate::limits::{ALERTS_KNOWN_MAX, FRAME_OUT_MAX, HEARTBEAT_INTERVAL, INTERVAL_MAX};
use crate::sample::{Custom, Report, Sample};
use crate::time::{Instant, Now, WallTime};
use crate::wire::envelope::{Ack, Labels, Meta, Outcome};
use crate::wire::exposition;
use crate::wire::frame::{self, Frame};
use crate::wire::pick;

/// The row of the table.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "kinglet",
    schemes: &["wss", "ws"],
    path: "/ws/agent",
    auths: &Auth::ALL,
    needs_token: true,
    interval_max: INTERVAL_MAX,
    check: |_| Ok(()),
    new: |account| Box::new(Kinglet::new(account)),
};

/// What one connection has seen so far.
#[derive(Debug)]
struct Kinglet {
    account: Account,
    /// The last envelope's id.
    id: u64,
    /// The inventory the server was told on this connection.
    told: Option<u64>,
    /// The same without the newest report.
    told_before: Option<u64>,
    /// The owner's own figures as it was told of them, and those that it is still to be told of.
    custom: Vec<Custom>,
    news: Vec<Custom>,
    /// When the newest report was made.
    now: Now,
}

impl Output for Kinglet {
    fn id(&self) -> &str {
        &self.account.host.id
    }

    fn request(&self) -> Request {
        let Account { host, token, auth, .. } = &self.account;
        let request = self.account.request(PROTOCOL.path);
        match auth {
            Auth::Header => request
                .header("Authorization", &format!("Bearer {}", token.expose()))
                .header("X-Client-ID", &host.id),
            Auth::Query => request.pair("token", token.expose()).pair("client_id", &host.id),
        }
    }

    fn encode_report(&mut self, sample: &Sample, stamp: Stamp, out: &mut String) -> Range<usize> {
        let inventory = Some(sample.inventory_hash());
        self.told_before = std::mem::replace(&mut self.told, inventory);
        let is_news = self.told_before != inventory;
        self.note(sample, stamp.now);
        trim::to_fit(FRAME_OUT_MAX, |rows| {
            let report = Report { inventory: is_news, rows, ..Report::whole(sample) };
            let payload = self.encode(report, stamp, out);
            (out.len(), payload)
        })
    }

    fn handle_unsent(&mut self) {
        self.told = self.told_before;
    }

    fn hear(&mut self, text: &str) -> Heard {
        hear(text)
    }

    fn handle_opened(&mut self) {
        (self.id, self.told) = (0, None);
        self.custom.clear();
        self.news.clear();
    }

    fn seat(&self) -> Seat {
        Seat::Probed
    }

    fn keeps(&self) -> Keep {
        Keep::UntilAcked
    }

    fn encode_oldest(&mut self, backlog: &Backlog<'_>, out: &mut String) -> usize {
        let Some(oldest) = backlog.ring.unsent().next() else { return 0 };
        self.encode_entry(oldest, backlog.now, out);
        1
    }

    fn heartbeat_interval(&self) -> Option<Duration> {
        Some(HEARTBEAT_INTERVAL)
    }

    fn encode_heartbeat(&mut self, now: Now, out: &mut String) {
        let mut frame = self.open("heartbeat", now, out);
        frame.raw("}");
        frame.finish();
    }

    fn has_message(&self) -> bool {
        !self.news.is_empty()
    }

    fn encode_message(&mut self, _last: &str, out: &mut String) {
        let Some(Custom { series, value }) = self.news.pop() else { return };
        let (name, tags) = exposition::split(&series);
        let mut frame = self.open("performance", self.now, out);
        frame.raw(",\"data\":{\"metric_name\":").value(name).raw(",\"value\":").value(&value);
        frame.raw(",\"unit\":\"\",\"category\":\"custom\",\"tags\":{").raw(&tags).raw("}}}");
        frame.finish();
    }

    fn tells_alerts(&self) -> bool {
        true
    }

    fn encode_alert(&mut self, telling: &Telling<'_>, now: Now, out: &mut String) {
        let age = now.instant.since(telling.at).as_millis();
        let age = u64::try_from(age).unwrap_or(u64::MAX);
        let kind = match telling.news {
            News::Fired(_) | News::Resolved(..) => "alert",
            News::Happened(occurrence) => occurrence.kind(),
        };
        let mut frame = self.open(kind, now, out);
        frame.raw(",\"data\":");
        match telling.news {
            News::Fired(alert) => write_fired(&mut frame, alert),
            News::Resolved(known, how, at) => write_resolved(&mut frame, known, *how, *at),
            News::Happened(occurrence) => occurrence.write(&mut frame),
        }
        frame.raw(",\"meta\":{").texts(&[("boot_id", &self.account.host.boot_id)]);
        for (key, number) in [("number", telling.number), ("after", telling.after), ("age_ms", age)]
        {
            frame.key(key).value(&number);
        }
        frame.raw("}}");
        frame.finish();
    }

    fn encode_restored(&mut self, restored: &Restored, now: Now, out: &mut String) {
        let mut frame = self.open("system", now, out);
        frame.raw(",\"data\":").value(restored).raw("}");
        frame.finish();
    }
}

impl Kinglet {
    const fn new(account: Account) -> Self {
        let now = Now { instant: Instant::from_millis(0), wall: WallTime::from_unix_millis(0) };
        Self {
            account,
            id: 0,
            told: None,
            told_before: None,
            custom: Vec::new(),
            news: Vec::new(),
            now,
        }
    }

    /// What of the owner's own is another than before is told by itself, too; what was not told yet
    /// and is still so stays.
    fn note(&mut self, sample: &Sample, now: Now) {
        self.now = now;
        if sample.custom != self.custom {
            let is_new = |custom: &&Custom| !self.custom.contains(custom);
            self.news.retain(|old| sample.custom.contains(old));
            self.news.extend(sample.custom.iter().rev().filter(is_new).cloned());
            self.custom.clone_from(&sample.custom);
        }
    }

    /// Writes the live report; returns where the sample lies in it.
    fn encode(&mut self, report: Report<'_>, stamp: Stamp, out: &mut String) -> Range<usize> {
        let mut frame = self.open("metrics", stamp.now, out);
        let payload = frame.raw(",\"data\":").located(&report);
        let host = &self.account.host;
        let taken = report.sample.taken;
        let meta = Meta {
            seq: Some(stamp.seq),
            boot_id: Some(host.boot_id.as_str().into()),
            uptime_ms: Some(taken.as_millis()),
            age_ms: u64::try_from(stamp.now.instant.since(taken).as_millis()).ok(),
            host: report.inventory.then(|| labels(host)),
            alerts: report.inventory && IS_BUILT,
        };
        frame.raw(",\"meta\":").value(&meta).raw("}");
        frame.finish();
        payload
    }

    /// Writes a sample that waited in the ring.
    fn encode_entry(&mut self, entry: &Entry, now: Now, out: &mut String) {
        let mut frame = self.open("metrics", now, out);
        let age = now.instant.since(entry.taken).as_millis();
        let meta = Meta {
            seq: Some(entry.seq),
            boot_id: Some(self.account.host.boot_id.as_str().into()),
            uptime_ms: Some(entry.taken.as_millis()),
            age_ms: Some(u64::try_from(age).unwrap_or(u64::MAX)),
            host: None,
            alerts: false,
        };
        frame.raw(",\"data\":").raw(&entry.payload).raw(",\"meta\":").value(&meta).raw("}");
        frame.finish();
    }

    fn open<'a>(&mut self, kind: &str, now: Now, out: &'a mut String) -> Frame<'a> {
        self.id += 1;
        Frame::envelope(out, kind, self.id, now.wall)
    }
}

fn labels(host: &Host) -> Labels<'_> {
    Labels {
        name: Some(host.name.as_str().into()),
        group: host.group.as_deref().map(Into::into),
        location: host.location.as_deref().map(Into::into),
        country_code: host.country_code.as_deref().map(Into::into),
        ip: host.ip.as_deref().map(Into::into),
    }
}

/// What a server's message means; what makes no sense means nothing.
fn hear(text: &str) -> Heard {
    let Some(kind) = pick::text(text, &["type"]) else { return Heard::Nothing };
    match &*kind {
        "ack" => match Ack::read(text) {
            Some(ack) => Heard::Ack(ack.seq),
            None => pick::whole(text, &["data", "alert"]).map_or(Heard::Nothing, Heard::AlertAck),
        },
        "connection" | "error" if pick::exists(text, &["data"]) => {
            let outcome = Outcome::read(text);
            if outcome.status.as_deref() == Some("connected") {
                return Heard::Greeted(greeting(text).map(Box::new));
            }
            hear_outcome(&outcome)
        }
        "command" | "update" => Heard::Command(kind.into_owned()),
        _ => Heard::Nothing,
    }
}

/// What the hub knows of our alerts, if it says so; an alert without an id is none.
fn greeting(message: &str) -> Option<Greeting> {
    if !IS_BUILT {
        return None;
    }
    let mut greeting = Greeting::default();
    let boot_id = pick::text(message, &["data", "alerts", "boot_id"]);
    let number = pick::whole(message, &["data", "alerts", "number"]);
    greeting.heard = boot_id.map(Cow::into_owned).zip(number);
    for at in 0..pick::count(message, &["data", "alerts", "open"]).min(ALERTS_KNOWN_MAX) {
        let at = at.to_string();
        let text = |member| {
            let text = pick::text(message, &["data", "alerts", "open", &at, member]);
            text.unwrap_or_default().into_owned()
        };
        let is_critical = text("level") == Level::Critical.name();
        let level = if is_critical { Level::Critical } else { Level::Warning };
        let (id, kind) = (text("alert_id"), text("type"));
        if !id.is_empty() {
            greeting.open.push(Known { id, kind, level });
        }
    }
    pick::exists(message, &["data", "alerts"]).then_some(greeting)
}

fn hear_outcome(outcome: &Outcome<'_>) -> Heard {
    let code = outcome.code.as_deref().or(outcome.error_code.as_deref()).unwrap_or_default();
    let words = outcome.message.as_deref().unwrap_or(code);
    match code {
        "AUTH_FAILED" | "AUTHENTICATION_FAILED" => Heard::Refused(frame::clean(words)),
        "RATE_LIMIT_EXCEEDED" => {
            // Without a number, a second.
            let pause = outcome.retry_after.map(Duration::from_millis);
            Heard::RateLimit(pause.unwrap_or(Duration::from_secs(1)))
        }
        _ => Heard::Fault(frame::clean(if words.is_empty() { "an error" } else { words })),
    }
}

#[cfg(test)]
mod tests;
