//! A server that wants to know the agent by a certificate.

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::agent::Temporary;
use super::certificates::{Authority, Kind};
use super::program::Program;
use super::server::Server;
use super::*;

/// A server's authority, one for agents, and files for one agent.
struct Parties {
    server: Server,
    ours: Authority,
    agents: Authority,
    token: Temporary,
    ca_file: Temporary,
    cert: Temporary,
    key: Temporary,
}

impl Parties {
    fn new() -> Self {
        let (ours, agents) = (Authority::new("ours"), Authority::new("agents"));
        let (cert, key) = agents.agent();
        let ca_file = Temporary::new(&ours.pem());
        let (cert, key) = (Temporary::new(&cert), Temporary::new(&key));
        let (server, token) = (Server::new(), Temporary::new("t"));
        Self { server, ours, agents, token, ca_file, cert, key }
    }

    /// What demands a certificate of the agents' authority.
    fn demanding(&self) -> Arc<ServerConfig> {
        self.ours.server_for(Kind::Good, Some(&self.agents))
    }

    fn configuration(&self, more: &str) -> String {
        let more = format!("ca_file = \"{}\"\n{more}", self.ca_file.path());
        every_second(&block("wss", self.server.port(), &self.token, &more))
    }

    /// The lines of the configuration by which the agent has its certificate.
    fn own(&self) -> String {
        format!("client_cert = \"{}\"\nclient_key = \"{}\"", self.cert.path(), self.key.path())
    }

    fn shake_hands(&self, tls: Arc<ServerConfig>) {
        let connection = ServerConnection::new(tls).unwrap();
        let mut stream = StreamOwned::new(connection, self.server.accept());
        let _ = stream.read(&mut [0; 16]);
    }
}

#[test]
fn a_report_arrives_with_the_certificate_and_with_a_renewed_one() {
    let parties = Parties::new();
    let _agent = Agent::start(&parties.configuration(&parties.own()));
    for _ in 0..2 {
        let mut visit = parties.server.visit_tls(parties.demanding());
        assert!(visit.frame_of("metrics")["data"]["hostname"].is_string());
        let pem = std::fs::read(parties.cert.path()).unwrap();
        let shown = visit.socket.get_ref().conn.peer_certificates().unwrap();
        assert_eq!(shown, [CertificateDer::from_pem_slice(&pem).unwrap()]);
        // The next connection shows what lies there then.
        let (cert, key) = parties.agents.agent();
        std::fs::write(parties.cert.path(), cert).unwrap();
        std::fs::write(parties.key.path(), key).unwrap();
    }
}

#[test]
fn without_a_good_certificate_the_log_says_what_is_missing() {
    let parties = Parties::new();
    let file = Temporary::new(&parties.configuration(""));
    let mut agent = Program::start(&["run", "--config", file.path()], None);
    parties.shake_hands(parties.demanding());
    agent.says("certificate required; this host is to show it one: client_cert and client_key");
    drop(agent);

    let file = Temporary::new(&parties.configuration(&parties.own()));
    let words = ["run", "--config", file.path()];
    let mut agent = Program::start_in(&words, &[("KINGLET_LOG", "debug")]);
    let strangers = Authority::new("strangers");
    parties.shake_hands(parties.ours.server_for(Kind::Good, Some(&strangers)));
    agent.says("it does not know who signed our client_cert");
    // It is renewed in two steps, and a connection falls between them.
    let (cert, key) = parties.agents.agent();
    std::fs::write(parties.cert.path(), cert).unwrap();
    let _ = parties.server.accept_within(Duration::from_secs(5)).map(drop);
    agent.says("tls failed: client_key");
    std::fs::write(parties.key.path(), key).unwrap();
    parties.server.visit_tls(parties.demanding()).frame_of("metrics");
}

#[test]
fn check_says_whether_the_certificate_is_shown() {
    let parties = Parties::new();
    let file = Temporary::new(&parties.configuration(&parties.own()));
    for (tls, due) in [
        (parties.demanding(), "_SHA256, client certificate shown ("),
        (parties.ours.server(Kind::Good), "_SHA256, client certificate not asked for ("),
    ] {
        let mut check = Program::start(&["check", "--config", file.path()], None);
        parties.shake_hands(tls);
        let mut told = String::new();
        check.child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
        assert!(told.contains(due), "{told}");
    }
    let everybody = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    std::fs::set_permissions(parties.key.path(), everybody).unwrap();
    let words = ["check", "--config-only", "--config", file.path()];
    let mut told = String::new();
    let mut check = Program::start(&words, None);
    check.child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    let due = format!("warning: everybody on this host can read {}", parties.key.path());
    assert!(told.contains(&due), "{told}");
}

#[test]
fn a_certificate_without_its_key_is_refused_by_its_place() {
    let parties = Parties::new();
    let own = parties.own();
    let (cert, key) = own.split_once('\n').unwrap();
    for (more, due) in [
        (cert, "server.client_cert: wants client_key beside it"),
        (key, "server.client_key: wants client_cert beside it"),
        (
            &own.replace(parties.key.path(), "/none"),
            "server.client_key: client_key /none: there is no such file",
        ),
    ] {
        let told = load(&parties.configuration(more)).unwrap_err();
        assert!(told.contains(due), "{told}");
    }
    let clear = block("ws", 9, &parties.token, &own);
    assert!(load(&clear).unwrap_err().contains("server.client_cert: is for wss:// only"));
    let printed = load(&parties.configuration(&own)).unwrap().to_string();
    assert!(printed.contains(&own), "{printed}");
}
