//! A hub for `fuzz/`: one connection to it, which no network is needed for.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex, split};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::Way;
use crate::auth::Auth;
use crate::config::Config;
use crate::door::router;
use crate::guard::Places;
use crate::history::Nothing;
use crate::hub::Hub;
use crate::limits::WRITE_STALL;
pub use crate::server::filtered;
use crate::sink::Sinks;

/// Bytes that lie between both ends.
const PIPE: usize = 64 * 1024;

/// What a hub of this configuration answers to what a client says; it remembers nothing and has
/// heard nothing before. Each of the parts is said when nothing more happens on what was said
/// before. Needs a runtime whose time is paused: whoever waits, waits no time.
pub async fn answers(config: &Config, auth: Auth, parts: &[&[u8]]) -> Vec<u8> {
    let hub = Hub::new(auth, config.settings.clone(), None, Arc::new(Nothing));
    let hub = Arc::new(hub.with_gate(config.guard.gate.clone(), config.way()));
    let (sinks, running) = Sinks::open(&hub);
    let _running: JoinSet<()> = running.into_iter().collect();
    let places = Arc::new(Mutex::new(Places::new(config.guard.stranger_places)));
    let service = TowerToHyperService::new(router(&hub, &sinks));
    let proxies = config.guard.proxies.clone();
    let way = Way { hub, tls: None, service, stall: WRITE_STALL, proxies, places };
    let (near, far) = duplex(PIPE);
    let served = way.serve_http(near, Ipv4Addr::LOCALHOST.into());
    tokio::select! {
        () = served => Vec::new(),
        answer = speak(far, parts) => answer,
    }
}

async fn speak(stream: tokio::io::DuplexStream, parts: &[&[u8]]) -> Vec<u8> {
    let (mut incoming, mut outgoing) = split(stream);
    let mut answer = Vec::new();
    let say = async {
        for part in parts {
            // Whoever hung up hears no more.
            let _ = outgoing.write_all(part).await;
            sleep(Duration::from_millis(1)).await;
        }
        let _ = outgoing.shutdown().await;
    };
    let hear = incoming.read_to_end(&mut answer);
    let _ = timeout(Duration::from_secs(60), async { tokio::join!(say, hear) }).await;
    answer
}
