//! Does the agent grow? Takes 10,000 samples as fast as it can and reports each to a session of
//! every protocol, one more of which never gets through; prints how many kilobytes of anonymous
//! memory the last tenth of them needed at most over what the fifth tenth did: by then the
//! allocator has found its pages.
//!
//! `cargo run --release --example steady [SAMPLES]`: sockets and clocks apart, all of the agent.

#![expect(clippy::print_stdout, reason = "an example prints")]

use std::time::Duration;

use kinglet_host::{Options, Roots, Sampler};
use kinglet_proto::host::Host;
use kinglet_proto::output::{Account, Auth, OUTPUTS, Protocol};
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Command, Conversation, Input, Session};
use kinglet_proto::time::{Instant, Now, WallTime};

/// The pretended time between two samples.
const STEP_MS: u64 = 5000;

fn main() {
    let samples = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(10_000);
    let mut sampler = Sampler::new(&Roots::default(), &Options::default());
    // A busy machine must not look like a device that hangs: each of those costs a thread.
    sampler.set_patience(Duration::from_secs(5));
    let mut served: Vec<_> = OUTPUTS.iter().map(session).collect();
    let mut away = session(&OUTPUTS[0]);
    let (mut early, mut late) = (0, 0);
    let mut bytes = 0;
    for count in 0..samples {
        let ms = 1_000_000 + count * STEP_MS;
        let now = Now {
            instant: Instant::from_millis(ms),
            wall: WallTime::from_unix_millis(1_790_000_000_000 + ms),
        };
        sampler.collect(now);
        for session in served.iter_mut().chain([&mut away]) {
            session.handle_input(Input::Tick, now);
            bytes += drain(session, now);
        }
        for session in &mut served {
            session.handle_input(Input::Opened, now);
            bytes += drain(session, now);
            session.handle_input(Input::Pong, now);
            bytes += drain(session, now);
        }
        for session in served.iter_mut().chain([&mut away]) {
            session.handle_input(Input::Sampled(sampler.sample_mut()), now);
            bytes += drain(session, now);
            let ack = format!(r#"{{"type":"ack","data":{{"seq":{}}}}}"#, count + 1);
            session.handle_input(Input::Text(&ack), now);
            bytes += drain(session, now);
        }
        // The peaks of two windows: what an allocator keeps back goes up and down between them.
        match count * 10 / samples {
            4 => early = early.max(anonymous_kb()),
            9 => late = late.max(anonymous_kb()),
            _ => {}
        }
    }
    let kept = away.counts();
    println!(
        "{} kB more in the last tenth of {samples} samples than in the fifth; \
         {bytes} bytes sent, {} kept, {} dropped",
        late.saturating_sub(early),
        kept.ring_bytes,
        kept.samples_dropped,
    );
}

fn session(protocol: &Protocol) -> Session {
    let host = Host::default();
    let (token, auth) = (Secret::new("t"), Auth::Header);
    let account = Account::new(host, token, auth);
    Session::new(protocol, account, Duration::from_millis(STEP_MS), 1)
}

/// Drains the outputs; how many bytes of text were among them.
fn drain(session: &mut Session, now: Now) -> usize {
    let mut bytes = 0;
    loop {
        match session.poll_command() {
            Command::Text(text) => bytes += text.len(),
            Command::Wait(at) => {
                assert!(at.is_none_or(|at| at > now.instant), "drained to the end");
                return bytes;
            }
            Command::Dial(_)
            | Command::Ask(_)
            | Command::Errand(_)
            | Command::Ping
            | Command::HangUp(_)
            | Command::Event(_) => {}
        }
    }
}

/// Anonymous resident memory of this process, kB.
fn anonymous_kb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("RssAnon:"));
    let kb = line.and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    kb.unwrap_or_default()
}
