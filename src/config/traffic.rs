//! `[traffic]`: the billing period.

use kinglet_host::Meter;
use kinglet_proto::quoted::Quoted;

use crate::options::{Block, Problems, Text};

/// Units of an amount, the decimal ones of contracts first.
const UNITS: [(&str, u64); 9] = [
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1000),
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("B", 1),
];

/// What the owner says of it; `None` where that is nothing.
pub(super) fn meter(block: &Block, problems: &mut Problems) -> Option<Meter> {
    let keys = ["reset_day", "quota", "state_file"];
    keys.into_iter().find(|key| block.place_of(key).is_some())?;
    let day = |text: Text<'_>| text.value.parse().ok().filter(|day| (1..=31).contains(day));
    let day_what = "a day of the month, \"1\" to \"31\"";
    let quota_what = "an amount, as \"500 GB\" or \"1.5 TiB\"";
    Some(Meter {
        reset_day: read(block, "reset_day", day_what, day, problems).unwrap_or(1),
        quota: read(block, "quota", quota_what, amount, problems),
        state_file: block.text("state_file").map(|text| text.value.into()),
    })
}

fn read(
    block: &Block,
    key: &str,
    what: &str,
    parse: fn(Text<'_>) -> Option<u64>,
    problems: &mut Problems,
) -> Option<u64> {
    let text = block.text(key)?;
    let found = parse(text);
    if found.is_none() {
        problems.add(text.place, format!("{} is not {what}", Quoted(text.value)));
    }
    found
}

/// Bytes: a number with three decimals at the most, and a unit.
fn amount(text: Text<'_>) -> Option<u64> {
    let number = text.value.trim_end_matches(|c: char| !c.is_ascii_digit());
    let unit = text.value[number.len()..].trim_start();
    let (_, unit) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) || decimals.len() > 3 {
        return None;
    }
    let thousandths: u64 = format!("{decimals:0<3}").parse().ok()?;
    let part = unit / 1000 * thousandths + unit % 1000 * thousandths / 1000;
    let bytes = whole.parse::<u64>().ok()?.checked_mul(*unit)?.checked_add(part)?;
    (bytes > 0).then_some(bytes)
}

/// An amount the way it is read.
#[cfg(any(feature = "terminal", test))]
pub(super) fn show(bytes: u64) -> String {
    let fitting = |unit: &&(&str, u64)| bytes.is_multiple_of(unit.1);
    let (name, unit) = UNITS.iter().find(fitting).unwrap_or(&("B", 1));
    format!("{} {name}", bytes / unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Place;

    #[test]
    fn amounts_are_read_as_they_are_written() {
        for (value, bytes) in [
            ("500 GB", Some(500_000_000_000)),
            ("2TB", Some(2_000_000_000_000)),
            ("1.5 TiB", Some(3 << 39)),
            ("0.5 kB", Some(500)),
            ("7 B", Some(7)),
            ("0 GB", None),
            ("500", None),
            ("GB", None),
            ("-1 GB", None),
            ("1,5 GB", None),
            ("1. GB", None),
            ("1.2345 GB", None),
            ("5 gb", None),
            ("99999999 TB", None),
        ] {
            assert_eq!(amount(Text { value, place: &Place::Missing }), bytes, "{value}");
        }
        for value in ["500 GB", "3 TB", "1536 GiB", "7 B"] {
            let bytes = amount(Text { value, place: &Place::Missing });
            assert_eq!(show(bytes.unwrap()), value);
        }
    }
}
