//! Which pages may listen here, and by which names the hub is called.
//!
//! A browser opens a WebSocket to whatever address a page says, and tells from where the page is
//! (RFC 6455 section 10.2, RFC 6454). Without a look at that any page could read a hub in the
//! private network of who opens it. A page whose own name is made to lead to the hub (DNS
//! rebinding) is told apart by the name alone.

use std::fmt;
use std::net::IpAddr;

/// From where a page is: `https://wall.example.org`, with a port where it is not the usual one.
#[derive(Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// Who is let through.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    /// By which names the hub is called; empty for any. Addresses and `localhost` are always good:
    /// no name stands behind them that could lead elsewhere.
    pub names: Vec<String>,
    /// Pages that may listen beside the hub's own.
    pub origins: Vec<Origin>,
}

/// What is wrong with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// It calls the hub by another name.
    Name,
    /// It comes from a page of others.
    Page,
    /// It changes something by a session's cookie, and who knows whose page has the browser ask.
    Change,
}

impl Gate {
    /// Whether the hub goes by what a request calls it (`Host`, with a port or without); `None`
    /// where the request does not say.
    pub fn knows_name(&self, called: Option<&str>) -> bool {
        if self.names.is_empty() {
            return true;
        }
        let Some((host, _)) = called.and_then(split) else { return false };
        let is_address = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
        let is_named = |name: &String| name.eq_ignore_ascii_case(host);
        is_address || host.eq_ignore_ascii_case("localhost") || self.names.iter().any(is_named)
    }

    /// Whether a request comes from a page of the hub's own, which its browser names. Pages that
    /// may listen are not among them.
    pub fn is_own(called: Option<&str>, origins: &[&[u8]]) -> bool {
        let [origin] = origins else { return false };
        let origin = std::str::from_utf8(origin).ok().and_then(Origin::parse);
        origin.zip(called).is_some_and(|(origin, called)| origin.is_at(called))
    }

    /// Whether a page may listen. It says its origin by itself; who says none is no page.
    pub fn admits(&self, called: Option<&str>, origins: &[&[u8]]) -> bool {
        let [origin] = origins else { return origins.is_empty() };
        // `null` is a page of nowhere, which is never the hub's.
        let Some(origin) = std::str::from_utf8(origin).ok().and_then(Origin::parse) else {
            return false;
        };
        self.origins.contains(&origin) || called.is_some_and(|called| origin.is_at(called))
    }
}

impl Origin {
    /// Reads one as a browser writes it; `None` for anything else, a path behind it too.
    pub fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let (host, port) = split(rest)?;
        let port = port.unwrap_or(scheme.port());
        Some(Self { scheme, host: host.to_ascii_lowercase(), port })
    }

    /// Whether this is the origin of what is called so. Behind a proxy the hub does not see by
    /// which scheme it was called, so a port that is not said is the usual one of the page's.
    fn is_at(&self, called: &str) -> bool {
        let called = split(called);
        called.is_some_and(|(host, port)| {
            self.host.eq_ignore_ascii_case(host) && self.port == port.unwrap_or(self.scheme.port())
        })
    }
}

impl Scheme {
    const fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port } = self;
        let name = match scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        };
        write!(f, "{name}://{host}")?;
        if *port == scheme.port() { Ok(()) } else { write!(f, ":{port}") }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Whether this can be a hub's name: a host without scheme, port and path.
pub fn is_name(text: &str) -> bool {
    matches!(split(text), Some((host, None)) if host == text)
}

/// Host and port of `host:port` (RFC 3986 section 3.2); an IPv6 address keeps its brackets.
fn split(text: &str) -> Option<(&str, Option<u16>)> {
    let end = if text.starts_with('[') {
        text.find(']')? + 1
    } else {
        text.find(':').unwrap_or(text.len())
    };
    let (host, rest) = text.split_at_checked(end)?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%".contains(c);
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let is_host = match inner {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && host.chars().all(is_plain),
    };
    let port = match rest.strip_prefix(':') {
        Some(digits) => Some(digits.parse().ok()?),
        None if rest.is_empty() => None,
        None => return None,
    };
    is_host.then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(gate: &Gate, called: &str, origin: &str) -> bool {
        gate.admits(Some(called), &[origin.as_bytes()])
    }

    #[test]
    fn a_page_of_the_hubs_own_may_listen_and_no_other() {
        let gate = Gate::default();
        for (called, origin, may) in [
            ("hub.example.org", "https://hub.example.org", true),
            ("hub.example.org", "http://hub.example.org", true),
            ("hub.example.org:443", "https://hub.example.org", true),
            ("hub.example.org", "https://HUB.example.org:443", true),
            ("hub.example.org:8900", "http://hub.example.org:8900", true),
            ("[2001:db8::1]:8900", "http://[2001:db8::1]:8900", true),
            ("hub.example.org:8900", "http://hub.example.org", false),
            ("hub.example.org:8900", "http://hub.example.org:8901", false),
            ("hub.example.org", "https://hub.example.org:8443", false),
            ("hub.example.org", "https://hub.example.org.evil.example", false),
            ("hub.example.org", "https://evil.example", false),
            ("hub.example.org", "null", false),
            ("hub.example.org", "", false),
            ("hub.example.org", "file://", false),
            ("hub.example.org", "https://hub.example.org/page", false),
            ("hub.example.org", "https://me@hub.example.org", false),
            ("null", "null", false),
        ] {
            assert_eq!(admits(&gate, called, origin), may, "{origin} at {called}");
        }
        assert!(gate.admits(Some("hub"), &[]), "who says none is no page");
        assert!(!gate.admits(Some("hub"), &[b"http://hub", b"http://evil"]));
        assert!(!gate.admits(Some("hub"), &[b"http://h\xffb"]));
        assert!(!gate.admits(None, &[b"http://hub"]));
    }

    #[test]
    fn a_page_that_the_owner_names_may_listen() {
        let origins = vec![Origin::parse("https://wall.example.org").unwrap()];
        let gate = Gate { origins, ..Gate::default() };
        for (origin, may) in [
            ("https://wall.example.org", true),
            ("https://wall.example.org:443", true),
            ("http://wall.example.org", false),
            ("https://wall.example.org:8443", false),
            ("http://hub:8900", true),
        ] {
            assert_eq!(admits(&gate, "hub:8900", origin), may, "{origin}");
        }
    }

    #[test]
    fn the_hub_goes_by_its_names_and_by_addresses() {
        let gate = Gate { names: vec!["hub.example.org".to_owned()], ..Gate::default() };
        for (called, knows) in [
            (Some("hub.example.org"), true),
            (Some("Hub.Example.Org:8900"), true),
            (Some("192.0.2.7:8900"), true),
            (Some("[2001:db8::1]"), true),
            (Some("localhost:8900"), true),
            (Some("evil.example"), false),
            (Some("192.0.2.7.evil.example"), false),
            (Some("hub.example.org:x"), false),
            (Some(""), false),
            (None, false),
        ] {
            assert_eq!(gate.knows_name(called), knows, "{called:?}");
        }
        assert!(Gate::default().knows_name(None) && Gate::default().knows_name(Some("any")));
    }

    #[test]
    fn names_and_origins_are_read_as_they_are_written() {
        assert!(is_name("hub.example.org") && is_name("hub"));
        assert!(!is_name("https://hub") && !is_name("hub:8900") && !is_name("hub/x"));
        assert!(!is_name("") && !is_name("*.example.org"));
        for text in ["https://wall.example.org", "http://wall:8080"] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Origin::parse("wall.example.org"), None);
    }
}
