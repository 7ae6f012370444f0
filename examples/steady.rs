//! Does the agent grow, and what does each protocol cost? Takes samples as fast as it can and
//! reports each to a server of every protocol that takes all of it at once, and to one more that
//! is never reached; prints how many kilobytes of anonymous memory the last tenth of them needed
//! at most over what the fifth tenth did: by then the allocator has found its pages.
//!
//! `cargo run --release --example steady [SAMPLES [PROTOCOL...]]`: sockets and clocks apart, all
//! of the agent. Where protocols are named there are only these, and none that is not reached.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::collections::VecDeque;
use std::time::Duration;

use kinglet_host::{Options, Roots, Sampler};
use kinglet_proto::host::Host;
use kinglet_proto::output::{Account, Answer, Auth, OUTPUTS, Protocol};
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Command, Input, Reporter, start};
use kinglet_proto::time::{Instant, Now, WallTime};

/// The pretended time between two samples.
const STEP_MS: u64 = 5000;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let samples = arguments.next().and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let named: Vec<String> = arguments.collect();
    let is_meant = |it: &&Protocol| named.is_empty() || named.iter().any(|name| name == it.name);
    let mut served: Vec<_> = OUTPUTS.iter().filter(is_meant).map(server).collect();
    let mut away = named.is_empty().then(|| server(&OUTPUTS[0]));
    let wants_detail = served.iter().any(|server| server.wants_detail());
    let options = Options::default().with_detail(wants_detail);
    let mut sampler = Sampler::new(&Roots::default(), &options);
    // A busy machine must not look like a device that hangs: each of those costs a thread.
    sampler.set_patience(Duration::from_secs(5));
    let (mut early, mut late) = (0, 0);
    let mut bytes = 0;
    for count in 0..samples {
        let ms = 1_000_000 + count * STEP_MS;
        let now = Now {
            instant: Instant::from_millis(ms),
            wall: WallTime::from_unix_millis(1_790_000_000_000 + ms),
        };
        sampler.collect(now);
        for server in &mut served {
            bytes += serve(&mut **server, Input::Tick, now);
            bytes += serve(&mut **server, Input::Sampled(sampler.sample_mut()), now);
        }
        if let Some(away) = &mut away {
            for input in [Input::Tick, Input::Sampled(sampler.sample_mut())] {
                away.handle_input(input, now);
                drain(&mut **away, now, &mut VecDeque::new());
            }
        }
        // The peaks of two windows: what an allocator keeps back goes up and down between them.
        match count * 10 / samples {
            4 => early = early.max(anonymous_kb()),
            9 => late = late.max(anonymous_kb()),
            _ => {}
        }
    }
    let kept = away.map(|away| away.counts()).unwrap_or_default();
    println!(
        "{} kB more in the last tenth of {samples} samples than in the fifth; \
         {bytes} bytes sent, {} kept, {} dropped",
        late.saturating_sub(early),
        kept.ring_bytes,
        kept.samples_dropped,
    );
}

/// What a server does in answer.
enum Reply {
    Opened,
    Pong,
    Stored,
    Text(String),
}

fn server(protocol: &Protocol) -> Box<dyn Reporter> {
    let (token, auth) = (Secret::new("t"), Auth::Header);
    let account = Account::new(Host::default(), token, auth);
    start(protocol, account, Duration::from_millis(STEP_MS), 1)
}

/// Feeds one input, and what the server says to what follows from it; how many bytes it was sent.
fn serve(agent: &mut dyn Reporter, input: Input<'_>, now: Now) -> usize {
    let mut replies = VecDeque::new();
    agent.handle_input(input, now);
    let mut bytes = drain(agent, now, &mut replies);
    while let Some(reply) = replies.pop_front() {
        match &reply {
            Reply::Opened => agent.handle_input(Input::Opened, now),
            Reply::Pong => agent.handle_input(Input::Pong, now),
            Reply::Text(text) => agent.handle_input(Input::Text(text), now),
            Reply::Stored => {
                let stored = Answer { status: 204, ..Answer::default() };
                agent.handle_input(Input::Answered(stored), now);
            }
        }
        bytes += drain(agent, now, &mut replies);
    }
    bytes
}

/// Drains the outputs; how many bytes were among them.
fn drain(agent: &mut dyn Reporter, now: Now, replies: &mut VecDeque<Reply>) -> usize {
    let mut bytes = 0;
    loop {
        match agent.poll_command() {
            Command::Text(text) => {
                bytes += text.len();
                replies.extend(answer(text).map(Reply::Text));
            }
            Command::Wait(at) => {
                assert!(at.is_none_or(|at| at > now.instant), "drained to the end");
                return bytes;
            }
            Command::Dial(_) => replies.push_back(Reply::Opened),
            Command::Ping => replies.push_back(Reply::Pong),
            Command::Ask(request) => {
                bytes += request.body.map_or(0, |body| body.len());
                replies.push_back(Reply::Stored);
            }
            Command::Errand(_) | Command::HangUp(_) | Command::Event(_) => {}
        }
    }
}

/// What lets an agent go on: a login that is accepted, a sample that is stored.
fn answer(text: &str) -> Option<String> {
    if text.starts_with("CONNECT") {
        let connected = "CONNECTED\nversion:1.2\nserver:kinglet-hub\nheart-beat:0,0\n\n\0";
        return Some(connected.to_owned());
    }
    if text.starts_with(r#"{"type":"auth""#) {
        return Some(r#"{"type":"auth","status":"ok"}"#.to_owned());
    }
    // Looking for it in what has none would cost more than to write some of these reports.
    if !text.starts_with(r#"{"type":"metrics","id":"#) {
        return None;
    }
    let (_, seq) = text.rsplit_once(r#""seq":"#)?;
    let seq = seq.split(|c: char| !c.is_ascii_digit()).next()?;
    Some(format!(r#"{{"type":"ack","data":{{"seq":{seq}}}}}"#))
}

/// Anonymous resident memory of this process, kB.
fn anonymous_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kb.unwrap_or_default()
}
