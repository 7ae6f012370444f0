//! A figure of a host's last reading, as people read it.

use kinglet_proto::sample::Sample;
use kinglet_proto::sample::metric::Unit;
use kinglet_proto::time::WallTime;

use crate::server::metric_name::{self, Asked, Series};

/// The figure with its unit; of several series the highest. `None` where the host has none.
pub(super) fn read(sample: &Sample, asked: &Asked) -> Option<String> {
    let others = asked.otherwise.iter().flat_map(|name| metric_name::read(name));
    let value = highest(sample, asked)
        .or_else(|| others.map(|other| highest(sample, &other)).find(Option::is_some).flatten())?;
    Some(text(value * asked.scale, asked.metric.unit))
}

fn highest(sample: &Sample, asked: &Asked) -> Option<f64> {
    let mut found: Option<f64> = None;
    sample.read(|figure| {
        let is_series = match &asked.series {
            Series::Only | Series::Every => true,
            Series::One(name) => {
                figure.labels.first().is_some_and(|label| label.value.to_string() == *name)
            }
        };
        if figure.metric.number == asked.metric.number && is_series {
            let value = figure.value.get();
            found = Some(found.map_or(value, |before| before.max(value)));
        }
    });
    found
}

fn text(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Percent => format!("{value:.1}%"),
        Unit::Bytes => bytes(value),
        Unit::BytesPerSecond => format!("{}/s", bytes(value)),
        Unit::Seconds => duration(value),
        Unit::Switch => if value == 0.0 { "no" } else { "yes" }.to_owned(),
        Unit::UnixSeconds => time(value),
        Unit::Count => plain(value),
        Unit::MegabitsPerSecond
        | Unit::Milliseconds
        | Unit::Megahertz
        | Unit::Celsius
        | Unit::RevolutionsPerMinute
        | Unit::Dbm => format!("{} {}", plain(value), unit.sign()),
    }
}

/// With two digits behind the point at most, and none that say nothing.
fn plain(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn bytes(mut value: f64) -> String {
    let mut units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"].into_iter();
    let mut unit = units.next().unwrap_or_default();
    while value >= 999.5
        && let Some(larger) = units.next()
    {
        value /= 1024.0;
        unit = larger;
    }
    let digits = usize::from(unit != "B" && value < 99.95);
    format!("{value:.digits$} {unit}")
}

fn duration(seconds: f64) -> String {
    let (minutes, hours, days) =
        ((seconds / 60.0).floor(), (seconds / 3600.0).floor(), (seconds / 86400.0).floor());
    if days > 0.0 {
        format!("{days} d {} h", hours % 24.0)
    } else if hours > 0.0 {
        format!("{hours} h {} min", minutes % 60.0)
    } else if minutes > 0.0 {
        format!("{minutes} min")
    } else {
        format!("{} s", plain(seconds))
    }
}

fn time(seconds: f64) -> String {
    // A float above what fits becomes the largest number there is, which a time bounds itself.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    WallTime::from_unix_millis((seconds * 1000.0) as u64).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_as_people_read_them() {
        for (value, unit, told) in [
            (42.06, Unit::Percent, "42.1%"),
            (0.0, Unit::Bytes, "0 B"),
            (1536.0, Unit::BytesPerSecond, "1.5 KiB/s"),
            (2e12, Unit::Bytes, "1.8 TiB"),
            (59.0, Unit::Celsius, "59 °C"),
            (0.256, Unit::Count, "0.26"),
            (90_061.0, Unit::Seconds, "1 d 1 h"),
            (3_700.0, Unit::Seconds, "1 h 1 min"),
            (1.0, Unit::Switch, "yes"),
            (0.0, Unit::UnixSeconds, "1970-01-01T00:00:00.000Z"),
        ] {
            assert_eq!(text(value, unit), told);
        }
    }
}
