//! The schema that telegraf writes, so that dashboards made for it work unchanged (August 2026,
//! `plugins/inputs`): one table, read off a sample by who writes points and put into one by who
//! hears them.
//!
//! A field's type is in the table and nowhere else: InfluxDB keeps the first one it hears for ever,
//! and refuses the points of all who write another. Whole numbers are signed and end at 2^63-1.

mod cpu;
mod custom;
mod memory;
mod network;
mod storage;
mod system;

use std::borrow::Cow;

use super::line_protocol::{Line, Point, Value};
use crate::percent::scaled;
use crate::sample::Sample;

/// Every point of a round, in the order they are written, those of long lists last. A measurement
/// can have more than one, as `system` and `swap` do in telegraf.
pub static SERIES: &[&Series] = &[
    &system::LOAD,
    &system::UPTIME,
    &system::UPTIME_FORMAT,
    &system::KERNEL,
    &system::PROCESSES,
    &memory::MEM,
    &memory::SWAP,
    &memory::SWAPPING,
    &cpu::CPU,
    &network::NET,
    &storage::DISK,
    &storage::DISKIO,
    &custom::CUSTOM,
];

/// The tag that every point has.
pub const HOST: &str = "host";

/// One kind of point.
pub struct Series {
    /// `disk`
    pub measurement: &'static str,
    /// Names of its tags, [`HOST`] apart, as telegraf writes them.
    pub tags: &'static [&'static str],
    /// Its fields.
    pub fields: &'static [Field],
    /// How many points a sample has of it.
    rows: fn(&Sample) -> usize,
    /// A tag of one of them; `None` where it has none, or where telegraf would not write the point.
    tag: for<'a> fn(&'a Sample, row: usize, name: &str) -> Option<Cow<'a, str>>,
    /// The row that a point is about, made where it is not there; `None` where there is no room.
    find: fn(&mut Sample, &Point<'_>) -> Option<usize>,
    /// What follows from the fields of a row that were set.
    settle: fn(&mut Sample, row: usize),
}

/// One figure of a point.
pub struct Field {
    /// `used_percent`
    pub name: &'static str,
    /// Its type, and where it is in a sample.
    pub access: Access,
}

/// Where a figure is in a sample, by its type: how it is read off a row, and how put into one.
pub enum Access {
    /// Integer, not below zero.
    Count(fn(&Sample, usize) -> Option<u64>, fn(&mut Sample, usize, u64)),
    /// Integer.
    Signed(fn(&Sample, usize) -> Option<i64>, fn(&mut Sample, usize, i64)),
    /// Float.
    Float(fn(&Sample, usize) -> Option<f64>, fn(&mut Sample, usize, f64)),
    /// String, which says in words what another field says.
    Text(fn(&Sample, usize) -> Option<String>),
}

/// Whether a point is one of the table's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Its figures are in the sample, as far as the table has them.
    Taken,
    /// It is of a measurement of the table, and says nothing that a sample has.
    Empty,
    /// It is of another measurement.
    Foreign,
}

/// Writes all points of a sample: with one time, and with tags of the owner's beside the host's
/// name. A tag named as one of ours wins over neither it nor the host's.
pub fn write(sample: &Sample, tags: &[(String, String)], unix_seconds: u64, out: &mut Vec<u8>) {
    let of_owner = tags.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let common = Line::tags(std::iter::once((HOST, sample.hostname.as_str())).chain(of_owner));
    for series in SERIES {
        for row in 0..(series.rows)(sample) {
            series.write(sample, row, &common, Some(unix_seconds), out);
        }
    }
}

/// Writes them without what is alike in all, the host's name and the time; those that lead above
/// `limit` bytes are left out, which are rows of the longest lists.
pub fn write_bare(sample: &Sample, limit: usize, out: &mut Vec<u8>) {
    for series in SERIES {
        for row in 0..(series.rows)(sample) {
            let before = out.len();
            series.write(sample, row, "", None, out);
            if out.len() > limit {
                return out.truncate(before);
            }
        }
    }
}

/// Puts a point's figures into a sample; the host's name is the caller's to read off the tags.
///
/// What follows from two samples (rates), or from all rows of one (totals), is not reckoned here.
pub fn read(point: &Point<'_>, sample: &mut Sample) -> Known {
    let mut known = Known::Foreign;
    for series in SERIES.iter().filter(|series| series.measurement == point.measurement) {
        known = if series.read(point, sample) || known == Known::Taken {
            Known::Taken
        } else {
            Known::Empty
        };
    }
    known
}

impl Series {
    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    fn write(
        &self,
        sample: &Sample,
        row: usize,
        common: &str,
        time: Option<u64>,
        out: &mut Vec<u8>,
    ) {
        let mut line = Line::begin(out, self.measurement);
        line.written_tags(common);
        for name in self.tags {
            match (self.tag)(sample, row, name) {
                Some(value) => line.tag(name, &value),
                None => return line.abandon(),
            }
        }
        for field in self.fields {
            if let Some(value) = field.access.value(sample, row) {
                line.plain_field(field.name, &value);
            }
        }
        line.end(time);
    }

    /// Whether anything of the point is in the sample now.
    fn read(&self, point: &Point<'_>, sample: &mut Sample) -> bool {
        let found = |name: &str| self.field(name).filter(|field| field.access.is_settable());
        if !point.fields.iter().any(|(name, _)| found(name).is_some()) {
            return false;
        }
        let Some(row) = (self.find)(sample, point) else { return false };
        let mut is_taken = false;
        for (name, value) in &point.fields {
            if let Some(field) = found(name) {
                is_taken |= field.access.set(sample, row, value);
            }
        }
        (self.settle)(sample, row);
        is_taken
    }
}

impl Access {
    /// The type's letter, as it is written behind a whole number: `i`, `f` or `s`.
    pub const fn letter(&self) -> char {
        match self {
            Self::Count(..) | Self::Signed(..) => 'i',
            Self::Float(..) => 'f',
            Self::Text(..) => 's',
        }
    }

    /// The figure of a row; `None` where the host did not give it.
    pub fn value(&self, sample: &Sample, row: usize) -> Option<Value<'static>> {
        match self {
            Self::Count(get, _) => get(sample, row).map(|count| Value::Integer(integer(count))),
            Self::Signed(get, _) => get(sample, row).map(Value::Integer),
            Self::Float(get, _) => get(sample, row).map(Value::Float),
            Self::Text(get) => get(sample, row).map(|text| Value::Text(text.into())),
        }
    }

    const fn is_settable(&self) -> bool {
        match self {
            Self::Count(..) | Self::Signed(..) | Self::Float(..) => true,
            Self::Text(_) => false,
        }
    }

    /// Puts it into a row; JSON does not tell a whole float from an integer. Whether it fits.
    fn set(&self, sample: &mut Sample, row: usize, value: &Value<'_>) -> bool {
        match self {
            Self::Count(_, set) => {
                let count = value.whole().and_then(|number| u64::try_from(number).ok());
                count.map(|count| set(sample, row, count)).is_some()
            }
            Self::Signed(_, set) => value.whole().map(|it| set(sample, row, it)).is_some(),
            Self::Float(_, set) => value.number().map(|it| set(sample, row, it)).is_some(),
            Self::Text(_) => false,
        }
    }
}

/// As InfluxDB holds it.
fn integer(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

const fn count(
    name: &'static str,
    get: fn(&Sample, usize) -> Option<u64>,
    set: fn(&mut Sample, usize, u64),
) -> Field {
    Field { name, access: Access::Count(get, set) }
}

const fn float(
    name: &'static str,
    get: fn(&Sample, usize) -> Option<f64>,
    set: fn(&mut Sample, usize, f64),
) -> Field {
    Field { name, access: Access::Float(get, set) }
}

/// `part` of `whole` in percent, with four decimals: more are only longer.
fn share(part: u64, whole: u64) -> f64 {
    let share = scaled(part, 1_000_000, whole);
    f64::from(u32::try_from(share).unwrap_or(u32::MAX)) / 10_000.0
}

// What a series of one row, without tags of its own, does with them.

const fn one_row(_: &Sample) -> usize {
    1
}

const fn no_tag<'a>(_: &'a Sample, _: usize, _: &str) -> Option<Cow<'a, str>> {
    None
}

#[expect(clippy::unnecessary_wraps, reason = "a series of many rows may have no room")]
const fn only_row(_: &mut Sample, _: &Point<'_>) -> Option<usize> {
    Some(0)
}

const fn settled(_: &mut Sample, _: usize) {}

#[cfg(test)]
mod tests;
