//! What the clocks of a place show. Pure: the file of its rules is an argument.

use std::fmt;
use std::sync::Arc;

use kinglet_proto::time::WallTime;
use kinglet_proto::zone::{Offset, parse};

/// No place is as far from UTC, and none sets its clocks twice in two of them.
const DAY_MS: i64 = 24 * 3600 * 1000;

/// A place by its clocks.
#[derive(Clone, PartialEq, Eq)]
pub struct Zone(Arc<[u8]>);

impl Default for Zone {
    /// UTC.
    fn default() -> Self {
        Self((*b"UTC0").into())
    }
}

/// Its file is no text.
impl fmt::Debug for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Zone")
    }
}

impl Zone {
    /// Takes a file of the tz database; `None` for what is none.
    pub fn new(file: &[u8]) -> Option<Self> {
        let is_one = file.starts_with(b"TZif") && parse(file, 0).is_some();
        is_one.then(|| Self(file.into()))
    }

    /// What the clocks show, in milliseconds since 1970-01-01, 00:00 by them.
    pub(super) fn shown(&self, at: WallTime) -> u64 {
        let at = at.unix_millis().cast_signed();
        (at + self.ahead(at)).max(0).cast_unsigned()
    }

    /// When the clocks show that: the first and the last time. One that they skip is as long after
    /// midnight as on other days.
    pub fn moments(&self, shown: u64) -> (WallTime, WallTime) {
        let shown = shown.cast_signed();
        let [before, after] = [-DAY_MS, DAY_MS].map(|way| shown - self.ahead(shown + way));
        let is_it = |at: i64| at + self.ahead(at) == shown;
        let (first, last) = match (is_it(before), is_it(after)) {
            (true, true) => (before.min(after), before.max(after)),
            (false, true) => (after, after),
            (true, false) | (false, false) => (before, before),
        };
        let [first, last] = [first, last].map(|at| at.max(0).cast_unsigned());
        (WallTime::from_unix_millis(first), WallTime::from_unix_millis(last))
    }

    /// How many milliseconds the clocks show more than UTC.
    fn ahead(&self, at: i64) -> i64 {
        let offset = parse(&self.0, at.div_euclid(1000)).unwrap_or(Offset::UTC);
        offset.seconds * 1000
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Central Europe since 1996, as `zic -b slim` writes it: one line of rules and no table.
    pub(crate) fn berlin() -> Zone {
        let mut head = [0; 44];
        head[..5].copy_from_slice(b"TZif2");
        // One kind of time and its name, in both halves.
        (head[39], head[43]) = (1, 4);
        let kind = [0, 0, 14, 16, 0, 0, b'C', b'E', b'T', 0];
        let rule: &[u8] = b"\nCET-1CEST,M3.5.0,M10.5.0/3\n";
        Zone::new(&[&head[..], &kind, &head, &kind, rule].concat()).unwrap()
    }

    fn time(text: &str) -> WallTime {
        WallTime::parse(text).unwrap()
    }

    #[test]
    fn an_hour_that_comes_twice_is_two_and_one_that_is_skipped_is_the_next() {
        for (shown, first, last) in [
            ("2026-07-01T12:00:00Z", "2026-07-01T10:00:00Z", "2026-07-01T10:00:00Z"),
            ("2026-12-01T12:00:00Z", "2026-12-01T11:00:00Z", "2026-12-01T11:00:00Z"),
            ("2026-03-29T01:59:00Z", "2026-03-29T00:59:00Z", "2026-03-29T00:59:00Z"),
            ("2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z", "2026-03-29T01:30:00Z"),
            ("2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z", "2026-03-29T01:00:00Z"),
            ("2026-10-25T01:59:00Z", "2026-10-24T23:59:00Z", "2026-10-24T23:59:00Z"),
            ("2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"),
            ("2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z", "2026-10-25T02:00:00Z"),
        ] {
            let moments = berlin().moments(time(shown).unix_millis());
            assert_eq!(moments, (time(first), time(last)), "{shown}");
            let is_shown = berlin().shown(moments.0) == time(shown).unix_millis();
            assert_eq!(is_shown, !shown.starts_with("2026-03-29T02"), "{shown}");
        }
        let noon = time("2026-07-01T12:00:00Z");
        assert_eq!(Zone::default().moments(noon.unix_millis()), (noon, noon));
    }

    #[test]
    fn what_is_no_file_of_a_zone_is_none() {
        for file in [&b""[..], b"TZif", b"# Europe/Berlin", b"UTC0", &[0; 100]] {
            assert_eq!(Zone::new(file), None);
        }
    }
}
