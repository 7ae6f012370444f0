//! A server known by its key: what a pin accepts and what it does not.

use std::sync::Arc;
use std::time::Duration;

use kinglet::clock;
use kinglet::link::{Link, LinkError, Pin, Target};
use kinglet_proto::output::Request;
use rcgen::{CertificateParams, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::agent::{Temporary, load};
use super::bare::Bare;
use super::server::Server;
use super::{Agent, block, every_second};

/// A key and a certificate for it that names nobody.
struct Identity {
    key: KeyPair,
    certificate: CertificateDer<'static>,
}

impl Identity {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["elsewhere.example".to_owned()]).unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { key, certificate }
    }

    fn pin(&self) -> Pin {
        Pin::of(&self.certificate).unwrap()
    }
}

/// Shows one certificate whatever the key behind it: what a thief of the certificate can do.
#[derive(Debug)]
struct Shown(Arc<CertifiedKey>);

impl ResolvesServerCert for Shown {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

fn server(
    shown: &Identity,
    signer: &Identity,
    version: &'static rustls::SupportedProtocolVersion,
) -> Arc<ServerConfig> {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signer.key.serialize_der()));
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    let shown = Shown(Arc::new(CertifiedKey::new(vec![shown.certificate.clone()], key)));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[version])
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    Arc::new(config)
}

/// Why a link with this pin does not come up.
fn fault(pin: Pin, tls: Arc<ServerConfig>) -> LinkError {
    let (server, token) = (Server::new(), Temporary::new("t"));
    let text = block("wss", server.port(), &token, &format!("pin = \"{pin}\""));
    let config = load(&text).unwrap();
    let found = config.servers.first().unwrap();
    let request = Request { path_and_query: "/".to_owned(), ..Request::default() };
    let mut link = Link::new(Target::straight(found.url.clone(), found.trust.clone()));
    link.dial(request, clock::now().instant);
    let serving = std::thread::spawn(move || {
        use std::io::Read;
        let connection = rustls::ServerConnection::new(tls).unwrap();
        let mut stream = rustls::StreamOwned::new(connection, server.accept());
        let mut heard = Vec::new();
        let _ = stream.read_to_end(&mut heard);
        heard
    });
    let error = Bare { link }.fault(Duration::from_secs(5));
    assert!(serving.join().unwrap().is_empty(), "nothing is said to a stranger");
    error
}

#[test]
fn a_pinned_key_needs_no_authority_and_no_name() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (server_socket, token, ours) = (Server::new(), Temporary::new("t"), Identity::new());
        let more = format!("pin = \"{}\"", ours.pin());
        let text = every_second(&block("wss", server_socket.port(), &token, &more));
        let _agent = Agent::start(&text);
        let mut visit = server_socket.visit_tls(server(&ours, &ours, version));
        assert_eq!(visit.door.header("authorization"), Some("Bearer t"));
        assert!(visit.frame_of("metrics")["data"]["hostname"].is_string());
    }
}

#[test]
fn another_key_is_named_and_a_stolen_certificate_is_none() {
    for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
        let (ours, theirs) = (Identity::new(), Identity::new());
        let error = fault(ours.pin(), server(&theirs, &theirs, version));
        let LinkError::Pin(shown) = &error else { panic!("{error}") };
        assert_eq!(*shown, theirs.pin());
        assert!(error.to_string().contains("is not the pinned one"), "{error}");
        let error = fault(ours.pin(), server(&ours, &theirs, version));
        assert!(matches!(error, LinkError::Tls(_)), "{error}");
    }
}

#[test]
fn a_pin_that_makes_no_sense_is_told() {
    let token = Temporary::new("t");
    let pin = Identity::new().pin();
    for (scheme, more, says) in [
        ("ws", format!("pin = \"{pin}\""), "server.pin: is for wss:// only"),
        ("wss", "pin = \"sha256:1234\"".to_owned(), "server.pin: \"sha256:1234\" is not a pin"),
        (
            "wss",
            format!("pin = \"{pin}\"\nca_file = \"/x\""),
            "server.pin: with a pin no authority",
        ),
    ] {
        let error = load(&block(scheme, 1, &token, &more)).unwrap_err();
        assert!(error.contains(says) && error.lines().count() == 1, "{error}");
    }
}
