//! `kinglet-hub demo`: a hub on loopback and one agent that reports this machine to it.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::{AsFd, OwnedFd};
use std::thread;

use kinglet::config::Config as Agent;
use kinglet::link::ServerUrl;
use kinglet::run::run as run_loop;
use kinglet_proto::limits::INTERVAL_MIN;
use kinglet_proto::secret::Secret;

use crate::alert;
use crate::auth::{Auth, TokenHash, new_token};
use crate::config::Config;
use crate::config::drop_ins::{Base, Pieces};
use crate::config::stated::Stated;
use crate::fleet::Settings;
use crate::guard;
use crate::limits::{OFFLINE_AFTER, STOMP_EVERY};
use crate::listen::{ServeError, Server};
use crate::store;

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
    let settings = Settings { offline_after: OFFLINE_AFTER, durable: false, hosts: Vec::new() };
    let (state_dir, influxdb, notify, faults) = (None, None, Vec::new(), Vec::new());
    let store = store::Settings::in_memory();
    let stomp_every = STOMP_EVERY;
    let config = Config {
        listen,
        tls: None,
        auth,
        settings,
        state_dir,
        store,
        alerts: alert::Settings::default(),
        stomp_every,
        influxdb,
        oidc: None,
        notify,
        guard: guard::Settings::default(),
        base: Base::default(),
        pieces: Pieces::default(),
        stated: Stated::default(),
        faults,
    };
    let server = Server::bind(config).map_err(DemoError::Serve)?;
    let address = server.address();
    writeln!(out, "This machine, live: http://{address}/  (Ctrl-C ends it)")
        .map_err(DemoError::Io)?;
    out.flush().map_err(DemoError::Io)?;
    let (stop_reader, stop_writer) = io::pipe().map_err(DemoError::Io)?;
    let url = format!("ws://{}/ws/agent", reachable(address));
    let agent = thread::spawn(move || {
        run_agent(&url, Secret::new(token), &stop_reader.into());
    });
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

/// Where an agent on this machine reaches a hub that listens on this address.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(match address {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}

/// Runs the agent until `stop` is readable or closed at its other end.
fn run_agent(url: &str, token: Secret, stop: &OwnedFd) {
    let ended = ServerUrl::parse(url)
        .map_err(|error| error.to_string())
        .and_then(|url| Agent::local(url, token, INTERVAL_MIN).map_err(|error| error.to_string()))
        .and_then(|agent| run_loop(&agent, stop.as_fd()).map_err(|error| error.to_string()));
    if let Err(error) = ended {
        tracing::error!("the agent ended: {error}");
    }
}
