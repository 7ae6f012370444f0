//! What certificates are accepted, and what is said of the others.

use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};

use super::authorities::Authorities;
use super::{crypto, fault};

/// 2026-12-01, when this host's clock is good.
const NOW: u64 = 1_796_083_200;
const DAY: u64 = 86_400;

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn params(name: &str, is_ca: bool) -> CertificateParams {
    let names = if is_ca { Vec::new() } else { vec![name.to_owned()] };
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = if is_ca { IsCa::Ca(BasicConstraints::Unconstrained) } else { IsCa::NoCa };
    params
}

fn authority(name: &str) -> Issuer {
    Issuer::self_signed(params(name, true), KeyPair::generate().unwrap()).unwrap()
}

fn leaf(params: &CertificateParams, issuer: &Issuer) -> CertificateDer<'static> {
    params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().clone()
}

fn verifier(root: &CertificateDer<'_>, unset: fn() -> bool) -> Authorities {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let algorithms = crypto::provider().signature_verification_algorithms;
    Authorities { roots, algorithms, clock_is_unset: unset }
}

/// What is said of a chain for `hub.test`; empty when it is good.
fn told(verifier: &Authorities, chain: &[CertificateDer<'_>], now: u64) -> String {
    let (end_entity, intermediates) = chain.split_first().unwrap();
    let name = ServerName::try_from("hub.test").unwrap();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(now));
    let verdict = verifier.verify_server_cert(end_entity, intermediates, &name, &[], now);
    verdict.err().map(|error| fault::explain(&error, "hub.test")).unwrap_or_default()
}

#[test]
fn a_fault_of_a_certificate_is_said_in_words() {
    let pem = |text: &str| CertificateDer::from_pem_slice(text.as_bytes()).unwrap();
    let by_openssl = verifier(&pem(include_str!("fixtures/ca.pem")), || false);
    for (certificate, words) in [
        (include_str!("fixtures/rsa1024.pem"), "has an RSA key of 1024 bits; 2048 is the least"),
        (include_str!("fixtures/sha1.pem"), "is signed by SHA-1, which can be forged"),
        (include_str!("fixtures/p521.pem"), "has a key of the curve P-521"),
    ] {
        let told = told(&by_openssl, &[pem(certificate)], NOW);
        assert!(told.contains(words), "{told}");
    }
    let ours = authority("ours");
    let verifier = verifier(ours.der(), || false);
    let mut elsewhere = params("elsewhere.test", false);
    elsewhere.subject_alt_names.push(rcgen::SanType::DnsName("www.test".try_into().unwrap()));
    let own = params("hub.test", false).self_signed(&KeyPair::generate().unwrap()).unwrap();
    let stranger = leaf(&params("hub.test", false), &authority("a stranger"));
    for (certificate, words) in [
        (leaf(&params("hub.test", false), &ours), ""),
        (leaf(&elsewhere, &ours), "another name than hub.test: for elsewhere.test, www.test"),
        (own.der().clone(), "signed by itself; a server that signs its own is trusted by its pin"),
        (own.der().clone(), "`kinglet-hub invite` prints on the hub"),
        (ours.der().clone(), "is an authority's, not a server's"),
        (stranger, "is from an unknown issuer, "),
    ] {
        let told = told(&verifier, &[certificate], NOW);
        assert!(told.contains(words) && words.is_empty() == told.is_empty(), "{told}");
    }
}

#[test]
fn a_chain_without_end_is_said_to_be_one() {
    let root = authority("root");
    let verifier = verifier(root.der(), || false);
    let (mut chain, mut issuer) = (Vec::new(), root);
    for depth in 0..10 {
        let name = format!("between {depth}");
        let key = KeyPair::generate().unwrap();
        let next = Issuer::signed_by(params(&name, true), key, &issuer).unwrap();
        chain.insert(0, next.der().clone());
        issuer = next;
    }
    chain.insert(0, leaf(&params("hub.test", false), &issuer));
    let told = told(&verifier, &chain, NOW);
    assert!(told.contains("sends too many certificates"), "{told}");
}

/// A clock that is not set is given the day the certificate was issued, and nothing else: neither
/// its chain nor its name nor a clock that is right is passed over.
#[test]
fn a_clock_behind_the_build_judges_by_the_certificates_own_first_day() {
    let ours = authority("ours");
    let at = |seconds| rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds);
    let issued = |name, from, until| {
        let mut params = params(name, false);
        (params.not_before, params.not_after) = (at(from), at(until));
        params
    };
    let new = issued("hub.test", NOW + 200 * DAY, NOW + 290 * DAY);
    let (unset, set) = (verifier(ours.der(), || true), verifier(ours.der(), || false));
    let certificate = [leaf(&new, &ours)];
    assert_eq!(told(&unset, &certificate, NOW), "");
    let refused = told(&set, &certificate, NOW);
    assert!(
        refused.contains("it is good from 2027-06-19 on, and this host's clock says 2026-12-01")
    );
    let stranger = authority("a stranger");
    let elsewhere = issued("elsewhere.test", NOW + 200 * DAY, NOW + 290 * DAY);
    let old = issued("hub.test", NOW - 90 * DAY, NOW - DAY);
    for (certificate, words) in [
        (leaf(&new, &stranger), "from an unknown issuer"),
        (leaf(&elsewhere, &ours), "another name than hub.test"),
        (leaf(&old, &ours), "has expired: it was good until 2026-11-30"),
    ] {
        let told = told(&unset, &[certificate], NOW);
        assert!(told.contains(words), "{told}");
    }
    let in_2040 = told(&set, &[leaf(&params("hub.test", false), &ours)], NOW + 5000 * DAY);
    assert_eq!(in_2040, "", "rcgen's are good for ever");
    let in_2040 = told(&set, &certificate, NOW + 5000 * DAY);
    assert!(in_2040.ends_with("and this host's clock says 2040-08-09"), "{in_2040}");
}
