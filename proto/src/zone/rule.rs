//! The rule of a zone's future, as POSIX writes it in `TZ`.
//!
//! ```text
//! rule   = name offset [ name [ offset ] [ "," change "," change ] ]    offsets: west of UTC
//! change = ( "M" month "." week "." weekday | "J" day | day ) [ "/" time ]    week 5: the last
//!
//! CET-1CEST,M3.5.0,M10.5.0/3
//! <+1030>-10:30<+11>-11,M10.1.0,M4.1.0
//! UTC0
//! ```

use crate::time::{civil_from_days, days_from_civil};

use super::Offset;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;
/// What a rule without changes means by tradition: those of the United States.
const CHANGES: &[u8] = b",M3.2.0,M11.1.0";

/// What the rule says of a second since 1970; `None` when it is none.
pub(super) fn parse(rule: &[u8], at: i64) -> Option<Offset> {
    let mut rest = Rest(rule);
    rest.name()?;
    let standard = -rest.time()?;
    if rest.0.is_empty() {
        return Some(Offset::always(standard));
    }
    rest.name()?;
    let is_said = !rest.0.is_empty() && rest.0[0] != b',';
    let summer = if is_said { -rest.time()? } else { standard + HOUR };
    if rest.0.is_empty() {
        rest.0 = CHANGES;
    }
    let (begin, end) = (rest.change()?, rest.change()?);
    let (year, _, _) = civil_from_days(at.div_euclid(DAY).max(0).cast_unsigned());
    let years = year.saturating_sub(1).max(1970)..=year + 1;
    // In their order, so that of two at one moment the later one counts: a summer without end.
    let changes = years.flat_map(|year| {
        [(begin.moment(year) - standard, summer), (end.moment(year) - summer, standard)]
    });
    let last = changes.clone().filter(|(moment, _)| *moment <= at).max_by_key(|change| change.0);
    let next = changes.map(|(moment, _)| moment).filter(|moment| *moment > at).min();
    let (from, seconds) = last.unwrap_or((i64::MIN, standard));
    Some(Offset { seconds, from, until: next.unwrap_or(i64::MAX) })
}

/// When summer time begins, or ends.
struct Change {
    day: Day,
    /// Seconds from the midnight before it, on the clock that is about to change.
    time: i64,
}

enum Day {
    /// Month, week and weekday.
    Weekday(u64, u64, u64),
    /// Counted from 1, and no 29th of February ever.
    Julian(u64),
    /// Counted from 0.
    Plain(u64),
}

impl Change {
    /// Seconds since 1970, as if local time were UTC.
    fn moment(&self, year: u64) -> i64 {
        let new_year = days_from_civil(year, 1, 1);
        let day = match self.day {
            Day::Weekday(month, week, weekday) => weekday_of(year, month, week, weekday),
            Day::Julian(day) => {
                let march = days_from_civil(year, 3, 1) - new_year;
                new_year + day - u64::from(day <= 59 || march == 59)
            }
            Day::Plain(day) => new_year + day,
        };
        day.cast_signed() * DAY + self.time
    }
}

/// The day since 1970 that is this weekday of that week of a month.
fn weekday_of(year: u64, month: u64, week: u64, weekday: u64) -> u64 {
    let first = days_from_civil(year, month, 1);
    let next = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    let end = days_from_civil(next.0, next.1, 1);
    // 1970 began on a Thursday.
    let day = first + (7 + weekday - (first + 4) % 7) % 7 + (week - 1) * 7;
    if day < end { day } else { day - 7 }
}

/// What is left of a rule.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// Letters, or anything between angle brackets.
    fn name(&mut self) -> Option<()> {
        let is_quoted = self.take(b'<').is_some();
        let is_in = |byte: &u8| if is_quoted { *byte != b'>' } else { byte.is_ascii_alphabetic() };
        let end = self.0.iter().position(|byte| !is_in(byte)).unwrap_or(self.0.len());
        self.0 = &self.0[end..];
        if is_quoted { self.take(b'>') } else { (end >= 3).then_some(()) }
    }

    /// At most three digits.
    fn number(&mut self, max: u64) -> Option<u64> {
        let end = self.0.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at(end);
        if digits.is_empty() || digits.len() > 3 {
            return None;
        }
        self.0 = rest;
        let number = digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        (number <= max).then_some(number)
    }

    /// `[+-]hours[:minutes[:seconds]]` in seconds; a week's hours at most.
    fn time(&mut self) -> Option<i64> {
        let sign = if self.take(b'-').is_some() { -1 } else { 1 };
        if sign == 1 {
            let _ = self.take(b'+');
        }
        let mut seconds = self.number(167)? * 3600;
        for unit in [60, 1] {
            if self.take(b':').is_none() {
                break;
            }
            seconds += self.number(59)? * unit;
        }
        Some(sign * seconds.cast_signed())
    }

    /// `,day[/time]`
    fn change(&mut self) -> Option<Change> {
        self.take(b',')?;
        let day = if self.take(b'M').is_some() {
            let month = self.number(12)?;
            self.take(b'.')?;
            let week = self.number(5)?;
            self.take(b'.')?;
            let weekday = self.number(6)?;
            (month > 0 && week > 0).then_some(Day::Weekday(month, week, weekday))?
        } else if self.take(b'J').is_some() {
            Day::Julian(self.number(365).filter(|day| *day > 0)?)
        } else {
            Day::Plain(self.number(365)?)
        };
        let time = if self.take(b'/').is_some() { self.time()? } else { 2 * HOUR };
        Some(Change { day, time })
    }
}
