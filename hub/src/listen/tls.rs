//! A certificate of the hub's own.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::sync::Arc;

use kinglet_proto::time::WallTime;
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::ServeError;
use crate::config::TlsFiles;

/// Whether certificate and key can be used.
pub fn check(files: &TlsFiles) -> Result<(), ServeError> {
    acceptor(files).map(drop)
}

/// Until when the hub's certificate is good; `None` where that cannot be read.
pub(super) fn ends(files: &TlsFiles) -> Option<WallTime> {
    super::validity::ends(&CertificateDer::from_pem_file(&files.cert).ok()?)
}

/// Reads certificate and key; says which of the two is wrong.
pub(super) fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, ServeError> {
    let bad = |path: &Path, what: String| ServeError::Tls(path.to_owned(), what);
    let open = |path: &Path| File::open(path).map_err(|error| bad(path, error.to_string()));
    let cert = BufReader::new(open(&files.cert)?);
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_reader_iter(cert)
        .collect::<Result<_, _>>()
        .map_err(|error| bad(&files.cert, error.to_string()))?;
    if chain.is_empty() {
        return Err(bad(&files.cert, "no certificate in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_reader(BufReader::new(open(&files.key)?))
        .map_err(|error| bad(&files.key, error.to_string()))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(|error| bad(&files.cert, error.to_string()))?;
    // Over h2 there is no Upgrade as WebSocket clients ask for it.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
