//! When alerts are not passed on: silences that somebody made, and the owner's hours of
//! maintenance. What is silent is shown and kept all the same.

use kinglet_proto::time::WallTime;
use serde::{Deserialize, Serialize};

use super::Scope;

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
    /// Every week: milliseconds from Monday's midnight UTC, and for how long.
    Weekly(Scope, u64, u64),
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
            Self::Weekly(_, from, length) => {
                let now = now.unix_millis();
                // Since it last began, this week or the week before.
                let passed = (now + 2 * WEEK_MS - MONDAY_MS - from) % WEEK_MS;
                (passed < *length).then(|| WallTime::from_unix_millis(now - passed + length))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_begins_on_monday_and_a_window_may_reach_over_its_end() {
        let hour = 3_600_000;
        // Sundays 23:00 for three hours.
        let window = Window::Weekly(Scope::default(), 6 * DAY_MS + 23 * hour, 3 * hour);
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
}
