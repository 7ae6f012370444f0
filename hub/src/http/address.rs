//! Where a server answers, in parts.

/// An address in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// With TLS.
    pub tls: bool,
    /// A name or an address, an IPv6 one without brackets.
    pub host: String,
    /// `8086`
    pub port: u16,
    /// What stands before each path, without a slash at its end; mostly empty.
    pub prefix: String,
}

/// How a url begins, whether that is TLS, and the port where none is said.
type Scheme = (&'static str, bool, u16);

const WEB: &[Scheme] = &[("http", false, 80), ("https", true, 443)];
/// Ports of RFC 8314: letters are handed in there, not passed on.
const MAIL: &[Scheme] = &[("smtp", false, 587), ("smtps", true, 465)];

impl Address {
    /// Reads `http://host:port/prefix`; `None` for what is none, and for one with credentials in
    /// it.
    pub fn parse(text: &str) -> Option<Self> {
        let (address, path) = Self::split(text, WEB)?;
        let path = path.trim_matches('/');
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        (!path.contains(['?', '#', ' '])).then_some(Self { prefix, ..address })
    }

    /// Reads the same with all that stands behind the host, a query too, as the prefix.
    pub fn parse_whole(text: &str) -> Option<Self> {
        let (address, path) = Self::split(text, WEB)?;
        let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#');
        is_plain.then(|| Self { prefix: format!("/{path}"), ..address })
    }

    /// Reads `smtp://host:port`, or `smtps://` for TLS from the first byte; `None` for none.
    pub fn parse_mail(text: &str) -> Option<Self> {
        let (address, path) = Self::split(text, MAIL)?;
        path.is_empty().then_some(address)
    }

    /// Whether this machine answers there, so that nobody can read along.
    pub fn is_loopback(&self) -> bool {
        let is = |ip: std::net::IpAddr| ip.is_loopback();
        self.host == "localhost" || self.host.parse().is_ok_and(is)
    }

    /// The address without a prefix, and what stands behind its first slash.
    fn split<'a>(text: &'a str, schemes: &[Scheme]) -> Option<(Self, &'a str)> {
        let (scheme, rest) = text.split_once("://")?;
        let (_, tls, usual) = schemes.iter().copied().find(|(name, ..)| *name == scheme)?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains(['@', '?', '#', ' ']) {
            return None;
        }
        let (host, port) = match authority.strip_prefix('[').map(|rest| rest.split_once(']')) {
            Some(bracketed) => {
                let (host, port) = bracketed?;
                (host, if port.is_empty() { None } else { Some(port.strip_prefix(':')?) })
            }
            None => match authority.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            },
        };
        let port = port.map_or(Some(usual), |port| port.parse().ok())?;
        let (host, prefix) = (host.to_owned(), String::new());
        (!host.is_empty()).then_some((Self { tls, host, port, prefix }, path))
    }

    /// Host and port as a request's head names them.
    pub(crate) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_in_parts() {
        let address = |text: &str| {
            let found = Address::parse(text)?;
            Some((found.tls, found.authority(), found.prefix))
        };
        let is = |tls, authority: &str, prefix: &str| {
            Some((tls, authority.to_owned(), prefix.to_owned()))
        };
        assert_eq!(address("http://db:8086"), is(false, "db:8086", ""));
        assert_eq!(address("https://db/"), is(true, "db:443", ""));
        assert_eq!(address("http://[::1]:8428/a/b/"), is(false, "[::1]:8428", "/a/b"));
        assert_eq!(address("http://[::1]"), is(false, "[::1]:80", ""));
        for bad in ["db:8086", "ws://db", "http://", "http://me:secret@db", "http://db:port"] {
            assert_eq!(address(bad), None, "{bad}");
        }
        assert_eq!(address("http://db/write?db=x"), None);
    }

    #[test]
    fn a_whole_address_keeps_its_query_and_a_mail_servers_has_ports_of_its_own() {
        let whole = |text: &str| Address::parse_whole(text).map(|address| address.prefix);
        assert_eq!(whole("https://d/api/x?wait=true&a=%20"), Some("/api/x?wait=true&a=%20".into()));
        assert_eq!(whole("https://d"), Some("/".to_owned()));
        for bad in ["https://d/a b", "https://d/ä", "https://me@d/", "https://d?x", "d/x"] {
            assert_eq!(whole(bad), None, "{bad}");
        }
        let mail = |text: &str| Address::parse_mail(text).map(|found| (found.tls, found.port));
        assert_eq!(mail("smtp://d"), Some((false, 587)));
        assert_eq!(mail("smtps://d"), Some((true, 465)));
        assert_eq!(mail("smtp://[::1]:25"), Some((false, 25)));
        for bad in ["http://d", "smtp://d/x", "smtp://me:secret@d", "smtp://d:x", "d:25"] {
            assert_eq!(mail(bad), None, "{bad}");
        }
        for (host, is) in [("127.0.0.1", true), ("localhost", true), ("[::1]", true), ("d", false)]
        {
            let address = Address::parse_mail(&format!("smtp://{host}")).unwrap();
            assert_eq!(address.is_loopback(), is, "{host}");
        }
    }
}
