//! The agent's program, and what its log says.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use kinglet_proto::time::WallTime;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::namespace::Namespace;

/// Between two samples.
pub const INTERVAL: Duration = Duration::from_secs(1);

/// What the log said so far.
#[derive(Default)]
struct Log {
    /// Lines that an owner reads, and when.
    lines: Vec<(SystemTime, String)>,
    /// Number and label of the newest sample that was sent.
    newest: Option<(u64, u64)>,
}

/// A running agent; it is stopped when this is dropped.
pub struct Agent {
    child: Child,
    log: Arc<Mutex<Log>>,
    reader: Option<JoinHandle<()>>,
}

impl Agent {
    /// One with this configuration file, in this namespace.
    pub fn start(namespace: &Namespace, file: &Path) -> Self {
        let mut command = namespace.command(env!("CARGO_BIN_EXE_kinglet"));
        command.args(["run", "--config"]).arg(file).env("KINGLET_LOG", "trace");
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let (said, its) = (BufReader::new(child.stderr.take().unwrap()), Arc::clone(&log));
        let reader = std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let mut log = its.lock().unwrap();
                if let Some(frame) = line.split_once(": sends ").map(|(_, frame)| frame) {
                    let sent = sample(frame);
                    log.newest = log.newest.max(sent);
                } else if !line.contains(": receives ") {
                    log.lines.push((SystemTime::now(), line));
                }
            }
        });
        Self { child, log, reader: Some(reader) }
    }

    /// Number and label (milliseconds since 1970) of the newest sample it has sent.
    pub fn newest(&self) -> Option<(u64, u64)> {
        self.log.lock().unwrap().newest
    }

    /// When it first said this after that moment.
    pub fn said(&self, words: &str, after: SystemTime) -> Option<SystemTime> {
        let log = self.log.lock().unwrap();
        let found = log.lines.iter().find(|(at, line)| *at >= after && line.contains(words));
        found.map(|(at, _)| *at)
    }

    /// All that it said of what happened, for who looks for the cause of a failure.
    pub fn story(&self) -> String {
        let log = self.log.lock().unwrap();
        log.lines.iter().map(|(_, line)| format!("    {line}\n")).collect()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), Signal::SIGTERM);
        let _ = self.child.wait();
        drop(self.reader.take().map(JoinHandle::join));
    }
}

/// Number and label of the sample in a frame.
fn sample(frame: &str) -> Option<(u64, u64)> {
    let frame: serde_json::Value = serde_json::from_str(frame).ok()?;
    let taken = WallTime::parse(frame["data"]["timestamp"].as_str()?)?;
    Some((frame["meta"]["seq"].as_u64()?, taken.unix_millis()))
}
