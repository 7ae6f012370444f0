//! Numbers as people read them.

use kinglet_proto::alert::Shown;
use kinglet_proto::percent::Percent;
use kinglet_proto::sample::metric::Unit;

const SCALE: [&str; 7] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

/// Bytes, scaled by 1024: `512 B`, `1.5 KiB`, `12 GiB`.
pub(super) fn bytes(count: u64) -> String {
    let mut unit = 0;
    let mut divisor = 1_u64;
    while unit + 1 < SCALE.len() && count / divisor >= 1024 {
        divisor = divisor.saturating_mul(1024);
        unit += 1;
    }
    let whole = count / divisor;
    let tenth = count % divisor / (divisor / 10).max(1);
    match whole {
        0..10 if unit > 0 => format!("{whole}.{} {}", tenth.min(9), SCALE[unit]),
        _ => format!("{whole} {}", SCALE[unit]),
    }
}

/// Bytes a second.
pub(super) fn rate(count: u64) -> String {
    format!("{}/s", bytes(count))
}

/// A percentage with its sign.
pub(super) fn percent(share: Percent) -> String {
    Shown(share.get(), Unit::Percent).to_string()
}

/// Seconds as the two largest units: `12 d 3 h`, `4 min 5 s`.
pub(super) fn span(seconds: u64) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{rest} s"),
        (0, 0, _) => format!("{minutes} min {rest} s"),
        (0, _, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_scaled() {
        for (count, text) in [
            (0, "0 B"),
            (1023, "1023 B"),
            (1024, "1.0 KiB"),
            (1536, "1.5 KiB"),
            (10 * 1024, "10 KiB"),
            (2_000_398_934_016, "1.8 TiB"),
            (u64::MAX, "15 EiB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }

    #[test]
    fn spans_name_their_two_largest_units() {
        for (seconds, text) in
            [(7, "7 s"), (245, "4 min 5 s"), (7260, "2 h 1 min"), (1_047_600, "12 d 3 h")]
        {
            assert_eq!(span(seconds), text);
        }
    }
}
