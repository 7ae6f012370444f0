//! The hub's program, what a viewer of it is shown, and what it remembers.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use kinglet_proto::time::WallTime;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tungstenite::Message;

use crate::namespace::Namespace;

/// Where it listens, on all addresses.
pub const PORT: u16 = 8080;
/// The one host.
pub const ID: &str = "pi";
/// Its token.
pub const TOKEN: &str = "faults-token-3b1d";

/// The built program, which another package of the workspace has.
pub fn program() -> Result<PathBuf, String> {
    let program = Path::new(env!("CARGO_BIN_EXE_kinglet")).with_file_name("kinglet-hub");
    let built = program.exists().then_some(program);
    built.ok_or_else(|| "no kinglet-hub beside kinglet: cargo build -p kinglet-hub".to_owned())
}

/// A hub's process.
pub struct Hub {
    child: Child,
    config: PathBuf,
}

impl Hub {
    /// One with its files in this folder; `tls` is a table of its configuration, or empty.
    pub fn start(namespace: &Namespace, folder: &Path, tls: &str) -> Self {
        let config = folder.join("hub.toml");
        let digest = ring::digest::digest(&ring::digest::SHA256, TOKEN.as_bytes());
        let mut hash = String::new();
        digest.as_ref().iter().for_each(|byte| write!(hash, "{byte:02x}").unwrap());
        let text = format!(
            "listen = \"[::]:{PORT}\"\nstate_dir = {:?}\n{tls}[viewers]\npublic = true\n\
             [store]\ncommit_interval = \"1s\"\n[[host]]\nid = \"{ID}\"\n\
             token_hash = \"sha256:{hash}\"\n",
            folder.join("state")
        );
        std::fs::write(&config, text).unwrap();
        let mut command = namespace.command(program().unwrap().to_str().unwrap());
        let log = File::options().create(true).append(true).open(folder.join("hub.log")).unwrap();
        command.args(["run", "--config"]).arg(&config).env_remove("KINGLET_LOG").stderr(log);
        Self { child: command.stdout(Stdio::null()).spawn().unwrap(), config }
    }

    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// How many samples it remembers, of those that were taken up to this moment in milliseconds
    /// since 1970. `None` where nothing can be read yet.
    pub fn count(&self, until_ms: u64) -> Option<u64> {
        let mut export = Command::new(program().unwrap());
        export.args(["export", "--host", ID, "--metric", "uptime", "--config"]).arg(&self.config);
        let output = export.stderr(Stdio::null()).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let times = text.lines().filter_map(|line| line.split(',').next()?.parse::<u64>().ok());
        output.status.success().then(|| times.filter(|at| *at <= until_ms).count() as u64)
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill(); // which also ends one that is stopped
        let _ = self.child.wait();
    }
}

/// Someone who looks at the hub from its own host, and comes back whenever it was away.
pub struct Viewer {
    shown: Arc<Mutex<Vec<(SystemTime, u64)>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Viewer {
    /// With TLS where there is a configuration for it.
    pub fn new(namespace: &Namespace, tls: Option<Arc<rustls::ClientConfig>>) -> Self {
        let (shown, stop) = (Arc::default(), Arc::<AtomicBool>::default());
        let (told, list) = (Arc::clone(&stop), Arc::clone(&shown));
        let thread = namespace.run(move || {
            std::thread::spawn(move || {
                while !told.load(Ordering::Relaxed) {
                    look(tls.as_ref(), &list, &told);
                    std::thread::sleep(Duration::from_millis(50));
                }
            })
        });
        Self { shown, stop, thread: Some(thread) }
    }

    /// When the first sample was shown that was taken after this moment.
    pub fn shown_after(&self, moment: SystemTime) -> Option<SystemTime> {
        let after = millis(moment);
        let shown = self.shown.lock().unwrap();
        shown.iter().find(|(_, taken)| *taken > after).map(|(at, _)| *at)
    }

    /// How many samples were shown.
    pub fn count(&self) -> usize {
        self.shown.lock().unwrap().len()
    }
}

impl Drop for Viewer {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// Milliseconds since 1970.
pub fn millis(moment: SystemTime) -> u64 {
    u64::try_from(moment.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A stream in clear or by TLS.
trait Stream: Read + Write {}

impl<T: Read + Write> Stream for T {}

/// Notes what one connection shows, until it ends.
fn look(
    tls: Option<&Arc<rustls::ClientConfig>>,
    list: &Mutex<Vec<(SystemTime, u64)>>,
    stop: &AtomicBool,
) -> Option<()> {
    let tcp = TcpStream::connect(("127.0.0.1", PORT)).ok()?;
    // One that does not answer to the upgrade is asked again.
    tcp.set_read_timeout(Some(Duration::from_secs(2))).ok()?;
    let handle = tcp.try_clone().ok()?;
    let stream: Box<dyn Stream> = match tls {
        None => Box::new(tcp),
        Some(config) => {
            let name = "hub.test".try_into().unwrap();
            let tls = rustls::ClientConnection::new(Arc::clone(config), name).ok()?;
            Box::new(rustls::StreamOwned::new(tls, tcp))
        }
    };
    let (mut socket, _) = tungstenite::client(format!("ws://hub.test:{PORT}/ws"), stream).ok()?;
    handle.set_read_timeout(Some(Duration::from_millis(200))).ok()?;
    while !stop.load(Ordering::Relaxed) {
        match socket.read() {
            Ok(Message::Text(text)) => {
                let frame: serde_json::Value = serde_json::from_str(&text).ok()?;
                let taken = frame["data"]["metrics"]["timestamp"].as_str();
                if let Some(taken) = taken.and_then(WallTime::parse) {
                    list.lock().unwrap().push((SystemTime::now(), taken.unix_millis()));
                }
            }
            Ok(_) => {}
            Err(tungstenite::Error::Io(error))
                if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    Some(())
}
