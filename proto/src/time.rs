//! The two times Kinglet knows, as plain numbers: nothing here reads a clock.
//!
//! Elapsed time is [`Instant`], which counts suspend; [`WallTime`] is a label that may be wrong
//! and may jump, so nothing is ever computed from the difference of two of them.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point on the host's boottime clock, in milliseconds since boot (`CLOCK_BOOTTIME`).
///
/// It never goes back, is not moved by a step of the wall clock, and keeps counting in suspend.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Instant(u64);

impl Instant {
    /// The instant this many milliseconds after boot.
    pub const fn from_millis(ms: u64) -> Self {
        Self(ms)
    }

    /// Milliseconds since boot.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time since `earlier`; zero when `earlier` lies ahead.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// The instant `after` later; the end of time when that overflows.
    #[must_use]
    pub fn plus(self, after: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(after.as_millis()).unwrap_or(u64::MAX)))
    }
}

/// An instant means nothing on another host, so none travels: what stands in its place is ignored.
impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self::default())
    }
}

/// What the wall clock said, in milliseconds since 1970-01-01 UTC, years 1970 to 9999.
///
/// Written as RFC 3339 with milliseconds: `2026-11-20T08:21:07.250Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct WallTime(u64);

/// 9999-12-31T23:59:59.999Z: RFC 3339 has four digits for the year.
const END_OF_9999_MS: u64 = 253_402_300_799_999;

impl WallTime {
    /// The wall time this many milliseconds after the epoch, at most the end of year 9999.
    pub const fn from_unix_millis(ms: u64) -> Self {
        Self(if ms > END_OF_9999_MS { END_OF_9999_MS } else { ms })
    }

    /// Milliseconds since the epoch.
    pub const fn unix_millis(self) -> u64 {
        self.0
    }

    /// Reads RFC 3339 in UTC (`Z`), with or without a fraction; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u64>().ok();
        let punctuation = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
        let bytes = text.as_bytes();
        if !text.ends_with('Z') || punctuation.iter().any(|&(at, is)| bytes.get(at) != Some(&is)) {
            return None;
        }
        let (year, month, day) = (number(0..4)?, number(5..7)?, number(8..10)?);
        let (hour, minute, second) = (number(11..13)?, number(14..16)?, number(17..19)?);
        if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 {
            return None;
        }
        let milli = if bytes.get(19) == Some(&b'.') { number(20..23)? } else { 0 };
        let seconds = days_from_civil(year, month, day) * 86_400 + hour * 3600;
        Some(Self::from_unix_millis((seconds + minute * 60 + second) * 1000 + milli))
    }

    /// Reads the date of an HTTP header, `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 section 5.6.7);
    /// `None` for anything else, the two obsolete forms included.
    pub fn parse_http(text: &str) -> Option<Self> {
        const MONTHS: &[u8; 36] = b"JanFebMarAprMayJunJulAugSepOctNovDec";
        let part = |range: std::ops::Range<usize>| text.get(range);
        let name = part(8..11)?.as_bytes();
        let month = MONTHS.chunks(3).position(|month| month == name)? + 1;
        let (day, year, time) = (part(5..7)?, part(12..16)?, part(17..25)?);
        part(25..29).filter(|zone| *zone == " GMT")?;
        Self::parse(&format!("{year}-{month:02}-{day}T{time}Z"))
    }

    /// Whole days from another time to this one; below zero where this one is over. Between two
    /// labels: of a certificate there is no other measure.
    pub fn days_from(self, other: Self) -> i32 {
        let [to, from] = [self, other].map(|time| i64::try_from(time.unix_seconds()));
        let seconds = to.unwrap_or_default() - from.unwrap_or_default();
        i32::try_from(seconds.div_euclid(86_400)).unwrap_or_default()
    }

    /// Whole seconds since the epoch.
    pub const fn unix_seconds(self) -> u64 {
        self.0 / 1000
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Text::of(*self).as_str())
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(Text::of(*self).as_str())
    }
}

/// Decoding takes what [`WallTime::parse`] takes and anything else as the epoch: a label that makes
/// no sense must not cost the report it stands on.
impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = serde_json::Value::deserialize(deserializer)?;
        Ok(value.as_str().and_then(Self::parse).unwrap_or_default())
    }
}

/// Both times at one moment, as the loop hands them to pure code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Elapsed time: every deadline and every rate.
    pub instant: Instant,
    /// The label on what is written.
    pub wall: WallTime,
}

/// The date of a day counted from 1970-01-01, in the proleptic Gregorian calendar.
///
/// Years are taken to begin in March, so that the leap day is the last of its year and a month's
/// first day follows from one linear formula.
pub const fn civil_from_days(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468; // days from 0000-03-01
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    let year = year_of_era + era * 400 + if month <= 2 { 1 } else { 0 };
    (year, month, day)
}

/// The inverse of [`civil_from_days`].
pub const fn days_from_civil(year: u64, month: u64, day: u64) -> u64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year / 400;
    let year_of_era = year % 400;
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A timestamp as text. Every report has one: the standard library's way, which can do much more,
/// cost five times as much.
struct Text([u8; 24]);

impl Text {
    fn of(wall: WallTime) -> Self {
        let days = wall.0 / 86_400_000;
        let ms = wall.0 % 86_400_000;
        let (year, month, day) = civil_from_days(days);
        let (hour, minute) = (ms / 3_600_000, ms / 60_000 % 60);
        let (second, milli) = (ms / 1000 % 60, ms % 1000);
        let mut text = *b"0000-00-00T00:00:00.000Z";
        // Each number by the place of its last digit; the zeros before it are there.
        let numbers =
            [(year, 3), (month, 6), (day, 9), (hour, 12), (minute, 15), (second, 18), (milli, 22)];
        for (number, last) in numbers {
            let mut rest = number;
            for digit in text[..=last].iter_mut().rev() {
                if rest == 0 {
                    break;
                }
                *digit += u8::try_from(rest % 10).unwrap_or_default();
                rest /= 10;
            }
        }
        Self(text)
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_http_header_is_read() {
        let wall = WallTime::parse_http("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(wall, WallTime::parse("1994-11-06T08:49:37Z"));
        for wrong in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 ovD 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 19\u{e4}4 08:49:37 GMT",
        ] {
            assert_eq!(WallTime::parse_http(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn wall_time_is_rfc_3339_in_every_corner_of_the_calendar() {
        for (ms, text) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_164_800_123, "2024-02-29T00:00:00.123Z"),
            (1_735_689_599_999, "2024-12-31T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (u64::MAX, "9999-12-31T23:59:59.999Z"),
        ] {
            let wall = WallTime::from_unix_millis(ms);
            assert_eq!(wall.to_string(), text);
            assert_eq!(serde_json::to_string(&wall).unwrap(), format!("\"{text}\""));
            assert_eq!(WallTime::parse(text), Some(wall));
        }
    }

    #[test]
    fn a_label_that_makes_no_sense_is_not_parsed() {
        for text in ["", "2026", "2026-11-20 08:21:07Z", "2026-13-01T00:00:00Z", "20261120T082107Z"]
        {
            assert_eq!(WallTime::parse(text), None, "{text}");
        }
        let without_fraction = WallTime::parse("2024-02-29T00:00:00Z");
        assert_eq!(without_fraction, Some(WallTime::from_unix_millis(1_709_164_800_000)));
    }

    #[test]
    fn days_are_whole_and_below_zero_for_what_is_over() {
        let day = |text: &str| WallTime::parse(text).unwrap();
        let now = day("2026-11-27T06:00:00Z");
        for (end, days) in [
            ("2026-12-11T06:00:00Z", 14),
            ("2026-12-11T05:59:59Z", 13),
            ("2026-11-27T05:59:59Z", -1),
            ("9999-12-31T00:00:00Z", 2_912_111),
        ] {
            assert_eq!(day(end).days_from(now), days, "{end}");
        }
    }

    #[test]
    fn instants_never_underflow_or_overflow() {
        let (early, late) = (Instant::from_millis(5), Instant::from_millis(9));
        assert_eq!(late.since(early), Duration::from_millis(4));
        assert_eq!(early.since(late), Duration::ZERO);
        assert_eq!(early.plus(Duration::MAX), Instant::from_millis(u64::MAX));
    }
}
