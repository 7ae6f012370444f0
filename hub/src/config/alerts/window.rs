//! One `[[maintenance]]`: hours in which nothing is passed on, once or every week.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use kinglet_proto::time::WallTime;
use serde::Deserialize;
use toml::Spanned;

use super::super::history::duration;
use super::super::{Fault, fault};
use crate::alert::{Scope, Weekly, Window, Zone};
use crate::limits::ZONE_FILE_BYTES_MAX;

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/// Where every distribution has the tz database.
const ZONES: &str = "/usr/share/zoneinfo";
const DAY_MS: u64 = 24 * 3600 * 1000;

/// The block as written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct RawWindow {
    #[serde(default)]
    hosts: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    rules: Vec<String>,
    zone: Option<Spanned<String>>,
    from: Option<Spanned<String>>,
    to: Option<Spanned<String>>,
    every: Option<Spanned<String>>,
    #[serde(rename = "for")]
    length: Option<Spanned<String>>,
}

/// What it means.
pub(super) fn window(raw: &Spanned<RawWindow>) -> Result<Window, Fault> {
    let said = raw.get_ref();
    let (hosts, groups, rules) = (said.hosts.clone(), said.groups.clone(), said.rules.clone());
    let scope = Scope { hosts, groups, rules };
    let zone = said.zone.as_ref().map(zone).transpose()?;
    match (&said.from, &said.to, &said.every, &said.length) {
        (Some(from), Some(to), None, None) => {
            let (begin, _) = time("from", from, zone.as_ref())?;
            let (_, end) = time("to", to, zone.as_ref())?;
            if begin >= end {
                return Err(fault(to, "`to` must lie after `from`"));
            }
            Ok(Window::Once(scope, begin, end))
        }
        (None, None, Some(every), Some(length)) => {
            let ms = duration(length.get_ref()).and_then(|d| u64::try_from(d.as_millis()).ok());
            let ms = ms.filter(|ms| (1..=7 * DAY_MS).contains(ms));
            let length = ms.ok_or_else(|| {
                fault(length, "`for` must be \"1s\" to \"7d\", with s, m, h or d")
            })?;
            let (zone, begin) = (zone.unwrap_or_default(), weekly(every)?);
            Ok(Window::Weekly(scope, Weekly { zone, begin, length }))
        }
        (..) => Err(fault(raw, "says `from` and `to`, or `every` and `for`")),
    }
}

/// The clocks of a place, by its name in the tz database of this machine.
fn zone(name: &Spanned<String>) -> Result<Zone, Fault> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-_/".contains(&byte);
    if name.get_ref().is_empty() || !name.get_ref().bytes().all(is_plain) {
        return Err(fault(name, "`zone` must be a place, as \"Europe/Berlin\""));
    }
    let path = Path::new(ZONES).join(name.get_ref().trim_start_matches('/'));
    let mut file = Vec::new();
    let read =
        File::open(&path).and_then(|open| open.take(ZONE_FILE_BYTES_MAX).read_to_end(&mut file));
    let zone = read.ok().and_then(|_| Zone::new(&file));
    zone.ok_or_else(|| {
        let path = path.display();
        let words = format!("no such `zone` here: {path} is none (package tzdata has them)");
        fault(name, &words)
    })
}

/// The first and the last moment of a time. In a zone it may stand as the clocks there show it.
fn time(
    key: &str,
    text: &Spanned<String>,
    zone: Option<&Zone>,
) -> Result<(WallTime, WallTime), Fault> {
    let said = text.get_ref();
    if let Some(utc) = WallTime::parse(said) {
        return Ok((utc, utc));
    }
    let shown = zone.zip(WallTime::parse(&format!("{said}Z")));
    let moments = shown.map(|(zone, shown)| zone.moments(shown.unix_millis()));
    moments.ok_or_else(|| {
        let local = "without the Z by the clocks of `zone`";
        let words = format!("`{key}` must be a time in UTC, as \"2026-12-24T18:00:00Z\", {local}");
        fault(text, &words)
    })
}

/// Milliseconds from Monday's midnight.
fn weekly(text: &Spanned<String>) -> Result<u64, Fault> {
    let read = |text: &str| {
        let (day, time) = text.split_once(' ')?;
        let day = DAYS.iter().zip(0..).find(|(name, _)| **name == day)?.1;
        let (hour, minute) = time.split_once(':')?;
        let (hour, minute): (u64, u64) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour < 24 && minute < 60).then_some(day * DAY_MS + (hour * 60 + minute) * 60_000)
    };
    let words = "`every` must be a day and a time, as \"sun 03:00\": mon, tue, wed, thu, \
                 fri, sat or sun";
    read(text.get_ref()).ok_or_else(|| fault(text, words))
}
