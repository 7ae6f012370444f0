//! One server the agent reports to.

use kinglet_proto::session::Session;
use ring::rand::{SecureRandom, SystemRandom};

use super::{Drive, Logged};
use crate::config::{Config, Server};

/// A session with a server, in the log.
pub(crate) type Peer = Drive<Session, Logged>;

impl Peer {
    /// The session with one server of the configuration.
    pub(crate) fn with(server: &Server, config: &Config) -> Self {
        let account = server.account(&config.host);
        let logged = Logged::new(server.url.to_string(), account.token.clone());
        let session = Session::new(server.protocol, account, server.interval, seed());
        Self::new(session, server.target(), logged)
    }
}

/// What the jitter starts from: different on every host and at every start.
fn seed() -> u64 {
    let mut bytes = [0; 8];
    // Without randomness all jitter is alike, which is no reason not to report.
    let _ = SystemRandom::new().fill(&mut bytes);
    u64::from_ne_bytes(bytes)
}
