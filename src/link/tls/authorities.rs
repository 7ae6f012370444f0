//! A server known by its certificate: who issued it, for which name, and until when.
//!
//! The authorities are those of the program and of `ca_file`, and behind them this host's own. A
//! host whose clock has not been set judges dates at the latest moment that has surely passed: the
//! day the program was built, or the day the certificate itself was issued.

use std::fmt;
use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore};
use webpki::EndEntityCert;

use super::key::Unusable;
use super::system;

/// Accepts what known authorities issued.
#[derive(Debug)]
pub(super) struct Authorities {
    pub(super) roots: RootCertStore,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    /// Whether this host's clock cannot be right.
    pub(super) clock_is_unset: fn() -> bool,
}

/// What is wrong with a certificate, beyond what rustls says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// A key of the chain is of no use.
    Key(Unusable),
    /// The issuer is unknown; where it was looked for on this host.
    Issuer(String),
    /// It is its own issuer.
    SelfSigned,
    /// It is for these names.
    Name(Vec<String>),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate is not accepted") // `explain` says it with the host's name
    }
}

impl std::error::Error for Fault {}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(fault))))
    }
}

impl Fault {
    /// The fault behind a certificate error, if that is what it is.
    pub(super) fn behind(error: &CertificateError) -> Option<&Self> {
        let CertificateError::Other(OtherError(inner)) = error else { return None };
        inner.downcast_ref()
    }
}

/// Refuses keys that no signature could be checked with.
pub(super) fn check_key(certificate: &CertificateDer<'_>) -> Result<(), Error> {
    let parsed = EndEntityCert::try_from(certificate).ok();
    // What cannot be read is refused elsewhere.
    let key = parsed.map(|parsed| parsed.subject_public_key_info());
    match key.and_then(|key| Unusable::of(&key)) {
        Some(unusable) => Err(Fault::Key(unusable).into()),
        None => Ok(()),
    }
}

impl Authorities {
    /// Checks the chain at the time given, or where a clock that is not set says so, when the
    /// certificate was issued.
    fn verify_chain(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        match self.verify_at(certificate, intermediates, now) {
            Err(Error::InvalidCertificate(CertificateError::NotValidYetContext {
                not_before,
                ..
            })) if (self.clock_is_unset)() => {
                self.verify_at(certificate, intermediates, not_before)
            }
            verdict => verdict,
        }
    }

    fn verify_at(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let parsed = ParsedCertificate::try_from(certificate)?;
        let verify = |roots: &RootCertStore| {
            let algorithms = self.algorithms.all;
            verify_server_cert_signed_by_trust_anchor(
                &parsed,
                roots,
                intermediates,
                now,
                algorithms,
            )
        };
        match verify(&self.roots) {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer)) => {
                let chain = || [certificate].into_iter().chain(intermediates);
                let parsed =
                    chain().filter_map(|certificate| EndEntityCert::try_from(certificate).ok());
                let issuers: Vec<_> = parsed.map(|parsed| parsed.issuer().to_vec()).collect();
                match system::find(system::PLACES, &issuers) {
                    Ok(roots) => verify(&roots),
                    Err(_) if is_self_signed(certificate) => Err(Fault::SelfSigned.into()),
                    Err(places) => Err(Fault::Issuer(places).into()),
                }
            }
            verdict => verdict,
        }
    }
}

fn is_self_signed(certificate: &CertificateDer<'_>) -> bool {
    EndEntityCert::try_from(certificate).is_ok_and(|parsed| parsed.issuer() == parsed.subject())
}

/// The wrong name, with those that would have been right.
fn verify_name(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    verify_server_name(&ParsedCertificate::try_from(certificate)?, name).map_err(|error| {
        match EndEntityCert::try_from(certificate) {
            Ok(parsed) => Fault::Name(parsed.valid_dns_names().map(str::to_owned).collect()).into(),
            Err(_) => error,
        }
    })
}

impl ServerCertVerifier for Authorities {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        [end_entity].into_iter().chain(intermediates).try_for_each(check_key)?;
        self.verify_chain(end_entity, intermediates, now)?;
        verify_name(end_entity, server_name)?;
        Ok(ServerCertVerified::assertion())
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
