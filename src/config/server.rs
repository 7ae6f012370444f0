//! One server, as it is reported to.

use std::path::PathBuf;
use std::time::Duration;

use kinglet_proto::host::Host;
use kinglet_proto::output::{Account, Auth, Protocol, Settings};
use kinglet_proto::secret::Secret;

use super::token;
use crate::link::{Pin, Proxy, ServerUrl, Target, Trust};

/// One server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where.
    pub url: ServerUrl,
    /// The proxy on the way to it.
    pub proxy: Option<Proxy>,
    /// How it is spoken to.
    pub protocol: &'static Protocol,
    /// How the token is shown.
    pub auth: Auth,
    /// The id the server knows this host by, in protocols that give their own.
    pub server_id: Option<String>,
    /// What is said to its protocol alone.
    pub settings: Settings,
    /// The token.
    pub token: Secret,
    /// Where the token came from, for `--print-config`.
    pub token_file: Option<PathBuf>,
    /// Authorities trusted beside the built-in ones.
    pub ca_file: Option<PathBuf>,
    /// The one key the server may have, instead of a certificate from any authority.
    pub pin: Option<Pin>,
    /// Whom its certificate may come from; `None` for `ws://`.
    pub trust: Option<Trust>,
    /// Time between two reports.
    pub interval: Duration,
}

impl Server {
    /// Who we are to it.
    pub(crate) fn account(&self, host: &Host) -> Account {
        Account {
            host: host.clone(),
            server_id: self.server_id.clone(),
            token: self.token.clone(),
            auth: self.auth,
            path_and_query: self.url.path_and_query.clone(),
            settings: self.settings.clone(),
            probes: false,
        }
    }

    /// Where it is.
    pub(crate) fn target(&self) -> Target {
        let Self { url, proxy, trust, .. } = self;
        Target { url: url.clone(), proxy: proxy.clone(), trust: trust.clone() }
    }

    /// What its owner should know.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let exposed = self.token_file.as_deref().and_then(token::exposure);
        let in_clear = !self.url.tls && !self.url.is_loopback() && !self.token.is_empty();
        let warning = || {
            let (url, in_clear) = (&self.url, self.url.scheme);
            format!("{url}: the token travels in clear over {in_clear}://; use {in_clear}s://")
        };
        exposed.into_iter().chain(in_clear.then(warning))
    }
}
