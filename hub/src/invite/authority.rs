//! Who stands behind the hub's certificate, as a host sees it that knows nothing of the hub.

use std::time::Duration;

use kinglet_proto::time::WallTime;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, UnixTime};
use sha2::{Digest, Sha256};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage};

use crate::config::TlsFiles;

/// Who it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Authority {
    /// The hub itself: the pin of its key, `sha256:` and 64 hexadecimal digits of the SHA-256 of
    /// its SubjectPublicKeyInfo (RFC 7469 section 2.4).
    Own(String),
    /// One that every host knows, which asks that: a renewal may bring a new key.
    Public,
    /// One that nobody knows by himself.
    Unknown,
}

impl Authority {
    /// Reads it; the error says which file is wrong.
    pub(super) fn read(files: &TlsFiles, now: WallTime) -> Result<Self, String> {
        let bad = |what: String| format!("{}: {what}", files.cert.display());
        let chain = CertificateDer::pem_file_iter(&files.cert);
        let chain = chain.and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.map_err(|error| bad(error.to_string()))?;
        let Some((own, between)) = chain.split_first() else {
            return Err(bad("no certificate in it".to_owned()));
        };
        let read = EndEntityCert::try_from(own).map_err(|error| bad(error.to_string()))?;
        if read.issuer() == read.subject() {
            let key = read.subject_public_key_info();
            let digits: String =
                Sha256::digest(&key).iter().map(|byte| format!("{byte:02x}")).collect();
            return Ok(Self::Own(format!("sha256:{digits}")));
        }
        let roots = webpki_roots::TLS_SERVER_ROOTS;
        let at = UnixTime::since_unix_epoch(Duration::from_secs(now.unix_seconds()));
        let usage = KeyUsage::server_auth();
        let asked =
            read.verify_for_usage(ALL_VERIFICATION_ALGS, roots, between, at, usage, None, None);
        // What else may be wrong with it, such as its date, is told elsewhere.
        Ok(if matches!(asked, Err(Error::UnknownIssuer)) { Self::Unknown } else { Self::Public })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_stands_behind_a_certificate_is_told_apart() {
        let key = rcgen::KeyPair::generate().unwrap();
        let own = rcgen::CertificateParams::new(vec!["hub.example.org".into()]).unwrap();
        let cert = std::env::temp_dir().join(format!("kinglet-cert-{}.pem", std::process::id()));
        let files = TlsFiles { cert: cert.clone(), key: cert.clone() };
        let now = WallTime::from_unix_millis(1_800_000_000_000);
        std::fs::write(&cert, own.self_signed(&key).unwrap().pem()).unwrap();
        let Authority::Own(pin) = Authority::read(&files, now).unwrap() else { panic!() };
        assert_eq!((&pin[..7], pin.len()), ("sha256:", 71));

        let mut wanted = rcgen::CertificateParams::new(Vec::new()).unwrap();
        wanted.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        wanted.distinguished_name.push(rcgen::DnType::CommonName, "Home");
        let its_key = rcgen::KeyPair::generate().unwrap();
        let home = rcgen::Issuer::from_params(&wanted, &its_key);
        let mut of_home = rcgen::CertificateParams::new(vec!["hub.example.org".into()]).unwrap();
        of_home.distinguished_name.push(rcgen::DnType::CommonName, "hub");
        std::fs::write(&cert, of_home.signed_by(&key, &home).unwrap().pem()).unwrap();
        assert_eq!(Authority::read(&files, now), Ok(Authority::Unknown));
        std::fs::write(&cert, "nothing").unwrap();
        assert!(Authority::read(&files, now).unwrap_err().contains("no certificate in it"));
        std::fs::remove_file(&cert).unwrap();
    }
}
