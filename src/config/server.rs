//! One server, as it is reported to.

use std::path::PathBuf;
use std::time::Duration;

use kinglet_proto::host::Host;
use kinglet_proto::output::{Account, Auth, Protocol, Settings};
use kinglet_proto::secret::Secret;

use super::proxy::proxy;
use super::token;
use crate::link::{ClientCert, Egress, Pin, Proxy, ServerUrl, Target, Trust};
use crate::options::{Block, Given, Problems};

/// One server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Where.
    pub url: ServerUrl,
    /// The proxy on the way to it.
    pub proxy: Option<Proxy>,
    /// Where else, in the order in which they are tried.
    pub others: Vec<Way>,
    /// While one of those is in use, the time between two trials of the first.
    pub return_after: Duration,
    /// How connections to it leave this host.
    pub egress: Egress,
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
    /// What is shown to it by TLS, where it asks.
    pub client_cert: Option<ClientCert>,
    /// Whom its certificate may come from; `None` for `ws://`.
    pub trust: Option<Trust>,
    /// Time between two reports.
    pub interval: Duration,
}

/// Another address of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// Where; its path is that of the first.
    pub url: ServerUrl,
    /// The proxy on the way to it.
    pub proxy: Option<Proxy>,
}

impl Way {
    pub(super) const fn straight(url: ServerUrl) -> Self {
        Self { url, proxy: None }
    }
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

    /// Its addresses, as links lead there.
    pub(crate) fn targets(&self) -> Vec<Target> {
        let Self { url, proxy, egress, trust, .. } = self;
        let others = self.others.iter().map(|way| (&way.url, &way.proxy));
        let all = std::iter::once((url, proxy)).chain(others);
        all.map(|(url, proxy)| Target {
            url: url.clone(),
            proxy: proxy.clone(),
            egress: egress.clone(),
            trust: trust.clone().filter(|_| url.tls),
        })
        .collect()
    }

    /// All its addresses.
    pub(crate) fn urls(&self) -> impl Iterator<Item = &ServerUrl> {
        std::iter::once(&self.url).chain(self.others.iter().map(|way| &way.url))
    }

    /// All its addresses in one line.
    pub(crate) fn to_line(&self) -> String {
        let urls: Vec<_> = self.urls().map(ToString::to_string).collect();
        urls.join(" or ")
    }

    /// Finds the proxies on the way to its other addresses, once that to the first is known.
    pub(super) fn find_proxies(&mut self, block: &Block, given: &Given, problems: &mut Problems) {
        let of_owner = block.place_of("proxy").is_some();
        for Way { url, proxy: found } in &mut self.others {
            *found = if of_owner { self.proxy.clone() } else { proxy(block, given, url, problems) };
        }
    }

    /// What its owner should know.
    pub(super) fn warnings(&self) -> impl Iterator<Item = String> {
        let secrets = [self.token_file.as_deref(), self.client_cert.as_ref().map(ClientCert::key)];
        let exposed = secrets.into_iter().flatten().filter_map(token::exposure);
        let exposed: Vec<_> = exposed.collect();
        let in_clear =
            self.urls().filter(|url| !url.tls && !url.is_loopback() && !self.token.is_empty());
        let warning = |url: &ServerUrl| {
            let in_clear = url.scheme;
            format!("{url}: the token travels in clear over {in_clear}://; use {in_clear}s://")
        };
        exposed.into_iter().chain(in_clear.map(warning))
    }
}
