//! What the owner decided about the database that readings go to.

use std::path::PathBuf;
use std::time::Duration;

/// Where readings go, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Where it answers.
    pub address: Address,
    /// Where in it.
    pub target: Target,
    /// 1.x: with whose password; `None` for a token by itself, or for none.
    pub user: Option<String>,
    /// The password or token, read again whenever it was refused; `None` for none.
    pub token_file: Option<PathBuf>,
    /// PEM file of the authorities that count; `None` for those of the web.
    pub ca_file: Option<PathBuf>,
    /// Tags of every point beside the host's.
    pub tags: Vec<(String, String)>,
    /// How long what came may wait until it is on the disk and on its way.
    pub interval: Duration,
    /// Bytes of one request, packed.
    pub batch_bytes: usize,
    /// Bytes that the queue on the disk may have.
    pub queue_bytes: u64,
    /// The queue's folder.
    pub folder: PathBuf,
    /// The past is read from there, so that every figure is written as it was read, also those that
    /// telegraf's measurements have in a form of their own.
    pub is_history: bool,
    /// What answers questions; `None` to find out.
    pub engine: Option<Engine>,
}

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

/// Where in a database server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// InfluxDB 1.x and what speaks as it does.
    Database {
        /// Its name.
        name: String,
        /// `None` for the database's own.
        retention_policy: Option<String>,
    },
    /// InfluxDB 2.x and 3.
    Bucket {
        /// Whose.
        org: String,
        /// Its name, which is the database's in questions too.
        bucket: String,
    },
}

/// Who answers questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// In InfluxQL.
    Influxdb,
    /// In MetricsQL.
    VictoriaMetrics,
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
    pub(super) fn authority(&self) -> String {
        let Self { host, port, .. } = self;
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }
}

impl Settings {
    /// The database that questions name.
    pub(super) fn database(&self) -> &str {
        match &self.target {
            Target::Database { name, .. } => name,
            Target::Bucket { bucket, .. } => bucket,
        }
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
