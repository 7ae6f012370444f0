//! What is probed: a place, and the way to ask there.

use std::fmt;

use crate::limits::{TARGET_HOST_BYTES_MAX, TARGET_NAME_CHARS_MAX, TARGET_PATH_BYTES_MAX};

/// A place to be probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// What people call it.
    pub name: String,
    /// How it is asked.
    pub kind: Kind,
    /// Its name or address, without brackets.
    pub host: String,
    /// Where it listens; zero for a ping.
    pub port: u16,
    /// Path and query of a page; empty for the first one, and for what is no page.
    pub path: String,
}

/// How a place is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An echo request, which the host itself answers.
    Icmp,
    /// A TCP connection, which is closed as soon as it is open.
    Tcp,
    /// The head of a page, which is good by a status below 400.
    Http,
    /// The same over TLS, which has a certificate too.
    Https,
}

/// What a server wants probed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// These targets, again and again, in place of those it wanted before.
    Targets(Vec<Target>),
    /// This one, once, with the result under this number.
    Task(u64, Target),
}

/// What is wrong with a target, in words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadTarget(&'static str);

impl fmt::Display for BadTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for BadTarget {}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Icmp, Self::Tcp, Self::Http, Self::Https];

    /// Its name, which is the scheme of a URL too.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Icmp => "icmp",
            Self::Tcp => "tcp",
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Target {
    /// Reads `icmp://host`, `tcp://host:port` or the URL of a page.
    pub fn parse(name: &str, url: &str) -> Result<Self, BadTarget> {
        let (kind, place) = url.split_once("://").ok_or(BadTarget(
            "is no target: \"icmp://192.0.2.1\" pings, \"tcp://192.0.2.1:443\" connects, \
             \"https://example.org/\" asks for a page",
        ))?;
        Self::of(name, kind, place, None)
    }

    /// Reads what stands apart, as servers have it; a host may have its port behind it.
    pub fn of(name: &str, kind: &str, place: &str, port: Option<u16>) -> Result<Self, BadTarget> {
        if kind == "http"
            && let Some((scheme @ ("http" | "https"), place)) = place.split_once("://")
        {
            return Self::of(name, scheme, place, port);
        }
        let kind = Kind::ALL.into_iter().find(|known| known.name() == kind);
        let kind = kind.ok_or(BadTarget("is of no known kind: icmp, tcp, http or https"))?;
        let is_page = matches!(kind, Kind::Http | Kind::Https);
        let end = place.find(['/', '?']).filter(|_| is_page).unwrap_or(place.len());
        let (place, path) = place.split_at(end);
        // An address of IPv6 has colons of its own.
        let is_v6 = place.parse::<std::net::Ipv6Addr>().is_ok();
        let (host, behind) = if is_v6 { (place, None) } else { split(place)? };
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:%".contains(&byte);
        if host.is_empty() || host.len() > TARGET_HOST_BYTES_MAX || !host.bytes().all(is_plain) {
            return Err(BadTarget("names no host"));
        }
        if path.len() > TARGET_PATH_BYTES_MAX || !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(BadTarget("has a path that is too long or holds what no path holds"));
        }
        let port = port_of(kind, behind.or(port))?;
        let name = name.chars().filter(|c| !c.is_control()).take(TARGET_NAME_CHARS_MAX).collect();
        Ok(Self { name, kind, host: host.to_owned(), port, path: path.to_owned() })
    }
}

fn port_of(kind: Kind, port: Option<u16>) -> Result<u16, BadTarget> {
    match (kind, port) {
        (Kind::Icmp, None) => Ok(0),
        (Kind::Icmp, Some(_)) => Err(BadTarget("has a port: a ping has none")),
        (Kind::Tcp, None) | (_, Some(0)) => Err(BadTarget("has no port: \"tcp://192.0.2.1:443\"")),
        (Kind::Http, None) => Ok(80),
        (Kind::Https, None) => Ok(443),
        (Kind::Tcp | Kind::Http | Kind::Https, Some(port)) => Ok(port),
    }
}

/// As it is read.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(f, "{}://{open}{}{close}", self.kind.name(), self.host)?;
        if self.port > 0 {
            write!(f, ":{}", self.port)?;
        }
        f.write_str(&self.path)
    }
}

/// Host and port; an address of IPv6 stands in brackets.
fn split(place: &str) -> Result<(&str, Option<u16>), BadTarget> {
    let place = place.trim_end_matches('/');
    let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, "")) => (host, None),
        Some((host, rest)) => (host, rest.strip_prefix(':').or(Some(""))),
        None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
    };
    let port = port.map(str::parse).transpose().map_err(|_| {
        BadTarget("has no port: a number behind a colon; an IPv6 address stands in brackets")
    })?;
    Ok((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_taken_apart() {
        for (url, kind, host, port) in [
            ("icmp://192.0.2.1", Kind::Icmp, "192.0.2.1", 0),
            ("icmp://[2001:db8::1]", Kind::Icmp, "2001:db8::1", 0),
            ("icmp://router.lan/", Kind::Icmp, "router.lan", 0),
            ("tcp://a.example:443", Kind::Tcp, "a.example", 443),
            ("tcp://[::1]:22", Kind::Tcp, "::1", 22),
        ] {
            let (name, host) = ("n".to_owned(), host.to_owned());
            let target = Target { name, kind, host, port, path: String::new() };
            assert_eq!(target.to_string(), url.trim_end_matches('/'));
            assert_eq!(Target::parse("n", url), Ok(target), "{url}");
        }
    }

    #[test]
    fn a_wrong_target_is_told_what_is_wrong() {
        for (url, words) in [
            ("192.0.2.1", "is no target"),
            ("udp://192.0.2.1", "no known kind"),
            ("icmp://", "names no host"),
            ("icmp://a b", "names no host"),
            ("icmp://a:1", "a ping has none"),
            ("tcp://a", "has no port"),
            ("tcp://a:0", "has no port"),
            ("tcp://a:65536", "a number"),
            ("tcp://::1", "has no port"),
            ("https://a/b c", "a path"),
            ("https:///x", "names no host"),
            ("http://a:0/", "has no port"),
            ("tcp://[::1]8", "a number"),
        ] {
            let error = Target::parse("n", url).unwrap_err().to_string();
            assert!(error.contains(words), "{url}: {error}");
        }
        assert!(Target::parse("n", &format!("icmp://{}", "a".repeat(300))).is_err());
    }

    #[test]
    fn servers_have_host_and_port_apart_or_together() {
        let of = |kind, place, port| Target::of("n", kind, place, port).map(|t| (t.host, t.port));
        assert_eq!(of("tcp", "h", Some(53)), Ok(("h".to_owned(), 53)));
        assert_eq!(of("tcp", "h:80", Some(53)), Ok(("h".to_owned(), 80)));
        assert_eq!(of("tcp", "2001:db8::1", Some(53)), Ok(("2001:db8::1".to_owned(), 53)));
        assert_eq!(of("icmp", "2001:db8::1", None), Ok(("2001:db8::1".to_owned(), 0)));
        assert!(of("dns", "h", None).is_err());
    }

    #[test]
    fn pages_have_a_path_and_the_port_of_their_scheme() {
        let of = |kind, place| Target::of("n", kind, place, None).map(|page| page.to_string());
        for (kind, place, url) in [
            ("https", "h", "https://h:443"),
            ("http", "h:8080/x?y=1", "http://h:8080/x?y=1"),
            ("http", "https://[::1]/x", "https://[::1]:443/x"),
            ("http", "http://h?y", "http://h:80?y"),
        ] {
            assert_eq!(of(kind, place), Ok(url.to_owned()));
            assert_eq!(Target::parse("n", url).map(|page| page.to_string()), Ok(url.to_owned()));
        }
        assert!(of("http", "ftp://h").is_err() && of("tcp", "http://h").is_err());
    }

    #[test]
    fn names_are_bounded_and_printable() {
        let name = Target::parse(&"ä\n".repeat(500), "icmp://h").unwrap().name;
        assert_eq!(name, "ä".repeat(TARGET_NAME_CHARS_MAX));
    }
}
