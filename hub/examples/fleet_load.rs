//! Drives simulated agents and viewers against a hub, over real sockets; see `bench/fleet`.
//!
//! Every report carries the time it was sent in its `uptime`, so a viewer in the same process
//! knows its latency. What the generator itself is late by counts against the hub.

use std::collections::VecDeque;
use std::error::Error;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use clap::Parser;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{Instant, interval_at, sleep, timeout};
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
    /// Agents
    #[arg(long)]
    agents: usize,
    /// Viewers, half of them on /ws and half on /ws-frontend
    #[arg(long, default_value_t = 10)]
    viewers: usize,
    /// Milliseconds between two reports of an agent
    #[arg(long, default_value_t = 5000)]
    interval_ms: u64,
    /// Seconds to measure
    #[arg(long, default_value_t = 20)]
    seconds: u64,
    /// What time it is, seconds since 1970
    #[arg(long)]
    unix_now: u64,
    /// Then let every agent lose its connection and come back at once
    #[arg(long)]
    storm: bool,
}

/// What all tasks share.
struct Bench {
    arguments: Arguments,
    begun: Instant,
    measuring: AtomicBool,
    reports: AtomicU64,
    connected: AtomicUsize,
    /// The longest that an acknowledgement was waited for, microseconds.
    acked_after: AtomicU64,
    generation: tokio::sync::watch::Sender<u32>,
    dialling: Semaphore,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Fault> {
    let arguments = Arguments::parse();
    let bench = Arc::new(Bench {
        begun: Instant::now(),
        measuring: AtomicBool::new(false),
        reports: AtomicU64::new(0),
        acked_after: AtomicU64::new(0),
        connected: AtomicUsize::new(0),
        generation: tokio::sync::watch::Sender::new(0),
        dialling: Semaphore::new(256),
        arguments,
    });
    let empty_kb = resident_kb(bench.arguments.pid)?;
    let began = Instant::now();
    for number in 0..bench.arguments.agents {
        tokio::spawn(run_agent(bench.clone(), number));
    }
    bench.wait_until_connected().await?;
    say(format!("connected_s {:.2}", began.elapsed().as_secs_f64()))?;
    let viewers: Vec<_> = (0..bench.arguments.viewers)
        .map(|number| tokio::spawn(run_viewer(bench.clone(), number)))
        .collect();
    // One round of reports, so that every host is known and every buffer has its size.
    sleep(Duration::from_millis(bench.arguments.interval_ms) + Duration::from_secs(1)).await;
    let full_kb = resident_kb(bench.arguments.pid)?;
    let asked = tokio::spawn(ask_about_a_day(bench.clone()));
    bench.measure(viewers).await?;
    let mut answered = asked.await??;
    answered.sort_unstable();
    let slowest = answered.last().copied().unwrap_or_default();
    let usual = answered.get(answered.len() / 2).copied().unwrap_or_default();
    say(format!("history_p50_ms {:.1}", usual.as_secs_f64() * 1e3))?;
    say(format!("history_max_ms {:.1}", slowest.as_secs_f64() * 1e3))?;
    let acked = Duration::from_micros(bench.acked_after.load(Ordering::Relaxed));
    say(format!("ack_max_s {:.2}", acked.as_secs_f64()))?;
    let agents = f64::from(u32::try_from(bench.arguments.agents)?);
    say(format!("resident_kb_empty {empty_kb}"))?;
    say(format!("resident_kb_full {full_kb}"))?;
    say(format!(
        "resident_kb_per_agent {:.1}",
        (f64::from(full_kb) - f64::from(empty_kb)) / agents
    ))?;
    if bench.arguments.storm {
        bench.connected.store(0, Ordering::Relaxed);
        let began = Instant::now();
        bench.generation.send_modify(|generation| *generation += 1);
        bench.wait_until_connected().await?;
        say(format!("storm_s {:.2}", began.elapsed().as_secs_f64()))?;
    }
    Ok(())
}

impl Bench {
    async fn wait_until_connected(&self) -> Result<(), Fault> {
        let all = async {
            while self.connected.load(Ordering::Relaxed) < self.arguments.agents {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(60), all).await.map_err(|_| {
            let connected = self.connected.load(Ordering::Relaxed);
            format!("only {connected} of {} agents are connected", self.arguments.agents).into()
        })
    }

    async fn measure(
        &self,
        viewers: Vec<tokio::task::JoinHandle<Result<Vec<u32>, Fault>>>,
    ) -> Result<(), Fault> {
        let before =
            [cpu_ticks(self.arguments.pid)?, cpu_ticks(std::process::id())?, busy_ticks()?];
        let reports = self.reports.load(Ordering::Relaxed);
        self.measuring.store(true, Ordering::Relaxed);
        sleep(Duration::from_secs(self.arguments.seconds)).await;
        self.measuring.store(false, Ordering::Relaxed);
        let reports = self.reports.load(Ordering::Relaxed) - reports;
        let after = [cpu_ticks(self.arguments.pid)?, cpu_ticks(std::process::id())?, busy_ticks()?];
        let mut latencies = Vec::new();
        for viewer in viewers {
            match timeout(Duration::from_secs(5), viewer).await {
                Ok(Ok(Ok(some))) => latencies.extend(some),
                Ok(Ok(Err(fault))) => say(format!("viewer_lost {fault}"))?,
                Ok(Err(_)) | Err(_) => say("viewer_lost late".to_owned())?,
            }
        }
        latencies.sort_unstable();
        let at = |part: usize| latencies.get((latencies.len() * part / 1000).saturating_sub(1));
        let ms = |part: usize| f64::from(at(part).copied().unwrap_or(0)) / 1000.0;
        say(format!("reports {reports}"))?;
        say(format!("deliveries {}", latencies.len()))?;
        say(format!("latency_p50_ms {:.2}", ms(500)))?;
        say(format!("latency_p99_ms {:.2}", ms(990)))?;
        say(format!("latency_max_ms {:.2}", ms(1000)))?;
        let [hub, own, all] = [0, 1, 2].map(|at| after[at].saturating_sub(before[at]));
        // Linux counts in hundredths of a second.
        let per_report = ticks(hub)? / f64::from(u32::try_from(reports)?.max(1)) * 1e4;
        let share = |is: u64| Ok::<_, Fault>(ticks(is)? / ticks(self.arguments.seconds)?);
        say(format!("cpu_us_per_report {per_report:.0}"))?;
        say(format!("hub_percent_of_a_core {:.0}", share(hub)?))?;
        say(format!("generator_percent_of_a_core {:.0}", share(own)?))?;
        Ok(say(format!("others_percent_of_a_core {:.0}", share(all.saturating_sub(hub + own))?))?)
    }

    fn micros(&self) -> u64 {
        u64::try_from(self.begun.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    async fn open(&self, path: &str) -> Result<WebSocketStream<TcpStream>, Fault> {
        let stream = TcpStream::connect(&self.arguments.hub).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{}{path}", self.arguments.hub);
        let config = WebSocketConfig::default().read_buffer_size(4096);
        Ok(client_async_with_config(url, stream, Some(config)).await?.0)
    }
}

async fn run_agent(bench: Arc<Bench>, number: usize) {
    let mut generation = bench.generation.subscribe();
    loop {
        if serve_agent(&bench, number, &mut generation).await.is_err() {
            sleep(Duration::from_millis(100)).await;
        }
    }
}

/// One connection of an agent; `Ok` when it is time to come back at once.
async fn serve_agent(
    bench: &Bench,
    number: usize,
    generation: &mut tokio::sync::watch::Receiver<u32>,
) -> Result<(), Fault> {
    let mut socket = {
        let _turn = bench.dialling.acquire().await?;
        let path = format!("/ws/agent?token={}&client_id=host-{number}", bench.arguments.token);
        let mut socket = timeout(Duration::from_secs(10), bench.open(&path)).await??;
        timeout(Duration::from_secs(10), socket.next()).await?.ok_or("closed")??;
        socket
    };
    bench.connected.fetch_add(1, Ordering::Relaxed);
    let period = Duration::from_millis(bench.arguments.interval_ms);
    let (agents, at) = (bench.arguments.agents, u32::try_from(number)?);
    let first = Instant::now() + period * at / u32::try_from(agents)?;
    let mut ticks = interval_at(first, period);
    let mut seq = 0_u64;
    let mut waiting: VecDeque<(u64, u64)> = VecDeque::new();
    loop {
        tokio::select! {
            _ = ticks.tick() => {
                seq += 1;
                bench.reports.fetch_add(1, Ordering::Relaxed);
                waiting.push_back((seq, bench.micros()));
                socket.send(Message::text(report(number, seq, bench.micros()))).await?;
            }
            message = socket.next() => {
                let message = message.ok_or("closed")??;
                let acked = acked(&message);
                while let Some((_, sent)) = waiting.pop_front_if(|(seq, _)| *seq <= acked) {
                    let after = bench.micros().saturating_sub(sent);
                    bench.acked_after.fetch_max(after, Ordering::Relaxed);
                }
            }
            changed = generation.changed() => return Ok(changed?),
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

/// What one metric was over the last 24 hours by the minute, twice a second: how long each answer
/// took.
async fn ask_about_a_day(bench: Arc<Bench>) -> Result<Vec<Duration>, Fault> {
    let mut times = Vec::new();
    for number in 0..bench.arguments.seconds * 2 {
        sleep(Duration::from_millis(500)).await;
        let now = (bench.arguments.unix_now + bench.begun.elapsed().as_secs()) * 1000;
        let path = format!(
            "/api/history/host-{}?metric=cpu.usage&from={}&to={now}&step=60",
            number % 20,
            now - 24 * 3600 * 1000
        );
        let began = Instant::now();
        let mut stream = TcpStream::connect(&bench.arguments.hub).await?;
        let request = format!("GET {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        times.push(began.elapsed());
        if !answer.starts_with("HTTP/1.1 200") {
            return Err(answer.lines().next().unwrap_or("no answer").into());
        }
        if number == 0 {
            say(format!("history_points {}", answer.matches(",[").count() + 1))?;
        }
    }
    Ok(times)
}

/// About what a small server reports: 2 kB.
fn report(number: usize, seq: u64, micros: u64) -> String {
    let interfaces: Vec<String> = ["eth0", "wlan0", "wg0"]
        .iter()
        .map(|name| format!(
            r#"{{"name":"{name}","mac":"02:00:5e:10:00:01","speed":1000,"state":"up","rx_bytes":{seq}123456,"tx_bytes":{seq}54321,"rx_packets":{seq}123,"tx_packets":{seq}99,"rx_errors":0,"tx_errors":0,"rx_drops":0,"tx_drops":0,"rx_speed":12345,"tx_speed":5432}}"#
        ))
        .collect();
    let mounts: Vec<String> = ["/", "/boot", "/home", "/var/lib/data"]
        .iter()
        .map(|mount| format!(
            r#"{{"mount_point":"{mount}","device":"/dev/sda{seq}","fstype":"ext4","total":107374182400,"used":53687091200,"free":53687091200,"usage_percent":50.0,"inodes_total":6553600,"inodes_used":123456,"read_only":false}}"#
        ))
        .collect();
    format!(
        r#"{{"type":"metrics","id":"m{seq}","timestamp":"2026-11-20T08:00:00.000Z","data":{{"timestamp":"2026-11-20T08:00:00.000Z","hostname":"host-{number}","os":{{"name":"debian","version":"12","kernel":"6.1.0-28-amd64","arch":"x86_64"}},"cpu":{{"brand":"AMD EPYC 7B13","cores":4,"usage":{},"per_core":[10.1,20.2,30.3,40.4],"user":10.0,"system":5.0,"iowait":0.5,"steal":0.1,"frequency":2450}},"memory":{{"total":8589934592,"used":4294967296,"available":4294967296,"usage_percent":50.0,"buffers":1234567,"cached":2345678901,"swap_total":0,"swap_used":0}},"disks":[{{"name":"sda","model":"Virtual disk","total":107374182400,"used":53687091200,"usage_percent":50.0,"mount_points":["/"],"read_speed":1048576,"write_speed":524288,"read_bytes":123456789012,"write_bytes":98765432109,"busy_percent":3.2}}],"filesystems":[{}],"network":{{"wan":"eth0","rx_speed":12345,"tx_speed":5432,"total_rx":123456789012,"total_tx":23456789012,"interfaces":[{}]}},"uptime":{micros},"load_average":{{"one":0.5,"five":0.7,"fifteen":0.6}},"processes":{{"total":234,"running":2}},"users":1,"sockets":{{"tcp":45,"tcp_time_wait":3,"udp":12}},"temperatures":[{{"label":"cpu","celsius":48.5}}],"agent":{{"version":"0.1.0","rss":1234567,"cpu_percent":0.1,"bytes_sent":123456,"reconnects":0,"samples_dropped":0,"ring_bytes":0}}}},"meta":{{"seq":{seq},"boot_id":"b","uptime_ms":1,"age_ms":0}}}}"#,
        seq % 100,
        mounts.join(","),
        interfaces.join(",")
    )
}

/// Latencies in microseconds of what came while it was measured.
async fn run_viewer(bench: Arc<Bench>, number: usize) -> Result<Vec<u32>, Fault> {
    let path = if number.is_multiple_of(2) { "/ws-frontend" } else { "/ws" };
    let mut socket = bench.open(path).await?;
    let mut latencies = Vec::new();
    let mut begun = false;
    loop {
        let message = socket.next().await.ok_or("closed")??;
        let measuring = bench.measuring.load(Ordering::Relaxed);
        match (begun, measuring) {
            (true, false) => return Ok(latencies),
            (_, measuring) => begun = measuring,
        }
        let Message::Text(text) = message else {
            if let Message::Close(frame) = message {
                return Err(format!("{frame:?}").into());
            }
            continue;
        };
        if measuring && let Some(sent) = sent_at(&text) {
            latencies.push(u32::try_from(bench.micros().saturating_sub(sent)).unwrap_or(u32::MAX));
        }
    }
}

fn sent_at(text: &str) -> Option<u64> {
    let (_, rest) = text.rsplit_once("\"uptime\":")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

fn resident_kb(pid: u32) -> Result<u32, Fault> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn cpu_ticks(pid: u32) -> Result<u64, Fault> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no name")?;
    let mut times = fields.split_whitespace().skip(11);
    let (user, system) = (times.next().ok_or("no utime")?, times.next().ok_or("no stime")?);
    Ok(user.parse::<u64>()? + system.parse::<u64>()?)
}

/// Time of all processors not spent idle.
fn busy_ticks() -> Result<u64, Fault> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().ok_or("no cpu")?;
    let times: Vec<u64> =
        line.split_whitespace().skip(1).take(8).map(str::parse).collect::<Result<_, _>>()?;
    Ok(times.iter().enumerate().filter(|(at, _)| !(3..=4).contains(at)).map(|(_, time)| time).sum())
}

fn ticks(count: u64) -> Result<f64, Fault> {
    Ok(f64::from(u32::try_from(count)?))
}

fn say(line: String) -> io::Result<()> {
    writeln!(io::stdout(), "{line}")
}
