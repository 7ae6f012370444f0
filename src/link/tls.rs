//! TLS by rustls with ring: whom to trust, and nothing optional.

mod authorities;
#[cfg_attr(not(feature = "client-cert"), path = "tls/no_client_cert.rs")]
pub(super) mod client_cert;
mod crypto;
pub(super) mod fault;
mod key;
pub(super) mod pin;
mod system;
pub(super) mod validity;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use authorities::Authorities;
use client_cert::{Asked, ClientCert};
pub(super) use crypto::suite_name;
use kinglet_proto::quoted::Quoted;
use pin::{Pin, PinVerifier};
use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::WebPkiSupportedAlgorithms;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::clock::{self, CertificateClock};
use crate::limits::TLS_BUFFER_BYTES;

/// The authorities that are part of the program: Mozilla's.
#[cfg(feature = "authorities")]
const AUTHORITIES: &[TrustAnchor<'_>] = webpki_roots::TLS_SERVER_ROOTS;
/// The authorities that are part of the program: none.
#[cfg(not(feature = "authorities"))]
const AUTHORITIES: &[TrustAnchor<'_>] = &[];

/// Whom a server's certificate may come from.
#[derive(Clone)]
pub struct Trust {
    config: Arc<ClientConfig>,
    client_cert: Option<ClientCert>,
}

/// A TLS connection that begins.
pub(crate) struct Tls {
    pub(crate) connection: ClientConnection,
    /// Whether the server asked for the certificate of this host, where it has one to show.
    pub(crate) asked: Option<Asked>,
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Trust")
    }
}

impl Trust {
    /// Mozilla's roots, which are part of the program, those in `ca_file` (PEM), and behind them
    /// those of this host.
    pub fn load(ca_file: Option<&Path>) -> Result<Self, TrustError> {
        let mut roots = RootCertStore { roots: AUTHORITIES.to_vec() };
        if let Some(path) = ca_file {
            add_file(&mut roots, path)?;
        }
        if roots.is_empty() && !system::is_there() {
            return Err(TrustError::Nobody);
        }
        let clock_is_unset = clock::is_unset;
        Self::new(|algorithms| Arc::new(Authorities { roots, algorithms, clock_is_unset }))
    }

    /// The server with this key, whoever signed its certificate, whatever name and dates it has.
    pub fn pinned(pin: Pin) -> Result<Self, TrustError> {
        Self::new(|algorithms| Arc::new(PinVerifier { pin, algorithms }))
    }

    fn new(
        verifier: impl FnOnce(WebPkiSupportedAlgorithms) -> Arc<dyn ServerCertVerifier>,
    ) -> Result<Self, TrustError> {
        let provider = Arc::new(crypto::provider());
        let algorithms = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_details(provider, Arc::new(CertificateClock));
        let mut config = builder
            .with_safe_default_protocol_versions()
            .map_err(|error| TrustError::Setup(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier(algorithms))
            .with_no_client_auth();
        // A proxy that is offered h2 takes it, and then drops the Upgrade header.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // One connection for weeks: a kept ticket is memory for nothing.
        config.resumption = Resumption::disabled();
        Ok(Self { config: Arc::new(config), client_cert: None })
    }

    /// The same, and this is shown to a server that asks who we are.
    pub fn with_client_cert(self, client_cert: Option<ClientCert>) -> Self {
        Self { client_cert, ..self }
    }

    /// Begins a TLS connection to `host`.
    pub(crate) fn connect(&self, host: &str) -> Result<Tls, String> {
        let (mut config, mut asked) = (Arc::clone(&self.config), None);
        if let Some(client_cert) = &self.client_cert {
            let (shown, flag) = client_cert.show(&config)?;
            (config, asked) = (Arc::new(shown), Some(flag));
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| format!("{} is neither a name nor an address", Quoted(host)))?;
        let mut connection =
            ClientConnection::new(config, name).map_err(|error| error.to_string())?;
        connection.set_buffer_limit(Some(TLS_BUFFER_BYTES));
        Ok(Tls { connection, asked })
    }
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), TrustError> {
    let unreadable = |error: String| TrustError::File(path.to_owned(), error);
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))?;
    let before = roots.len();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        let fault = |_| unreadable("a certificate in it cannot be read".to_owned());
        roots.add(certificate).map_err(fault)?;
    }
    if roots.len() == before {
        return Err(unreadable("there is no certificate in it (PEM is expected)".to_owned()));
    }
    Ok(())
}

/// Why the trust cannot be set up.
#[derive(Debug)]
pub enum TrustError {
    /// No authority is known.
    Nobody,
    /// The CA file, and what is wrong with it.
    File(PathBuf, String),
    /// The crypto provider offers no usable TLS version.
    Setup(String),
}

impl fmt::Display for TrustError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobody => write!(
                f,
                "this build of kinglet has no certificate authorities built in, nor has this \
                 host any: name a ca_file or the server's pin"
            ),
            Self::File(path, error) => write!(f, "ca_file {}: {error}", path.display()),
            Self::Setup(error) => write!(f, "tls cannot be set up: {error}"),
        }
    }
}

impl std::error::Error for TrustError {}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod loaded {
    use super::*;

    #[test]
    fn without_a_ca_file_the_programs_authorities_and_the_hosts_are_all_there_is() {
        let loaded = Trust::load(None);
        assert_eq!(loaded.is_ok(), cfg!(feature = "authorities") || system::is_there());
        if let Err(error) = loaded {
            assert!(error.to_string().contains("name a ca_file"), "{error}");
        }
    }
}
