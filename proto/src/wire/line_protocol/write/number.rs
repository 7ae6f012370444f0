//! Numbers as digits. A report has two hundred of them: the standard library's way, which can do
//! much more, took half of the instructions of the whole report.

/// Digits of the largest whole number.
const DIGITS: usize = 20;

pub(super) fn write_signed(number: i64, out: &mut String) {
    if number < 0 {
        out.push('-');
    }
    write_whole(number.unsigned_abs(), out);
}

pub(super) fn write_whole(mut number: u64, out: &mut String) {
    let mut digits = [0; DIGITS];
    let mut start = DIGITS;
    loop {
        start -= 1;
        digits[start] = digit(number % 10);
        number /= 10;
        if number == 0 {
            break;
        }
    }
    // Digits are characters.
    out.push_str(std::str::from_utf8(&digits[start..]).unwrap_or_default());
}

/// The shortest digits that are this number again when they are read.
pub(super) fn write_float(number: f64, out: &mut String) {
    // Nearly all have four decimals at most: with those they are whole numbers of ten-thousandths.
    let parts = (number * 10_000.0).round();
    let is_short = number.is_sign_positive()
        && (0.0..PARTS_END).contains(&parts)
        && same(parts / 10_000.0, number);
    if !is_short {
        // Frames have them too: the program has no second way to write a float.
        return out.push_str(&serde_json::to_string(&number).unwrap_or_default());
    }
    // In the range just looked at the cast is exact.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let parts = parts as u64;
    write_whole(parts / 10_000, out);
    let mut rest = parts % 10_000;
    if rest > 0 {
        out.push('.');
    }
    let mut place = 1000;
    while rest > 0 {
        out.push(char::from(digit(rest / place)));
        (rest, place) = (rest % place, place / 10);
    }
}

/// Ten-thousandths below this are whole numbers of a float.
const PARTS_END: f64 = 1e15;

/// Bit for bit: no rounding is close enough.
const fn same(one: f64, other: f64) -> bool {
    one.to_bits() == other.to_bits()
}

fn digit(number: u64) -> u8 {
    b'0' + u8::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Rng;

    #[test]
    fn whole_numbers_are_the_standard_librarys() {
        for number in [0, 1, 9, 10, 11, 99, 100, 12_345, u64::MAX - 1, u64::MAX] {
            let mut out = String::new();
            write_whole(number, &mut out);
            assert_eq!(out, number.to_string());
        }
        for number in [0, -1, 1, i64::MIN, i64::MAX] {
            let mut out = String::new();
            write_signed(number, &mut out);
            assert_eq!(out, number.to_string());
        }
    }

    #[test]
    fn floats_are_read_again_as_they_were() {
        let mut rng = Rng::new(7);
        let mut all = vec![
            0.0,
            -0.0,
            0.1,
            0.25,
            0.0001,
            0.00005,
            99.9999,
            100.0,
            1.0 / 3.0,
            -1.5,
            1e14,
            1e15,
            1e300,
            f64::MIN_POSITIVE,
            f64::MAX,
        ];
        for _ in 0..10_000 {
            let parts = u32::try_from(rng.below(2_000_000_000)).unwrap();
            all.push(f64::from(parts) / 10_000.0);
            all.push(f64::from_bits(rng.next()));
        }
        for number in all.into_iter().filter(|number| number.is_finite()) {
            let mut out = String::new();
            write_float(number, &mut out);
            let read = out.parse::<f64>().map(f64::to_bits);
            assert_eq!(read, Ok(number.to_bits()), "{out}");
            let is_shorter = out.len() <= number.to_string().len();
            assert!(is_shorter || out.ends_with(".0") || out.contains('e'), "{out}");
        }
    }
}
