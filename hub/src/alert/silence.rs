//! When alerts are not passed on: silences that somebody made, and the owner's hours of
//! maintenance. What is silent is shown and kept all the same.

use kinglet_proto::time::WallTime;
use serde::{Deserialize, Serialize};

use super::{Scope, Zone};

const DAY_MS: u64 = 24 * 3600 * 1000;
const WEEK_MS: u64 = 7 * DAY_MS;
/// 1970-01-05, the first Monday.
const MONDAY_MS: u64 = 4 * DAY_MS;

/// What somebody does not want to hear of for a while.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// Its number.
    #[serde(skip)]
    pub id: u64,
    /// Of what.
    #[serde(flatten)]
    pub scope: Scope,
    /// From when on; a time to come makes it one of maintenance.
    pub from: WallTime,
    /// Until when.
    pub until: WallTime,
    /// Who made it; what they call themselves.
    #[serde(default)]
    pub by: String,
    /// Why.
    #[serde(default)]
    pub comment: String,
}

/// Hours of maintenance.
#[derive(Debug, Clone, PartialEq)]
pub enum Window {
    /// Once.
    Once(Scope, WallTime, WallTime),
    /// Every week.
    Weekly(Scope, Weekly),
}

/// When it is that hour of the week.
#[derive(Debug, Clone, PartialEq)]
pub struct Weekly {
    /// By whose clocks.
    pub zone: Zone,
    /// What they show when it begins: milliseconds from Monday's midnight.
    pub begin: u64,
    /// For how many milliseconds, as they pass.
    pub length: u64,
}

impl Silence {
    /// Until when it silences at `now`; `None` when it does not.
    pub(super) fn until_at(&self, now: WallTime) -> Option<WallTime> {
        (self.from..self.until).contains(&now).then_some(self.until)
    }
}

impl Window {
    pub(super) fn scope(&self) -> &Scope {
        match self {
            Self::Once(scope, ..) | Self::Weekly(scope, ..) => scope,
        }
    }

    /// Until when it silences at `now`; `None` when it does not.
    pub(super) fn until_at(&self, now: WallTime) -> Option<WallTime> {
        match self {
            Self::Once(_, from, until) => (*from..*until).contains(&now).then_some(*until),
            Self::Weekly(_, weekly) => weekly.until_at(now),
        }
    }
}

impl Weekly {
    fn until_at(&self, now: WallTime) -> Option<WallTime> {
        let Self { zone, begin, length } = self;
        let shown = zone.shown(now);
        let last = shown - (shown + 2 * WEEK_MS - MONDAY_MS - begin) % WEEK_MS;
        // Clocks that were set back show again a time before it, those that were set forward one
        // behind it.
        let begins = [last + WEEK_MS, last, last.saturating_sub(WEEK_MS)];
        let began = begins.map(|shown| zone.moments(shown).0).into_iter().find(|at| *at <= now)?;
        let until = WallTime::from_unix_millis(began.unix_millis() + length);
        (now < until).then_some(until)
    }
}

#[cfg(test)]
mod tests {
    use super::super::zone::tests::berlin;
    use super::*;

    #[test]
    fn a_week_begins_on_monday_and_a_window_may_reach_over_its_end() {
        let hour = 3_600_000;
        // Sundays 23:00 for three hours.
        let (zone, begin, length) = (Zone::default(), 6 * DAY_MS + 23 * hour, 3 * hour);
        let window = Window::Weekly(Scope::default(), Weekly { zone, begin, length });
        for (at, until) in [
            ("2026-11-29T22:59:59Z", None),
            ("2026-11-29T23:00:00Z", Some("2026-11-30T02:00:00Z")),
            ("2026-11-30T01:59:59Z", Some("2026-11-30T02:00:00Z")),
            ("2026-11-30T02:00:00Z", None),
        ] {
            let until = until.and_then(WallTime::parse);
            assert_eq!(window.until_at(WallTime::parse(at).unwrap()), until, "{at}");
        }
    }

    #[test]
    fn a_window_goes_by_the_clocks_of_its_zone_also_on_days_when_they_are_set() {
        let minute = 60_000;
        // Sundays 02:30 for 45 minutes.
        let (begin, length) = (6 * DAY_MS + 150 * minute, 45 * minute);
        let weekly = Weekly { zone: berlin(), begin, length };
        let time = |text: &str| WallTime::parse(text).unwrap();
        for (day, begins) in [
            ("in summer", "2026-07-05T00:30:00Z"),
            ("in winter", "2026-12-06T01:30:00Z"),
            ("02:30 is skipped, and 03:30 instead", "2026-03-29T01:30:00Z"),
            ("02:30 comes twice, and is the first", "2026-10-25T00:30:00Z"),
        ] {
            let at = |ms: i64| {
                let ms = time(begins).unix_millis().checked_add_signed(ms * 60_000).unwrap();
                WallTime::from_unix_millis(ms)
            };
            let open = [-61, -1, 0, 15, 44, 45, 60, 90].map(|minutes| weekly.until_at(at(minutes)));
            let until = Some(at(45));
            assert_eq!(open, [None, None, until, until, until, None, None, None], "{day}");
        }
        let all = Weekly { zone: berlin(), begin: 0, length: WEEK_MS };
        let silent = (0..8 * 7 * 24).all(|hour| {
            let at = time("2026-03-01T00:00:00Z").unix_millis() + hour * 60 * minute;
            all.until_at(WallTime::from_unix_millis(at)).is_some()
        });
        assert!(silent, "a whole week");
    }
}
