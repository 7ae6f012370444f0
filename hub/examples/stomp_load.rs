//! Drives simulated agents and STOMP subscribers against a hub, over real sockets; see
//! `bench/stomp`.

use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval, sleep, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

type Fault = Box<dyn Error + Send + Sync>;

#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// The hub's address and port
    #[arg(long)]
    hub: String,
    /// The fleet's token
    #[arg(long)]
    token: String,
    /// Its process, to be measured
    #[arg(long)]
    pid: u32,
    /// Agents, which report every 5 s
    #[arg(long, default_value_t = 100)]
    agents: usize,
    /// Subscribers
    #[arg(long)]
    subscribers: usize,
    /// The metrics each subscribes to, of every host
    #[arg(long, value_delimiter = ',')]
    metrics: Vec<String>,
    /// A subscription for each host and metric, instead of one for all hosts
    #[arg(long)]
    exact: bool,
    /// Seconds to measure
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

/// What all tasks share.
struct Bench {
    arguments: Arguments,
    begun: Instant,
    messages: AtomicU64,
    bytes: AtomicU64,
    /// Subscribers that were told everything once.
    ready: AtomicUsize,
    over: AtomicBool,
    dialling: Semaphore,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let bench = Arc::new(Bench {
        arguments: Arguments::parse(),
        begun: Instant::now(),
        messages: AtomicU64::new(0),
        bytes: AtomicU64::new(0),
        ready: AtomicUsize::new(0),
        over: AtomicBool::new(false),
        dialling: Semaphore::new(64),
    });
    for number in 0..bench.arguments.agents {
        tokio::spawn(run_agent(bench.clone(), number));
    }
    sleep(Duration::from_secs(6)).await;
    for _ in 0..bench.arguments.subscribers {
        let bench = bench.clone();
        tokio::spawn(async move {
            if let Err(fault) = subscribe(&bench).await
                && !bench.over.load(Ordering::Relaxed)
            {
                let _ = say(format!("subscriber_lost {fault}"));
            }
        });
    }
    let all = async {
        while bench.ready.load(Ordering::Relaxed) < bench.arguments.subscribers {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(Duration::from_secs(120), all).await.map_err(|_| "not all were told in time")?;
    say(format!("told_at_once_s {:.2}", bench.begun.elapsed().as_secs_f64() - 6.0))?;
    bench.measure().await
}

impl Bench {
    async fn measure(&self) -> Result<(), Fault> {
        let seen = || (self.messages.load(Ordering::Relaxed), self.bytes.load(Ordering::Relaxed));
        let (before, ticks, own) =
            (seen(), cpu_ticks(self.arguments.pid)?, cpu_ticks(std::process::id())?);
        sleep(Duration::from_secs(self.arguments.seconds)).await;
        let (after, busy) = (seen(), cpu_ticks(self.arguments.pid)? - ticks);
        let own = cpu_ticks(std::process::id())? - own;
        self.over.store(true, Ordering::Relaxed);
        let seconds = float(self.arguments.seconds)?;
        say(format!("messages_per_10_s {:.0}", float(after.0 - before.0)? * 10.0 / seconds))?;
        say(format!("mb_per_10_s {:.1}", float(after.1 - before.1)? * 10.0 / seconds / 1e6))?;
        // Linux counts in hundredths of a second.
        say(format!("hub_cpu_s_per_10_s {:.3}", float(busy)? / 10.0 / seconds))?;
        say(format!("generator_cpu_s_per_10_s {:.3}", float(own)? / 10.0 / seconds))?;
        Ok(say(format!("resident_kb {}", resident_kb(self.arguments.pid)?))?)
    }

    async fn open(&self, path: &str) -> Result<WebSocketStream<TcpStream>, Fault> {
        let _turn = self.dialling.acquire().await?;
        let stream = TcpStream::connect(&self.arguments.hub).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{}{path}", self.arguments.hub);
        let config = WebSocketConfig::default().read_buffer_size(4096);
        Ok(client_async_with_config(url, stream, Some(config)).await?.0)
    }
}

async fn run_agent(bench: Arc<Bench>, number: usize) -> Result<(), Fault> {
    let path = format!("/ws/agent?token={}&client_id=host-{number}", bench.arguments.token);
    let mut socket = bench.open(&path).await?;
    let mut ticks = interval(Duration::from_secs(5));
    loop {
        tokio::select! {
            at = ticks.tick() => {
                let usage = at.duration_since(bench.begun).as_millis() % 1000;
                let text = format!(
                    r#"{{"type":"metrics","data":{{"hostname":"host-{number}","cpu":{{"usage":{}.{}}},
                        "memory":{{"total":8589934592,"used":4294967296,"usage_percent":50.0}},
                        "load_average":{{"one":0.5,"five":0.7,"fifteen":0.6}},"uptime":{usage}}}}}"#,
                    usage / 10,
                    usage % 10
                );
                socket.send(Message::text(text)).await?;
            }
            message = socket.next() => drop(message.ok_or("closed")??),
        }
    }
}

/// A page: subscribes to everything, and counts.
async fn subscribe(bench: &Bench) -> Result<(), Fault> {
    let mut socket = bench.open("/stomp").await?;
    socket.send(Message::text("CONNECT\naccept-version:1.2\nheart-beat:10000,10000\n\n\0")).await?;
    let hosts = bench.arguments.agents;
    for metric in &bench.arguments.metrics {
        let names: Vec<_> = if bench.arguments.exact {
            (0..hosts).map(|number| format!("host-{number}")).collect()
        } else {
            vec!["*".to_owned()]
        };
        for (at, host) in names.iter().enumerate() {
            let frame = format!(
                "SUBSCRIBE\nid:{metric}-{at}\ndestination:/topic/metric/{host}/{metric}[VALUE]\n\n\0"
            );
            socket.feed(Message::text(frame)).await?;
        }
    }
    socket.flush().await?;
    let due = hosts * bench.arguments.metrics.len();
    let (mut told, mut beats) = (0_usize, interval(Duration::from_secs(10)));
    loop {
        tokio::select! {
            message = socket.next() => {
                let message = message.ok_or("closed")??;
                let text = message.to_text()?;
                if text.starts_with("MESSAGE") {
                    told += 1;
                    bench.messages.fetch_add(1, Ordering::Relaxed);
                    bench.bytes.fetch_add(u64::try_from(text.len())?, Ordering::Relaxed);
                    if told == due {
                        bench.ready.fetch_add(1, Ordering::Relaxed);
                    }
                } else if message.is_close() || text.starts_with("ERROR") {
                    return Err(text.replace('\n', " ").into());
                }
            }
            _ = beats.tick() => socket.send(Message::text("\n")).await?,
        }
    }
}

/// Time on the processor, in hundredths of a second.
fn cpu_ticks(pid: u32) -> Result<u64, Fault> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let after = stat.rsplit_once(')').ok_or("no name in stat")?.1;
    let mut fields = after.split_whitespace().skip(11);
    let mut next = || -> Result<u64, Fault> { Ok(fields.next().ok_or("short stat")?.parse()?) };
    Ok(next()? + next()?)
}

fn resident_kb(pid: u32) -> Result<u32, Fault> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse()?)
}

fn float(count: u64) -> Result<f64, Fault> {
    Ok(f64::from(u32::try_from(count)?))
}

fn say(line: String) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
