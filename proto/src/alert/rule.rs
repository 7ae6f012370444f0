//! What is watched: a figure, the line it may not cross, and for how long.

use std::borrow::Cow;
use std::time::Duration;

use crate::sample::metric::{Label, LabelValue, Metric};

/// One rule. It holds for every series of its figure that its labels let in, each by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// What it is called: `disk`; one of the owner's own has the name of its metric's block.
    pub name: Cow<'static, str>,
    /// One of the owner's own: then all that it says tells it from others, else its name does.
    pub own: bool,
    /// What it looks at.
    pub subject: Subject,
    /// When it is met.
    pub test: Test,
    /// The value at which an alert ends: on the good side of the line, or the line itself.
    pub clear: f64,
    /// How long it has to be met, at every look, before it fires.
    pub hold: Duration,
    /// How long it has to be well, once it fired, before it is over.
    pub linger: Duration,
    /// A switch of the same row that, while it is on, leaves nothing to be watched.
    pub unless: Option<&'static Metric>,
    /// The series it is for: by label, `*` for any characters; empty for all.
    pub labels: Vec<(&'static str, String)>,
    /// How bad it is.
    pub level: Level,
    /// A few words.
    pub title: Cow<'static, str>,
    /// A sentence, with places for what was seen: see [`Words`](super::Words).
    pub message: Cow<'static, str>,
    /// What to do about it; empty where nothing is to be said.
    pub suggestion: Cow<'static, str>,
}

/// What a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Subject {
    /// A figure as it is.
    Figure(&'static Metric),
    /// Two figures of one row: the first as a share of the second, in percent.
    Share(&'static Metric, &'static Metric),
    /// A figure whose row may say its own limit. The rule's line and end are those of a row whose
    /// limit is as here, or that says none; they move with the limit of any other.
    Limited(&'static Metric, &'static Metric, f64),
    /// By how much a counter grew, until it stood still for as long as this.
    Growth(&'static Metric, Duration),
    /// A switch that is on and was seen off before; 1 for yes.
    Turned(&'static Metric),
    /// Whether the wall clock stands before the day this program was built; 1 for yes.
    Clock,
}

/// When a rule is met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Test {
    /// By what is more.
    Above(f64),
    /// By what is less.
    Below(f64),
    /// By exactly this.
    Equals(f64),
}

/// How bad it is, in the documented words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// It can wait until tomorrow.
    Warning,
    /// It cannot.
    Critical,
}

impl Rule {
    /// What an alert of it is about: the documented `type`.
    pub fn kind(&self) -> &'static str {
        let metric = self.subject.metric();
        metric.map_or("clock", |metric| metric.name.split('.').next().unwrap_or_default())
    }

    /// Whether the rule is for the series with these labels.
    pub(super) fn wants(&self, labels: &[Label<'_>]) -> bool {
        self.labels.iter().all(|(name, pattern)| {
            labels.iter().any(|label| label.name == *name && is_like(label.value, pattern))
        })
    }

    /// Whether what was seen of a series before matters, even of one that is well.
    pub(super) const fn remembers(&self) -> bool {
        matches!(self.subject, Subject::Growth(..) | Subject::Turned(_))
    }

    /// Whether an alert ends by this value.
    pub(super) fn is_over(&self, value: f64) -> bool {
        match self.test {
            Test::Above(_) => value <= self.clear,
            Test::Below(_) => value >= self.clear,
            Test::Equals(wanted) => !is_same(value, wanted),
        }
    }

    /// A number that is the rule's own on every host and after every start.
    pub fn seed(&self) -> u64 {
        let seed = hash(FNV_OFFSET, self.name.as_bytes());
        if !self.own {
            return seed;
        }
        let metric = self.subject.metric().map_or("", |metric| metric.name);
        let sign = match self.test {
            Test::Above(_) => b">",
            Test::Below(_) => b"<",
            Test::Equals(_) => b"=",
        };
        let parts = [metric.as_bytes(), sign, &self.test.threshold().to_bits().to_be_bytes()];
        let seed = parts.into_iter().fold(seed, hash);
        self.labels.iter().fold(seed, |seed, (name, pattern)| {
            hash(hash(seed, name.as_bytes()), pattern.as_bytes())
        })
    }
}

impl Rule {
    /// Every metric that it looks at: what it is about, the whole of a share or the limit, the
    /// switch.
    pub(super) const fn metrics(&self) -> [Option<&'static Metric>; 3] {
        let other = match self.subject {
            Subject::Share(_, other) | Subject::Limited(_, other, _) => Some(other),
            Subject::Figure(_) | Subject::Growth(..) | Subject::Turned(_) | Subject::Clock => None,
        };
        [self.subject.metric(), other, self.unless]
    }
}

impl Subject {
    /// The metric it is named by; none for the clock, which is no figure.
    pub const fn metric(&self) -> Option<&'static Metric> {
        match self {
            Self::Figure(metric) | Self::Share(metric, _) | Self::Limited(metric, ..) => {
                Some(metric)
            }
            Self::Growth(metric, _) | Self::Turned(metric) => Some(metric),
            Self::Clock => None,
        }
    }
}

impl Test {
    /// The line.
    pub const fn threshold(self) -> f64 {
        match self {
            Self::Above(line) | Self::Below(line) | Self::Equals(line) => line,
        }
    }

    /// Whether it is crossed.
    pub fn is_met(self, value: f64) -> bool {
        match self {
            Self::Above(line) => value > line,
            Self::Below(line) => value < line,
            Self::Equals(wanted) => is_same(value, wanted),
        }
    }
}

impl Level {
    /// Both, the milder first.
    pub const ALL: [Self; 2] = [Self::Warning, Self::Critical];

    /// Its name, in the configuration and on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Which series of a rule a figure belongs to, as a number: by the label that is in its name, for
/// a mount stays itself when its device gets another name.
pub(super) fn series_key(seed: u64, labels: &[Label<'_>]) -> u64 {
    match labels.first().map(|label| label.value) {
        Some(LabelValue::Text(text)) => hash(seed, text.as_bytes()),
        Some(LabelValue::Number(number)) => hash(seed, &(number as u64).to_be_bytes()),
        None => seed,
    }
}

/// The same of an id that is none of ours.
pub(super) fn text_key(id: &str) -> u64 {
    hash(FNV_OFFSET, id.as_bytes())
}

/// Figures have one decimal, or none, and so have the numbers they are compared with.
fn is_same(value: f64, wanted: f64) -> bool {
    (value - wanted).abs() < 1e-9
}

fn is_like(value: LabelValue<'_>, pattern: &str) -> bool {
    match value {
        LabelValue::Text(text) => crate::pattern::matches(pattern, text),
        LabelValue::Number(number) => crate::pattern::matches(pattern, &number.to_string()),
    }
}

/// FNV-1a, 64 bits: the same on every host and in every version, a few instructions a byte.
const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

fn hash(seed: u64, bytes: &[u8]) -> u64 {
    // What separates parts of different lengths is no byte of a text.
    bytes
        .iter()
        .chain(&[0xff])
        .fold(seed, |seed, byte| (seed ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_crossed_and_left_again() {
        let rule = |test, clear| Rule { test, clear, ..super::super::fixture::rule() };
        let above = rule(Test::Above(90.0), 85.0);
        assert_eq!([90.0, 90.1].map(|v| above.test.is_met(v)), [false, true]);
        assert_eq!([85.1, 85.0, 0.0].map(|v| above.is_over(v)), [false, true, true]);
        let below = rule(Test::Below(10.0), 20.0);
        assert_eq!([10.0, 9.9].map(|v| below.test.is_met(v)), [false, true]);
        assert_eq!([19.9, 20.0].map(|v| below.is_over(v)), [false, true]);
        let equals = rule(Test::Equals(12.5), 12.5);
        let twelve = crate::percent::Percent::of(1, 8).get();
        assert!(equals.test.is_met(twelve) && !equals.is_over(twelve) && equals.is_over(12.6));
    }

    #[test]
    fn a_rule_of_the_owners_is_told_by_all_it_says_and_a_built_in_one_by_its_name() {
        let rule = super::super::fixture::rule();
        let other = Rule { test: Test::Above(1.0), ..rule.clone() };
        assert_eq!(other.seed(), rule.seed());
        let own = |rule: Rule| Rule { own: true, ..rule }.seed();
        let below = Rule { test: Test::Below(rule.test.threshold()), ..rule.clone() };
        let some = Rule { labels: vec![("mount_point", "/srv".to_owned())], ..rule.clone() };
        let all = [rule.clone(), other, below, some].map(own);
        for (at, seed) in all.iter().enumerate() {
            assert!(!all[..at].contains(seed), "{at}");
        }
        let words = Rule { title: "T".into(), hold: Duration::from_secs(9), ..rule.clone() };
        assert_eq!(own(words), own(rule), "words may change while an alert is open");
    }
}
