//! What an answer means for a notice: whether it is there, refused for good, or to be tried again.

use std::time::Duration;

use axum::http::HeaderMap;
use serde_json::Value;

use crate::http::{Answer, retry_after, said};
use crate::limits::NOTIFY_RETRY_AFTER_MAX;

/// What became of a notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is there.
    Taken,
    /// It is there for some of those it is for. In words, for whom not.
    Partly(String),
    /// It would be refused again. In words.
    Refused(String),
    /// It may do later, not before so long where the server says when. In words.
    Later(Option<Duration>, String),
}

/// By the status. 401, 403, 404 and the like are for the owner to mend.
pub(super) fn fate(answer: &Answer) -> Fate {
    let Answer { status, headers, body } = answer;
    let words = |hint: &str| {
        let said = said(body);
        let colon = if said.is_empty() { "" } else { ": " };
        format!("{status}{colon}{said}{hint}")
    };
    match status.as_u16() {
        200..=299 => Fate::Taken,
        408 | 425 | 429 | 500..=599 => Fate::Later(pause(headers, body), words("")),
        300..=399 => Fate::Refused(words(" (it is elsewhere: mend the address)")),
        401 | 403 => Fate::Refused(words(" (mend the token or password)")),
        404 | 410 => Fate::Refused(words(" (mend the address)")),
        _ => Fate::Refused(words("")),
    }
}

/// By the header, or by Discord's `retry_after`, which has fractions, or Telegram's.
fn pause(headers: &HeaderMap, body: &[u8]) -> Option<Duration> {
    let told = || {
        let json: Value = serde_json::from_slice(body).ok()?;
        let found = json.get("retry_after").or_else(|| json.pointer("/parameters/retry_after"));
        Duration::try_from_secs_f64(found?.as_f64()?).ok()
    };
    retry_after(headers).or_else(told).map(|pause| pause.min(NOTIFY_RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use axum::http::StatusCode;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: HeaderMap::new(), body: body.into() }
    }

    #[test]
    fn what_the_owner_must_mend_is_refused_and_the_rest_comes_later() {
        for status in [200, 201, 204] {
            assert_eq!(fate(&answer(status, "ok")), Fate::Taken);
        }
        for status in [301, 400, 401, 403, 404, 405, 410, 413, 422] {
            let Fate::Refused(words) = fate(&answer(status, "")) else { panic!("{status}") };
            assert!(words.starts_with(&status.to_string()), "{words}");
        }
        for status in [408, 425, 429, 500, 502, 503] {
            assert!(matches!(fate(&answer(status, "busy")), Fate::Later(None, _)), "{status}");
        }
        let words = "404 Not Found: no such topic (mend the address)".to_owned();
        assert_eq!(fate(&answer(404, r#"{"error":"no such topic"}"#)), Fate::Refused(words));
    }

    #[test]
    fn each_service_says_in_its_own_way_when_to_come_again() {
        let wait = |answer: &Answer| match fate(answer) {
            Fate::Later(wait, _) => wait,
            other @ (Fate::Taken | Fate::Partly(_) | Fate::Refused(_)) => panic!("{other:?}"),
        };
        let discord = answer(429, r#"{"message":"You are being rate limited.","retry_after":1.5}"#);
        assert_eq!(wait(&discord), Some(Duration::from_millis(1500)));
        let telegram = answer(429, r#"{"ok":false,"parameters":{"retry_after":7}}"#);
        assert_eq!(wait(&telegram), Some(Duration::from_secs(7)));
        let mut slack = answer(429, "");
        slack.headers.insert("retry-after", "30".parse().unwrap());
        assert_eq!(wait(&slack), Some(Duration::from_secs(30)));
        slack.headers.insert("retry-after", "99999999".parse().unwrap());
        assert_eq!(wait(&slack), Some(NOTIFY_RETRY_AFTER_MAX));
        for odd in ["-1", "1e300", "\"x\"", "null"] {
            assert_eq!(wait(&answer(429, &format!(r#"{{"retry_after":{odd}}}"#))), None);
        }
    }
}
