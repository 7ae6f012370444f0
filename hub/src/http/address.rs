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

impl Address {
    /// Reads `http://host:port/prefix`; `None` for what is none, and for one with credentials in
    /// it.
    pub fn parse(text: &str) -> Option<Self> {
        let (tls, rest, usual) = match text.split_once("://")? {
            ("http", rest) => (false, rest, 80),
            ("https", rest) => (true, rest, 443),
            _ => return None,
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if path.contains(['?', '#', ' ']) || authority.contains('@') {
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
        let prefix = path.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        (!host.is_empty()).then(|| Self { tls, host: host.to_owned(), port, prefix })
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
}
