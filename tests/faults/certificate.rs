//! An authority of our own, and certificates of it that end soon.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    key: KeyPair,
}

impl Authority {
    pub fn new(folder: &Path) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        std::fs::write(folder.join("ca.pem"), issuer.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
        Self { issuer, key }
    }

    /// Writes a certificate for `hub.test` that is good from now on for so long.
    pub fn write(&self, folder: &Path, good_for: Duration) {
        let mut params = CertificateParams::new(vec!["hub.test".to_owned()]).unwrap();
        params.not_before = (SystemTime::now() - Duration::from_secs(60)).into();
        params.not_after = (SystemTime::now() + good_for).into();
        let certificate = params.signed_by(&self.key, &self.issuer).unwrap();
        let new = folder.join("cert.new");
        std::fs::write(&new, certificate.pem()).unwrap();
        std::fs::rename(new, folder.join("cert.pem")).unwrap();
    }

    /// For a viewer.
    pub fn client(&self) -> Arc<rustls::ClientConfig> {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(self.issuer.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        Arc::new(config.with_root_certificates(roots).with_no_client_auth())
    }
}
