//! `/etc/resolv.conf`, resolv.conf(5): whom to ask for names, and by which names.
//!
//! ```text
//! nameserver 192.0.2.53
//! search lan example.org
//! options ndots:1
//! ```

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};

use nix::net::if_::if_nametoindex;

use crate::limits::{NAME_SERVERS_MAX, RESOLV_CONF_BYTES_MAX, SEARCH_MAX};

const PATH: &str = "/etc/resolv.conf";
/// Where name servers listen.
const PORT: u16 = 53;

/// What counts of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ResolvConf {
    /// At least one.
    pub(super) servers: Vec<SocketAddr>,
    search: Vec<String>,
    /// A name with so many dots is asked for as it is.
    ndots: usize,
}

impl ResolvConf {
    /// Reads the file; one that is missing names the server on this host, as it does for libc.
    pub(super) fn read() -> Self {
        use std::io::Read as _;
        let mut bytes = Vec::new();
        if let Ok(file) = std::fs::File::open(PATH) {
            // What was read before a fault is still of use.
            let _ = file.take(RESOLV_CONF_BYTES_MAX).read_to_end(&mut bytes);
        }
        Self::parse(&String::from_utf8_lossy(&bytes))
    }

    pub(super) fn parse(text: &str) -> Self {
        let mut conf = Self { servers: Vec::new(), search: Vec::new(), ndots: 1 };
        for line in text.lines() {
            let mut words = line.split_whitespace();
            match words.next() {
                Some("nameserver") if conf.servers.len() < NAME_SERVERS_MAX => {
                    conf.servers.extend(words.next().and_then(parse_server));
                }
                Some("search" | "domain") => {
                    conf.search = words.take(SEARCH_MAX).map(str::to_owned).collect();
                }
                Some("options") => {
                    let mut ndots =
                        words.filter_map(|word| word.strip_prefix("ndots:")?.parse().ok());
                    conf.ndots = ndots.next_back().unwrap_or(conf.ndots);
                }
                Some(_) | None => {}
            }
        }
        if conf.servers.is_empty() {
            conf.servers.push(SocketAddr::from((Ipv4Addr::LOCALHOST, PORT)));
        }
        conf
    }

    /// The names to ask for, in turn: a short one in the domains searched first.
    pub(super) fn names(&self, name: &str) -> Vec<String> {
        let whole = name.ends_with('.') || name.matches('.').count() >= self.ndots;
        let search = self.search.iter().filter(|_| !whole);
        let longer = search.map(|domain| format!("{name}.{}", domain.trim_start_matches('.')));
        longer.chain([name.to_owned()]).collect()
    }
}

/// An address; one of a link names the link, as `fe80::1%eth0`.
fn parse_server(text: &str) -> Option<SocketAddr> {
    match text.split_once('%') {
        None => text.parse::<IpAddr>().ok().map(|ip| SocketAddr::new(ip, PORT)),
        Some((ip, link)) => {
            let scope = link.parse().ok().or_else(|| if_nametoindex(link).ok())?;
            Some(SocketAddrV6::new(ip.parse().ok()?, PORT, 0, scope).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_and_searched_domains_are_taken_and_bounded() {
        let text = "# made by hand\nnameserver 192.0.2.1\nnameserver fe80::1%7\nnameserver x\n\
                    nameserver ::1\nnameserver 192.0.2.4\nsearch lan example.org\n\
                    options rotate ndots:2\n";
        let conf = ResolvConf::parse(text);
        let servers: Vec<_> = conf.servers.iter().map(ToString::to_string).collect();
        assert_eq!(servers, ["192.0.2.1:53", "[fe80::1%7]:53", "[::1]:53"]);
        assert_eq!(conf.names("hub.x"), ["hub.x.lan", "hub.x.example.org", "hub.x"]);
        assert_eq!(conf.names("hub.x.y"), ["hub.x.y"]);
        assert_eq!(conf.names("hub."), ["hub."]);
    }

    #[test]
    fn an_empty_file_means_this_host() {
        let conf = ResolvConf::parse("");
        assert_eq!(conf.servers, ["127.0.0.1:53".parse().unwrap()]);
        assert_eq!(conf.names("hub"), ["hub"]);
    }
}
