//! What the hub grants to strangers, and to which: pure decisions over plain values. No socket,
//! clock or log is in here.

mod address;
mod codes;
mod complaints;
mod gate;
mod newcomers;
mod places;
mod seats;

use std::time::Duration;

pub use address::{Neighbour, Network, Proxies};
pub use codes::Codes;
pub use complaints::Complaints;
pub use gate::{Foreign, Gate, Origin, is_name};
pub use newcomers::{Newcomers, TokenName};
pub use places::{Admission, Places};
pub use seats::Seats;

use kinglet_proto::limits::PING_INTERVAL;

use crate::limits::{CERTIFICATE_INTERVAL, NEW_HOSTS_PER_HOUR, STRANGER_PLACES, WRITE_STALL};

/// What the owner decided of strangers.
#[derive(Debug, Clone)]
pub struct Settings {
    /// By which names the hub is called, and which pages may listen.
    pub gate: Gate,
    /// Whose word is taken for where a request comes from.
    pub proxies: Proxies,
    /// New hosts in an hour of each of the fleet's tokens and each address.
    pub new_hosts_per_hour: u32,
    /// Connections at one time of an address from which no agent came yet; no key sets it.
    pub stranger_places: usize,
    /// How often a viewer is pinged; no key sets it.
    pub viewer_ping: Duration,
    /// A connection of which the system takes no byte for so long is closed; no key sets it.
    pub write_stall: Duration,
    /// How often the certificate's files are looked at; no key sets it.
    pub renewal: Duration,
}

/// What keeps others from reading along on the way to the hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Way {
    /// It ends on this machine or comes from a proxy that is named, or nothing on it is a secret.
    #[default]
    Local,
    /// TLS of the hub's own.
    Tls,
    /// Nothing, and tokens travel on it.
    Clear,
}

impl Way {
    /// What the owner should know of it; `None` where all is well.
    pub const fn words(self) -> Option<&'static str> {
        match self {
            Self::Local | Self::Tls => None,
            Self::Clear => Some(
                "tokens can be read on the way: it listens on the network, and without TLS. Set \
                 [tls], or listen on 127.0.0.1 behind a proxy that has it, or name that proxy in \
                 [server] trusted_proxies",
            ),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            gate: Gate::default(),
            proxies: Proxies::default(),
            new_hosts_per_hour: NEW_HOSTS_PER_HOUR,
            stranger_places: STRANGER_PLACES,
            viewer_ping: PING_INTERVAL,
            write_stall: WRITE_STALL,
            renewal: CERTIFICATE_INTERVAL,
        }
    }
}

impl Settings {
    /// What of it is not as it comes, a line each.
    pub fn lines(&self) -> Vec<String> {
        let Gate { names, origins } = &self.gate;
        let origins: Vec<_> = origins.iter().map(ToString::to_string).collect();
        let proxies: Vec<_> = self.proxies.0.iter().map(ToString::to_string).collect();
        [
            ("goes by the names", names),
            ("pages that may listen", &origins),
            ("proxies whose word is taken", &proxies),
        ]
        .into_iter()
        .filter(|(_, words)| !words.is_empty())
        .map(|(what, words)| format!("{what}: {}", words.join(", ")))
        .collect()
    }
}
