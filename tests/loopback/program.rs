//! The program itself before TLS servers: with a clock that was never set, and a chain too long.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::agent::Temporary;
use super::certificates::{Authority, Kind};
use super::server::{Server, now};
use super::{block, every_second};

const PATIENCE: Duration = Duration::from_secs(20);
const CLOCK_WORDS: &str = "the clock is behind the day this program was built";

/// A library before libc's by which a program believes that it is 1970; gone when the test is.
pub struct UnsetClock(Temporary);

impl UnsetClock {
    fn new() -> Self {
        let library = Temporary::new("");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/loopback/unset_clock.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-o", library.path(), source]);
        assert!(compiler.status().unwrap().success(), "what links Rust compiles C");
        Self(library)
    }
}

/// A `kinglet` that runs, and its log. Dropping it ends it.
pub struct Program {
    pub child: Child,
    log: Receiver<String>,
    pub told: Vec<String>,
}

impl Program {
    pub fn start(words: &[&str], clock: Option<&UnsetClock>) -> Self {
        let clock = clock.map(|clock| ("LD_PRELOAD", clock.0.path()));
        Self::start_in(words, clock.as_slice())
    }

    /// With these variables, and no other.
    pub fn start_in(words: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kinglet"));
        command.args(words).env_clear().stdin(Stdio::null());
        command.envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (to, log) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| to.send(line)));
        Self { child, log, told: Vec::new() }
    }

    /// Waits until the log says this.
    pub fn says(&mut self, words: &str) {
        let began = now();
        while !self.told.iter().any(|line| line.contains(words)) {
            let left = PATIENCE.saturating_sub(began.elapsed());
            let line = self.log.recv_timeout(left);
            self.told.push(line.unwrap_or_else(|_| panic!("{words:?} is not in {:?}", self.told)));
        }
    }

    /// Ends it; how often its log said this.
    fn count(mut self, words: &str) -> usize {
        self.child.kill().unwrap();
        let told = self.told.iter().cloned().chain(self.log.iter());
        told.filter(|line| line.contains(words)).count()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A configuration that trusts `authority`.
fn configuration(server: &Server, token: &Temporary, ca_file: &Temporary) -> Temporary {
    let more = format!("ca_file = \"{}\"", ca_file.path());
    Temporary::new(&every_second(&block("wss", server.port(), token, &more)))
}

/// Shakes hands once, or fails to.
fn shake_hands(server: &Server, tls: Arc<ServerConfig>) {
    let connection = ServerConnection::new(tls).unwrap();
    let mut stream = StreamOwned::new(connection, server.accept());
    let _ = stream.read(&mut [0; 16]);
}

#[test]
#[cfg_attr(not(target_env = "gnu"), ignore = "a static program knows its own libc only")]
fn a_clock_of_1970_takes_what_was_issued_after_the_build_and_says_so_once() {
    let (server, token, authority) = (Server::new(), Temporary::new("t"), Authority::new("ours"));
    let ca_file = Temporary::new(&authority.pem());
    let file = configuration(&server, &token, &ca_file);
    let (unset, run) = (UnsetClock::new(), ["run", "--config", file.path()]);

    let mut agent = Program::start(&run, Some(&unset));
    let mut visit = server.visit_tls(authority.server(Kind::IssuedIn2035));
    let told = visit.frame_of("metrics");
    visit.frame_of("metrics");
    assert!(told["data"]["timestamp"].as_str().unwrap().starts_with("197"), "{told}");
    agent.says(CLOCK_WORDS);
    drop(visit);
    server.visit_tls(authority.server(Kind::IssuedIn2035)).frame_of("metrics");
    assert_eq!(agent.count(CLOCK_WORDS), 1);

    // What has expired by the day of the build has expired by any clock.
    let mut agent = Program::start(&run, Some(&unset));
    shake_hands(&server, authority.server(Kind::Expired));
    agent.says("localhost has expired: it was good until 2020-01-01");
}

#[test]
fn a_good_clock_is_believed() {
    let (server, token, authority) = (Server::new(), Temporary::new("t"), Authority::new("ours"));
    let ca_file = Temporary::new(&authority.pem());
    let file = configuration(&server, &token, &ca_file);
    let mut agent = Program::start(&["run", "--config", file.path()], None);
    shake_hands(&server, authority.server(Kind::IssuedIn2035));
    agent.says("localhost is not valid yet: it is good from 2035-01-01 on");
    server.visit_tls(authority.server(Kind::Good)).frame_of("metrics");
    assert_eq!(agent.count(CLOCK_WORDS), 0);
}

#[test]
fn a_chain_of_two_megabytes_is_refused_in_words() {
    const WORDS: &str = "the server sends more than 64 kB of certificates; it should send its own";
    let (server, token, authority) = (Server::new(), Temporary::new("t"), Authority::new("ours"));
    let ca_file = Temporary::new(&authority.pem());
    let file = configuration(&server, &token, &ca_file);
    let tls = authority.server(Kind::TwoMegabytes);

    let mut agent = Program::start(&["run", "--config", file.path()], None);
    shake_hands(&server, Arc::clone(&tls));
    agent.says(WORDS);
    drop(agent);

    let mut check = Program::start(&["check", "--config", file.path()], None);
    shake_hands(&server, tls);
    let mut told = String::new();
    check.child.stdout.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(told.contains(WORDS), "{told}");
    assert_eq!(check.child.wait().unwrap().code(), Some(1));
}
