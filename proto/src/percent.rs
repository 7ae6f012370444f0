//! A percentage that cannot be wrong: finite, 0 to 100, one decimal; and a part in proportion.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A share of a whole in percent: 0.0 to 100.0 with one decimal, never NaN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Percent {
    tenths: u16,
}

impl Percent {
    /// `part` of `whole`, clamped to 100; zero when there is no whole.
    pub fn of(part: u64, whole: u64) -> Self {
        if whole == 0 {
            return Self::default();
        }
        let halves = scaled(part, 2000, whole).min(2000);
        Self { tenths: u16::try_from(halves.div_ceil(2)).unwrap_or(1000) }
    }

    /// The nearest percentage to a number of percents: clamped, and zero for NaN.
    pub fn new(percents: f64) -> Self {
        let tenths = (percents * 10.0).round().clamp(0.0, 1000.0);
        // A cast from f64 saturates and turns NaN into zero, and the range is 0 to 1000.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let tenths = tenths as u16;
        Self { tenths }
    }

    /// In tenths, for comparison.
    pub(crate) fn tenths(self) -> u64 {
        self.tenths.into()
    }

    /// As a number, for display and comparison.
    pub fn get(self) -> f64 {
        f64::from(self.tenths) / 10.0
    }
}

/// `amount` by `part` in `whole`, rounded down, at most `u64::MAX`; a whole of none counts as one.
///
/// The only division of 128 bits: it is slow, a kilobyte wherever it stands on 32 bits, and needed
/// only for what no host has.
pub fn scaled(amount: u64, part: u64, whole: u64) -> u64 {
    let whole = whole.max(1);
    amount.checked_mul(part).map_or_else(
        || {
            let scaled = u128::from(amount) * u128::from(part) / u128::from(whole);
            u64::try_from(scaled).unwrap_or(u64::MAX)
        },
        |product| product / whole,
    )
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.get())
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_in_proportion_is_rounded_down_and_bounded() {
        for (amount, part, whole, expected) in [
            (7, 2, 3, 4),
            (7, 2, 0, 14),
            (u64::MAX, 2, 4, u64::MAX / 2),
            (u64::MAX, 3, 2, u64::MAX),
        ] {
            assert_eq!(scaled(amount, part, whole), expected);
        }
    }

    #[test]
    fn every_input_gives_a_finite_share_with_one_decimal() {
        for (part, whole, json) in [
            (1, 3, "33.3"),
            (2, 3, "66.7"),
            (0, 0, "0.0"),
            (9, 3, "100.0"),
            (u64::MAX, 1, "100.0"),
            (1, 2000, "0.1"),
            (9, 20_001, "0.0"),
            (u64::MAX / 2, u64::MAX, "50.0"),
        ] {
            assert_eq!(serde_json::to_string(&Percent::of(part, whole)).unwrap(), json);
        }
        for (number, json) in
            [(45.25, "45.3"), (-1.0, "0.0"), (f64::NAN, "0.0"), (f64::INFINITY, "100.0")]
        {
            assert_eq!(serde_json::to_string(&Percent::new(number)).unwrap(), json);
        }
    }
}
