//! ID tokens (OpenID Connect Core 1.0 section 3.1.3.7): signed by RS256, which every provider has,
//! or ES256 (RFC 7515, RFC 7518), by no other algorithm and never by none.

use data_encoding::BASE64URL_NOPAD;
use rustls::pki_types::SignatureVerificationAlgorithm;
use serde_json::Value;
use webpki::ring::{ECDSA_P256_SHA256, RSA_PKCS1_2048_8192_SHA256};

use crate::limits::people::OIDC_CLOCKS_S;

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Due<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    /// Unix seconds.
    pub(super) now: u64,
}

/// The claims of a token that is signed by one of these keys and is for us, now and for this
/// sign-in.
pub(super) fn verify(token: &str, keys: &[Value], due: &Due<'_>) -> Result<Value, String> {
    let bad = |what: &str| format!("the ID token {what}");
    let parts: Vec<&str> = token.split('.').collect();
    let [head, body, signature] = parts[..] else { return Err(bad("is none")) };
    let json = |part: &str| -> Option<Value> { serde_json::from_slice(&decoded(part)?).ok() };
    let (header, claims) = json(head).zip(json(body)).ok_or_else(|| bad("is no JSON"))?;
    if header.get("crit").is_some() {
        return Err(bad("has what must be understood (`crit`), and is not"));
    }
    let signature = decoded(signature).ok_or_else(|| bad("is none"))?;
    let signed = &token[..head.len() + 1 + body.len()];
    let is_signed = |key: &&Value| {
        let kid = header.get("kid");
        let is_named = kid.is_none() || key.get("kid").is_none() || key.get("kid") == kid;
        is_named && is_by(key, &header, signed.as_bytes(), &signature)
    };
    keys.iter().find(is_signed).ok_or_else(|| bad("is signed by none of the provider's keys"))?;
    check(&claims, due).map_err(|what| bad(&what))?;
    Ok(claims)
}

/// Whether it is of this provider, for this hub, of this sign-in and good still.
fn check(claims: &Value, due: &Due<'_>) -> Result<(), String> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    if text("iss") != Some(due.issuer) {
        return Err("is of another provider".to_owned());
    }
    let (is_ours, others) = match claims.get("aud") {
        Some(Value::Array(all)) => (all.iter().any(|one| one == due.client_id), all.len() > 1),
        one => (one.and_then(Value::as_str) == Some(due.client_id), false),
    };
    let azp = claims.get("azp").map(|azp| azp == due.client_id);
    if !is_ours || azp == Some(false) || (others && azp.is_none()) {
        return Err("is for another client".to_owned());
    }
    if text("nonce") != Some(due.nonce) {
        return Err("is of another sign-in".to_owned());
    }
    let expires = claims.get("exp").and_then(Value::as_f64).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
    if expires + OIDC_CLOCKS_S <= due.now as f64 {
        return Err("has expired, or the clocks differ".to_owned());
    }
    Ok(())
}

/// Whether this key made the signature; the key's kind must be the algorithm's.
fn is_by(key: &Value, header: &Value, message: &[u8], signature: &[u8]) -> bool {
    let text = |name: &str| key.get(name).and_then(Value::as_str);
    let number = |name: &str| text(name).and_then(decoded);
    if text("use").is_some_and(|it| it != "sig") {
        return false;
    }
    let alg = header.get("alg").and_then(Value::as_str);
    let (algorithm, public, signature) = match (alg, text("kty"), text("crv")) {
        (Some("RS256"), Some("RSA"), _) => {
            let Some((n, e)) = number("n").zip(number("e")) else { return false };
            (RSA_PKCS1_2048_8192_SHA256, sequence(&[&n, &e]), signature.to_vec())
        }
        (Some("ES256"), Some("EC"), Some("P-256")) => {
            let Some((x, y)) = number("x").zip(number("y")) else { return false };
            let Some((r, s)) = signature.split_at_checked(32).filter(|(_, s)| s.len() == 32) else {
                return false;
            };
            (ECDSA_P256_SHA256, [&[4], &*x, &*y].concat(), sequence(&[r, s]))
        }
        _ => return false,
    };
    let algorithm: &dyn SignatureVerificationAlgorithm = algorithm;
    algorithm.verify_signature(&public, message, &signature).is_ok()
}

/// Numbers without a sign, as a sequence of DER (X.690 sections 8.3 and 8.9).
fn sequence(numbers: &[&[u8]]) -> Vec<u8> {
    let mut inner = Vec::new();
    for number in numbers {
        let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
        let digits = &number[start..];
        // The first bit would be a sign.
        let pad = digits.first().is_none_or(|first| *first >= 0x80);
        inner.push(2);
        length(digits.len() + usize::from(pad), &mut inner);
        inner.extend(pad.then_some(0).iter().chain(digits));
    }
    let mut out = vec![0x30];
    length(inner.len(), &mut out);
    out.extend(inner);
    out
}

fn length(bytes: usize, out: &mut Vec<u8>) {
    let digits: Vec<u8> = bytes.to_be_bytes().into_iter().skip_while(|it| *it == 0).collect();
    match digits[..] {
        [] => out.push(0),
        [one] if one < 0x80 => out.push(one),
        _ => {
            out.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
            out.extend(digits);
        }
    }
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    BASE64URL_NOPAD.decode(text.as_bytes()).ok()
}

#[cfg(test)]
mod tests;
