//! A proxy between this host and its server: which one, and what is said to it until the way is
//! open. TLS with the server begins behind it: of a server with TLS it hears a name and bytes.

mod connect;
#[cfg(fuzzing)]
pub(super) mod fuzz;
mod socks;
pub(super) mod tunnel;

use std::fmt;

use kinglet_proto::quoted::Quoted;
use kinglet_proto::secret::Secret;

use super::url::{parse_port, split_port};

/// A proxy, as its owner writes it: `http://[user:password@]host[:port]` or `socks5h://...`.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    kind: Kind,
    /// Name or address, IPv6 without its brackets.
    host: String,
    /// 3128 or 1080 where nothing is said.
    port: u16,
    login: Option<Login>,
}

/// What it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// CONNECT (RFC 9110 section 9.3.6).
    Http,
    /// RFC 1928; names are looked up by the proxy.
    Socks,
}

/// Who we are to it.
#[derive(Clone, PartialEq, Eq)]
struct Login {
    user: String,
    password: Secret,
}

/// Why a proxy made no way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyError {
    /// It wants to know who asks, and was not told.
    LoginWanted,
    /// It does not know who asked.
    LoginRefused,
    /// It says why: a status of HTTP or a reply of SOCKS, in words.
    Refused(String),
    /// What it says is none of the protocol.
    Foreign,
}

impl Proxy {
    /// Takes one apart; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((scheme, rest)) = text.split_once("://") else {
            // What it is instead may be a password.
            return Err("a proxy begins with http:// or socks5h://".to_owned());
        };
        let (kind, port) = match scheme {
            "http" => (Kind::Http, 3128),
            // Other programs look names up themselves with the shorter one; here nobody needs to.
            "socks5h" | "socks5" => (Kind::Socks, 1080),
            _ => return Err(format!("{} is not one of http, socks5h", Quoted(scheme))),
        };
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, authority) = match rest.rsplit_once('@') {
            Some((login, authority)) => (Some(Login::parse(login)?), authority),
            None => (None, rest),
        };
        if authority.contains(|c: char| "/?#".contains(c) || c.is_whitespace() || c.is_control()) {
            return Err("a proxy is a host and a port, without a path".to_owned());
        }
        let (host, digits) = split_port(authority).map_err(|error| error.to_string())?;
        if host.is_empty() {
            return Err("the proxy's url names no host".to_owned());
        }
        // Who forgot the host has the password there.
        let fault = |_| "the proxy's port is none: 1 to 65535".to_owned();
        let port = digits.map_or(Ok(port), parse_port).map_err(fault)?;
        Ok(Self { kind, host: host.to_owned(), port, login })
    }

    /// Where it is.
    pub(super) fn address(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// What no log may show.
    #[cfg(feature = "reload")]
    pub(crate) fn password(&self) -> &str {
        self.login.as_ref().map_or("", |login| login.password.expose())
    }

    /// The first words to it, and what follows on its answers.
    fn begin(&self, host: &str, port: u16) -> (Vec<u8>, Talk) {
        match self.kind {
            Kind::Http => connect::begin(self.login.as_ref(), host, port),
            Kind::Socks => socks::begin(self.login.clone(), host, port),
        }
    }
}

/// Both words percent-decoded, as they stand in a URL.
impl Login {
    fn parse(text: &str) -> Result<Self, String> {
        let (user, password) = text.split_once(':').unwrap_or((text, ""));
        let decode = |text: &str| {
            let fault = "a % in the proxy's name or password is written %25";
            decoded(text).filter(|text| text.len() <= 255).ok_or_else(|| fault.to_owned())
        };
        Ok(Self { user: decode(user)?, password: Secret::new(decode(password)?) })
    }
}

/// Percent-decoding (RFC 3986 section 2.1).
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut pieces = text.split('%');
    bytes.extend_from_slice(pieces.next()?.as_bytes());
    for piece in pieces {
        let digits = piece.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&piece.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}

/// Without the password.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = match self.kind {
            Kind::Http => "http",
            Kind::Socks => "socks5h",
        };
        let login = if self.login.is_some() { "***@" } else { "" };
        let [open, close] = if self.host.contains(':') { ["[", "]"] } else { [""; 2] };
        write!(f, "{scheme}://{login}{open}{}{close}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoginWanted => {
                write!(f, "it wants a login: proxy = \"http://user:password@...\"")
            }
            Self::LoginRefused => write!(f, "it does not know this user and password"),
            Self::Refused(words) => write!(f, "{}", Quoted(words)),
            Self::Foreign => write!(f, "what it says is none of its protocol"),
        }
    }
}

/// A talk with a proxy: pure, of what came to what is said.
enum Talk {
    Connect { is_known: bool },
    Socks(socks::Talk),
}

/// What follows on what came.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// More has to come.
    Wait,
    /// This is said, and what came is done with.
    Say(Vec<u8>),
    /// The way is open.
    Open,
}

impl Talk {
    /// Reads all that came since something was said last.
    fn hear(&mut self, heard: &[u8]) -> Result<Next, ProxyError> {
        match self {
            Self::Connect { is_known } => connect::hear(*is_known, heard),
            Self::Socks(talk) => talk.hear(heard),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_taken_apart_and_its_password_never_shown() {
        for (text, shown, login) in [
            ("http://p", "http://p:3128", None),
            ("http://p:8080/", "http://p:8080", None),
            ("socks5h://[2001:db8::1]:1", "socks5h://[2001:db8::1]:1", None),
            ("socks5://me:pw@10.0.0.1", "socks5h://***@10.0.0.1:1080", Some(("me", "pw"))),
            ("http://a%40b:p%3a%25@p", "http://***@p:3128", Some(("a@b", "p:%"))),
            ("http://a@b:c@p", "http://***@p:3128", Some(("a@b", "c"))),
            ("http://me@p", "http://***@p:3128", Some(("me", ""))),
        ] {
            let proxy = Proxy::parse(text).unwrap();
            assert_eq!(proxy.to_string(), shown);
            assert_eq!(format!("{proxy:?}"), shown);
            let parts = proxy.login.as_ref();
            assert_eq!(parts.map(|one| (&*one.user, one.password.expose())), login, "{text}");
        }
    }

    #[test]
    fn a_wrong_one_is_told_what_is_wrong() {
        for (text, fault) in [
            ("p:3128", "begins with http:// or socks5h://"),
            ("https://p", "\"https\" is not one of http, socks5h"),
            ("http://", "names no host"),
            ("http://p/x", "without a path"),
            ("http://p x", "without a path"),
            ("http://p:0", "port is none"),
            ("http://::1", "stands in brackets"),
            ("http://me:50%@p", "is written %25"),
            ("http://me:%zz@p", "is written %25"),
            ("http://me:%+1@p", "is written %25"),
        ] {
            let told = Proxy::parse(text).unwrap_err();
            assert!(told.contains(fault), "{text}: {told}");
        }
        for text in
            ["me:hunter2@p", "ftp://me:hunter2@p", "http://me:hunter2@p:x", "http://me:hunter2"]
        {
            assert!(!Proxy::parse(text).unwrap_err().contains("hunter2"), "{text}");
        }
        let long = format!("http://{}@p", "x".repeat(256));
        assert!(Proxy::parse(&long).is_err());
    }
}
