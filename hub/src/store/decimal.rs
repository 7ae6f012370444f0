//! Figures as whole numbers: most have no decimals, or one, and a whole number is short.

use super::varint::{Damaged, Reader, put, unzigzag, zigzag};

/// Most decimals that are taken out of a number.
pub(super) const DECIMALS: usize = 3;
const POWERS: [f64; DECIMALS + 1] = [1.0, 10.0, 100.0, 1000.0];
/// Whole numbers up to here are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// In place of the decimals: the number follows as it lies in memory.
const RAW: u64 = 7;

/// The fewest decimals with which the number is exact; `None` when there are more than
/// [`DECIMALS`].
pub(super) fn decimals(number: f64) -> Option<usize> {
    (0..=DECIMALS).find(|decimals| scaled(number, *decimals).is_some())
}

/// The number times a power of ten, where that is whole and comes back as the same number.
pub(super) fn scaled(number: f64, decimals: usize) -> Option<i64> {
    let whole = (number * POWERS.get(decimals)?).round();
    if whole.abs() >= EXACT {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "whole, and below 2^53")]
    let whole = whole as i64;
    // A negative zero is no whole number: it would come back as another.
    (unscaled(whole, decimals).to_bits() == number.to_bits()).then_some(whole)
}

/// The opposite of [`scaled`].
#[expect(clippy::cast_precision_loss, reason = "it was below 2^53 when it was written")]
pub(super) fn unscaled(whole: i64, decimals: usize) -> f64 {
    whole as f64 / POWERS.get(decimals).copied().unwrap_or(1.0)
}

/// The nearest number with so many decimals; one as large as a whole number without.
pub(super) fn rounded(number: f64, decimals: usize) -> f64 {
    let power = if number.abs() >= 10_000.0 { 1.0 } else { POWERS[decimals.min(DECIMALS)] };
    // Adding zero makes a negative zero a positive one.
    (number * power).round() / power + 0.0
}

/// Appends one number, exactly as it is.
pub(super) fn put_number(into: &mut Vec<u8>, number: f64) {
    let exact = decimals(number).and_then(|decimals| Some((scaled(number, decimals)?, decimals)));
    match exact {
        Some((whole, decimals)) => put(into, zigzag(whole) << 3 | decimals as u64),
        None => {
            put(into, RAW);
            into.extend_from_slice(&number.to_le_bytes());
        }
    }
}

/// Reads one number.
pub(super) fn number(reader: &mut Reader<'_>) -> Result<f64, Damaged> {
    let code = reader.number()?;
    match code & 7 {
        RAW => reader.float(),
        decimals => {
            let decimals = usize::try_from(decimals).map_err(|_| Damaged)?;
            Ok(unscaled(unzigzag(code >> 3), decimals))
        }
    }
}

/// The same as it is packed.
pub(super) fn packed_number<'a>(reader: &mut Reader<'a>) -> Result<Reader<'a>, Damaged> {
    let before = *reader;
    if reader.number()? & 7 == RAW {
        reader.take(size_of::<f64>())?;
    }
    before.until(reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_as_it_was() {
        let numbers = [
            0.0,
            -0.0,
            1.0,
            -1.0,
            12.5,
            0.1,
            47.774,
            99.99,
            1e300,
            -273.15,
            1.0 / 3.0,
            f64::MAX,
            f64::MIN_POSITIVE,
            9_007_199_254_740_991.0,
            18_446_744_073_709_551_615.0,
        ];
        for number in numbers {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            let read = super::number(&mut Reader::new(&bytes)).unwrap();
            assert_eq!(read.to_bits(), number.to_bits(), "{number}");
        }
    }

    #[test]
    fn a_percentage_takes_two_bytes() {
        let mut bytes = Vec::new();
        put_number(&mut bytes, 12.5);
        assert_eq!(bytes.len(), 2);
    }

    #[test]
    fn a_mean_is_as_exact_as_it_needs_to_be() {
        assert_eq!(rounded(12.345_678, 2), 12.35);
        assert_eq!(rounded(123_456.7, 2), 123_457.0);
        assert_eq!(rounded(-0.0001, 2).to_bits(), 0.0_f64.to_bits());
    }
}
