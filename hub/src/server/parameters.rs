//! What stands behind a path's `?`, read strictly: each fault is said in words that name the
//! parameter and what is allowed. Parameters that no door knows are passed over.

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::extract::Query;
use axum::http::Uri;
use kinglet_proto::quoted::Quoted;
use kinglet_proto::time::WallTime;

use crate::limits::QUOTED_CHARS_MAX;

/// The parameters of a request, in their order.
pub(crate) struct Parameters(Vec<(String, String)>);

/// Why one cannot be understood, in words.
pub(crate) type Fault = String;

impl Parameters {
    /// Of this request.
    pub(crate) fn read(uri: &Uri) -> Self {
        let pairs = Query::try_from_uri(uri).map(|Query(pairs)| pairs);
        Self(pairs.unwrap_or_default())
    }

    /// Everything that is given under this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let ours = self.0.iter().filter(move |(given, _)| given == name);
        ours.map(|(_, value)| value.as_str())
    }

    /// What is given under this name; `None` where nothing is.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Fault> {
        let mut all = self.all(name);
        match (all.next(), all.next()) {
            (first, None) => Ok(first),
            (_, Some(_)) => Err(format!("{name} is given twice")),
        }
    }

    /// The whole number under this name; `None` where nothing is given.
    pub(crate) fn number(
        &self,
        name: &str,
        allowed: RangeInclusive<u64>,
        unit: &str,
    ) -> Result<Option<u64>, Fault> {
        let Some(text) = self.one(name)? else { return Ok(None) };
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse().ok().filter(|number| digits && allowed.contains(number));
        let (least, most) = allowed.into_inner();
        let fault = || format!("{name} is {unit}, {least} to {most}, not {}", quoted(text));
        number.map(Some).ok_or_else(fault)
    }

    /// From `from` on up to `to`: up to now where the end is not given, the usual length where the
    /// beginning is not.
    pub(crate) fn range(&self, now: WallTime, usual: Duration) -> Result<Range, Fault> {
        let end = WallTime::from_unix_millis(u64::MAX).unix_millis();
        let unit = "milliseconds since 1970-01-01 UTC";
        let to = self.number("to", 0..=end, unit)?.unwrap_or(now.unix_millis());
        let usual = u64::try_from(usual.as_millis()).unwrap_or(u64::MAX);
        let from = self.number("from", 0..=end, unit)?.unwrap_or(to.saturating_sub(usual));
        if from >= to {
            return Err(format!("from must lie before to: from is {from}, to is {to}"));
        }
        Ok((WallTime::from_unix_millis(from), WallTime::from_unix_millis(to)))
    }
}

/// From here on, up to there.
pub(crate) type Range = (WallTime, WallTime);

/// What somebody wrote, in quotes and in short.
pub(crate) fn quoted(text: &str) -> String {
    let mut short: String = text.chars().take(QUOTED_CHARS_MAX).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    Quoted(&short).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallTime = WallTime::from_unix_millis(10_000_000);
    const HOUR: Duration = Duration::from_secs(3600);

    fn range(query: &str) -> Result<(u64, u64), Fault> {
        let uri = format!("/p?{query}").parse().unwrap();
        let range = Parameters::read(&uri).range(NOW, HOUR);
        range.map(|(from, to)| (from.unix_millis(), to.unix_millis()))
    }

    #[test]
    fn a_range_is_the_last_hour_or_what_is_said() {
        for (query, due) in [
            ("", (6_400_000, 10_000_000)),
            ("from=7000000", (7_000_000, 10_000_000)),
            ("to=5000000", (1_400_000, 5_000_000)),
            ("to=5", (0, 5)),
            ("from=1&to=99000000", (1, 99_000_000)),
        ] {
            assert_eq!(range(query), Ok(due), "{query}");
        }
    }

    #[test]
    fn a_fault_names_the_parameter_and_what_is_allowed() {
        for (query, words) in [
            ("from=20000000", "from must lie before to: from is 20000000, to is 10000000"),
            ("from=5&to=5", "from must lie before to: from is 5, to is 5"),
            ("from=1&from=2", "from is given twice"),
            ("to=", "to is milliseconds since 1970-01-01 UTC, 0 to 253402300799999, not \"\""),
            ("to=+5", "to is milliseconds since 1970-01-01 UTC, 0 to 253402300799999, not \" 5\""),
            (
                "to=1e3",
                "to is milliseconds since 1970-01-01 UTC, 0 to 253402300799999, not \"1e3\"",
            ),
            (
                "from=-1",
                "from is milliseconds since 1970-01-01 UTC, 0 to 253402300799999, not \"-1\"",
            ),
        ] {
            assert_eq!(range(query), Err(words.to_owned()), "{query}");
        }
        let long = range(&format!("to={}", "9".repeat(5000))).unwrap_err();
        assert!(long.len() < 200, "{long}");
    }
}
