//! An answer that its asker may keep: for how long, and how it is told that it has it already.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

/// How long an answer is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// It may be another by the next time: ask, and hear whether it is.
    Asking,
    /// It is of a past that hardly changes any more.
    Hour,
    /// Half a minute old it does no harm, to anyone.
    Shared,
    /// Half a minute old it does no harm, to whom may look.
    Short,
}

/// What an answer says, in short: two with the same say the same.
///
/// Weak, for an answer with the same tag may be packed or not, and the time it was given at is no
/// part of it.
pub(crate) struct Tag(String);

impl Keep {
    const fn header(self) -> &'static str {
        match self {
            Self::Asking => "private, no-cache",
            Self::Hour => "private, max-age=3600",
            Self::Shared => "public, max-age=30",
            Self::Short => "private, max-age=30",
        }
    }
}

impl Tag {
    /// Of what is told.
    pub(crate) fn of(told: &[u8]) -> Self {
        let hash: [u8; 32] = Sha256::digest(told).into();
        let mut tag = "W/\"".to_owned();
        for byte in &hash[..16] {
            // Writing to a String cannot fail.
            let _ = write!(tag, "{byte:02x}");
        }
        Self(tag + "\"")
    }

    /// Whether the request names it among those it has.
    fn is_in(&self, asked: &HeaderMap) -> bool {
        let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
        let values = asked.get_all(IF_NONE_MATCH);
        let mut tags =
            values.iter().filter_map(|value| value.to_str().ok()).flat_map(|list| list.split(','));
        tags.any(|tag| tag.trim() == "*" || opaque(tag) == opaque(&self.0))
    }
}

/// The JSON, or that the asker has it already.
pub(crate) fn kept(asked: &HeaderMap, keep: Keep, tag: &Tag, json: impl Into<Body>) -> Response {
    kept_as(asked, keep, tag, "application/json", json)
}

/// What is of this kind, or that the asker has it already.
pub(crate) fn kept_as(
    asked: &HeaderMap,
    keep: Keep,
    tag: &Tag,
    kind: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut response = if tag.is_in(asked) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, kind)], body.into()).into_response()
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(keep.header()));
    // What one was shown with a token, another without is not.
    headers.insert(VARY, HeaderValue::from_static("authorization"));
    if let Ok(tag) = HeaderValue::from_str(&tag.0) {
        headers.insert(ETAG, tag);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_the_tag_in_any_way_has_the_answer() {
        let tag = Tag::of(b"abc");
        assert_eq!(tag.0, "W/\"ba7816bf8f01cfea414140de5dae2223\"");
        for (named, status) in [
            (None, 200),
            (Some("W/\"ba7816bf8f01cfea414140de5dae2223\""), 304),
            (Some("\"ba7816bf8f01cfea414140de5dae2223\""), 304),
            (Some("\"x\" , W/\"ba7816bf8f01cfea414140de5dae2223\""), 304),
            (Some("*"), 304),
            (Some("\"ba7816bf8f01cfea414140de5dae2224\""), 200),
            (Some("ba7816bf8f01cfea414140de5dae2223"), 200),
        ] {
            let value = named.map(|named| (IF_NONE_MATCH, HeaderValue::from_static(named)));
            let asked = HeaderMap::from_iter(value);
            let response = kept(&asked, Keep::Asking, &tag, "{}".to_owned());
            assert_eq!(response.status(), status, "{named:?}");
            assert_eq!(response.headers()[ETAG], tag.0);
            assert_eq!(response.headers()[CACHE_CONTROL], "private, no-cache");
            assert_eq!(response.headers()[VARY], "authorization");
        }
    }
}
