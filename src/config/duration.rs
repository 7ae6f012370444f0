//! Durations as owners write them: `5s`, `2m`, `1h`.

use std::ops::RangeInclusive;
use std::time::Duration;

use kinglet_proto::limits::{INTERVAL_MAX, INTERVAL_MIN};
use kinglet_proto::quoted::Quoted;

/// Reads a report interval; the error says what is allowed.
pub(super) fn parse_interval(text: &str) -> Result<Duration, String> {
    parse(text, "an interval", INTERVAL_MIN..=INTERVAL_MAX)
}

/// Reads a duration; the error says what it is not, and what is allowed.
pub(super) fn parse(
    text: &str,
    what: &str,
    range: RangeInclusive<Duration>,
) -> Result<Duration, String> {
    let allowed = || {
        format!(
            "{} is not {what}; allowed is {} to {}",
            Quoted(text),
            show(*range.start()),
            show(*range.end())
        )
    };
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let seconds_each = match &text[digits.len()..] {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "" => return Err(format!("{}, with its unit: \"{text}s\"", allowed())),
        _ => return Err(allowed()),
    };
    let count: u64 = digits.parse().map_err(|_| allowed())?;
    let interval = Duration::from_secs(count.checked_mul(seconds_each).ok_or_else(allowed)?);
    if range.contains(&interval) { Ok(interval) } else { Err(allowed()) }
}

/// Writes a duration the way it is read.
pub(crate) fn show(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 => "0s".to_owned(),
        _ if seconds.is_multiple_of(3600) => format!("{}h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_read_as_they_are_written() {
        for (text, seconds) in [("1s", 1), ("5s", 5), ("90s", 90), ("2m", 120), ("1h", 3600)] {
            assert_eq!(parse_interval(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for (seconds, text) in [(5, "5s"), (90, "90s"), (120, "2m"), (3600, "1h")] {
            assert_eq!(show(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn anything_else_says_what_is_allowed() {
        for text in
            ["", "0s", "s", "-1s", "2h", "3601s", "1.5s", "5 s", "5ms", "99999999999999999999h"]
        {
            let error = parse_interval(text).unwrap_err();
            assert!(error.contains("allowed is 1s to 1h"), "{text}: {error}");
        }
        assert!(parse_interval("5").unwrap_err().contains("\"5s\""));
    }
}
