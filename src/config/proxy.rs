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
    if url.is_loopback() || said("no_proxy").is_some_and(|list| is_excepted(url, list.value)) {
        return None;
    }
    // What has no scheme is an HTTP proxy there, whatever it is for.
    let scheme = if text.value.contains("://") { "" } else { "http://" };
    Some((format!("{scheme}{}", text.value), text.place))
}

/// Whether a list of names, addresses and networks has the server in it: `*`, `.example.org`
/// (which is `example.org` too), `10.0.0.0/8`, each with a port if that matters.
fn is_excepted(url: &ServerUrl, list: &str) -> bool {
    let host = url.host.to_ascii_lowercase();
    let address = host.parse::<IpAddr>().ok();
    let mut entries = list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty());
    entries.any(|entry| {
        let entry = entry.to_ascii_lowercase();
        let (entry, port) = match entry.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') || name.ends_with(']') => {
                (name.to_owned(), Some(port.to_owned()))
            }
            Some(_) | None => (entry, None),
        };
        let entry = entry.trim_matches(['[', ']']);
        port.is_none_or(|port| port == url.port.to_string())
            && (entry == "*" || covers(entry, &host, address))
    })
}

fn covers(entry: &str, host: &str, address: Option<IpAddr>) -> bool {
    if let Some(address) = address {
        return match entry.split_once('/') {
            Some((network, length)) => is_inside(address, network, length),
            None => entry.parse() == Ok(address),
        };
    }
    let name = entry.trim_start_matches('*').trim_start_matches('.');
    let rest = host.strip_suffix(name).filter(|_| !name.is_empty());
    rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

/// Whether the first bits are the same (RFC 4632).
fn is_inside(address: IpAddr, network: &str, length: &str) -> bool {
    let (Ok(network), Ok(length)) = (network.parse(), length.parse::<u32>()) else { return false };
    let (one, other, bits) = match (address, network) {
        (IpAddr::V4(one), IpAddr::V4(other)) => (one.to_bits().into(), other.to_bits().into(), 32),
        (IpAddr::V6(one), IpAddr::V6(other)) => (one.to_bits(), other.to_bits(), 128),
        (IpAddr::V4(_) | IpAddr::V6(_), _) => return false,
    };
    length <= bits && (one ^ other).checked_shr(bits - length).unwrap_or(0) == 0
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
            ("wss://hub.example.org:8443", "hub.example.org:8443", true),
            ("wss://hub.example.org", "hub.example.org:8443", false),
            ("wss://hubexample.org", "example.org", false),
            ("wss://example.org.evil", "example.org", false),
            ("wss://10.1.2.3", "10.0.0.0/8", true),
            ("wss://11.1.2.3", "10.0.0.0/8", false),
            ("wss://11.1.2.3", "0.0.0.0/0", true),
            ("wss://10.1.2.3", "10.1.2.3", true),
            ("wss://10.1.2.3", "10.1.2.3/33", false),
            ("wss://10.1.2.3", ".3", false),
            ("wss://[2001:db8::1]", "2001:db8::/32", true),
            ("wss://[2001:db8::1]", "[2001:db8::1]:443", true),
            ("wss://[2001:db8::1]", "2001:db8::1", true),
            ("wss://[2001:db9::1]", "2001:db8::/32,::/129", false),
            ("wss://hub.example.org", "", false),
            ("wss://hub.example.org", ",.", false),
        ] {
            assert_eq!(is_excepted(&ServerUrl::parse(url).unwrap(), list), is, "{url} {list}");
        }
    }
}
