//! An authority of our own, and server certificates good and bad.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};

/// What is special about a server's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: it is for `localhost`.
    Good,
    /// It was good until 2020.
    Expired,
    /// It is good for five days more.
    EndsSoon,
    /// It is for another name.
    WrongName,
    /// It is good for a year, and no program that asks was built so late.
    IssuedIn2035,
    /// It comes with so much behind it.
    TwoMegabytes,
}

/// A certificate authority.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// What goes into a `ca_file`.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// TLS for a server with a certificate of this kind.
    pub fn server(&self, kind: Kind) -> Arc<ServerConfig> {
        self.server_for(kind, None)
    }

    /// The same, for agents only that show a certificate of this authority.
    pub fn server_for(&self, kind: Kind, agents: Option<&Self>) -> Arc<ServerConfig> {
        let name = if kind == Kind::WrongName { "elsewhere.example" } else { "localhost" };
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        if kind == Kind::Expired {
            params.not_before = date_time_ymd(2019, 1, 1);
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        if kind == Kind::EndsSoon {
            let end = SystemTime::now() + Duration::from_secs(5 * 86_400 + 43_200);
            params.not_after = end.into();
        }
        if kind == Kind::IssuedIn2035 {
            params.not_before = date_time_ymd(2035, 1, 1);
            params.not_after = date_time_ymd(2036, 1, 1);
        }
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().der().clone();
        let bytes: usize = if kind == Kind::TwoMegabytes { 2 << 20 } else { 1 };
        let chain = vec![certificate.clone(); bytes.div_ceil(certificate.len())];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match agents {
            None => builder.with_no_client_auth(),
            Some(agents) => {
                let mut roots = RootCertStore::empty();
                roots.add(agents.issuer.der().clone()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let mut config = builder.with_single_cert(chain, key).unwrap();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Arc::new(config)
    }

    /// A certificate for an agent and its key, both PEM.
    #[cfg(feature = "client-cert")]
    pub fn agent(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["barn".to_owned()]).unwrap();
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ClientAuth];
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }
}
