//! Agents: each reports on time, holds what was not acknowledged, and sends it again when it comes
//! back, as Kinglet's does.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::watch::Receiver;
use tokio::time::{Instant, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::report::report;
use super::{Bench, Fault, Phase};

/// Hosts behind one address: an address that is not known yet has 256 places.
const HOSTS_OF_AN_ADDRESS: usize = 200;

type Socket = WebSocketStream<TcpStream>;

/// One host, over all its connections.
struct Agent {
    bench: Arc<Bench>,
    number: usize,
    seq: u64,
    /// What was sent when, and is not acknowledged.
    held: VecDeque<(u64, u64)>,
}

pub(crate) async fn run(bench: Arc<Bench>, number: usize) {
    let mut phase = bench.phase.subscribe();
    let mut agent = Agent { bench, number, seq: 0, held: VecDeque::new() };
    loop {
        match agent.serve(&mut phase).await {
            Ok(Phase::Over) => return,
            Ok(Phase::Report(_) | Phase::Drain) => {}
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

impl Agent {
    /// One connection; `Ok` when it is time to come back at once.
    async fn serve(&mut self, phase: &mut Receiver<Phase>) -> Result<Phase, Fault> {
        let bench = self.bench.clone();
        let mut socket = self.come().await?;
        bench.connected.fetch_add(1, Ordering::Relaxed);
        for (seq, sent) in &self.held {
            let age_ms = bench.micros().saturating_sub(*sent) / 1000 + 1;
            socket.feed(Message::text(report(self.number, *seq, *sent, age_ms))).await?;
        }
        socket.flush().await?;
        let period = Duration::from_micros(bench.arguments.interval_us);
        let (agents, at) = (bench.arguments.agents, u32::try_from(self.number)?);
        let first = Instant::now() + period * at / u32::try_from(agents)?;
        let mut ticks = interval_at(first, period);
        loop {
            let is_reporting = matches!(*phase.borrow(), Phase::Report(_));
            tokio::select! {
                _ = ticks.tick(), if is_reporting => {
                    self.seq += 1;
                    bench.reports.fetch_add(1, Ordering::Relaxed);
                    let now = bench.micros();
                    self.held.push_back((self.seq, now));
                    socket.send(Message::text(report(self.number, self.seq, now, 0))).await?;
                }
                message = socket.next() => self.hear(&message.ok_or("closed")??),
                changed = phase.changed() => {
                    changed?;
                    let now = *phase.borrow();
                    if now != Phase::Drain {
                        return Ok(now);
                    }
                }
            }
        }
    }

    /// Connects, and waits for the hub's word.
    async fn come(&self) -> Result<Socket, Fault> {
        let bench = &self.bench;
        let _turn = bench.dialling.acquire().await?;
        let (token, number) = (&bench.arguments.token, self.number);
        let path = format!("/ws/agent?token={token}&client_id=host-{number}");
        let from = [127, 1, u8::try_from(number / HOSTS_OF_AN_ADDRESS)?, 1];
        let mut socket = timeout(Duration::from_secs(10), bench.open(&path, from, None)).await??;
        timeout(Duration::from_secs(10), socket.next()).await?.ok_or("closed")??;
        Ok(socket)
    }

    fn hear(&mut self, message: &Message) {
        let acked = acked(message);
        while let Some((_, sent)) = self.held.pop_front_if(|(seq, _)| *seq <= acked) {
            let after = self.bench.micros().saturating_sub(sent);
            self.bench.acked.fetch_add(1, Ordering::Relaxed);
            if self.bench.measuring.load(Ordering::Relaxed) {
                self.bench.acked_after.fetch_max(after, Ordering::Relaxed);
            }
        }
    }
}

/// The number up to which all is safe, by this message; none before the first.
fn acked(message: &Message) -> u64 {
    let Message::Text(text) = message else { return 0 };
    let ack = text.contains(r#""type":"ack""#).then(|| text.split_once(r#""seq":"#)).flatten();
    ack.and_then(|(_, rest)| rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
        .unwrap_or(0)
}
