//! One `[[maintenance]]`: hours in which nothing is passed on, once or every week.

use kinglet_proto::time::WallTime;
use serde::Deserialize;
use toml::Spanned;

use super::super::history::duration;
use super::super::{Fault, fault};
use crate::alert::{Scope, Window};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
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
    match (&said.from, &said.to, &said.every, &said.length) {
        (Some(from), Some(to), None, None) => {
            let (begin, end) = (time("from", from)?, time("to", to)?);
            if begin >= end {
                return Err(fault(to, "`to` must lie after `from`"));
            }
            Ok(Window::Once(scope, begin, end))
        }
        (None, None, Some(every), Some(length)) => {
            let ms = duration(length.get_ref()).and_then(|d| u64::try_from(d.as_millis()).ok());
            let ms = ms.filter(|ms| (1..=7 * DAY_MS).contains(ms));
            let ms = ms.ok_or_else(|| {
                fault(length, "`for` must be \"1s\" to \"7d\", with s, m, h or d")
            })?;
            Ok(Window::Weekly(scope, weekly(every)?, ms))
        }
        (..) => Err(fault(raw, "says `from` and `to`, or `every` and `for`")),
    }
}

fn time(key: &str, text: &Spanned<String>) -> Result<WallTime, Fault> {
    let words = format!("`{key}` must be a time in UTC, as \"2026-12-24T18:00:00Z\"");
    WallTime::parse(text.get_ref()).ok_or_else(|| fault(text, &words))
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
    let words = "`every` must be a day and a time in UTC, as \"sun 03:00\": mon, tue, wed, thu, \
                 fri, sat or sun";
    read(text.get_ref()).ok_or_else(|| fault(text, words))
}
