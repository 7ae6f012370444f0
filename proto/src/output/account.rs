//! Who we are to one server, and how we show it.

use std::fmt;
use std::str::FromStr;

use super::protocol::UnknownName;
use super::request::Request;
use super::settings::Settings;
use crate::host::Host;
use crate::secret::Secret;

/// What an output needs to know of its server's owner and ours.
#[derive(Debug, Clone)]
pub struct Account {
    /// The host, as its servers know it.
    pub host: Host,
    /// The name this server knows it by, where it has one of its own.
    pub server_id: Option<String>,
    /// What is shown for it.
    pub token: Secret,
    /// Where it is shown.
    pub auth: Auth,
    /// Path and query of the server's URL; without a path (empty or `/`), the protocol's own.
    pub path_and_query: String,
    /// What is said to this protocol alone.
    pub settings: Settings,
    /// Whether the server may have places probed.
    pub probes: bool,
}

/// Where the token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Into the protocol's headers.
    Header,
    /// Into the query, percent-encoded.
    Query,
}

impl Account {
    /// The account of a host at a server that has no settings of its own.
    pub const fn new(host: Host, token: Secret, auth: Auth) -> Self {
        Self {
            host,
            server_id: None,
            token,
            auth,
            path_and_query: String::new(),
            settings: Settings::new(),
            probes: false,
        }
    }

    /// The name the server knows the host by.
    pub fn id(&self) -> &str {
        self.server_id.as_deref().unwrap_or(&self.host.id)
    }

    /// The request for one server, without credentials; a query that the URL has is kept in front
    /// of ours.
    pub(super) fn request(&self, default_path: &str) -> Request {
        let whole = self.path_and_query.as_str();
        let (path, query) = whole.split_once('?').unwrap_or((whole, ""));
        Request::new(if matches!(path, "" | "/") { default_path } else { path }, query)
    }
}

impl Auth {
    /// Both ways.
    pub const ALL: [Self; 2] = [Self::Header, Self::Query];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Query => "query",
        }
    }
}

impl fmt::Display for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Auth {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let known = || Self::ALL.iter().map(|auth| auth.name());
        Self::ALL
            .into_iter()
            .find(|auth| auth.name() == name)
            .ok_or_else(|| UnknownName::new(name, known()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for auth in Auth::ALL {
            assert_eq!(auth.to_string().parse(), Ok(auth));
        }
        let error = "Header".parse::<Auth>().unwrap_err().to_string();
        assert_eq!(error, "unknown name \"Header\"; allowed: header, query");
    }
}
