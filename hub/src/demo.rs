//! `kinglet-hub demo`: a hub on loopback and one agent that reports this machine to it.

mod agent;

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::thread;

use kinglet_proto::limits::OFFLINE_AFTER;

use crate::auth::{Auth, TokenHash, new_token};
use crate::config::Config;
use crate::fleet::Settings;
use crate::server::{ServeError, Server};

/// Why the demo failed.
#[derive(Debug)]
pub enum DemoError {
    /// The hub cannot serve.
    Serve(ServeError),
    /// The agent cannot run.
    Agent(String),
    /// Something of the system failed.
    Io(io::Error),
}

impl fmt::Display for DemoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serve(error) => error.fmt(f),
            Self::Agent(what) => write!(f, "the agent: {what}"),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for DemoError {}

/// Serves until `stop` is ready; writes the page's address to `out`.
pub async fn run(
    listen: SocketAddr,
    out: &mut impl Write,
    stop: impl Future<Output = ()>,
) -> Result<(), DemoError> {
    let token = new_token().map_err(|error| DemoError::Agent(error.to_string()))?;
    // The fleet's token is made for this run and known to nobody else.
    let auth = Auth::new(BTreeMap::new(), Some(TokenHash::of(&token)), None);
    let settings = Settings { offline_after: OFFLINE_AFTER, public: true, hosts: Vec::new() };
    let config = Config { listen, tls: None, auth, settings };
    let server = Server::bind(config).map_err(DemoError::Serve)?;
    let address = server.address();
    writeln!(out, "This machine, live: http://{address}/  (Ctrl-C ends it)")
        .map_err(DemoError::Io)?;
    out.flush().map_err(DemoError::Io)?;
    let (stop_reader, stop_writer) = io::pipe().map_err(DemoError::Io)?;
    let url = format!("ws://{address}/ws/agent");
    let agent = thread::spawn(move || run_agent(&url, &token, stop_reader.into()));
    server
        .run(async move {
            stop.await;
            // The agent sees the other end close and says goodbye while the hub still listens.
            drop(stop_writer);
            let _ = tokio::task::spawn_blocking(move || agent.join()).await;
        })
        .await;
    Ok(())
}

/// Runs the agent until `stop` is readable or closed at its other end.
fn run_agent(url: &str, token: &str, stop: OwnedFd) {
    agent::run(url, token, stop);
}
