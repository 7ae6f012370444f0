//! The agent under test: the real loop on a thread, stopped by closing a socket.

use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread::JoinHandle;

use kinglet::arguments::Call;
use kinglet::config::Config;
use kinglet::options::Given;
use kinglet::run::{RunError, run};

/// A running agent. Dropping it stops it.
pub struct Agent {
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<Result<(), RunError>>>,
}

impl Agent {
    /// Starts an agent from the text of a configuration file.
    pub fn start(configuration: &str) -> Self {
        Self::run(load(configuration).expect("the configuration is good"))
    }

    /// Starts an agent that was told this.
    pub fn run(config: Config) -> Self {
        let (stop, told) = UnixStream::pair().unwrap();
        let thread = std::thread::spawn(move || run(&config, told.as_fd()));
        Self { stop: Some(stop), thread: Some(thread) }
    }

    /// Tells the agent to stop and waits until it has.
    pub fn stop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the agent does not panic").expect("the loop ends well");
        }
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Reads a configuration as the agent does, with a token in the environment.
pub fn load(configuration: &str) -> Result<Config, String> {
    let file = Temporary::new(configuration);
    let words = ["run", "--config", file.path()].map(Into::into);
    let call = Call::parse(words, Given::default()).map_err(|error| error.to_string())?;
    Config::load(&call.given).map_err(|error| error.to_string())
}

/// A file that goes away again.
pub struct Temporary(std::path::PathBuf);

impl Temporary {
    pub fn new(text: &str) -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let name = format!("kinglet-test-{}-{count}", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, text).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(&path, private).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl AsRef<Path> for Temporary {
    fn as_ref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
