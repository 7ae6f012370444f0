//! The HTTP request that opens a connection: path, query and headers, per protocol.

use super::{Auth, Protocol};
use crate::host::Host;
use crate::secret::Secret;

/// What the upgrade request carries beside the WebSocket's own headers.
///
/// It holds the token: `Debug` shows neither values nor query.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Upgrade {
    /// Path and query of the request line.
    pub path_and_query: String,
    /// Headers, names in the spelling the protocol documents.
    pub headers: Vec<(&'static str, String)>,
}

impl std::fmt::Debug for Upgrade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Upgrade").field("path", &path).field("headers", &names).finish()
    }
}

/// The request for one server. `path_and_query` is the URL's; when it names no path (empty or `/`)
/// the protocol's own is used, and a query it has is kept in front of ours.
pub fn upgrade(
    protocol: Protocol,
    auth: Auth,
    host: &Host,
    server_id: Option<&str>,
    token: &Secret,
    path_and_query: &str,
) -> Upgrade {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let path = if matches!(path, "" | "/") { protocol.default_path() } else { path };
    let mut request = Upgrade { path_and_query: path.to_owned(), headers: Vec::new() };
    request.append_query(query);
    let id = server_id.unwrap_or(&host.id);
    match (protocol, auth) {
        // What ships ignores the query and reads the login message; what is documented has only it.
        (Protocol::Vstats, Auth::Header | Auth::Query) => {
            request.append_pair("token", token.expose());
        }
        (Protocol::Kinglet, Auth::Header) => {
            request.header("Authorization", &format!("Bearer {}", token.expose()));
            request.header("X-Client-ID", &host.id);
        }
        (Protocol::Kinglet, Auth::Query) => {
            request.append_pair("token", token.expose());
            request.append_pair("client_id", &host.id);
        }
        (Protocol::SimpleServerStatus, Auth::Header) => {
            request.header("X-AUTH-SECRET", token.expose());
            request.header("X-SERVER-ID", id);
        }
        (Protocol::SimpleServerStatus, Auth::Query) => {
            request.append_pair("token", token.expose());
            request.append_pair("server_id", id);
        }
    }
    request
}

impl Upgrade {
    fn append_query(&mut self, query: &str) {
        if !query.is_empty() {
            self.path_and_query.push('?');
            self.path_and_query.push_str(query);
        }
    }

    fn append_pair(&mut self, name: &str, value: &str) {
        self.path_and_query.push(if self.path_and_query.contains('?') { '&' } else { '?' });
        self.path_and_query.push_str(name);
        self.path_and_query.push('=');
        percent_encode(value, &mut self.path_and_query);
    }

    /// A control character in a value would begin another header.
    fn header(&mut self, name: &'static str, value: &str) {
        self.headers.push((name, value.chars().filter(|c| !c.is_control()).collect()));
    }
}

/// Everything but RFC 3986's unreserved characters, so that no server can read it otherwise.
fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            for nibble in [byte >> 4, byte & 15] {
                out.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(protocol: Protocol, auth: Auth, token: &str, path: &str) -> Upgrade {
        let host = Host { id: "pi 1".into(), ..Host::default() };
        upgrade(protocol, auth, &host, None, &Secret::new(token), path)
    }

    #[test]
    fn each_scheme_puts_the_token_where_its_servers_look() {
        use {Auth::*, Protocol::*};
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let table: [(_, _, &str, Headers<'_>); 6] = [
            (
                Kinglet,
                Header,
                "/ws/agent",
                &[("Authorization", "Bearer a+b/c=&d"), ("X-Client-ID", "pi 1")],
            ),
            (Kinglet, Query, "/ws/agent?token=a%2Bb%2Fc%3D%26d&client_id=pi%201", &[]),
            (Vstats, Header, "/ws/agent?token=a%2Bb%2Fc%3D%26d", &[]),
            (Vstats, Query, "/ws/agent?token=a%2Bb%2Fc%3D%26d", &[]),
            (
                SimpleServerStatus,
                Header,
                "/ws-report",
                &[("X-AUTH-SECRET", "a+b/c=&d"), ("X-SERVER-ID", "pi 1")],
            ),
            (SimpleServerStatus, Query, "/ws-report?token=a%2Bb%2Fc%3D%26d&server_id=pi%201", &[]),
        ];
        for (protocol, auth, path_and_query, headers) in table {
            let request = request(protocol, auth, "a+b/c=&d", "");
            assert_eq!(request.path_and_query, path_and_query);
            let found: Vec<(&str, &str)> =
                request.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            assert_eq!(found, headers);
        }
    }

    #[test]
    fn paths_and_queries_of_the_url_are_kept() {
        for (path, expected) in [
            ("", "/ws/agent?token=t&client_id=pi%201"),
            ("/", "/ws/agent?token=t&client_id=pi%201"),
            ("/hub/agent", "/hub/agent?token=t&client_id=pi%201"),
            ("/a?room=2", "/a?room=2&token=t&client_id=pi%201"),
            ("?room=2", "/ws/agent?room=2&token=t&client_id=pi%201"),
            ("/a?", "/a?token=t&client_id=pi%201"),
        ] {
            let request = request(Protocol::Kinglet, Auth::Query, "t", path);
            assert_eq!(request.path_and_query, expected, "for {path:?}");
        }
    }

    #[test]
    fn every_byte_survives_percent_encoding() {
        let all: String = (1..=255_u8).map(char::from).collect();
        let mut encoded = String::new();
        percent_encode(&all, &mut encoded);
        assert!(
            encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%".contains(&byte))
        );
        let mut bytes = Vec::new();
        let mut rest = encoded.as_str();
        while let Some(first) = rest.chars().next() {
            let (byte, used) = if first == '%' {
                (u8::from_str_radix(&rest[1..3], 16).unwrap(), 3)
            } else {
                (rest.as_bytes()[0], 1)
            };
            bytes.push(byte);
            rest = &rest[used..];
        }
        assert_eq!(String::from_utf8(bytes).unwrap(), all);
    }

    #[test]
    fn a_token_cannot_begin_a_header_and_is_not_shown() {
        let request = request(Protocol::Kinglet, Auth::Header, "abc\r\nX-Evil: 1", "");
        assert_eq!(request.headers[0].1, "Bearer abcX-Evil: 1");
        let query = self::request(Protocol::Kinglet, Auth::Query, "hunter2", "");
        for shown in [format!("{request:?}"), format!("{query:?} {query:#?}")] {
            assert!(!shown.contains("abc") && !shown.contains("hunter2"), "{shown}");
            assert!(shown.contains("/ws/agent"), "{shown}");
        }
    }

    #[test]
    fn a_server_id_replaces_the_host_id_where_the_protocol_has_one() {
        let host = Host { id: "pi".into(), ..Host::default() };
        let secret = Secret::new("t");
        let with = |protocol| upgrade(protocol, Auth::Header, &host, Some("s1"), &secret, "");
        assert_eq!(with(Protocol::SimpleServerStatus).headers[1].1, "s1");
        assert_eq!(with(Protocol::Kinglet).headers[1].1, "pi");
    }
}
