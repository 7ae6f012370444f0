//! Where a link leads, and by which way.

use super::tls::Tls;
use super::{Egress, LinkError, Proxy, ServerUrl, Trust};

/// Where a link leads.
#[derive(Debug, Clone)]
pub struct Target {
    /// The server.
    pub url: ServerUrl,
    /// The proxy on the way to it.
    pub proxy: Option<Proxy>,
    /// How connections leave this host.
    pub egress: Egress,
    /// Whom its certificate may come from; `None` for `ws://`.
    pub trust: Option<Trust>,
}

impl Target {
    /// A server by no special way.
    pub fn straight(url: ServerUrl, trust: Option<Trust>) -> Self {
        Self { url, proxy: None, egress: Egress::default(), trust }
    }

    /// Where TCP leads: to the server, or to the proxy.
    pub(super) fn address(&self) -> (&str, u16) {
        match &self.proxy {
            Some(proxy) => proxy.address(),
            None => (&self.url.host, self.url.port),
        }
    }

    /// Begins TLS, where the server wants it.
    pub(super) fn tls(&self) -> Result<Option<Tls>, LinkError> {
        let connect = |trust: &Trust| trust.connect(&self.url.host).map_err(LinkError::Tls);
        self.trust.as_ref().map(connect).transpose()
    }
}
