//! The words of an alert: a rule's texts, with what was seen in their places.

use std::fmt::{self, Write as _};

use super::{Rule, Subject};
use crate::sample::metric::{Figure, Label, Metric, Unit};

/// A text with places in braces: `{value}` and `{threshold}` with their unit, `{series}` for the
/// name of the figure, and each label of the metric by its name, as `{mount_point}`.
#[derive(Debug, Clone, Copy)]
pub struct Words<'a>(pub &'a str);

/// A number as an owner reads it.
#[derive(Debug, Clone, Copy)]
pub struct Shown(pub f64, pub Unit);

/// What stands in the places.
struct Places<'a> {
    rule: &'a Rule,
    series: &'a str,
    labels: &'a [Label<'a>],
    value: f64,
    threshold: f64,
}

impl<'a> Words<'a> {
    /// The first place in it that a rule about this metric has nothing for.
    pub fn unknown(self, metric: &Metric) -> Option<&'a str> {
        let mut rest = self.0;
        while let Some((_, place, behind)) = next(rest) {
            if !["value", "threshold", "series"].contains(&place) && !metric.labels.contains(&place)
            {
                return Some(place);
            }
            rest = behind;
        }
        None
    }
}

/// The text before the first place, the place, and the text behind it.
fn next(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('{')?;
    let (place, behind) = rest.split_once('}')?;
    Some((before, place, behind))
}

impl Places<'_> {
    fn fill(&self, text: &str) -> String {
        let (mut filled, mut rest) = (String::new(), text);
        while let Some((before, place, behind)) = next(rest) {
            filled.push_str(before);
            // Writing to memory does not fail.
            let _ = self.write(place, &mut filled);
            rest = behind;
        }
        filled.push_str(rest);
        filled
    }

    fn write(&self, place: &str, text: &mut String) -> fmt::Result {
        let unit = self.rule.unit();
        match place {
            "value" => write!(text, "{}", Shown(self.value, unit)),
            "threshold" => write!(text, "{}", Shown(self.threshold, unit)),
            "series" => text.write_str(self.series),
            place => match self.labels.iter().find(|label| label.name == place) {
                Some(label) => write!(text, "{}", label.value),
                None => write!(text, "{{{place}}}"),
            },
        }
    }
}

/// The texts of the alert that fires by this figure: its id, series, title and message.
pub(super) fn of_alert(
    rule: &Rule,
    key: u64,
    figure: Option<&Figure<'_>>,
    value: f64,
    threshold: f64,
) -> [String; 4] {
    // Named by the figure; by the rule where it is about none.
    let series = figure.map_or_else(|| rule.name.to_string(), ToString::to_string);
    let labels = figure.map_or(&[][..], |figure| figure.labels);
    let places = Places { rule, series: &series, labels, value, threshold };
    let (title, message) = (places.fill(&rule.title), places.fill(&rule.message));
    [format!("{}-{key:016x}", rule.name), series, title, message]
}

impl Rule {
    /// What its values are counted in.
    pub fn unit(&self) -> Unit {
        match self.subject {
            Subject::Share(..) => Unit::Percent,
            Subject::Figure(metric) | Subject::Limited(metric, ..) => metric.unit,
            Subject::Growth(metric, _) | Subject::Turned(metric) => metric.unit,
            Subject::Clock => Unit::Switch,
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(mut value, unit) = *self;
        let mut step = "";
        if unit == Unit::Switch {
            return f.write_str(if value > 0.0 { "on" } else { "off" });
        }
        if matches!(unit, Unit::Bytes | Unit::BytesPerSecond) {
            for next in ["Ki", "Mi", "Gi", "Ti"] {
                if value.abs() >= 1024.0 {
                    (value, step) = (value / 1024.0, next);
                }
            }
        }
        let has_tenths = matches!(unit, Unit::Percent | Unit::Celsius) || !step.is_empty();
        write_number(f, value, has_tenths)?;
        f.write_str(if matches!(unit, Unit::Count | Unit::Percent) { "" } else { " " })?;
        f.write_str(step)?;
        f.write_str(unit.sign())
    }
}

/// A number with one decimal, or with as many of two as it has: by whole numbers, for what writes
/// any float is 13 kB.
fn write_number(f: &mut fmt::Formatter<'_>, value: f64, has_tenths: bool) -> fmt::Result {
    let parts: u32 = if has_tenths { 10 } else { 100 };
    // What is out of range is cut, and no figure of a host is.
    #[expect(clippy::cast_possible_truncation)]
    let scaled = (value * f64::from(parts)).round() as i64;
    let parts = u64::from(parts);
    let (whole, rest) = (scaled.unsigned_abs() / parts, scaled.unsigned_abs() % parts);
    f.write_str(if scaled < 0 { "-" } else { "" })?;
    match (has_tenths, rest % 10) {
        (false, _) if rest == 0 => write!(f, "{whole}"),
        (true, _) => write!(f, "{whole}.{rest}"),
        (false, 0) => write!(f, "{whole}.{}", rest / 10),
        (false, _) => write!(f, "{whole}.{rest:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::metric::LabelValue;
    use crate::sample::table::metric;

    #[test]
    fn places_are_filled_and_strangers_named() {
        let metric = metric("filesystems.{mount_point}.usage_percent");
        let labels = [Label { name: "mount_point", value: LabelValue::Text("/srv") }];
        let rule = super::super::fixture::rule();
        let series = "filesystems./srv.usage_percent";
        let (value, threshold) = (93.26, 90.0);
        let places = Places { rule: &rule, series, labels: &labels, value, threshold };
        for (text, filled) in [
            ("", ""),
            ("full", "full"),
            ("{mount_point} is {value} full", "/srv is 93.3% full"),
            ("{series}>{threshold}.", "filesystems./srv.usage_percent>90.0%."),
            ("a } b { c", "a } b { c"),
            ("{colour}", "{colour}"),
        ] {
            assert_eq!(places.fill(text), filled);
        }
        assert_eq!(Words("{value} {mount_point} {series}").unknown(metric), None);
        assert_eq!(Words("{value} {interface}").unknown(metric), Some("interface"));
    }

    #[test]
    fn numbers_have_their_unit() {
        for (value, unit, shown) in [
            (1.0, Unit::Switch, "on"),
            (0.0, Unit::Switch, "off"),
            (12.54, Unit::Percent, "12.5%"),
            (81.5, Unit::Celsius, "81.5 °C"),
            (512.0, Unit::Bytes, "512 B"),
            (1_572_864.0, Unit::BytesPerSecond, "1.5 MiB/s"),
            (3.0, Unit::Count, "3"),
            (0.25, Unit::Count, "0.25"),
            (1.5, Unit::Count, "1.5"),
            (0.05, Unit::Seconds, "0.05 s"),
            (-0.04, Unit::Celsius, "0.0 °C"),
            (9e15, Unit::Bytes, "8185.5 TiB"),
            (-61.0, Unit::Dbm, "-61 dBm"),
        ] {
            assert_eq!(Shown(value, unit).to_string(), shown);
        }
    }
}
