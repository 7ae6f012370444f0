//! The hub's certificate is renewed while it runs.
#![expect(clippy::disallowed_methods, reason = "a client that waits")]

use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rcgen::{CertifiedKey, KeyPair};
use rustls::{ClientConnection, StreamOwned};

use super::command::{Running, hub, session_with};
use super::support::{Deadline, Hub, scratch};

/// Where certificate and key lie.
struct Files {
    cert: PathBuf,
    key: PathBuf,
}

impl Files {
    fn new() -> Self {
        Self { cert: scratch("cert.pem"), key: scratch("key.pem") }
    }

    fn renew(&self) -> CertifiedKey<KeyPair> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&self.cert, made.cert.pem()).unwrap();
        std::fs::write(&self.key, made.signing_key.serialize_pem()).unwrap();
        made
    }

    fn config(&self, port: u16) -> String {
        format!(
            "listen = \"127.0.0.1:{port}\"\nstore.path = \"memory\"\n[viewers]\npublic = true\n\
             [tls]\ncert = {:?}\nkey = {:?}\n",
            self.cert, self.key
        )
    }
}

/// A connection over which one request follows another.
struct Client(StreamOwned<ClientConnection, TcpStream>);

impl Client {
    /// One that trusts this certificate alone, and has asked once.
    fn open(to: SocketAddr, trusted: &CertifiedKey<KeyPair>) -> io::Result<Self> {
        let stream = TcpStream::connect(to)?;
        let mut client = Self(StreamOwned::new(session_with(trusted.cert.der()), stream));
        client.ask().map(|()| client)
    }

    fn wait_for(to: SocketAddr, trusted: &CertifiedKey<KeyPair>) -> Self {
        let deadline = Deadline::in_seconds(10);
        loop {
            match Self::open(to, trusted) {
                Ok(client) => return client,
                Err(error) => deadline.check(&error.to_string()),
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn ask(&mut self) -> io::Result<()> {
        self.0.write_all(b"HEAD /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
        Ok(())
    }
}

#[test]
fn a_renewed_certificate_is_seen_by_itself_and_closes_nothing() {
    let files = Files::new();
    let first = files.renew();
    let config = files.config(0).replace("store.path", "[store]\npath");
    let pace = Duration::from_millis(50);
    let hub = Hub::changed(&config, |config| config.guard.renewal = pace);
    let mut old = Client::wait_for(hub.address, &first);
    let second = files.renew();
    drop(Client::wait_for(hub.address, &second));
    assert!(Client::open(hub.address, &first).is_err(), "it is another now");
    old.ask().expect("who was there stays");
}

#[test]
fn a_hub_looks_at_sighup_and_keeps_what_it_has_where_that_is_wrong() {
    let files = Files::new();
    let first = files.renew();
    let probe = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = probe.local_addr().unwrap();
    drop(probe);
    let path = scratch("renewal.toml");
    std::fs::write(&path, files.config(address.port())).unwrap();
    let mut command = hub(&["run", "--config", path.to_str().unwrap()]);
    let hub = Running(command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
    let hang_up = || kill(Pid::from_raw(i32::try_from(hub.0.id()).unwrap()), Signal::SIGHUP);
    let mut old = Client::wait_for(address, &first);

    let second = files.renew();
    hang_up().unwrap();
    drop(Client::wait_for(address, &second));
    // Half of a renewal: the key is not there yet.
    let key = std::fs::read(&files.key).unwrap();
    std::fs::write(&files.key, "").unwrap();
    hang_up().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    hang_up().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    drop(Client::wait_for(address, &second));
    std::fs::write(&files.key, key).unwrap();
    let third = files.renew();
    hang_up().unwrap();
    drop(Client::wait_for(address, &third));
    old.ask().expect("who was there stays");

    let key = files.key.to_str().unwrap().to_owned();
    let log = hub.end(Signal::SIGTERM);
    assert_eq!(log.matches("the certificate was read anew, good until ").count(), 2, "{log}");
    let told = log.lines().filter(|line| line.contains("stays in use"));
    let told: Vec<_> = told.filter(|line| line.contains(&key)).collect();
    assert_eq!(told.len(), 1, "once: {log}");
}
