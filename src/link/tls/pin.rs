//! A server known by its key alone: no authority, name or date is asked.
//!
//! The pin is the SHA-256 of the certificate's SubjectPublicKeyInfo (RFC 7469 section 2.4), so a
//! certificate that is renewed with the same key keeps its pin. That the server *has* the key is
//! proven by the handshake's signature, which is checked as for any other certificate.

use std::fmt;
use std::sync::Arc;

use ring::digest;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, SignatureScheme};

use super::authorities::check_key;

/// The SHA-256 of a public key, written `sha256:` and 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

impl Pin {
    /// Reads the written form.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix("sha256:")?;
        if digits.len() != 64 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (at, byte) in bytes.iter_mut().enumerate() {
            *byte = u8::from_str_radix(digits.get(at * 2..at * 2 + 2)?, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// The pin of a certificate (DER).
    pub fn of(certificate: &CertificateDer<'_>) -> Result<Self, Error> {
        let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
        let mut pin = Self([0; 32]);
        pin.0.copy_from_slice(digest::digest(&digest::SHA256, &key).as_ref());
        Ok(pin)
    }
}

impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sha256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The server's key is not the pinned one; this is the pin of the key it has.
#[derive(Debug)]
pub(crate) struct WrongPin(pub(crate) Pin);

impl WrongPin {
    /// The wrong pin behind a TLS error, if that is what it is.
    pub(crate) fn behind(error: &Error) -> Option<&Self> {
        let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error else {
            return None;
        };
        inner.downcast_ref()
    }
}

impl fmt::Display for WrongPin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the server's key is not the pinned one; its pin is {}", self.0)
    }
}

impl std::error::Error for WrongPin {}

/// Accepts one key.
#[derive(Debug)]
pub(crate) struct PinVerifier {
    pub(crate) pin: Pin,
    pub(crate) algorithms: WebPkiSupportedAlgorithms,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Pin::of(end_entity)?;
        if shown == self.pin {
            check_key(end_entity)?;
            return Ok(ServerCertVerified::assertion());
        }
        let wrong = OtherError(Arc::new(WrongPin(shown)));
        Err(Error::InvalidCertificate(CertificateError::Other(wrong)))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_and_written() {
        let text = format!("sha256:{}", "0fA1".repeat(16));
        let pin = Pin::parse(&text).unwrap();
        assert_eq!(pin.to_string(), text.to_ascii_lowercase());
        let short = format!("sha256:{}", "0".repeat(63));
        let signs = format!("sha256:{}", "+1".repeat(32));
        for wrong in ["", "sha256:", &text[7..], &short, &signs, "sha256/AAAA"] {
            assert_eq!(Pin::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_pin_is_of_the_key_and_not_of_the_certificate() {
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = |name: &str| {
            let params = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
            params.self_signed(&key).unwrap().der().clone()
        };
        let (old, new) = (certificate("old.example"), certificate("new.example"));
        assert_ne!(old, new);
        let pin = Pin::of(&old).unwrap();
        assert_eq!(pin, Pin::of(&new).unwrap());
        let spki = rcgen::PublicKeyData::subject_public_key_info(&key);
        assert_eq!(pin.0, digest::digest(&digest::SHA256, &spki).as_ref());
        assert!(Pin::of(&CertificateDer::from(&b"nonsense"[..])).is_err());
    }
}
