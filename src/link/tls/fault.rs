//! What is wrong with TLS, in the owner's words.
//!
//! rustls shows most of its faults by their Rust names, which the `tiny` profile does not have
//! (cross/README.md): those an owner can act on are named here.

use rustls::{AlertDescription, CertificateError, Error, OtherError};

/// A TLS fault of the server at `host`.
pub(crate) fn explain(error: &Error, host: &str) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "rustls grows variants; its text serves")]
    match error {
        Error::InvalidCertificate(fault) => explain_certificate(fault, host),
        Error::InvalidMessage(_) => {
            "the server does not speak TLS on this port (ws:// instead of wss://, or another port?)"
                .to_owned()
        }
        Error::AlertReceived(alert) => explain_alert(*alert),
        Error::PeerIncompatible(_) => {
            format!("the server has no TLS version or cipher that this build has ({error})")
        }
        other => other.to_string(),
    }
}

fn explain_certificate(fault: &CertificateError, host: &str) -> String {
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
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            format!("the certificate of {host} has expired")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            format!("the certificate of {host} is not valid yet; is this host's clock right?")
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("the certificate is for another name than {host}")
        }
        CertificateError::BadEncoding => format!("the certificate of {host} cannot be read"),
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            format!("the certificate of {host} is not for a server")
        }
        CertificateError::UnhandledCriticalExtension => {
            format!("the certificate of {host} demands what kinglet does not know")
        }
        CertificateError::Other(OtherError(inner))
            if matches!(inner.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity)) =>
        {
            format!(
                "the certificate of {host} is an authority's, not a server's; a server that signs \
                 its own is trusted by its pin"
            )
        }
        other => format!("the certificate of {host} is not accepted: {other}"),
    }
}

/// An alert by its name in RFC 8446 section 6, as far as a server sends it to a client.
fn explain_alert(alert: AlertDescription) -> String {
    let number = u8::from(alert);
    let name = match number {
        10 => "unexpected message",
        20 => "bad record MAC",
        22 => "record overflow",
        40 => "handshake failure",
        42 => "bad certificate",
        46 => "certificate unknown",
        47 => "illegal parameter",
        48 => "unknown CA",
        49 => "access denied",
        50 => "decode error",
        51 => "decrypt error",
        70 => "protocol version",
        71 => "insufficient security",
        80 => "internal error",
        90 => "user canceled",
        109 => "missing extension",
        112 => "unrecognized name",
        116 => "certificate required",
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
        let authority = OtherError(Arc::new(webpki::Error::CaUsedAsEndEntity));
        for (error, words) in [
            (Error::AlertReceived(AlertDescription::UnrecognisedName), "112: unrecognized name"),
            (Error::AlertReceived(AlertDescription::Unknown(200)), "with alert 200"),
            (Error::InvalidCertificate(CertificateError::Expired), "h has expired"),
            (Error::InvalidCertificate(CertificateError::BadEncoding), "of h cannot be read"),
            (Error::InvalidCertificate(CertificateError::InvalidPurpose), "not for a server"),
            (Error::InvalidCertificate(CertificateError::Other(authority)), "by its pin"),
            (Error::NoCertificatesPresented, "peer sent no certificates"),
        ] {
            let told = explain(&error, "h");
            assert!(told.ends_with(words), "{told}");
        }
    }
}
