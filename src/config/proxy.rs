//! Which proxy is on the way to a server: the owner's, or that of the environment.

use std::net::IpAddr;

use crate::link::{Proxy, ServerUrl};
use crate::options::{Block, Given, Place, Problems, Table};

/// Reads `proxy` of one server, and the environment where it says nothing; `None` goes straight.
pub(super) fn proxy(
    block: &Block,
    given: &Given,
    url: &ServerUrl,
    problems: &mut Problems,
) -> Option<Proxy> {
    let (text, place) = match block.text("proxy") {
        Some(text) if text.value == "none" => return None,
        Some(text) => (text.value.to_owned(), text.place),
        None if !cfg!(feature = "proxy") => return None,
        None => of_environment(given, url)?,
    };
    match Proxy::parse(&text) {
        Ok(proxy) => Some(proxy),
        Err(fault) => {
            problems.add(place, fault);
            None
        }
    }
}

/// What the environment says, where it says something about this server.
fn of_environment<'a>(given: &'a Given, url: &ServerUrl) -> Option<(String, &'a Place)> {
    let said = |name| given.text(Table::Top, name);
    let of_scheme = if url.tls { "https_proxy" } else { "http_proxy" };
    let text = said(of_scheme).or_else(|| said("all_proxy"))?;
    if url.is_loopback() || said("no_proxy").is_some_and(|list| is_excepted(&url.host, list.value))
    {
        return None;
    }
    // What has no scheme is an HTTP proxy there, whatever it is for.
    let scheme = if text.value.contains("://") { "" } else { "http://" };
    Some((format!("{scheme}{}", text.value), text.place))
}

/// Whether a list of names, addresses and networks has the server in it: `*`, `.example.org`
/// (which is `example.org` too), `10.0.0.0/8`.
fn is_excepted(host: &str, list: &str) -> bool {
    let address = host.parse().ok();
    list.split(',').map(str::trim).any(|entry| {
        entry == "*" || address.map_or_else(|| is_below(host, entry), |one| is_inside(one, entry))
    })
}

fn is_below(host: &str, entry: &str) -> bool {
    let name = entry.trim_start_matches('*').trim_start_matches('.').as_bytes();
    let Some(rest) = host.len().checked_sub(name.len()) else { return false };
    let (before, same) = host.as_bytes().split_at(rest);
    !name.is_empty() && same.eq_ignore_ascii_case(name) && before.last().is_none_or(|b| *b == b'.')
}

/// Whether the first bits are the same (RFC 4632); without a length, all of them.
fn is_inside(address: IpAddr, entry: &str) -> bool {
    let (network, length) = entry.split_once('/').unwrap_or((entry, "128"));
    let (one, other) = match (address, network.parse()) {
        (IpAddr::V4(one), Ok(IpAddr::V4(other))) => (one.to_ipv6_mapped(), other.to_ipv6_mapped()),
        (IpAddr::V6(one), Ok(IpAddr::V6(other))) => (one, other),
        (IpAddr::V4(_) | IpAddr::V6(_), Ok(_) | Err(_)) => return false,
    };
    let before = if address.is_ipv4() && network != entry { 96 } else { 0 };
    let Ok(length) = length.parse::<usize>().map(|length| before + length) else { return false };
    let bits = |of: usize| one.octets()[of / 8] ^ other.octets()[of / 8];
    length <= 128 && (0..length).all(|at| bits(at) & (0x80 >> (at % 8)) == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(url: &str, variables: &[(&str, &str)]) -> Option<String> {
        let url = ServerUrl::parse(url).unwrap();
        let read = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        of_environment(&Given::from_environment(read), &url).map(|(text, _)| text)
    }

    #[test]
    fn the_environment_is_read_as_curl_reads_it() {
        let all = [
            ("HTTPS_PROXY", "http://upper"),
            ("http_proxy", "plain:3128"),
            ("ALL_PROXY", "socks5h://all"),
        ];
        assert_eq!(found("wss://a.example", &all).as_deref(), Some("http://upper"));
        assert_eq!(found("ws://a.example", &all).as_deref(), Some("http://plain:3128"));
        assert_eq!(found("http://a.example", &all).as_deref(), Some("http://plain:3128"));
        let socks = Some("socks5h://all");
        assert_eq!(found("wss://a.example", &all[2..]).as_deref(), socks);
        assert_eq!(found("wss://a.example", &[("https_proxy", ""), all[2]]).as_deref(), socks);
        assert_eq!(found("wss://a.example", &[all[0], ("no_proxy", "b,a.example")]), None);
        assert_eq!(found("wss://a.example", &[]), None);
        for here in ["wss://localhost", "wss://127.0.0.1", "wss://[::1]:8443"] {
            assert_eq!(found(here, &all), None, "{here}");
        }
    }

    #[test]
    fn what_is_excepted_goes_straight() {
        for (url, list, is) in [
            ("wss://hub.example.org", "*", true),
            ("wss://hub.example.org", "example.org", true),
            ("wss://hub.example.org", ".EXAMPLE.org, x", true),
            ("wss://hub.example.org", "*.example.org", true),
            ("wss://HUB.example.org", "x,hub.example.org", true),
            ("wss://hub.example.org", "b.example.org,hub.example.or", false),
            ("wss://hubexample.org", "example.org", false),
            ("wss://example.org.evil", "example.org", false),
            ("wss://10.1.2.3", "10.0.0.0/8", true),
            ("wss://11.1.2.3", "10.0.0.0/8", false),
            ("wss://11.1.2.3", "0.0.0.0/0", true),
            ("wss://10.1.2.3", "10.1.2.3", true),
            ("wss://10.1.2.3", "10.1.2.3/33", false),
            ("wss://10.1.2.3", ".3", false),
            ("wss://[2001:db8::1]", "2001:db8::/32", true),
            ("wss://[2001:db8::1]", "2001:db8::2", false),
            ("wss://10.1.2.3", "10.1.2.4", false),
            ("wss://10.1.2.3", "10.1.2.4/31", false),
            ("wss://10.1.2.5", "10.1.2.4/31", true),
            ("wss://10.1.2.3", "::ffff:10.1.2.3", false),
            ("wss://[2001:db8::1]", "2001:db8::1", true),
            ("wss://[2001:db9::1]", "2001:db8::/32,::/129", false),
            ("wss://hub.example.org", "", false),
            ("wss://hub.example.org", ",.", false),
        ] {
            let url = ServerUrl::parse(url).unwrap();
            assert_eq!(is_excepted(&url.host, list), is, "{url} {list}");
        }
    }
}
