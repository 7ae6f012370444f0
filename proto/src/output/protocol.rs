//! Which protocols there are, and what the configuration calls them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::limits::{INTERVAL_MAX, SIMPLE_SERVER_STATUS_INTERVAL_MAX, VSTATS_INTERVAL_MAX};

/// A protocol an agent can speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Protocol {
    /// Kinglet's own: the documented vStats report in an envelope, acknowledged.
    #[default]
    Kinglet,
    /// vStats, as documented or, with a server id, as it ships.
    Vstats,
    /// SimpleServerStatus: one object that carries the documented and the shipped fields.
    SimpleServerStatus,
}

/// Where the token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// Into the protocol's headers.
    Header,
    /// Into the query, percent-encoded.
    Query,
}

/// A name that no protocol or scheme has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    name: String,
    allowed: &'static str,
}

impl Protocol {
    /// Every protocol.
    pub const ALL: [Self; 3] = [Self::Kinglet, Self::Vstats, Self::SimpleServerStatus];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kinglet => "kinglet",
            Self::Vstats => "vstats",
            Self::SimpleServerStatus => "simple-server-status",
        }
    }

    /// Where the token goes when the owner does not say.
    pub const fn default_auth(self) -> Auth {
        match self {
            Self::Kinglet | Self::SimpleServerStatus => Auth::Header,
            Self::Vstats => Auth::Query,
        }
    }

    /// The path when the URL names none.
    pub const fn default_path(self) -> &'static str {
        match self {
            Self::Kinglet | Self::Vstats => "/ws/agent",
            Self::SimpleServerStatus => "/ws-report",
        }
    }

    /// The longest report interval its servers bear before they show the host offline.
    pub const fn interval_max(self) -> Duration {
        match self {
            Self::Kinglet => INTERVAL_MAX,
            Self::Vstats => VSTATS_INTERVAL_MAX,
            Self::SimpleServerStatus => SIMPLE_SERVER_STATUS_INTERVAL_MAX,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Protocol {
    type Err = UnknownName;

    fn from_str(name: &str) -> Result<Self, UnknownName> {
        let unknown = || UnknownName {
            name: name.to_owned(),
            allowed: "kinglet, vstats, simple-server-status",
        };
        Self::ALL.into_iter().find(|protocol| protocol.name() == name).ok_or_else(unknown)
    }
}

impl Auth {
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
        let unknown = || UnknownName { name: name.to_owned(), allowed: "header, query" };
        [Self::Header, Self::Query].into_iter().find(|auth| auth.name() == name).ok_or_else(unknown)
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown name \"{}\"; allowed: {}", self.name, self.allowed)
    }
}

impl std::error::Error for UnknownName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for protocol in Protocol::ALL {
            assert_eq!(protocol.to_string().parse(), Ok(protocol));
        }
        for auth in [Auth::Header, Auth::Query] {
            assert_eq!(auth.to_string().parse(), Ok(auth));
        }
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        let error = "vstat".parse::<Protocol>().unwrap_err().to_string();
        assert_eq!(error, "unknown name \"vstat\"; allowed: kinglet, vstats, simple-server-status");
        for protocol in Protocol::ALL {
            assert!(error.contains(protocol.name()));
        }
        let error = "Header".parse::<Auth>().unwrap_err().to_string();
        assert_eq!(error, "unknown name \"Header\"; allowed: header, query");
    }
}
