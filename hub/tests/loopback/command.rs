//! The built program: exit codes, the demonstration, a certificate of its own.
#![expect(clippy::disallowed_methods, reason = "the program under test")]

use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use kinglet_hub::auth::TokenHash;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustls::pki_types::CertificateDer;
use tungstenite::Message;

use super::support::{Deadline, WEB, report, scratch};

pub(crate) fn hub(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet-hub"));
    command.args(arguments).env_remove("KINGLET_LOG").stdin(Stdio::null());
    command
}

fn run(arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = hub(arguments).output().unwrap();
    (status.code(), String::from_utf8([stdout, stderr].concat()).unwrap())
}

/// A hub in a process of its own; killed if the test fails before it ends.
pub(crate) struct Running(pub(crate) Child);

impl Running {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut command = hub(arguments);
        Self(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
    }

    /// Sends the signal; it must end with exit 0 within 3 s. Returns its log.
    pub(crate) fn end(mut self, signal: Signal) -> String {
        let mut stderr = self.0.stderr.take().unwrap();
        self.end_of(signal);
        let mut log = String::new();
        stderr.read_to_string(&mut log).unwrap();
        log
    }

    /// The same where its log is read already.
    pub(crate) fn end_of(mut self, signal: Signal) {
        let sent = Instant::now();
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), signal).unwrap();
        let status = self.0.wait().unwrap();
        assert!(sent.elapsed() < Duration::from_secs(3), "{:?}", sent.elapsed());
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The program with a configuration that lets the system choose the port, where it listens, and its
/// whole log when it has ended.
pub(crate) fn started(config: &Path, level: &str) -> (Running, SocketAddr, JoinHandle<String>) {
    let mut command = hub(&["run", "--config", config.to_str().unwrap()]);
    command.env("KINGLET_LOG", level).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut running = Running(command.spawn().unwrap());
    let mut log = BufReader::new(running.0.stderr.take().unwrap());
    let mut text = String::new();
    while !text.contains("listening on http://") {
        assert!(log.read_line(&mut text).unwrap() > 0, "{text}");
    }
    let line = text.lines().last().unwrap();
    let address = line.split("http://").nth(1).unwrap().trim_end_matches('/').parse().unwrap();
    let rest = std::thread::spawn(move || {
        log.read_to_string(&mut text).unwrap();
        text
    });
    (running, address, rest)
}

#[test]
fn the_demonstration_shows_this_machine_and_ends_cleanly() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let started = Instant::now();
        let mut demo = Running::start(&["demo", "--listen", "127.0.0.1:0"]);
        let mut line = String::new();
        BufReader::new(demo.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
        let address = line.split_once("http://").unwrap().1.split('/').next().unwrap().to_owned();
        let deadline = Deadline::in_seconds(10);
        while !get(&address, "/api/hosts").contains(r#""metrics":{"#) {
            deadline.check(&line);
        }
        let hosts = get(&address, "/api/hosts");
        assert!(hosts.contains(r#""online":true"#) && hosts.contains(r#""memory":{"total":"#));
        demo.end(signal);
    }
}

fn get(address: &str, path: &str) -> String {
    use std::io::Write;
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_man_page_and_the_completions_name_every_command_and_option() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../packaging/hub/");
    let read = |name: &str| std::fs::read_to_string(format!("{folder}{name}")).unwrap();
    let page = read("kinglet-hub.1").replace("\\-", "-");
    let completions = ["bash", "fish", "zsh"]
        .map(|shell| read(&format!("completions/kinglet-hub.{shell}")).replace("-l ", "--"));
    let (_, help) = run(&["--help"]);
    let (_, commands) = help.split_once("Commands:\n").unwrap();
    let commands = commands.lines().take_while(|line| !line.is_empty());
    let commands: Vec<_> = commands.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(commands.contains(&"run") && commands.contains(&"invite"), "{help}");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let (_, help) = run(&[command, "--help"]);
        let options = help.split_whitespace().filter(|word| word.starts_with("--"));
        for word in options.chain([command]).filter(|word| *word != "--help") {
            for text in completions.iter().chain([&page]) {
                assert!(text.contains(word), "{command}: {word} is missing in\n{text}");
            }
        }
    }
}

#[test]
fn a_token_is_printed_with_the_hash_that_stands_for_it() {
    let (code, text) = run(&["token"]);
    assert_eq!(code, Some(0));
    let mut words = text.split_whitespace();
    assert_eq!(words.next(), Some("token"));
    let token = words.next().unwrap();
    assert_eq!(words.next(), Some("token_hash"));
    assert_eq!(words.next(), Some(&*format!("\"{}\"", TokenHash::of(token))));
}

#[test]
fn a_wrong_configuration_exits_2_and_names_the_line() {
    let path = scratch("wrong.toml");
    std::fs::write(&path, "[viewers]\npublic = true\nlisten = \"x\"\n").unwrap();
    let path = path.to_str().unwrap();
    for command in ["run", "check"] {
        let (code, text) = run(&[command, "--config", path]);
        assert_eq!(code, Some(2), "{text}");
        assert!(
            text.contains("wrong.toml:3: unknown key `listen`; allowed here: `public`"),
            "{text}"
        );
    }
    let (code, text) = run(&["run", "--config", "/nowhere/hub.toml"]);
    assert!(code == Some(2) && text.contains("/nowhere/hub.toml: "), "{text}");
    let good = "[viewers]\npublic = true\n[tls]\ncert = \"/nowhere/cert.pem\"\nkey = \"/k\"\n";
    std::fs::write(path, good).unwrap();
    let (code, text) = run(&["check", "--config", path]);
    assert!(code == Some(2) && text.contains("/nowhere/cert.pem: "), "{text}");
    assert_eq!(run(&["fly"]).0, Some(2));
    assert_eq!(run(&["--version"]).0, Some(0));
}

#[test]
fn the_service_manager_hears_how_it_is() {
    let socket = scratch("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let heard = || {
        let mut text = [0; 64];
        let length = manager.recv(&mut text).unwrap();
        String::from_utf8_lossy(&text[..length]).trim_end().to_owned()
    };
    let path = scratch("supervised.toml");
    std::fs::write(
        &path,
        "listen = \"127.0.0.1:0\"\nstore.path = \"memory\"\n[viewers]\npublic = true\n",
    )
    .unwrap();
    let mut command = hub(&["run", "--config", path.to_str().unwrap()]);
    command.env("NOTIFY_SOCKET", &socket).env("WATCHDOG_USEC", "600000");
    let hub = Running(command.stderr(Stdio::piped()).spawn().unwrap());
    assert_eq!(heard(), "READY=1");
    assert_eq!([heard(), heard()], ["WATCHDOG=1", "WATCHDOG=1"]);
    hub.end(Signal::SIGTERM);
    let last = std::iter::repeat_with(heard).find(|news| news != "WATCHDOG=1");
    assert_eq!(last.as_deref(), Some("STOPPING=1"));
}

#[test]
fn a_certificate_of_its_own_and_a_log_without_secrets() {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (cert_path, key_path) = (scratch("cert.pem"), scratch("key.pem"));
    std::fs::write(&cert_path, cert.pem()).unwrap();
    std::fs::write(&key_path, signing_key.serialize_pem()).unwrap();
    let port = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        probe.local_addr().unwrap().port()
    };
    let path = scratch("tls.toml");
    let config = format!(
        "listen = \"127.0.0.1:{port}\"\nstore.path = \"memory\"\n[viewers]\npublic = true\n\
         [tls]\ncert = {cert_path:?}\n\
         key = {key_path:?}\n[[host]]\nid = \"web-1\"\ntoken_hash = \"{}\"\n",
        TokenHash::of(WEB)
    );
    std::fs::write(&path, config).unwrap();
    let mut command = hub(&["run", "--config", path.to_str().unwrap()]);
    command.env("KINGLET_LOG", "trace").stdout(Stdio::null()).stderr(Stdio::piped());
    let hub = Running(command.spawn().unwrap());

    let session = session_with(cert.der());
    let deadline = Deadline::in_seconds(10);
    let stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(error) => deadline.check(&error.to_string()),
        }
    };
    let tls = rustls::StreamOwned::new(session, stream);
    let url = format!("ws://localhost/ws/agent?token={WEB}&client_id=web-1");
    let Ok((mut agent, answer)) = tungstenite::client(url, tls) else { panic!("no upgrade") };
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
    assert!(agent.read().unwrap().to_text().unwrap().contains("connected"));
    agent.send(Message::text(report(1, 5.0))).unwrap();
    assert!(agent.read().unwrap().to_text().unwrap().contains(r#""seq":1"#));
    let log = hub.end(Signal::SIGTERM);
    assert!(log.contains("host web-1 reports"), "{log}");
    let hash = TokenHash::of(WEB).to_string();
    for secret in [WEB, &hash["sha256:".len()..]] {
        assert!(!log.contains(secret), "a secret in the log: {log}");
    }
}

/// A client that trusts this certificate alone. It would rather speak h2, and gets HTTP/1.1, over
/// which the Upgrade works.
pub(crate) fn session_with(cert: &CertificateDer<'static>) -> rustls::ClientConnection {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(cert.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut client = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    client.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let name = rustls::pki_types::ServerName::try_from("localhost").unwrap();
    rustls::ClientConnection::new(Arc::new(client), name).unwrap()
}

#[test]
fn what_is_skipped_is_logged_once_with_its_host_and_size() {
    let port = {
        let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        probe.local_addr().unwrap().port()
    };
    let path = scratch("skips.toml");
    let hash = TokenHash::of(WEB);
    let config = format!(
        "listen = \"127.0.0.1:{port}\"\nstore.path = \"memory\"\n[viewers]\npublic = true\n\
         [[host]]\nid = \"web-1\"\ntoken_hash = \"{hash}\"\n"
    );
    std::fs::write(&path, config).unwrap();
    let mut command = hub(&["run", "--config", path.to_str().unwrap()]);
    let hub = Running(command.stderr(Stdio::piped()).spawn().unwrap());
    let deadline = Deadline::in_seconds(10);
    let stream = loop {
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(error) => deadline.check(&error.to_string()),
        }
    };
    let url = format!("ws://localhost/ws/agent?token={WEB}&client_id=web-1");
    let Ok((mut agent, _)) = tungstenite::client(url, stream) else { panic!("no upgrade") };
    for _ in 0..5 {
        agent.send(Message::text("x".repeat(70_000))).unwrap();
    }
    agent.send(Message::text(report(1, 5.0))).unwrap();
    while !agent.read().unwrap().to_text().unwrap().contains(r#""seq":1"#) {}
    let log = hub.end(Signal::SIGTERM);
    let noted = r#"host "web-1": a message of 70000 bytes was skipped"#;
    assert_eq!(log.matches(noted).count(), 1, "{log}");
}

#[test]
fn a_pipe_among_the_enrolled_hosts_is_told_and_not_waited_for() {
    let state = scratch("state");
    std::fs::create_dir_all(state.join("hosts.d")).unwrap();
    let pipe = state.join("hosts.d/pi.toml");
    for pipe in [&pipe, &state.join("hosts.d/gone.deleted")] {
        nix::unistd::mkfifo(pipe, nix::sys::stat::Mode::S_IRWXU).unwrap();
    }
    let path = scratch("pipe.toml");
    std::fs::write(&path, format!("state_dir = {state:?}\n[viewers]\npublic = true\n")).unwrap();
    let mut check = Running::start(&["check", "--config", path.to_str().unwrap()]);
    let deadline = Deadline::in_seconds(10);
    let status = loop {
        match check.0.try_wait().unwrap() {
            Some(status) => break status,
            None => deadline.check("kinglet-hub check"),
        }
    };
    let mut told = String::new();
    check.0.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(status.code() == Some(2) && told.contains("pi.toml: not a file"), "{told}");
}

#[test]
fn tokens_in_clear_are_told_of_by_check_and_run() {
    let path = scratch("clear.toml");
    let hash = TokenHash::of(WEB);
    let text = format!(
        "listen = \"0.0.0.0:0\"\nstate_dir = {:?}\n[store]\npath = \"memory\"\n\
         [viewers]\npublic = true\n[fleet]\ntoken_hash = \"{hash}\"\n",
        scratch("state")
    );
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap();
    let (code, text) = run(&["check", "--config", path]);
    assert!(code == Some(0) && text.contains("WARNING: tokens can be read on the way"), "{text}");
    let mut hub = Running::start(&["run", "--config", path]);
    let mut log = BufReader::new(hub.0.stderr.take().unwrap());
    let mut line = String::new();
    let mut lines = String::new();
    while !line.contains("listening on") {
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "{lines}");
        lines += &line;
    }
    assert!(lines.contains("WARN tokens can be read on the way"), "{lines}");
    let port = line.rsplit(":").next().unwrap().trim().trim_end_matches('/');
    let health = get(&format!("127.0.0.1:{port}"), "/healthz");
    assert!(health.contains("\"way\":\"tokens can be read"), "{health}");
}
