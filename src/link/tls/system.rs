//! The authorities this host trusts, as its distribution keeps them: one file of PEM.
//!
//! It is read when the built-in ones do not know who issued a certificate, and of its hundreds only
//! the issuers asked for are kept: an agent whose server is known without it never opens it.

use std::path::Path;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::{self, PemObject};

use crate::limits::SYSTEM_BUNDLE_BYTES_MAX;

/// Where it lies: Debian, Fedora and its newer way, openSUSE, Alpine and OpenWrt.
pub(super) const PLACES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Whether there is one, whatever it holds.
pub(super) fn is_there() -> bool {
    PLACES.iter().any(|place| Path::new(place).exists())
}

/// The authorities with one of these subjects, out of the first file that can be read; the error
/// says where they were looked for.
pub(super) fn find(places: &[&str], subjects: &[Vec<u8>]) -> Result<RootCertStore, String> {
    let mut faults = Vec::new();
    for place in places {
        match read(Path::new(place), subjects) {
            Ok(Some(found)) if !found.is_empty() => return Ok(found),
            Ok(Some(_)) => {
                faults.push(format!("not in {place}"));
                break;
            }
            Ok(None) => {}
            Err(fault) => faults.push(format!("{place}: {fault}")),
        }
    }
    if faults.is_empty() {
        faults.push("and this host has no bundle of authorities of its own".to_owned());
    }
    Err(faults.join(", "))
}

/// Those of one file; `None` when there is no such file.
fn read(place: &Path, subjects: &[Vec<u8>]) -> Result<Option<RootCertStore>, String> {
    match place.metadata() {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
        Ok(found) if found.len() > SYSTEM_BUNDLE_BYTES_MAX => return Err("too large".to_owned()),
        Ok(_) => {}
    }
    let mut found = RootCertStore::empty();
    let mut certificates = 0;
    for certificate in CertificateDer::pem_file_iter(place).map_err(|error| error.to_string())? {
        match certificate {
            Ok(certificate) => {
                certificates += 1;
                // One that cannot be read is not the one that is looked for.
                let anchor = webpki::anchor_from_trusted_cert(&certificate).ok();
                let anchor = anchor.filter(|anchor| {
                    subjects.iter().any(|subject| subject.as_slice() == anchor.subject.as_ref())
                });
                found.roots.extend(anchor.map(|anchor| anchor.to_owned()));
            }
            Err(pem::Error::Io(error)) => return Err(error.to_string()),
            Err(_) => {}
        }
    }
    if certificates == 0 {
        return Err("there is no certificate in it".to_owned());
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn certificate(name: &str) -> rcgen::Certificate {
        let mut params = rcgen::CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(rcgen::DnType::CommonName, name);
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap()
    }

    #[test]
    fn only_the_issuers_asked_for_are_kept_of_the_first_good_file() {
        let folder = std::env::temp_dir().join(format!("kinglet-ca-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (ours, other) = (certificate("ours"), certificate("other"));
        let bundle = folder.join("bundle.pem");
        let torn = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
        std::fs::write(&bundle, format!("{}{torn}{}", other.pem(), ours.pem())).unwrap();
        let empty = folder.join("empty.pem");
        std::fs::write(&empty, "nothing\n").unwrap();
        let anchor = webpki::anchor_from_trusted_cert(ours.der()).unwrap();
        let subjects = [anchor.subject.as_ref().to_vec()];
        let [none, folder_itself, empty, bundle] =
            [folder.join("none"), folder.clone(), empty, bundle]
                .map(|path| path.to_str().unwrap().to_owned());
        let found = find(&[&none, &folder_itself, &empty, &bundle], &subjects).unwrap();
        assert_eq!(found.len(), 1);
        let fault = find(&[&none, &folder_itself, &empty], &subjects).unwrap_err();
        assert!(fault.contains("directory") && fault.contains("no certificate in it"), "{fault}");
        let fault = find(&[&bundle], &[b"nobody".to_vec()]).unwrap_err();
        assert_eq!(fault, format!("not in {bundle}"));
        assert!(find(&[&none], &subjects).unwrap_err().contains("no bundle"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
