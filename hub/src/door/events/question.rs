//! Which events are asked for, read from the request's parameters.

use axum::http::Uri;
use kinglet_proto::host::HostId;
use kinglet_proto::time::WallTime;

use super::told::PUBLIC;
use crate::limits::{EVENTS_MAX, EVENTS_USUAL, HISTORY_EVER};
use crate::server::parameters::{Fault, Parameters, quoted};

/// What an event can be.
const KINDS: [&str; 5] = ["alert", "config", "performance", "status", "system"];

/// A question.
#[derive(Debug, PartialEq)]
pub(super) struct Question {
    /// Whose; `None` for all hosts.
    pub(super) host: Option<HostId>,
    /// Of these kinds, `None` for all of them; empty where the asker may see none of it.
    pub(super) kinds: Vec<Option<&'static str>>,
    /// From here on.
    pub(super) from: WallTime,
    /// Up to here.
    pub(super) to: WallTime,
    /// So many of the newest at most.
    pub(super) limit: usize,
}

impl Question {
    /// Reads it; `public` where anyone may look, who then sees fewer kinds.
    pub(super) fn read(uri: &Uri, now: WallTime, public: bool) -> Result<Self, Fault> {
        let parameters = Parameters::read(uri);
        let host = parameters.one("host")?.map(|text| {
            HostId::parse(text).map_err(|error| format!("host {} is no id: {error}", quoted(text)))
        });
        let kind = parameters.one("type")?.map(|text| {
            let known = KINDS.into_iter().find(|kind| *kind == text);
            known
                .ok_or_else(|| format!("type is one of {}, not {}", KINDS.join(", "), quoted(text)))
        });
        let (from, to) = parameters.range(now, HISTORY_EVER)?;
        let most = u64::try_from(EVENTS_MAX).unwrap_or(u64::MAX);
        let limit = parameters.number("limit", 1..=most, "a number of events")?;
        let limit = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(EVENTS_USUAL);
        let kind = kind.transpose()?;
        let shown = PUBLIC.iter().map(|(shown, _)| *shown);
        let kinds = if public {
            shown.filter(|shown| kind.is_none_or(|kind| kind == *shown)).map(Some).collect()
        } else {
            vec![kind]
        };
        Ok(Self { host: host.transpose()?, kinds, from, to, limit })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallTime = WallTime::from_unix_millis(10_000);

    fn read(query: &str, public: bool) -> Result<Question, Fault> {
        Question::read(&format!("/api/events?{query}").parse().unwrap(), NOW, public)
    }

    #[test]
    fn without_parameters_it_is_the_newest_of_all() {
        let question = read("", false).unwrap();
        let due = Question {
            host: None,
            kinds: vec![None],
            from: WallTime::default(),
            to: NOW,
            limit: EVENTS_USUAL,
        };
        assert_eq!(question, due);
        let question = read("host=pi&type=alert&from=1&to=3&limit=1000", false).unwrap();
        assert_eq!(question.host.as_deref(), Some("pi"));
        assert_eq!((question.kinds, question.limit), (vec![Some("alert")], 1000));
        assert_eq!((question.from.unix_millis(), question.to.unix_millis()), (1, 3));
    }

    #[test]
    fn who_has_no_token_hears_of_some_kinds_only() {
        let kinds = |query| read(query, true).unwrap().kinds;
        assert_eq!(kinds(""), [Some("alert"), Some("status"), Some("system")]);
        assert_eq!(kinds("type=status"), [Some("status")]);
        assert_eq!(kinds("type=config"), []);
    }

    #[test]
    fn a_fault_says_what_is_allowed() {
        for (query, words) in [
            (
                "type=panic",
                "type is one of alert, config, performance, status, system, not \"panic\"",
            ),
            ("limit=0", "limit is a number of events, 1 to 1000, not \"0\""),
            ("limit=1001", "limit is a number of events, 1 to 1000, not \"1001\""),
            ("host=a%20b", "host \"a b\" is no id: "),
            ("from=5&to=5", "from must lie before to"),
        ] {
            let fault = read(query, false).unwrap_err();
            assert!(fault.starts_with(words), "{query}: {fault}");
        }
    }
}
