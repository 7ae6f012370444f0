//! A file that never changes while the hub runs: packed once, and not sent to who has it.
//!
//! RFC 9110: conditional requests (13), negotiation of the coding (12.5.3).

use std::borrow::Cow;
use std::io::Write;
use std::sync::OnceLock;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

/// One file with what tells it from any other.
pub(crate) struct Packed {
    kind: &'static str,
    plain: Bytes,
    /// Made when it is first asked for; `None` where it is not smaller.
    gzip: OnceLock<Option<Bytes>>,
    /// Of the text. Both ways of sending it have the same, so it is a weak one.
    tag: HeaderValue,
}

impl Packed {
    /// A text of this content type.
    pub(crate) fn new(kind: &'static str, text: Cow<'static, str>) -> Self {
        Self::from_bytes(
            kind,
            match text {
                Cow::Borrowed(text) => Bytes::from_static(text.as_bytes()),
                Cow::Owned(text) => Bytes::from(text),
            },
        )
    }

    /// What is no text: a picture.
    pub(crate) fn from_bytes(kind: &'static str, plain: Bytes) -> Self {
        let hash = Sha256::digest(&plain);
        let hex: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
        // Hexadecimal digits and quotes can stand in a header.
        let tag = HeaderValue::try_from(format!("W/\"{hex}\""));
        let tag = tag.unwrap_or(HeaderValue::from_static("W/\"\""));
        Self { kind, plain, gzip: OnceLock::new(), tag }
    }

    /// The answer to a request with these headers.
    pub(crate) fn answer(&self, headers: &HeaderMap) -> Response {
        let mut response = if self.is_known(headers) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            self.whole(headers)
        };
        let mut say = |name: HeaderName, value| response.headers_mut().insert(name, value);
        say(ETAG, self.tag.clone());
        // It is asked for each time, and mostly not sent: a hub that was updated is seen at once.
        say(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        say(VARY, HeaderValue::from_static("accept-encoding"));
        response
    }

    fn whole(&self, headers: &HeaderMap) -> Response {
        let packed = takes_gzip(headers).then(|| self.gzip.get_or_init(|| pack(&self.plain)));
        let packed = packed.and_then(Option::as_ref);
        let mut response = Body::from(packed.unwrap_or(&self.plain).clone()).into_response();
        let mut say = |name: HeaderName, value| {
            response.headers_mut().insert(name, HeaderValue::from_static(value));
        };
        say(CONTENT_TYPE, self.kind);
        if packed.is_some() {
            say(CONTENT_ENCODING, "gzip");
        }
        response
    }

    /// Whether the caller has it.
    fn is_known(&self, headers: &HeaderMap) -> bool {
        let strong = |tag: &[u8]| tag.strip_prefix(b"W/").unwrap_or(tag).to_vec();
        let own = strong(self.tag.as_bytes());
        let lists = headers.get_all(IF_NONE_MATCH).iter();
        let mut tags = lists.flat_map(|list| list.as_bytes().split(|byte| *byte == b','));
        tags.any(|tag| tag.trim_ascii() == b"*" || strong(tag.trim_ascii()) == own)
    }
}

/// Whether gzip is among what is taken, and not with a weight of nothing.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|list| list.to_str().ok());
    let mut codings = lists.flat_map(|list| list.split(','));
    codings.any(|coding| {
        let (name, weight) = coding.split_once(';').unwrap_or((coding, "q=1"));
        let weight = weight.trim().strip_prefix("q=").and_then(|weight| weight.parse::<f32>().ok());
        let is_named = ["gzip", "*"].contains(&name.trim().to_ascii_lowercase().as_str());
        is_named && weight.is_some_and(|weight| weight > 0.0)
    })
}

fn pack(plain: &[u8]) -> Option<Bytes> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(plain).ok()?;
    let packed = gzip.finish().ok()?;
    (packed.len() < plain.len()).then(|| packed.into())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use axum::body::to_bytes;
    use flate2::read::GzDecoder;

    use super::*;

    fn asked(headers: &[(HeaderName, &'static str)]) -> HeaderMap {
        let value = |(name, value): &(HeaderName, &'static str)| {
            (name.clone(), HeaderValue::from_static(value))
        };
        headers.iter().map(value).collect()
    }

    fn file(text: &'static str) -> Packed {
        Packed::new("text/plain", Cow::Borrowed(text))
    }

    const LONG: &str = "a text that is longer when it is said again and again and again and again \
                        and again and again and again and again and again";

    #[tokio::test]
    async fn it_is_packed_for_who_takes_it() {
        let file = file(LONG);
        for (accepted, packed) in [
            ("gzip", true),
            ("br, GZIP ;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("br", false),
            ("", false),
        ] {
            let response = file.answer(&asked(&[(ACCEPT_ENCODING, accepted)]));
            let coding = response.headers().get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
            assert_eq!(coding, packed.then_some(&b"gzip"[..]), "{accepted}");
            let body = to_bytes(response.into_body(), 10_000).await.unwrap();
            let mut text = String::new();
            match packed {
                true => GzDecoder::new(&*body).read_to_string(&mut text).unwrap(),
                false => (&*body).read_to_string(&mut text).unwrap(),
            };
            assert_eq!(text, LONG);
        }
    }

    #[tokio::test]
    async fn who_has_it_is_not_sent_it() {
        let (one, other) = (file(LONG), file("another"));
        let whole = one.answer(&HeaderMap::new());
        assert_eq!(whole.status(), 200);
        assert_eq!(whole.headers()[CACHE_CONTROL], "no-cache");
        let tag: &'static str =
            Box::leak(whole.headers()[ETAG].to_str().unwrap().to_owned().into_boxed_str());
        let strong = tag.strip_prefix("W/").unwrap();
        for known in [tag, strong, "*"] {
            let answer = one.answer(&asked(&[(IF_NONE_MATCH, known)]));
            assert_eq!(answer.status(), 304, "{known}");
            assert_eq!(answer.headers()[ETAG], tag);
            assert!(to_bytes(answer.into_body(), 1).await.unwrap().is_empty());
        }
        let list = format!("\"x\" , {tag}");
        let list = asked(&[(IF_NONE_MATCH, Box::leak(list.into_boxed_str()))]);
        assert_eq!(one.answer(&list).status(), 304);
        assert_eq!(other.answer(&asked(&[(IF_NONE_MATCH, tag)])).status(), 200);
        assert_eq!(one.answer(&asked(&[(IF_NONE_MATCH, "\"x\"")])).status(), 200);
    }

    #[test]
    fn what_packing_makes_longer_is_left_as_it_is() {
        let response = file("x").answer(&asked(&[(ACCEPT_ENCODING, "gzip")]));
        assert!(!response.headers().contains_key(CONTENT_ENCODING));
    }
}
