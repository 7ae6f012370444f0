//! The address of a server as its owner writes it: `wss://host[:port][/path][?query]`, or
//! `https://` where a protocol is spoken by request and response.

use std::fmt;

use kinglet_proto::quoted::Quoted;

/// A server's URL, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerUrl {
    /// `wss`, `ws`, `https` or `http`.
    pub scheme: &'static str,
    /// `wss` or `https`.
    pub tls: bool,
    /// Name or address, IPv6 without its brackets.
    pub host: String,
    /// Port; 443 or 80 where the URL names none.
    pub port: u16,
    /// Path and query as written; empty where the URL has none.
    pub path_and_query: String,
}

/// Every scheme, and whether it is TLS.
const SCHEMES: [(&str, bool); 4] = [("wss", true), ("ws", false), ("https", true), ("http", false)];

impl ServerUrl {
    /// Takes a URL apart; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let (scheme, rest) = text.split_once("://").ok_or(UrlError::NoScheme)?;
        let known = SCHEMES.iter().find(|(name, _)| *name == scheme);
        let (scheme, tls) = *known.ok_or_else(|| UrlError::Scheme(scheme.to_owned()))?;
        if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(UrlError::Blank);
        }
        if rest.contains('#') {
            return Err(UrlError::Fragment);
        }
        let (authority, path_and_query) =
            rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        if authority.contains('@') {
            return Err(UrlError::UserInfo);
        }
        let (_, query) = path_and_query.split_once('?').unwrap_or_default();
        if query.split('&').any(|pair| pair.starts_with("token=")) {
            return Err(UrlError::Token);
        }
        let (host, port) = split_port(authority)?;
        if host.is_empty() {
            return Err(UrlError::NoHost);
        }
        let port = match port {
            None if tls => 443,
            None => 80,
            Some(digits) => parse_port(digits)?,
        };
        let (host, path_and_query) = (host.to_owned(), path_and_query.to_owned());
        Ok(Self { scheme, tls, host, port, path_and_query })
    }

    /// Whether the host is this host: only then may a token travel in clear.
    pub fn is_loopback(&self) -> bool {
        let address = self.host.parse::<std::net::IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }

    /// `host:port`, IPv6 in brackets, the default port left out: the HTTP `Host` header.
    pub fn authority(&self) -> String {
        let default = if self.tls { 443 } else { 80 };
        let host =
            if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == default { host } else { format!("{host}:{}", self.port) }
    }
}

/// The URL without its query, which may hold a token.
impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path_and_query.split('?').next().unwrap_or_default();
        write!(f, "{}://{}{path}", self.scheme, self.authority())
    }
}

pub(super) fn split_port(authority: &str) -> Result<(&str, Option<&str>), UrlError> {
    if let Some(bracketed) = authority.strip_prefix('[') {
        let (host, rest) = bracketed.split_once(']').ok_or(UrlError::Brackets)?;
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(UrlError::Brackets),
        };
    }
    match authority.split_once(':') {
        Some((_, port)) if port.contains(':') => Err(UrlError::Brackets),
        Some((host, port)) => Ok((host, Some(port))),
        None => Ok((authority, None)),
    }
}

pub(super) fn parse_port(digits: &str) -> Result<u16, UrlError> {
    match digits.parse::<u16>() {
        Ok(port) if port > 0 => Ok(port),
        Ok(_) | Err(_) => Err(UrlError::Port(digits.to_owned())),
    }
}

/// What is wrong with a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlError {
    /// No `://`.
    NoScheme,
    /// None that is known.
    Scheme(String),
    /// A blank or a control character.
    Blank,
    /// A part behind `#`, which no server ever sees.
    Fragment,
    /// A name or password before `@`.
    UserInfo,
    /// A token in the query.
    Token,
    /// Nothing between `://` and the path.
    NoHost,
    /// An IPv6 address outside of brackets, or a bracket without its other half.
    Brackets,
    /// Not a port.
    Port(String),
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScheme => write!(f, "a url begins with wss:// (or ws:// on a trusted line)"),
            Self::Scheme(scheme) => {
                write!(
                    f,
                    "{scheme}:// is not spoken here, only wss://, ws://, https:// and http://"
                )
            }
            Self::Blank => write!(f, "a url holds no blanks"),
            Self::Fragment => write!(f, "a url for a server has no # part"),
            Self::UserInfo => write!(f, "a url holds no name or password; use token_file"),
            Self::Token => write!(
                f,
                "a token stands in no url, which logs show; put it into a file, see token_file: \
                 with auth = \"query\" it is sent as ?token="
            ),
            Self::NoHost => write!(f, "the url names no host"),
            Self::Brackets => {
                write!(f, "an IPv6 address stands in brackets: wss://[2001:db8::1]:443")
            }
            Self::Port(port) => write!(f, "{} is not a port (1 to 65535)", Quoted(port)),
        }
    }
}

impl std::error::Error for UrlError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_taken_apart() {
        for (text, tls, host, port, path, shown) in [
            ("wss://a.example", true, "a.example", 443, "", "wss://a.example"),
            ("ws://a.example/x?t=1", false, "a.example", 80, "/x?t=1", "ws://a.example/x"),
            ("ws://10.0.0.1:8900", false, "10.0.0.1", 8900, "", "ws://10.0.0.1:8900"),
            ("wss://[::1]:4/ws", true, "::1", 4, "/ws", "wss://[::1]:4/ws"),
            ("wss://h?key=s", true, "h", 443, "?key=s", "wss://h"),
            ("https://h/write", true, "h", 443, "/write", "https://h/write"),
            ("http://h:8086", false, "h", 8086, "", "http://h:8086"),
        ] {
            let url = ServerUrl::parse(text).unwrap();
            let parts = (url.tls, url.host.as_str(), url.port, url.path_and_query.as_str());
            assert_eq!(parts, (tls, host, port, path), "{text}");
            assert_eq!(url.to_string(), shown);
        }
    }

    #[test]
    fn a_wrong_url_is_told_what_is_wrong() {
        for (text, error) in [
            ("hub.example", UrlError::NoScheme),
            ("ftp://h", UrlError::Scheme("ftp".into())),
            ("ws://a b", UrlError::Blank),
            ("ws://h/#x", UrlError::Fragment),
            ("ws://me:pw@h", UrlError::UserInfo),
            ("ws://h?token=s", UrlError::Token),
            ("ws://h/x?a=1&token=", UrlError::Token),
            ("ws://:80", UrlError::NoHost),
            ("ws:///x", UrlError::NoHost),
            ("ws://::1", UrlError::Brackets),
            ("ws://[::1", UrlError::Brackets),
            ("ws://[::1]8", UrlError::Brackets),
            ("ws://h:0", UrlError::Port("0".into())),
            ("ws://h:65536", UrlError::Port("65536".into())),
        ] {
            assert_eq!(ServerUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn only_this_host_is_loopback() {
        for (text, loopback) in
            [("ws://127.0.0.1", true), ("ws://localhost:1", true), ("ws://[::1]", true)]
        {
            assert_eq!(ServerUrl::parse(text).unwrap().is_loopback(), loopback, "{text}");
        }
        assert!(!ServerUrl::parse("ws://localhost.example").unwrap().is_loopback());
    }
}
