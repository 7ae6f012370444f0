//! Line protocol: how points travel to InfluxDB, VictoriaMetrics and whoever takes telegraf's.
//!
//! ```text
//! line  = measurement { "," tag "=" name } " " field { "," field } [ " " time ]
//! field = name "=" value
//! value = number | number "i" | number "u" | "t" | "f" | '"' text '"'
//!
//! disk,host=pi,path=/mnt/my\ disk total=1000i,used_percent=12.5 1795161230
//! ```
//! A name that has a comma, a blank or an equals sign has a backslash before it; in a text a
//! backslash stands before quotation marks and before another. Elsewhere a backslash is only that.
//!
//! A line is written straight into a kept text, and read without a copy of what needs none.

mod read;
mod write;

use std::borrow::Cow;

pub use read::{LineError, lines, parse};
pub use write::Line;

/// One point, as a line has it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Point<'a> {
    /// What was measured: `disk`.
    pub measurement: Cow<'a, str>,
    /// What tells it from others of its measurement, in the line's order.
    pub tags: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The figures, at least one.
    pub fields: Vec<(Cow<'a, str>, Value<'a>)>,
    /// When, in the unit that the request names; `None` where the receiver's clock is to tell.
    pub timestamp: Option<i64>,
}

/// A field's value, of one of the five types that a field keeps for ever.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `7i`
    Integer(i64),
    /// `7u`, which InfluxDB 1.x does not take.
    Unsigned(u64),
    /// `7` or `7.5`; what is not finite cannot be written.
    Float(f64),
    /// `"up"`
    Text(Cow<'a, str>),
    /// `t` or `f`.
    Switch(bool),
}

impl Point<'_> {
    /// The value of a tag; `None` where the point has no such tag.
    pub fn tag(&self, name: &str) -> Option<&str> {
        self.tags.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_ref())
    }
}

impl Value<'_> {
    /// As a number; `None` for a text.
    pub fn number(&self) -> Option<f64> {
        // Above 2^53 the last digits are lost, as everywhere that numbers are floats.
        #[expect(clippy::cast_precision_loss)]
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Unsigned(number) => Some(*number as f64),
            Self::Float(number) => Some(*number),
            Self::Switch(switch) => Some(f64::from(u8::from(*switch))),
            Self::Text(_) => None,
        }
    }

    /// As a whole number, a fraction cut off; `None` for a text and for what does not fit.
    pub fn whole(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Unsigned(number) => i64::try_from(*number).ok(),
            // A cast saturates; what is not a number is none of ours.
            #[expect(clippy::cast_possible_truncation)]
            Self::Float(number) => number.is_finite().then_some(*number as i64),
            Self::Switch(switch) => Some(i64::from(*switch)),
            Self::Text(_) => None,
        }
    }
}
