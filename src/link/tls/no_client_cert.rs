//! What stands in for client certificates in a build without the feature: there never is one.

use std::path::Path;

use rustls::ClientConfig;

/// Never there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientCert {}

/// Nor is it asked for.
#[derive(Debug, Clone)]
pub(crate) enum Asked {}

impl ClientCert {
    /// Says so, lest an owner believes in what is written.
    pub fn new(_: &Path, _: &Path) -> Result<Self, String> {
        let fault = "this build of kinglet was made without client certificates: build it with \
                     --features client-cert";
        Err(fault.to_owned())
    }

    /// The certificate's file.
    pub fn cert(&self) -> &Path {
        match *self {}
    }

    /// The key's file.
    pub fn key(&self) -> &Path {
        match *self {}
    }

    pub(super) fn show(&self, _: &ClientConfig) -> Result<(ClientConfig, Asked), String> {
        match *self {}
    }
}

impl Asked {
    pub(crate) fn words(&self) -> &'static str {
        match *self {}
    }
}
