//! What is wrong with TLS, in the owner's words.
//!
//! rustls shows most of its faults by their Rust names, which the `tiny` profile does not have
//! (cross/README.md): those an owner can act on are named here.

use kinglet_proto::quoted::Words;
use kinglet_proto::time::WallTime;
use rustls::pki_types::UnixTime;
use rustls::{
    AlertDescription, CertificateError, Error, InvalidMessage, OtherError, PeerIncompatible,
    PeerMisbehaved,
};

use super::authorities::Fault;
use crate::limits::NAMES_TOLD_MAX;

/// A TLS fault of the server at `host`.
pub(crate) fn explain(error: &Error, host: &str) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls grows variants; its text serves")]
    match error {
        Error::InvalidCertificate(fault) => explain_certificate(fault, host),
        Error::InvalidMessage(
            InvalidMessage::HandshakePayloadTooLarge | InvalidMessage::CertificatePayloadTooLarge,
        ) => "the server sends more than 64 kB of certificates; it should send its own and those \
              between it and its authority"
            .to_owned(),
        Error::InvalidMessage(_) => {
            "the server does not speak TLS on this port (ws:// instead of wss://, or another port?)"
                .to_owned()
        }
        Error::AlertReceived(alert) => explain_alert(*alert),
        Error::PeerIncompatible(why) => explain_incompatible(why).to_owned(),
        Error::PeerMisbehaved(why) => {
            format!("the server breaks the rules of TLS: {}", explain_misbehaviour(why))
        }
        Error::InappropriateMessage { got_type, .. } => unexpected("record", (*got_type).into()),
        Error::InappropriateHandshakeMessage { got_type, .. } => {
            unexpected("handshake message", (*got_type).into())
        }
        other => other.to_string(),
    }
}

/// A message out of turn, by its number in RFC 8446 sections 4 and 5.1.
fn unexpected(what: &str, kind: u8) -> String {
    format!("the server breaks the rules of TLS: a {what} of type {kind} out of turn")
}

/// What both ends lack in common.
fn explain_incompatible(why: &PeerIncompatible) -> &'static str {
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "rustls grows variants; the last arm serves"
    )]
    match why {
        PeerIncompatible::ServerDoesNotSupportTls12Or13
        | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig => {
            if cfg!(feature = "tls12") {
                "the server has no TLS version that this build has: 1.2 or 1.3"
            } else {
                "the server has no TLS version that this build has: 1.3"
            }
        }
        PeerIncompatible::NoCertificateRequestSignatureSchemesInCommon => {
            "the server wants a certificate of this host, signed as this build cannot"
        }
        PeerIncompatible::IncorrectCertificateTypeExtension
        | PeerIncompatible::UnsolicitedCertificateTypeExtension => {
            "the server has a bare key, not a certificate"
        }
        _ => "the server has no TLS version or cipher that this build has",
    }
}

/// What a server did that RFC 8446 or RFC 5246 forbids, as far as one does it to a client.
fn explain_misbehaviour(why: &PeerMisbehaved) -> &'static str {
    use PeerMisbehaved as Why;
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "rustls grows variants; the last arm serves"
    )]
    match why {
        Why::AttemptedDowngradeToTls12WhenTls13IsSupported => {
            "it has TLS 1.3 and was brought to speak 1.2; is somebody in between?"
        }
        Why::SelectedUnofferedCipherSuite | Why::SelectedUnusableCipherSuiteForVersion => {
            "it chose a cipher that was not offered"
        }
        Why::SelectedUnofferedKxGroup | Why::WrongGroupForKeyShare | Why::MissingKeyShare => {
            "it chose a key exchange that was not offered"
        }
        Why::SelectedUnofferedApplicationProtocol => "it chose a protocol that was not offered",
        Why::SelectedUnofferedCompression | Why::SelectedUnofferedCertCompression => {
            "it chose a compression that was not offered"
        }
        Why::SelectedTls12UsingTls13VersionExtension => "it chose TLS 1.2 in the way of 1.3",
        Why::SelectedInvalidPsk
        | Why::SelectedUnofferedPsk
        | Why::ResumptionOfferedWithIncompatibleCipherSuite
        | Why::ResumptionOfferedWithVariedCipherSuite
        | Why::ResumptionOfferedWithVariedEms
        | Why::ServerEchoedCompatibilitySessionId => "it takes up a session that never was",
        Why::IllegalHelloRetryRequestWithEmptyCookie
        | Why::IllegalHelloRetryRequestWithNoChanges
        | Why::IllegalHelloRetryRequestWithOfferedGroup
        | Why::IllegalHelloRetryRequestWithUnofferedCipherSuite
        | Why::IllegalHelloRetryRequestWithUnofferedNamedGroup
        | Why::IllegalHelloRetryRequestWithUnsupportedVersion
        | Why::IllegalHelloRetryRequestWithWrongSessionId
        | Why::IllegalHelloRetryRequestWithInvalidEch
        | Why::SelectedDifferentCipherSuiteAfterRetry => "its hello retry request is not valid",
        Why::UnsolicitedServerHelloExtension
        | Why::UnsolicitedEncryptedExtension
        | Why::UnsolicitedEchExtension
        | Why::DisallowedEncryptedExtension
        | Why::UnexpectedCleartextExtension => "it sent an extension that nobody asked for",
        Why::SignedKxWithWrongAlgorithm | Why::SignedHandshakeWithUnadvertisedSigScheme => {
            "it signed by an algorithm that was not offered"
        }
        Why::IllegalMiddleboxChangeCipherSpec
        | Why::KeyEpochWithPendingFragment
        | Why::MessageInterleavedWithHandshakeMessage => "its messages are out of order",
        Why::TooManyEmptyFragments
        | Why::TooManyKeyUpdateRequests
        | Why::TooManyRenegotiationRequests
        | Why::TooManyWarningAlertsReceived => "it sent too many messages that say nothing",
        Why::InvalidCertCompression => "its compressed certificate cannot be read",
        Why::InvalidKeyShare => "its key share is not a key",
        _ => "a message of its handshake is not valid",
    }
}

fn explain_certificate(fault: &CertificateError, host: &str) -> String {
    if let Some(fault) = Fault::behind(fault) {
        return explain_fault(fault, host);
    }
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls grows variants; its text serves")]
    match fault {
        CertificateError::UnknownIssuer => format!(
            "the certificate of {host} is from an unknown issuer; \
             if it is your own authority's, name that in ca_file"
        ),
        CertificateError::BadSignature => format!(
            "the certificate of {host} is signed by another key than its issuer's; \
             is ca_file the authority's present one?"
        ),
        CertificateError::Expired => format!("the certificate of {host} has expired"),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the certificate of {host} has expired: it was good until {}, and this host's clock \
             says {}",
            day(*not_after),
            day(*time)
        ),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the certificate of {host} is not valid yet: it is good from {} on, and this host's \
             clock says {}; is that right?",
            day(*not_before),
            day(*time)
        ),
        CertificateError::UnsupportedSignatureAlgorithmContext {
            signature_algorithm_id, ..
        } => {
            format!("a certificate of {host} is signed by {}", signature(signature_algorithm_id))
        }
        CertificateError::BadEncoding => format!("the certificate of {host} cannot be read"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("the certificate of {host} is not for a server")
        }
        CertificateError::UnhandledCriticalExtension => {
            format!("the certificate of {host} demands what kinglet does not know")
        }
        CertificateError::Other(OtherError(inner)) => explain_chain(inner.downcast_ref(), host),
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            format!("a certificate of {host} is signed in a way that its issuer's key is not for")
        }
        CertificateError::Revoked => format!("the certificate of {host} is revoked"),
        _ => format!("the certificate of {host} is not accepted"),
    }
}

/// What only the chain as a whole has.
fn explain_chain(fault: Option<&webpki::Error>, host: &str) -> String {
    match fault {
        Some(webpki::Error::CaUsedAsEndEntity) => format!(
            "the certificate of {host} is an authority's, not a server's; {TRUSTED_BY_ITS_PIN}"
        ),
        Some(
            webpki::Error::MaximumPathDepthExceeded
            | webpki::Error::MaximumPathBuildCallsExceeded
            | webpki::Error::MaximumSignatureChecksExceeded,
        ) => format!(
            "{host} sends too many certificates; it should send its own and those between it and \
             its authority"
        ),
        Some(_) | None => format!("the certificate of {host} is not accepted"),
    }
}

/// Where to go from a certificate that nobody but its owner vouches for.
const TRUSTED_BY_ITS_PIN: &str = "a server that signs its own is trusted by its pin, which \
     `kinglet-hub invite` prints on the hub; its place is `pin` in the configuration";

fn explain_fault(fault: &Fault, host: &str) -> String {
    match fault {
        Fault::Key(key) => format!("a certificate of {host} has {key}"),
        Fault::Issuer(places) => format!(
            "the certificate of {host} is from an unknown issuer, {places}; if it is your own \
             authority's, name that in ca_file"
        ),
        Fault::SelfSigned => {
            format!("the certificate of {host} is signed by itself; {TRUSTED_BY_ITS_PIN}")
        }
        Fault::Name(names) if names.is_empty() => {
            format!("the certificate is for another name than {host}: it names no host at all")
        }
        Fault::Name(names) => {
            let more = if names.len() > NAMES_TOLD_MAX { ", …" } else { "" };
            let told: Vec<_> = names.iter().take(NAMES_TOLD_MAX).map(String::as_str).collect();
            let told = told.join(", ");
            format!("the certificate is for another name than {host}: for {}{more}", Words(&told))
        }
    }
}

/// The day of a time, as RFC 3339 has it.
fn day(time: UnixTime) -> String {
    let mut text = WallTime::from_unix_millis(time.as_secs().saturating_mul(1000)).to_string();
    text.truncate("2026-11-20".len());
    text
}

/// A signature's algorithm (the content of its OID) that ring does not check.
fn signature(id: &[u8]) -> &'static str {
    let has = |oid: &[u8]| id.windows(oid.len()).any(|part| part == oid);
    // 1.2.840.113549.1.1.5 and 1.2.840.10045.4.1.
    if has(b"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05") || has(b"\x2a\x86\x48\xce\x3d\x04\x01") {
        "SHA-1, which can be forged; it has to be issued anew"
    } else {
        "an algorithm that kinglet does not check; RSA and P-256 or P-384 with SHA-2 it does"
    }
}

/// An alert by its name in RFC 8446 section 6, as far as a server sends it to a client.
fn explain_alert(alert: AlertDescription) -> String {
    let number = u8::from(alert);
    let name = match number {
        10 => "unexpected message",
        20 => "bad record MAC",
        22 => "record overflow",
        40 => {
            "handshake failure; has its certificate a key that kinglet does not know, as P-521, or \
             does it want a client_cert?"
        }
        42 => "bad certificate; if it is ours, see client_cert",
        45 => "certificate expired; if it is ours, see client_cert",
        46 => "certificate unknown; if it is ours, see client_cert",
        47 => "illegal parameter",
        48 => "unknown CA; it does not know who signed our client_cert",
        49 => "access denied",
        50 => "decode error",
        51 => "decrypt error",
        70 => "protocol version",
        71 => "insufficient security",
        80 => "internal error",
        90 => "user canceled",
        109 => "missing extension",
        112 => "unrecognized name",
        116 => "certificate required; this host is to show it one: client_cert and client_key",
        120 => "no application protocol",
        _ => return format!("the server ended it with alert {number}"),
    };
    format!("the server ended it with alert {number}: {name}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn what_an_owner_can_act_on_is_named_without_rust_names() {
        let out_of_turn = Error::InappropriateHandshakeMessage {
            expect_types: Vec::new(),
            got_type: rustls::HandshakeType::Finished,
        };
        let authority = OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity));
        let has_tls12 = cfg!(feature = "tls12");
        let versions = if has_tls12 { "build has: 1.2 or 1.3" } else { "build has: 1.3" };
        for (error, words) in [
            (Error::AlertReceived(AlertDescription::UnrecognisedName), "112: unrecognized name"),
            (Error::AlertReceived(AlertDescription::Unknown(200)), "with alert 200"),
            (Error::InvalidCertificate(CertificateError::Expired), "h has expired"),
            (Error::InvalidCertificate(CertificateError::BadEncoding), "of h cannot be read"),
            (Error::InvalidCertificate(CertificateError::InvalidPurpose), "not for a server"),
            (Error::InvalidCertificate(CertificateError::Other(authority)), "in the configuration"),
            (Error::NoCertificatesPresented, "peer sent no certificates"),
            (PeerIncompatible::ServerDoesNotSupportTls12Or13.into(), versions),
            (PeerMisbehaved::SelectedUnofferedCipherSuite.into(), "a cipher that was not offered"),
            (PeerMisbehaved::InvalidMaxEarlyDataSize.into(), "of its handshake is not valid"),
            (out_of_turn, "a handshake message of type 20 out of turn"),
        ] {
            let told = explain(&error, "h");
            assert!(told.ends_with(words), "{told}");
        }
    }
}
