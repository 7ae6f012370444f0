//! Whose points are taken: a token, however telegraf shows it.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Uri};
use data_encoding::BASE64;
use kinglet_proto::host::HostId;

use crate::auth::{Auth, Grant, Pass};
use crate::guard::Neighbour;
use crate::server::parameters::Parameters;
use crate::server::token::Credentials;

/// Who may speak for a host of its own, or for any of the fleet's.
pub(super) struct Speaker {
    token: String,
    /// From where it comes.
    pub(super) from: Neighbour,
    /// The host whose own token it is: what names no host is of it.
    pub(super) host: Option<HostId>,
}

impl Speaker {
    /// The one whose token a request shows; `None` where it shows none that is good.
    pub(super) fn read(
        auth: &Auth,
        from: Neighbour,
        headers: &HeaderMap,
        uri: &Uri,
    ) -> Option<Self> {
        let Credentials { token, id, .. } = Credentials::read(headers, uri);
        let token = token.or_else(|| written(headers)).or_else(|| password(uri))?;
        let id = id.and_then(|id| HostId::try_from(id).ok());
        let host = match auth.agent(&token, id.as_ref()) {
            Grant::Host(pass) => Some(pass.host),
            Grant::AnyHost => None,
            Grant::Refused => return None,
        };
        Some(Self { token, from, host })
    }

    /// What its token is good for of this host, now: it may have been replaced since.
    pub(super) fn pass(&self, auth: &Auth, host: &HostId) -> Option<Pass> {
        match auth.agent(&self.token, Some(host)) {
            Grant::Host(pass) => Some(pass),
            Grant::AnyHost | Grant::Refused => None,
        }
    }
}

/// InfluxDB's own schemes: `Token <t>`, of 1.8 `Token <user>:<t>`, and a password.
fn written(headers: &HeaderMap) -> Option<String> {
    let (scheme, rest) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("token") {
        return Some(rest.split_once(':').map_or(rest, |(_, token)| token).to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(BASE64.decode(rest.as_bytes()).ok()?).ok()?;
    pair.split_once(':').map(|(_, token)| token.to_owned())
}

/// InfluxDB 1.x's `?p=`.
fn password(uri: &Uri) -> Option<String> {
    Parameters::read(uri).all("p").next().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::http::HeaderValue;

    use super::*;
    use crate::auth::TokenHash;

    #[test]
    fn a_token_is_found_wherever_telegraf_puts_it() {
        let id = |text| HostId::parse(text).unwrap();
        let own = BTreeMap::from([(HostId::parse("pi").unwrap(), TokenHash::of("t"))]);
        let auth = Auth::new(own, Some(TokenHash::of("f")), None);
        let from = Neighbour::from(std::net::IpAddr::from([192, 0, 2, 7]));
        let read = |header: &'static str, uri: &'static str| {
            let header = (AUTHORIZATION, HeaderValue::from_static(header));
            let headers = HeaderMap::from_iter([header]);
            let speaker = Speaker::read(&auth, from, &headers, &uri.parse().unwrap());
            speaker.map(|speaker| speaker.host.map(|host| host.to_string()))
        };
        let pi = Some(Some("pi".to_owned()));
        for (header, uri, due) in [
            ("Token t", "/write", pi.clone()),
            ("token user:t", "/write", pi.clone()),
            ("Bearer t", "/write", pi.clone()),
            ("Basic dXNlcjp0", "/write", pi.clone()),
            ("", "/write?u=user&p=t", pi.clone()),
            ("", "/ws/telegraf?token=t", pi),
            ("Token f", "/write", Some(None)),
            ("Token x", "/write", None),
            ("Basic ****", "/write", None),
            ("Digest t", "/write", None),
            ("", "/write?p=", None),
        ] {
            assert_eq!(read(header, uri), due, "{header} {uri}");
        }
        let speaker = |token: &str| Speaker { token: token.to_owned(), from, host: None };
        let good = |token, host| speaker(token).pass(&auth, &id(host)).is_some();
        assert!(good("f", "new") && !good("f", "pi"));
        assert!(good("t", "pi") && !good("t", "new"));
    }
}
