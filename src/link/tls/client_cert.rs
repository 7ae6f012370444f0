//! The certificate by which a server knows this host (mutual TLS), and the key to it.
//!
//! Both files are read at each connection: who renews a certificate need not tell the agent.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustls::client::ResolvesClientCert;
use rustls::crypto::ring::sign;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{ClientConfig, SignatureScheme};

use crate::limits::CLIENT_PEM_BYTES_MAX;

/// Where certificate and key are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCert {
    cert: PathBuf,
    key: PathBuf,
}

/// Whether a server asked for the certificate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked(Arc<AtomicBool>);

impl ClientCert {
    /// The certificate with those that it is signed by, and its key, in PEM form; the error says
    /// what is wrong with them now.
    pub fn new(cert: &Path, key: &Path) -> Result<Self, String> {
        let new = Self { cert: cert.to_owned(), key: key.to_owned() };
        new.load().map(|_| new)
    }

    /// The same, whether the files are there or not.
    #[cfg(test)]
    pub(crate) fn unread(cert: &str, key: &str) -> Self {
        Self { cert: cert.into(), key: key.into() }
    }

    /// The certificate's file.
    pub fn cert(&self) -> &Path {
        &self.cert
    }

    /// The key's file.
    pub fn key(&self) -> &Path {
        &self.key
    }

    /// Settings for one connection, which shows it to a server that asks.
    pub(super) fn show(&self, config: &ClientConfig) -> Result<(ClientConfig, Asked), String> {
        let asked = Asked::default();
        let shown = Shown { identity: Arc::new(self.load()?), asked: asked.clone() };
        let mut config = config.clone();
        config.client_auth_cert_resolver = Arc::new(shown);
        Ok((config, asked))
    }

    fn load(&self) -> Result<CertifiedKey, String> {
        let fault = |key, path: &Path, fault: &str| format!("{key} {}: {fault}", path.display());
        let pem = read(&self.cert).map_err(|error| fault("client_cert", &self.cert, &error))?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| {
            fault("client_cert", &self.cert, "there is no certificate in it (PEM is expected)")
        })?;
        // No error is repeated here: it may hold a line of the key.
        let of_key = |words: &str| fault("client_key", &self.key, words);
        let pem = read(&self.key).map_err(|error| of_key(&error))?;
        let key = PrivateKeyDer::from_pem_slice(&pem)
            .map_err(|_| of_key("there is no key in it (PEM without a passphrase is expected)"))?;
        let key = signing(&key).ok_or_else(|| {
            of_key(&["this build signs by keys of these kinds only: ", KINDS].concat())
        })?;
        let identity = CertifiedKey::new(chain, key);
        match identity.keys_match() {
            Ok(()) => Ok(identity),
            Err(_) => Err(of_key("it is not the key of the certificate in client_cert")),
        }
    }
}

/// What signs by this key, where it is of a kind that this build has.
fn signing(key: &PrivateKeyDer<'_>) -> Option<Arc<dyn SigningKey>> {
    if cfg!(feature = "client-cert-rsa") {
        sign::any_supported_type(key).ok()
    } else {
        sign::any_ecdsa_type(key).ok()
    }
}

/// The kinds.
const KINDS: &str =
    if cfg!(feature = "client-cert-rsa") { "P-256, P-384, Ed25519, RSA" } else { "P-256, P-384" };

/// A file that is one, and not too long; what else is opened might never answer.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let read = fs::metadata(path).and_then(|metadata| {
        if !metadata.is_file() {
            return Err(io::Error::other("this is no file"));
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(CLIENT_PEM_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        Ok(bytes)
    });
    match read {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err("there is no such file".to_owned())
        }
        Err(error) => Err(error.to_string()),
        Ok(bytes) if bytes.len() as u64 > CLIENT_PEM_BYTES_MAX => {
            Err(format!("it has more than {CLIENT_PEM_BYTES_MAX} bytes"))
        }
        Ok(bytes) => Ok(bytes),
    }
}

impl Asked {
    /// What became of it, in words.
    pub(crate) fn words(&self) -> &'static str {
        if self.0.load(Ordering::Relaxed) {
            "client certificate shown"
        } else {
            "client certificate not asked for"
        }
    }
}

/// The one identity of this host, whoever the server wants it from: it says so if it is not that.
#[derive(Debug)]
struct Shown {
    identity: Arc<CertifiedKey>,
    asked: Asked,
}

impl ResolvesClientCert for Shown {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.asked.0.store(true, Ordering::Relaxed);
        Some(Arc::clone(&self.identity))
    }

    fn has_certs(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};

    use super::*;

    fn told(cert: &str, key: &str) -> Result<(), String> {
        let folder = std::env::temp_dir().join(format!("kinglet-mtls-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let (cert_file, key_file) = (folder.join("cert"), folder.join("key"));
        fs::write(&cert_file, cert).unwrap();
        fs::write(&key_file, key).unwrap();
        let told = ClientCert::new(&cert_file, &key_file).map(|_| ());
        fs::remove_dir_all(&folder).unwrap();
        told
    }

    #[test]
    fn a_certificate_goes_with_its_key() {
        let signed = |key: &KeyPair| {
            let params = CertificateParams::new(vec!["barn".to_owned()]).unwrap();
            params.self_signed(key).unwrap().pem()
        };
        let one = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let other = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap();
        for key in [&one, &other] {
            assert_eq!(told(&signed(key), &key.serialize_pem()), Ok(()));
        }
        for (cert, key, due) in [
            (signed(&one), other.serialize_pem(), "key: it is not the key of the certificate in"),
            (signed(&one), signed(&one), "key: there is no key in it"),
            (one.serialize_pem(), one.serialize_pem(), "cert: there is no certificate in it"),
            (String::new(), String::new(), "cert: there is no certificate in it"),
            ("x".repeat(70_000), String::new(), "cert: it has more than 65536 bytes"),
        ] {
            let told = told(&cert, &key).unwrap_err();
            assert!(told.contains(due), "{told}");
        }
        // One file may hold both.
        let both = signed(&one) + &one.serialize_pem();
        assert_eq!(told(&both, &both), Ok(()));
        let nowhere = ClientCert::new(Path::new("/dev/null"), Path::new("/none")).unwrap_err();
        assert_eq!(nowhere, "client_cert /dev/null: this is no file");
    }
}
