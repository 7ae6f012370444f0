//! Which protocols there are, and what is to be known of each before it is spoken.

use std::fmt;
use std::time::Duration;

use super::{Account, Auth, BadSetting, Output};

/// A protocol an agent can speak.
pub struct Protocol {
    /// Its name in the configuration.
    pub name: &'static str,
    /// Schemes its URLs may have.
    pub schemes: &'static [&'static str],
    /// The path when the URL names none.
    pub path: &'static str,
    /// Where the token can go; the first is taken when the owner does not say.
    pub auths: &'static [Auth],
    /// Whether it is spoken with a token only.
    pub needs_token: bool,
    /// The longest report interval its servers bear before they show the host offline.
    pub interval_max: Duration,
    /// Finds the first of the owner's settings that means nothing to it.
    pub check: fn(&Account) -> Result<(), BadSetting>,
    /// How it is spoken; a setting that means nothing counts as not written.
    pub new: fn(Account) -> Box<dyn Output>,
}

/// Every protocol; the first is spoken where none is named.
pub static OUTPUTS: &[Protocol] = &[
    super::kinglet::PROTOCOL,
    #[cfg(feature = "vstats")]
    super::vstats::PROTOCOL,
    #[cfg(feature = "simple-server-status")]
    super::simple_server_status::PROTOCOL,
    #[cfg(feature = "komari")]
    super::komari::PROTOCOL,
    #[cfg(feature = "stomp")]
    super::stomp::PROTOCOL,
    #[cfg(feature = "influxdb")]
    super::influxdb::PROTOCOL,
];

/// Names of those that this build was made without.
pub static LEFT_OUT: &[&str] = &[
    #[cfg(not(feature = "vstats"))]
    "vstats",
    #[cfg(not(feature = "simple-server-status"))]
    "simple-server-status",
    #[cfg(not(feature = "komari"))]
    "komari",
    #[cfg(not(feature = "stomp"))]
    "stomp",
    #[cfg(not(feature = "influxdb"))]
    "influxdb",
];

/// A name that no protocol or scheme has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownName {
    name: String,
    allowed: String,
}

impl Protocol {
    /// Where the token goes when the owner does not say.
    pub const fn auth(&self) -> Auth {
        match self.auths {
            [first, ..] => *first,
            [] => Auth::Header,
        }
    }

    /// Whether it is spoken by request and response, as its schemes tell, and not over a connection
    /// on which both sides speak.
    pub fn is_request_and_response(&self) -> bool {
        self.schemes.iter().any(|scheme| scheme.starts_with("http"))
    }

    /// The protocol of this name.
    pub fn named(name: &str) -> Result<&'static Self, UnknownName> {
        let names = || OUTPUTS.iter().map(|protocol| protocol.name);
        let found = OUTPUTS.iter().find(|protocol| protocol.name == name);
        found.ok_or_else(|| UnknownName::new(name, names()))
    }
}

impl UnknownName {
    pub(super) fn new(name: &str, known: impl Iterator<Item = &'static str>) -> Self {
        Self { name: name.to_owned(), allowed: known.collect::<Vec<_>>().join(", ") }
    }
}

impl fmt::Debug for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// There is one row for each name.
impl PartialEq for Protocol {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
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
    fn names_are_found_and_an_unknown_one_is_answered_with_the_known_ones() {
        for protocol in OUTPUTS {
            assert_eq!(Protocol::named(protocol.name), Ok(protocol));
        }
        let error = Protocol::named("vstat").unwrap_err().to_string();
        assert!(error.starts_with("unknown name \"vstat\"; allowed: kinglet, vstats, "), "{error}");
        for protocol in OUTPUTS {
            assert!(error.contains(protocol.name));
        }
    }
}
