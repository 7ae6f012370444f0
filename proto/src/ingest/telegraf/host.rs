//! A host that runs telegraf, over batches: rounds of points become readings, counters of two
//! rounds rates, and what is no figure of ours a figure of its own.
//!
//! A round is the points of one time. It need not be whole: inputs have intervals of their own, and
//! telegraf cuts batches at a thousand points. So a reading has what the round says, and for the
//! rest what was said last.

use std::collections::{BTreeMap, BTreeSet};
use std::mem;
use std::time::Duration;

use serde_json::{Map, json};

use super::super::bounds::bound;
use super::super::{Message, Report, Told};
use super::Millis;
use super::carried::CARRIED;
use crate::limits::{
    BACKLOG_MAX, CARRIED_FOR, CUSTOM_FIGURES_MAX, CUSTOM_INTERVAL, LIVE_WITHIN, TOLD_BYTES_MAX,
};
use crate::sample::{Filesystem, Network, Sample};
use crate::time::WallTime;
use crate::wire::frame::json as text_of;
use crate::wire::line_protocol::{Point, Value};
use crate::wire::telegraf::{HOST, Known, read};

/// What is known of a host from its points so far.
#[derive(Debug, Default)]
pub struct Host {
    /// Its last round, and what still stands of earlier ones.
    sample: Sample,
    /// When that was.
    at: Millis,
    /// When each measurement was in a round last.
    heard: [Option<Millis>; CARRIED.len()],
    disks: Before,
    interfaces: Before,
    /// When each figure of its own was told last, by the hub's clock.
    custom: BTreeMap<String, Millis>,
}

/// Two counters of each row, in the round before the last.
#[derive(Debug, Default)]
struct Before {
    /// Milliseconds from it to the last.
    elapsed: Millis,
    rows: Vec<(String, u64, u64)>,
}

/// Interfaces whose traffic crosses another one, too: bridges, tunnels, ends of containers.
const INNER: &[&str] = &[
    "veth", "docker", "br-", "virbr", "vmbr", "lxc", "lxd", "cni", "flannel", "cali", "bond",
    "team", "tun", "tap", "wg", "ifb", "dummy",
];

impl Host {
    /// What the points of a batch, all of this host, say: a reading for each round, and figures of
    /// its own. `received` is now, by the hub's clock.
    pub fn take(&mut self, name: &str, points: &[Point<'_>], received: WallTime) -> Vec<Message> {
        let received = received.unix_millis();
        let mut rounds: BTreeMap<Millis, Vec<&Point<'_>>> = BTreeMap::new();
        for point in points {
            let at = point.timestamp.and_then(|time| u64::try_from(time).ok());
            rounds.entry(at.unwrap_or(received)).or_default().push(point);
        }
        // What stands was said by a clock that was ahead, and has been set since.
        if self.at > received && rounds.keys().next_back().is_some_and(|last| *last < self.at) {
            *self = Self { custom: mem::take(&mut self.custom), ..Self::default() };
        }
        let mut messages = Vec::new();
        let newest = rounds.keys().next_back().copied().unwrap_or_default();
        for (at, points) in &rounds {
            let sample = if *at < self.at { late(points) } else { self.round(*at, points) };
            let age = age(newest, received).saturating_add(Duration::from_millis(newest - at));
            // A clock that was set within a batch makes no reading of another century.
            let age = age.min(BACKLOG_MAX);
            messages.extend(sample.map(|sample| report(sample, name, *at, age)));
        }
        // Of several rounds the last.
        for point in rounds.values().rev().flatten() {
            self.tell(point, received, &mut messages);
        }
        messages
    }

    /// The reading of a round; `None` where nothing in it is a figure of ours.
    fn round(&mut self, at: Millis, points: &[&Point<'_>]) -> Option<Sample> {
        self.begin(at, points);
        let mut taken = false;
        for point in points {
            taken |= read(point, &mut self.sample) == Known::Taken;
        }
        if !taken {
            return None;
        }
        self.at = at;
        self.reckon();
        Some(self.sample.clone())
    }

    /// Makes room for what is said anew, and forgets what was said too long ago.
    fn begin(&mut self, at: Millis, points: &[&Point<'_>]) {
        for (carried, heard) in CARRIED.iter().zip(&mut self.heard) {
            let is_here = points.iter().any(|point| point.measurement == carried.measurement);
            let age = heard.map(|heard| at.saturating_sub(heard));
            // A part of the same round may have come before.
            let is_new = is_here && age.is_none_or(|age| age > 0);
            let before = &self.sample;
            match carried.measurement {
                "diskio" if is_new => self.disks = disks(before, age.unwrap_or_default()),
                "net" if is_new => self.interfaces = interfaces(before, age.unwrap_or_default()),
                _ => {}
            }
            if is_new || age.is_some_and(|age| u128::from(age) > CARRIED_FOR.as_millis()) {
                (carried.clear)(&mut self.sample);
                *heard = is_here.then_some(at);
            }
        }
    }

    /// What follows from two rounds, and from all rows of one.
    fn reckon(&mut self) {
        for disk in &mut self.sample.disks {
            let now = disk.read_bytes.zip(disk.write_bytes);
            let rates = now.and_then(|now| self.disks.rates(&disk.name, now));
            (disk.read_speed, disk.write_speed) = rates.unzip();
        }
        let network = &mut self.sample.network;
        for interface in &mut network.interfaces {
            let now = (interface.rx_bytes, interface.tx_bytes);
            let rates = self.interfaces.rates(&interface.name, now);
            (interface.rx_speed, interface.tx_speed) = rates.unzip();
        }
        total(network);
    }

    /// Tells a point's figures if it is of no measurement of ours, each once a minute: who watches
    /// is told of them live, and they are kept beside alarms, which are rarer and worth more.
    fn tell(&mut self, point: &Point<'_>, received: Millis, messages: &mut Vec<Message>) {
        if CARRIED.iter().any(|carried| carried.measurement == point.measurement) {
            return;
        }
        let tags = point.tags.iter().filter(|(name, _)| name != HOST);
        let tags: Map<_, _> =
            tags.map(|(name, value)| (name.to_string(), value.as_ref().into())).collect();
        for (field, value) in &point.fields {
            let Some(value) = number(value) else { continue };
            let name = format!("{}.{field}", point.measurement);
            let data = json!({
                "metric_name": name, "value": value, "unit": "", "category": "telegraf",
                "tags": tags,
            });
            let data = text_of(&data);
            let series = format!("{name} {}", text_of(&tags));
            if data.len() <= TOLD_BYTES_MAX && self.is_due(series, received) {
                messages.push(Message::Told(Told::new("performance", data)));
            }
        }
    }

    /// Whether a figure of its own may be told now.
    fn is_due(&mut self, series: String, now: Millis) -> bool {
        let interval = u64::try_from(CUSTOM_INTERVAL.as_millis()).unwrap_or(u64::MAX);
        if self.custom.len() >= CUSTOM_FIGURES_MAX && !self.custom.contains_key(&series) {
            // Those that come no more give up their places.
            self.custom.retain(|_, told| now.saturating_sub(*told) < 2 * interval);
            if self.custom.len() >= CUSTOM_FIGURES_MAX {
                return false;
            }
        }
        let told = self.custom.get(&series);
        let is_due = told.is_none_or(|told| now.saturating_sub(*told) >= interval);
        if is_due {
            self.custom.insert(series, now);
        }
        is_due
    }
}

/// A round from before the last one: what it says, and nothing else.
fn late(points: &[&Point<'_>]) -> Option<Sample> {
    let mut sample = Sample::default();
    let taken = points.iter().filter(|point| read(point, &mut sample) == Known::Taken).count();
    total(&mut sample.network);
    (taken > 0).then_some(sample)
}

/// How old the newest round of a batch is. One that has just come is of now, whatever its clock
/// says; so is one from the future, or from before anything that telegraf still holds.
fn age(newest: Millis, received: Millis) -> Duration {
    let age = Duration::from_millis(received.saturating_sub(newest));
    if (LIVE_WITHIN..BACKLOG_MAX).contains(&age) { age } else { Duration::ZERO }
}

fn report(mut sample: Sample, name: &str, at: Millis, age: Duration) -> Message {
    name.clone_into(&mut sample.hostname);
    sample.timestamp = WallTime::from_unix_millis(at);
    once_each(&mut sample.filesystems);
    let mut report = Report { sample, age, ..Report::default() };
    bound(&mut report);
    Message::Report(Box::new(report))
}

/// `/` first, and each device once: telegraf tells of every place where it is mounted.
fn once_each(filesystems: &mut Vec<Filesystem>) {
    filesystems.sort_by_key(|it| it.mount_point != "/");
    let mut seen = BTreeSet::new();
    filesystems.retain(|it| !it.device.starts_with("/dev/") || seen.insert(it.device.clone()));
}

fn disks(sample: &Sample, elapsed: Millis) -> Before {
    let rows = sample
        .disks
        .iter()
        .filter_map(|disk| Some((disk.name.clone(), disk.read_bytes?, disk.write_bytes?)));
    Before { elapsed, rows: rows.collect() }
}

fn interfaces(sample: &Sample, elapsed: Millis) -> Before {
    let rows = sample.network.interfaces.iter();
    let rows = rows.map(|it| (it.name.clone(), it.rx_bytes, it.tx_bytes));
    Before { elapsed, rows: rows.collect() }
}

impl Before {
    /// How much a row's counters rose a second; `None` for a new row, and where one starts over.
    fn rates(&self, name: &str, now: (u64, u64)) -> Option<(u64, u64)> {
        let (_, one, other) = self.rows.iter().find(|(known, ..)| known == name)?;
        let rate = |now: u64, before: u64| {
            let risen = u128::from(now.checked_sub(before)?);
            u64::try_from((risen * 1000).checked_div(u128::from(self.elapsed))?).ok()
        };
        Some((rate(now.0, *one)?, rate(now.1, *other)?))
    }
}

/// Traffic of the host, each byte counted once as far as names tell: through all that are not
/// [`INNER`], or through all where there are no others.
fn total(network: &mut Network) {
    let is_inner =
        |name: &str| name.contains('.') || INNER.iter().any(|start| name.starts_with(start));
    let all_inner = network.interfaces.iter().all(|it| is_inner(&it.name));
    let counted = || network.interfaces.iter().filter(|it| all_inner || !is_inner(&it.name));
    let sum = |values: &mut dyn Iterator<Item = u64>| values.reduce(u64::saturating_add);
    let total_rx = sum(&mut counted().map(|it| it.rx_bytes));
    let total_tx = sum(&mut counted().map(|it| it.tx_bytes));
    let rx_speed = sum(&mut counted().filter_map(|it| it.rx_speed));
    let tx_speed = sum(&mut counted().filter_map(|it| it.tx_speed));
    (network.total_rx, network.total_tx) = (total_rx, total_tx);
    (network.rx_speed, network.tx_speed) = (rx_speed, tx_speed);
    (network.rx, network.tx) = (rx_speed, tx_speed);
}

/// A figure's number; `None` for a text. Whole ones stay whole.
fn number(value: &Value<'_>) -> Option<serde_json::Value> {
    match value {
        Value::Integer(number) => Some((*number).into()),
        Value::Unsigned(number) => Some((*number).into()),
        Value::Float(number) => Some((*number).into()),
        Value::Switch(switch) => Some(u8::from(*switch).into()),
        Value::Text(_) => None,
    }
}
