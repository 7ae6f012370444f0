//! Answers that nobody reads, or slowly.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use nix::sys::socket::{setsockopt, sockopt};

use super::support::{Client, Deadline, FLEET, Hub, resident_kb};

const HOSTS: usize = 40;

/// A hub that waits a second for a reader, with hosts whose list has more than 1 MB.
fn hub() -> (Hub, Vec<Client>) {
    let text = format!(
        "listen = \"127.0.0.1:0\"\n[viewers]\npublic = true\n[fleet]\ntoken_hash = \"{}\"\n",
        TokenHash::of(FLEET)
    );
    let hub = Hub::changed(&text, |config| config.guard.write_stall = Duration::from_secs(1));
    let disks = vec![r#"{"name":"disk-with-a-rather-long-name"}"#; 256].join(",");
    let mounts = vec![r#"{"mount_point":"/a/rather/long/mount/point"}"#; 256].join(",");
    let large =
        format!(r#"{{"type":"metrics","data":{{"disks":[{disks}],"filesystems":[{mounts}]}}}}"#);
    let mut agents: Vec<_> = (0..HOSTS).map(|n| hub.agent(&format!("h{n}"), FLEET)).collect();
    for agent in &mut agents {
        agent.send(&large);
        agent.settle();
    }
    (hub, agents)
}

/// A connection that holds little of what it does not read; with much less than this loopback's
/// large segments would wait for timers.
fn connect(hub: &Hub, requests: usize) -> TcpStream {
    let mut stream = TcpStream::connect(hub.address).unwrap();
    setsockopt(&stream, sockopt::RcvBuf, &(128 * 1024)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let request = "GET /api/hosts HTTP/1.1\r\nHost: hub\r\n\r\n";
    stream.write_all(request.repeat(requests).as_bytes()).unwrap();
    stream
}

#[test]
fn requests_whose_answers_nobody_reads_hold_no_place() {
    let (hub, _agents) = hub();
    let mut stream = connect(&hub, 500);
    let deadline = Deadline::in_seconds(8);
    // A reset comes back as an error of a later write.
    while stream.write_all(b"G").is_ok() {
        deadline.check("it is still open");
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a slow reader is what is tested")]
fn who_reads_slowly_gets_the_whole_answer() {
    let (hub, _agents) = hub();
    let mut stream = connect(&hub, 1);
    let (mut text, mut room) = (Vec::new(), vec![0; 32 * 1024]);
    // 640 kB/s at most, for longer than a write may wait.
    while !text.ends_with(b"\r\n0\r\n\r\n") {
        let read = stream.read(&mut room).unwrap();
        assert!(read > 0, "cut off after {}", text.len());
        text.extend_from_slice(&room[..read]);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(text.len() > 1_000_000, "{}", text.len());
    let text = String::from_utf8(text).unwrap();
    let (_, chunks) = text.split_once("\r\n\r\n").unwrap();
    let whole: serde_json::Value = serde_json::from_str(&unchunked(chunks)).unwrap();
    assert_eq!(whole["hosts"].as_array().unwrap().len(), HOSTS);
}

fn unchunked(mut chunks: &str) -> String {
    let mut whole = String::new();
    while let Some((length, rest)) = chunks.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).unwrap();
        whole += &rest[..length];
        chunks = &rest[(length + 2).min(rest.len())..];
    }
    whole
}

#[test]
fn a_hundred_answers_that_nobody_reads_cost_little() {
    let (hub, _agents) = hub();
    let before = resident_kb();
    let streams: Vec<_> = (0..100).map(|_| connect(&hub, 5)).collect();
    let mut most = 0;
    // Meanwhile it answers others, and has time to write what it could.
    for _ in 0..500 {
        most = most.max(resident_kb());
        assert_eq!(hub.http("/healthz", "").0, 200);
    }
    drop(streams);
    assert!(most.saturating_sub(before) < 60_000, "grew by {} kB", most - before);
}

/// Processor time of this process in milliseconds, the hub in it included.
fn busy_ms() -> u64 {
    let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).unwrap();
    let ms = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec() * 1000 + time.tv_usec() / 1000).unwrap()
    };
    ms(usage.user_time()) + ms(usage.system_time())
}

#[test]
#[ignore = "a measurement"]
#[expect(clippy::disallowed_methods, reason = "slow readers are what is measured")]
fn what_a_hundred_slow_readers_of_two_thousand_hosts_cost() {
    let text = format!(
        "listen = \"127.0.0.1:0\"\n[viewers]\npublic = true\n[fleet]\ntoken_hash = \"{}\"\n\
         new_hosts_per_hour = 20000\n",
        TokenHash::of(FLEET)
    );
    let hub = Hub::configured(&text);
    let disks = [r#"{"name":"nvme0n1","read_speed":1,"write_speed":2}"#; 8].join(",");
    let mounts = vec![r#"{"mount_point":"/a/mount/point","total":100000,"used":5}"#; 20].join(",");
    let large =
        format!(r#"{{"type":"metrics","data":{{"disks":[{disks}],"filesystems":[{mounts}]}}}}"#);
    for n in 0..2_000 {
        let mut agent = hub.agent(&format!("h{n}"), FLEET);
        agent.send(&large);
        agent.settle();
    }
    let whole = hub.http("/api/hosts", "").1.len();
    let (before, busy, began) = (resident_kb(), busy_ms(), std::time::Instant::now());
    let mut readers: Vec<_> = (0..100).map(|_| Some(connect(&hub, 1))).collect();
    let (mut most, mut room, mut read) = (0, vec![0; 256 * 1024], 0);
    while readers.iter().any(Option::is_some) {
        for reader in &mut readers {
            let Some(stream) = reader else { continue };
            let count = stream.read(&mut room).unwrap();
            read += count;
            if room[..count].ends_with(b"\r\n0\r\n\r\n") {
                *reader = None;
            }
        }
        most = most.max(resident_kb());
        std::thread::sleep(Duration::from_millis(5));
    }
    let (took, busy) = (began.elapsed(), busy_ms() - busy);
    println!("{whole} bytes a list, {read} read in {took:?}, {busy} ms busy");
    println!("resident {before} kB before, {most} kB at most, {} kB after", resident_kb());
}
