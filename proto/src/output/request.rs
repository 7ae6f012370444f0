//! An HTTP request to a server: path, query and headers, per protocol.

/// What a request carries beside what HTTP and WebSocket want.
///
/// It holds the token: `Debug` shows neither values nor query.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Path and query of the request line.
    pub path_and_query: String,
    /// Headers, names in the spelling the protocol documents.
    pub headers: Vec<(&'static str, String)>,
    /// With one it is a POST of this; without, the request for a WebSocket.
    pub body: Option<String>,
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Request").field("path", &path).field("headers", &names).finish()
    }
}

impl Request {
    /// A request for a path with a query that is encoded already; empty for none.
    pub(crate) fn new(path: &str, query: &str) -> Self {
        let separator = if query.is_empty() { "" } else { "?" };
        Self {
            path_and_query: format!("{path}{separator}{query}"),
            headers: Vec::new(),
            body: None,
        }
    }

    /// Adds a pair to the query.
    pub(crate) fn pair(mut self, name: &str, value: &str) -> Self {
        self.path_and_query.push(if self.path_and_query.contains('?') { '&' } else { '?' });
        self.path_and_query.push_str(name);
        self.path_and_query.push('=');
        percent_encode(value, &mut self.path_and_query);
        self
    }

    /// Makes it a POST.
    #[cfg(any(feature = "influxdb", feature = "komari"))]
    pub(crate) fn post(self, content_type: &str, body: String) -> Self {
        Self { body: Some(body), ..self.header("Content-Type", content_type) }
    }

    /// Adds a header. A control character in a value would begin another one.
    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.chars().filter(|c| !c.is_control()).collect()));
        self
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
    use crate::host::{Host, HostId};
    use crate::output::{Account, Auth, Protocol};
    use crate::secret::Secret;

    fn account(auth: Auth, token: &str, path: &str) -> Account {
        let host = Host { id: HostId::parse("pi+1").unwrap(), ..Host::default() };
        let account = Account::new(host, Secret::new(token), auth);
        Account { path_and_query: path.to_owned(), ..account }
    }

    fn request(protocol: &str, auth: Auth, token: &str, path: &str) -> Request {
        let protocol = Protocol::named(protocol).unwrap();
        (protocol.new)(account(auth, token, path)).request()
    }

    #[test]
    fn each_scheme_puts_the_token_where_its_servers_look() {
        use Auth::{Header, Query};
        type Headers<'a> = &'a [(&'a str, &'a str)];
        let table: [(_, _, &str, Headers<'_>); 6] = [
            (
                "kinglet",
                Header,
                "/ws/agent",
                &[("Authorization", "Bearer a+b/c=&d"), ("X-Client-ID", "pi+1")],
            ),
            ("kinglet", Query, "/ws/agent?token=a%2Bb%2Fc%3D%26d&client_id=pi%2B1", &[]),
            ("vstats", Header, "/ws/agent?token=a%2Bb%2Fc%3D%26d", &[]),
            ("vstats", Query, "/ws/agent?token=a%2Bb%2Fc%3D%26d", &[]),
            (
                "simple-server-status",
                Header,
                "/ws-report",
                &[("X-AUTH-SECRET", "a+b/c=&d"), ("X-SERVER-ID", "pi+1")],
            ),
            (
                "simple-server-status",
                Query,
                "/ws-report?token=a%2Bb%2Fc%3D%26d&server_id=pi%2B1",
                &[],
            ),
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
            ("", "/ws/agent?token=t&client_id=pi%2B1"),
            ("/", "/ws/agent?token=t&client_id=pi%2B1"),
            ("/hub/agent", "/hub/agent?token=t&client_id=pi%2B1"),
            ("/a?room=2", "/a?room=2&token=t&client_id=pi%2B1"),
            ("?room=2", "/ws/agent?room=2&token=t&client_id=pi%2B1"),
            ("/a?", "/a?token=t&client_id=pi%2B1"),
        ] {
            let request = request("kinglet", Auth::Query, "t", path);
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
        let request = request("kinglet", Auth::Header, "abc\r\nX-Evil: 1", "");
        assert_eq!(request.headers[0].1, "Bearer abcX-Evil: 1");
        let query = self::request("kinglet", Auth::Query, "hunter2", "");
        for shown in [format!("{request:?}"), format!("{query:?} {query:#?}")] {
            assert!(!shown.contains("abc") && !shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn a_server_id_replaces_the_host_id_where_the_protocol_has_one() {
        let with = |protocol| {
            let server_id = Some("s1".to_owned());
            let account = Account { server_id, ..account(Auth::Header, "t", "") };
            (Protocol::named(protocol).unwrap().new)(account).request()
        };
        assert_eq!(with("simple-server-status").headers[1].1, "s1");
        assert_eq!(with("kinglet").headers[1].1, "pi+1");
    }
}
