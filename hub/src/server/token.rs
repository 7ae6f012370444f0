//! Credentials as they stand in a request.

use axum::extract::Query;
use axum::http::header::{AUTHORIZATION, COOKIE, SEC_WEBSOCKET_PROTOCOL};
use axum::http::{HeaderMap, Uri};
use serde::Deserialize;

use crate::people::{LINK_PREFIX, SESSION_PREFIX};

/// The subprotocol a browser names beside `bearer.<token>`.
const SUBPROTOCOL: &str = "kinglet.v1";
/// What a viewer of rows names too, as the hub's page does.
const SUBPROTOCOL_ROWS: &str = "kinglet.page.v1";

/// What the cookie of a session is called, over TLS and without.
pub(crate) const COOKIES: [&str; 2] = ["__Host-kinglet", "kinglet"];

/// Who a request says it is.
#[derive(Default)]
pub(crate) struct Credentials {
    /// The token, from a header, the subprotocol list or the query; without one the session of the
    /// cookie, which looks like no token.
    pub(crate) token: Option<String>,
    /// The host's or client's id. What was not UTF-8 in it is replaced, and so makes it no host's.
    pub(crate) id: Option<String>,
    /// The subprotocol to agree on.
    pub(crate) protocol: Option<&'static str>,
    /// The subprotocol to agree on where there are rows, if they are asked for.
    pub(crate) rows: Option<&'static str>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct InQuery {
    token: Option<String>,
    client_id: Option<String>,
    server_id: Option<String>,
}

impl Credentials {
    /// Reads them; headers go before the query.
    pub(crate) fn read(headers: &HeaderMap, uri: &Uri) -> Self {
        let query = Query::<InQuery>::try_from_uri(uri).map(|Query(query)| query);
        let InQuery { token, client_id, server_id } = query.unwrap_or_default();
        let offered = text(headers, SEC_WEBSOCKET_PROTOCOL.as_str()).unwrap_or_default();
        let offered: Vec<&str> = offered.split(',').map(str::trim).collect();
        let granted = |name: &'static str| offered.contains(&name).then_some(name);
        let (protocol, rows) = (granted(SUBPROTOCOL), granted(SUBPROTOCOL_ROWS));
        let in_header = bearer(headers)
            .or_else(|| text(headers, "x-auth-secret"))
            .or_else(|| offered.iter().find_map(|each| each.strip_prefix("bearer.")));
        let id = name(headers, "x-client-id").or_else(|| name(headers, "x-server-id"));
        let given = |text: &String| !text.is_empty();
        let token = in_header.map(str::to_owned).or(token).filter(given);
        Self {
            token: token.or_else(|| session(headers).map(str::to_owned)),
            id: id.or(client_id).or(server_id).filter(given),
            protocol,
            rows,
        }
    }
}

/// The secret of the session that a browser is in, or of the link that it came by.
pub(crate) fn session(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = cookies.flat_map(|text| text.split(';')).filter_map(|pair| pair.split_once('='));
    let mut ours = pairs.filter(|(name, _)| COOKIES.contains(&name.trim()));
    let prefixes = [SESSION_PREFIX, LINK_PREFIX];
    let is_secret = |value: &&str| prefixes.iter().any(|prefix| value.starts_with(prefix));
    ours.find_map(|(_, value)| Some(value.trim()).filter(is_secret))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = text(headers, AUTHORIZATION.as_str())?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

/// A header whose value may be of any language: RFC 9110 lets bytes above ASCII through, and agents
/// write their id as UTF-8.
fn name(headers: &HeaderMap, header: &str) -> Option<String> {
    Some(String::from_utf8_lossy(headers.get(header)?.as_bytes()).into_owned())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use kinglet_proto::host::{HostId, HostIdError};

    use super::*;

    fn read(headers: &[(&'static str, &'static str)], uri: &'static str) -> Credentials {
        let headers = headers.iter().map(|&(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            (name.parse::<axum::http::HeaderName>().unwrap(), value)
        });
        Credentials::read(&headers.collect(), &Uri::from_static(uri))
    }

    #[test]
    fn a_token_is_found_wherever_a_client_can_put_it() {
        for (headers, uri, token, id) in [
            (&[("authorization", "Bearer t"), ("x-client-id", "i")][..], "/", Some("t"), Some("i")),
            (&[("x-client-id", "küche")], "/", None, Some("küche")),
            (&[], "/ws?client_id=k%C3%BCche", None, Some("küche")),
            (&[("authorization", "bearer  t")], "/", Some("t"), None),
            (&[("authorization", "Basic t")], "/", None, None),
            (&[("x-auth-secret", "t"), ("x-server-id", "i")], "/", Some("t"), Some("i")),
            (&[], "/ws?token=a%2Bb%26c&client_id=i", Some("a+b&c"), Some("i")),
            (&[], "/ws?token=&server_id=i", None, Some("i")),
            (&[], "/ws?token=a&token=b", None, None),
            (&[("sec-websocket-protocol", "kinglet.v1, bearer.t")], "/", Some("t"), None),
            (&[("authorization", "Bearer t")], "/ws?token=u", Some("t"), None),
        ] {
            let read = read(headers, uri);
            assert_eq!((read.token.as_deref(), read.id.as_deref()), (token, id), "{uri}");
            assert_eq!(read.protocol.is_some(), headers.iter().any(|h| h.1.contains("kinglet")));
            assert_eq!(read.rows, None);
        }
        let offered = [("sec-websocket-protocol", "kinglet.page.v1, bearer.t")];
        let Credentials { token, protocol, rows, .. } = read(&offered, "/");
        let granted = (token.as_deref(), protocol, rows);
        assert_eq!(granted, (Some("t"), None, Some("kinglet.page.v1")));
    }

    #[test]
    fn a_session_is_found_among_cookies_and_counts_less_than_a_token() {
        for (cookies, token, found) in [
            ("kinglet=ks_1", "", Some("ks_1")),
            ("a=b; __Host-kinglet=ks_2; kinglet=x", "", Some("ks_2")),
            ("kinglet=kl_3", "", Some("kl_3")),
            ("kinglet=something", "", None),
            ("kinglet2=ks_1; xkinglet=ks_1", "", None),
            ("kinglet=ks_1", "Bearer t", Some("t")),
        ] {
            let headers = [("cookie", cookies), ("authorization", token)];
            let read = read(&headers, "/");
            assert_eq!(read.token.as_deref(), found, "{cookies}");
        }
    }

    #[test]
    fn an_id_that_is_no_utf_8_is_told_from_one_that_was_not_said() {
        let latin = HeaderValue::from_bytes(b"k\xfcche").unwrap();
        let headers = HeaderMap::from_iter([("x-client-id".parse().unwrap(), latin)]);
        let id = Credentials::read(&headers, &Uri::from_static("/")).id.unwrap();
        assert_eq!(HostId::parse(&id), Err(HostIdError::NotText));
    }
}
