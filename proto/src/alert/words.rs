//! The words of an alert: a rule's texts, with what was seen in their places.

use std::fmt::{self, Write as _};

use super::{Alert, Rule, Subject};
use crate::sample::metric::{Figure, Metric, Unit};
use crate::time::Now;

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
    figure: Option<&'a Figure<'a>>,
    value: f64,
}

impl Words<'_> {
    /// The first place in it that a rule about this metric has nothing for.
    pub fn unknown(&self, metric: &Metric) -> Option<&str> {
        self.pieces().filter_map(|(_, place)| place).find(|place| {
            !(["value", "threshold", "series"].contains(place) || metric.labels.contains(place))
        })
    }

    /// Plain text, and the place behind it.
    fn pieces(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.split_inclusive('}').map(|piece| match piece.split_once('{') {
            Some((plain, place)) if place.ends_with('}') => (plain, place.strip_suffix('}')),
            _ => (piece, None),
        })
    }

    fn fill(&self, places: &Places<'_>) -> String {
        let mut text = String::new();
        for (plain, place) in self.pieces() {
            text.push_str(plain);
            if let Some(place) = place {
                // Writing to memory does not fail.
                let _ = places.write(place, &mut text);
            }
        }
        text
    }
}

impl Places<'_> {
    /// The name of the figure; the rule's where it is about none.
    fn series(&self) -> String {
        self.figure.map_or_else(|| self.rule.name.clone().into_owned(), ToString::to_string)
    }

    fn write(&self, place: &str, text: &mut String) -> fmt::Result {
        let unit = self.rule.unit();
        match place {
            "value" => write!(text, "{}", Shown(self.value, unit)),
            "threshold" => write!(text, "{}", Shown(self.rule.test.threshold(), unit)),
            "series" => text.write_str(&self.series()),
            place => {
                let labels = self.figure.map_or(&[][..], |figure| figure.labels);
                match labels.iter().find(|label| label.name == place) {
                    Some(label) => write!(text, "{}", label.value),
                    None => write!(text, "{{{place}}}"),
                }
            }
        }
    }
}

impl Rule {
    /// What its values are counted in.
    pub fn unit(&self) -> Unit {
        match self.subject {
            Subject::Share(..) => Unit::Percent,
            Subject::Figure(metric) | Subject::Growth(metric, _) | Subject::Turned(metric) => {
                metric.unit
            }
            Subject::Clock => Unit::Switch,
        }
    }

    /// The alert that fires by this figure.
    pub(super) fn alert(
        &self,
        key: u64,
        figure: Option<&Figure<'_>>,
        value: f64,
        at: Now,
    ) -> Alert {
        let places = Places { rule: self, figure, value };
        let fill = |text: &str| Words(text).fill(&places);
        Alert {
            id: format!("{}-{key:016x}", self.name),
            kind: self.kind().to_owned(),
            level: self.level,
            rule: self.name.clone().into_owned(),
            series: places.series(),
            title: fill(&self.title),
            message: fill(&self.message),
            value,
            threshold: self.test.threshold(),
            suggestion: self.suggestion.clone().into_owned(),
            at,
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value, unit) = *self;
        let sign = unit.sign();
        match unit {
            Unit::Switch => f.write_str(if value > 0.0 { "on" } else { "off" }),
            Unit::Percent => write!(f, "{value:.1}%"),
            Unit::Celsius => write!(f, "{value:.1} °C"),
            Unit::Bytes | Unit::BytesPerSecond => {
                let (mut value, mut steps) = (value, ["", "Ki", "Mi", "Gi", "Ti"].into_iter());
                let mut step = steps.next().unwrap_or_default();
                while value.abs() >= 1024.0
                    && let Some(next) = steps.next()
                {
                    (value, step) = (value / 1024.0, next);
                }
                let decimals = usize::from(!step.is_empty());
                write!(f, "{value:.decimals$} {step}{sign}")
            }
            Unit::Count
            | Unit::MegabitsPerSecond
            | Unit::Seconds
            | Unit::UnixSeconds
            | Unit::Milliseconds
            | Unit::Megahertz
            | Unit::RevolutionsPerMinute
            | Unit::Dbm => {
                let space = if sign.is_empty() { "" } else { " " };
                write!(f, "{value}{space}{sign}")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::metric::{Label, LabelValue, Value};
    use crate::sample::table::metric;

    #[test]
    fn places_are_filled_and_strangers_named() {
        let metric = metric("filesystems.{mount_point}.usage_percent");
        let labels = [Label { name: "mount_point", value: LabelValue::Text("/srv") }];
        let figure = Figure { metric, labels: &labels, value: Value::Float(93.26) };
        let rule = super::super::fixture::rule();
        let places = Places { rule: &rule, figure: Some(&figure), value: 93.26 };
        for (text, filled) in [
            ("", ""),
            ("full", "full"),
            ("{mount_point} is {value} full", "/srv is 93.3% full"),
            ("{series}>{threshold}.", "filesystems./srv.usage_percent>90.0%."),
            ("a } b { c", "a } b { c"),
            ("{colour}", "{colour}"),
        ] {
            assert_eq!(Words(text).fill(&places), filled);
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
            (-61.0, Unit::Dbm, "-61 dBm"),
        ] {
            assert_eq!(Shown(value, unit).to_string(), shown);
        }
    }
}
