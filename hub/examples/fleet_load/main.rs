//! Drives simulated agents and viewers against a hub, over real sockets; see `bench/fleet`.
//!
//! Every report carries the time it was sent, so a viewer in the same process knows its latency.
//! What the generator itself is late by counts against the hub.

mod agent;
mod history;
mod machine;
mod report;
mod viewer;

use std::error::Error;
use std::io::{self, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use clap::Parser;
use machine::{busy_ticks, cpu_ticks, memory_kb, ticks};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use viewer::{Kind, Seen};

type Fault = Box<dyn Error + Send + Sync>;

/// Agents that dial at the same time.
const DIALLING_MAX: usize = 1024;

#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// The hub's address and port
    #[arg(long)]
    hub: SocketAddr,
    /// The fleet's token
    #[arg(long)]
    token: String,
    /// Its process, to be measured
    #[arg(long)]
    pid: u32,
    /// Agents
    #[arg(long)]
    agents: usize,
    /// Viewers of whole objects, half of them on /ws and half on /ws-frontend
    #[arg(long, default_value_t = 10)]
    viewers: usize,
    /// Viewers of rows, as the hub's page is one
    #[arg(long, default_value_t = 0)]
    rows: usize,
    /// Microseconds between two reports of an agent
    #[arg(long, default_value_t = 5_000_000)]
    interval_us: u64,
    /// Seconds to measure
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// What time it is, seconds since 1970
    #[arg(long)]
    unix_now: u64,
    /// Ask for a day of a metric twice a second
    #[arg(long)]
    ask: bool,
    /// Then let every agent lose its connection and come back at once
    #[arg(long)]
    storm: bool,
    /// Seconds in which what was sent last is to be acknowledged
    #[arg(long, default_value_t = 20)]
    drain_s: u64,
}

/// What agents do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// They report, on a new connection each time the number rises.
    Report(u32),
    /// They hear what is acknowledged.
    Drain,
    /// They go.
    Over,
}

/// What all tasks share.
struct Bench {
    arguments: Arguments,
    begun: Instant,
    measuring: AtomicBool,
    reports: AtomicU64,
    acked: AtomicU64,
    connected: AtomicUsize,
    /// Viewers that are told what happens. They come before the agents.
    looking: AtomicUsize,
    /// The longest that an acknowledgement was waited for, microseconds.
    acked_after: AtomicU64,
    phase: watch::Sender<Phase>,
    dialling: Semaphore,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let bench = Arc::new(Bench {
        arguments: Arguments::parse(),
        begun: Instant::now(),
        measuring: AtomicBool::new(false),
        reports: AtomicU64::new(0),
        acked: AtomicU64::new(0),
        acked_after: AtomicU64::new(0),
        connected: AtomicUsize::new(0),
        looking: AtomicUsize::new(0),
        phase: watch::Sender::new(Phase::Report(0)),
        dialling: Semaphore::new(DIALLING_MAX),
    });
    let viewers = bench.look();
    bench.wait_for(&bench.looking, viewers.len()).await?;
    let [empty_kb, _] = memory_kb(bench.arguments.pid)?;
    let began = Instant::now();
    for number in 0..bench.arguments.agents {
        tokio::spawn(agent::run(bench.clone(), number));
    }
    bench.wait_for(&bench.connected, bench.arguments.agents).await?;
    say(format!("connected_s {:.2}", began.elapsed().as_secs_f64()))?;
    // One round of reports, so that every host is known and every buffer has its size.
    sleep(bench.round()).await;
    let [agents_kb, _] = memory_kb(bench.arguments.pid)?;
    sleep(bench.round()).await;
    let asked = bench.arguments.ask.then(|| tokio::spawn(history::ask_about_a_day(bench.clone())));
    bench.measure(viewers).await?;
    if let Some(asked) = asked {
        tell_of_answers(asked.await??)?;
    }
    if bench.arguments.storm {
        bench.storm().await?;
    }
    bench.drain().await?;
    bench.tell_of_memory(empty_kb, agents_kb)
}

impl Bench {
    /// A time in which all report.
    fn round(&self) -> Duration {
        Duration::from_micros(self.arguments.interval_us) + Duration::from_secs(1)
    }

    /// Starts the viewers.
    fn look(self: &Arc<Self>) -> Vec<JoinHandle<(Kind, Result<Seen, Fault>)>> {
        let Arguments { viewers, rows, .. } = self.arguments;
        let kind = |number: usize| match number {
            number if number >= viewers => Kind::Rows,
            number if number.is_multiple_of(2) => Kind::Frontend,
            _ => Kind::Panel,
        };
        let look = |number| {
            let (bench, kind) = (self.clone(), kind(number));
            tokio::spawn(async move { (kind, viewer::run(bench, number, kind).await) })
        };
        (0..viewers + rows).map(look).collect()
    }

    async fn wait_for(&self, count: &AtomicUsize, all: usize) -> Result<(), Fault> {
        let is_there = async {
            while count.load(Ordering::Relaxed) < all {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(120), is_there).await.map_err(|_| {
            format!("only {} of {all} are connected", count.load(Ordering::Relaxed)).into()
        })
    }

    async fn measure(
        &self,
        viewers: Vec<JoinHandle<(Kind, Result<Seen, Fault>)>>,
    ) -> Result<(), Fault> {
        let before =
            [cpu_ticks(self.arguments.pid)?, cpu_ticks(std::process::id())?, busy_ticks()?];
        let reports = self.reports.load(Ordering::Relaxed);
        self.measuring.store(true, Ordering::Relaxed);
        sleep(Duration::from_secs(self.arguments.seconds)).await;
        self.measuring.store(false, Ordering::Relaxed);
        let reports = self.reports.load(Ordering::Relaxed) - reports;
        let after = [cpu_ticks(self.arguments.pid)?, cpu_ticks(std::process::id())?, busy_ticks()?];
        say(format!("reports {reports}"))?;
        let (mut whole, mut rows) = (Vec::new(), Vec::new());
        for viewer in viewers {
            match timeout(Duration::from_secs(5), viewer).await {
                Ok(Ok((Kind::Rows, Ok(seen)))) => rows.push(seen),
                Ok(Ok((Kind::Panel | Kind::Frontend, Ok(seen)))) => whole.push(seen),
                Ok(Ok((_, Err(fault)))) => say(format!("viewer_lost {fault}"))?,
                Ok(Err(_)) | Err(_) => say("viewer_lost late".to_owned())?,
            }
        }
        tell_of_viewers("whole", whole, self.arguments.seconds)?;
        tell_of_viewers("rows", rows, self.arguments.seconds)?;
        let acked = Duration::from_micros(self.acked_after.load(Ordering::Relaxed));
        say(format!("ack_max_s {:.2}", acked.as_secs_f64()))?;
        let [hub, own, all] = [0, 1, 2].map(|at| after[at].saturating_sub(before[at]));
        // Linux counts in hundredths of a second.
        let per_report = ticks(hub)? / f64::from(u32::try_from(reports)?.max(1)) * 1e4;
        let share = |is: u64| Ok::<_, Fault>(ticks(is)? / ticks(self.arguments.seconds)?);
        say(format!("hub_cpu_s {:.2}", ticks(hub)? / 100.0))?;
        say(format!("cpu_us_per_report {per_report:.0}"))?;
        say(format!("hub_percent_of_a_core {:.0}", share(hub)?))?;
        say(format!("generator_percent_of_a_core {:.0}", share(own)?))?;
        Ok(say(format!("others_percent_of_a_core {:.0}", share(all.saturating_sub(hub + own))?))?)
    }

    /// Every agent loses its connection, and comes back.
    async fn storm(&self) -> Result<(), Fault> {
        self.connected.store(0, Ordering::Relaxed);
        let began = Instant::now();
        self.phase.send_replace(Phase::Report(1));
        self.wait_for(&self.connected, self.arguments.agents).await?;
        Ok(say(format!("storm_s {:.2}", began.elapsed().as_secs_f64()))?)
    }

    /// No more is reported, and all that was is acknowledged in time, or lost.
    async fn drain(&self) -> Result<(), Fault> {
        self.phase.send_replace(Phase::Drain);
        let reports = self.reports.load(Ordering::Relaxed);
        let began = Instant::now();
        while self.acked.load(Ordering::Relaxed) < reports
            && began.elapsed() < Duration::from_secs(self.arguments.drain_s)
        {
            sleep(Duration::from_millis(50)).await;
        }
        let lost = reports.saturating_sub(self.acked.load(Ordering::Relaxed));
        say(format!("reports_in_all {reports}"))?;
        Ok(say(format!("acks_lost {lost}"))?)
    }

    fn tell_of_memory(&self, empty_kb: u32, agents_kb: u32) -> Result<(), Fault> {
        let [end_kb, peak_kb] = memory_kb(self.arguments.pid)?;
        let agents = f64::from(u32::try_from(self.arguments.agents)?);
        let each = |kb: u32| f64::from(kb.saturating_sub(empty_kb)) / agents;
        say(format!("resident_kb_empty {empty_kb}"))?;
        say(format!("resident_kb_agents {agents_kb}"))?;
        say(format!("resident_kb_end {end_kb}"))?;
        say(format!("resident_kb_peak {peak_kb}"))?;
        say(format!("resident_kb_per_agent {:.1}", each(agents_kb)))?;
        say(format!("peak_kb_per_agent {:.1}", each(peak_kb)))?;
        self.phase.send_replace(Phase::Over);
        Ok(())
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// Connects from this address of the loopback: each has ports and places of its own.
    async fn open(
        &self,
        path: &str,
        from: [u8; 4],
        protocol: Option<&'static str>,
    ) -> Result<WebSocketStream<TcpStream>, Fault> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::from(from), 0).into())?;
        let stream = socket.connect(self.arguments.hub).await?;
        stream.set_nodelay(true)?;
        let mut request = format!("ws://{}{path}", self.arguments.hub).into_client_request()?;
        if let Some(protocol) = protocol {
            let protocol = HeaderValue::from_static(protocol);
            request.headers_mut().insert("sec-websocket-protocol", protocol);
        }
        let config = WebSocketConfig::default().read_buffer_size(4096);
        Ok(client_async_with_config(request, stream, Some(config)).await?.0)
    }
}

/// What viewers of one kind saw; nothing where there were none.
fn tell_of_viewers(kind: &str, seen: Vec<Seen>, seconds: u64) -> Result<(), Fault> {
    if seen.is_empty() {
        return Ok(());
    }
    let viewers = u64::try_from(seen.len())?;
    let bytes: u64 = seen.iter().map(|seen| seen.bytes).sum();
    let mut latencies: Vec<u32> = seen.into_iter().flat_map(|seen| seen.latencies).collect();
    latencies.sort_unstable();
    let at = |part: usize| latencies.get((latencies.len() * part / 1000).saturating_sub(1));
    let ms = |part: usize| f64::from(at(part).copied().unwrap_or(u32::MAX)) / 1000.0;
    say(format!("{kind}_deliveries {}", latencies.len()))?;
    say(format!("{kind}_bytes_a_second_each {}", bytes / viewers / seconds.max(1)))?;
    say(format!("{kind}_p50_ms {:.2}", ms(500)))?;
    say(format!("{kind}_p99_ms {:.2}", ms(990)))?;
    Ok(say(format!("{kind}_max_ms {:.2}", ms(1000)))?)
}

fn tell_of_answers(mut answered: Vec<Duration>) -> io::Result<()> {
    answered.sort_unstable();
    let slowest = answered.last().copied().unwrap_or_default();
    let usual = answered.get(answered.len() / 2).copied().unwrap_or_default();
    say(format!("history_p50_ms {:.1}", usual.as_secs_f64() * 1e3))?;
    say(format!("history_max_ms {:.1}", slowest.as_secs_f64() * 1e3))
}

fn say(line: String) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
