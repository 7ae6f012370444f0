//! Numbers as digits, and back. A report has two hundred of them: the standard library's way, which
//! can do much more, took half of the instructions of the whole report.

/// Digits of the largest whole number.
const DIGITS: usize = 20;

pub(super) fn write_signed(number: i64, out: &mut Vec<u8>) {
    if number < 0 {
        out.push(b'-');
    }
    write_whole(number.unsigned_abs(), out);
}

pub(super) fn write_whole(number: u64, out: &mut Vec<u8>) {
    let mut room = [0; DIGITS];
    out.extend_from_slice(digits(number, &mut room));
}

/// The same, into text.
pub(super) fn push_whole(number: u64, out: &mut String) {
    let mut room = [0; DIGITS];
    out.extend(digits(number, &mut room).iter().map(|digit| char::from(*digit)));
}

fn digits(mut number: u64, room: &mut [u8; DIGITS]) -> &[u8] {
    let mut start = DIGITS;
    loop {
        start -= 1;
        room[start] = digit(number % 10);
        number /= 10;
        if number == 0 {
            return &room[start..];
        }
    }
}

/// The shortest digits that are this number again when they are read.
pub(super) fn write_float(number: f64, out: &mut Vec<u8>) {
    // Nearly all have four decimals at most: with those they are whole numbers of ten-thousandths.
    let parts = (number * 10_000.0).round();
    let is_short = number.is_sign_positive()
        && (0.0..PARTS_END).contains(&parts)
        && same(parts / 10_000.0, number);
    if !is_short {
        // Frames have them too: the program has no second way to write a float.
        let digits = serde_json::to_string(&number).unwrap_or_default();
        return out.extend_from_slice(digits.as_bytes());
    }
    // In the range just looked at the cast is exact.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let parts = parts as u64;
    write_whole(parts / 10_000, out);
    let mut rest = parts % 10_000;
    if rest > 0 {
        out.push(b'.');
    }
    let mut place = 1000;
    while rest > 0 {
        out.push(digit(rest / place));
        (rest, place) = (rest % place, place / 10);
    }
}

/// Ten-thousandths below this are whole numbers of a float.
const PARTS_END: f64 = 1e15;

/// A number in decimals; `.33`, as `bc` writes it, is one too. The standard library's reader weighs
/// 15 kB, for the last of seventeen digits: this one is exact up to 2^53 and 22 places, and far
/// beyond them off by the thirteenth digit.
pub(super) fn read_float(word: &str) -> Option<f64> {
    let unsigned = word.strip_prefix(['-', '+']).unwrap_or(word);
    let sign = if word.starts_with('-') { -1.0 } else { 1.0 };
    let (digits, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let mut exponent: i32 = exponent.parse().ok().filter(|e: &i32| e.abs() < 1000)?;
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let (mut value, mut count) = (0_u64, 0);
    for (at, byte) in whole.bytes().chain(decimals.bytes()).enumerate() {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        let is_decimal = at >= whole.len();
        count += 1;
        if value < u64::MAX / 100 {
            value = value * 10 + u64::from(digit);
            exponent -= i32::from(is_decimal);
        } else {
            exponent += i32::from(!is_decimal);
        }
    }
    let mut power = 1.0;
    for _ in 0..exponent.unsigned_abs().min(400) {
        power *= 10.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "seventeen digits are more than there are")]
    let value = value as f64;
    (count > 0).then_some(sign * if exponent < 0 { value / power } else { value * power })
}

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

    fn text(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn whole_numbers_are_the_standard_librarys() {
        for number in [0, 1, 9, 10, 11, 99, 100, 12_345, u64::MAX - 1, u64::MAX] {
            assert_eq!(text(|out| write_whole(number, out)), number.to_string());
            let mut out = String::new();
            push_whole(number, &mut out);
            assert_eq!(out, number.to_string());
        }
        for number in [0, -1, 1, i64::MIN, i64::MAX] {
            assert_eq!(text(|out| write_signed(number, out)), number.to_string());
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
            let out = text(|out| write_float(number, out));
            let read = out.parse::<f64>().map(f64::to_bits);
            assert_eq!(read, Ok(number.to_bits()), "{out}");
            let is_shorter = out.len() <= number.to_string().len();
            assert!(is_shorter || out.ends_with(".0") || out.contains('e'), "{out}");
        }
    }

    #[test]
    fn numbers_are_read_as_the_standard_library_reads_them() {
        for word in [
            "0",
            "-0",
            "1",
            "+1",
            ".33",
            "-.5",
            "5.",
            "1e3",
            "1E+06",
            "1.5e9",
            "0.1",
            "3.14159",
            "123456789012345",
            "1.5e308",
            "1e-7",
            "0.000001",
            "1395066363000",
            "9007199254740991",
            "2.5e-3",
            "1e400",
            "100000000000000000000000",
        ] {
            let (due, found) = (word.parse::<f64>().unwrap(), read_float(word).unwrap());
            let is_near = due == found || ((due - found) / due).abs() < 1e-13;
            assert!(is_near, "{word}: {found}");
        }
        for word in
            ["", "-", ".", "e5", "1e", "1e+", "1e--1", "0x10", "1_000", "1,5", "--1", "1e9999"]
        {
            assert_eq!(read_float(word), None, "{word}");
        }
    }
}
