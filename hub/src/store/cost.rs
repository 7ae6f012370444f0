//! What a day of a fleet costs on the disk. Not a test of anything: `bench/history` runs it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::Message;
use kinglet_proto::ingest::{Label, Place, decode};
use kinglet_proto::percent::Percent;
use kinglet_proto::sample::Sample;
use kinglet_proto::sample::table::METRICS;
use kinglet_proto::time::{Instant, Now, WallTime};

use super::bucket::start_of;
use super::writer::Writer;
use super::{Settings, Store, held};
use crate::clock;
use crate::fleet::{Reading, Snapshot, Update};
use crate::history::{History as _, Query};

const STEP: u64 = 5_000;
const HOUR: u64 = 3600 * 1000;

/// The report of a Raspberry Pi, or of whatever else `KINGLET_REPORT` names.
fn report() -> Sample {
    let golden = "/../tests/fixtures/rpi-zero-2w/golden/kinglet.json";
    let usual = concat!(env!("CARGO_MANIFEST_DIR"), "").to_owned() + golden;
    let path = std::env::var("KINGLET_REPORT").unwrap_or(usual);
    let text = std::fs::read_to_string(&path).unwrap();
    let Message::Report(report) = decode(&text).unwrap() else { panic!("{path}: no report") };
    report.sample
}

/// What moves on a host moves; a number that nobody can foretell, and the same every time.
fn stir(sample: &mut Sample, random: &mut u64) {
    let mut next = |most: u64| {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        *random % most
    };
    sample.uptime = sample.uptime.map(|uptime| uptime + STEP / 1000);
    sample.cpu.usage = Some(Percent::of(next(200) + 50, 1000));
    for core in &mut sample.cpu.per_core {
        *core = Percent::of(next(250) + 20, 1000);
    }
    for temperature in &mut sample.temperatures {
        temperature.celsius = 45.0 + f64::from(u32::try_from(next(60)).unwrap()) / 10.0;
    }
    let network = &mut sample.network;
    let (rx, tx) = (next(200_000), next(50_000));
    network.total_rx = network.total_rx.map(|total| total + rx);
    network.total_tx = network.total_tx.map(|total| total + tx);
    for interface in &mut network.interfaces {
        interface.rx_bytes += rx;
        interface.tx_bytes += tx;
    }
}

/// Bytes this process has caused to be written to disks.
fn written() -> u64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    line.unwrap().parse().unwrap()
}

fn snapshot(number: u64) -> Snapshot {
    let id = HostId::parse(&format!("host-{number}")).unwrap();
    Snapshot {
        id,
        label: Arc::new(Label::default()),
        online: true,
        stopped: false,
        last_seen: None,
        sample: None,
    }
}

/// How long the question for all of one metric by the minute takes.
fn ask(store: &Store, id: &HostId, start: u64, span: u64) {
    let cpu = METRICS.iter().find(|metric| metric.name == "cpu.usage").unwrap();
    let began = clock::now().instant;
    let times = 20;
    for _ in 0..times {
        let [from, to] = [start, start + span].map(WallTime::from_unix_millis);
        let query = Query { host: id, metric: cpu, label: None, from, to, step_s: Some(60) };
        let points = store.lines(&query).unwrap()[0].points.len() as u64;
        assert_eq!(points, span / 60_000);
    }
    let took = clock::now().instant.since(began) / times;
    println!("  by the minute         {:>8.1} ms", took.as_secs_f64() * 1000.0);
}

#[test]
#[ignore = "a measurement: bench/history"]
fn what_hours_cost() {
    let number =
        |name: &str, usual: u64| std::env::var(name).map_or(usual, |text| text.parse().unwrap());
    let (hosts, commit) = (number("KINGLET_HOSTS", 20), number("KINGLET_COMMIT_S", 5) * 1000);
    let span = number("KINGLET_HOURS", 24) * HOUR;
    let place =
        std::env::var("KINGLET_BENCH_DIR").map_or_else(|_| std::env::temp_dir(), Into::into);
    let folder: PathBuf = place.join(format!("kinglet-cost-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    // So that a hub that is given the file has what came in the last hours.
    let start = start_of(clock::now().wall.unix_millis(), HOUR) - span;
    let path = folder.join("history.db");
    let store =
        Store::open(Settings { path: Some(path.clone()), ..Settings::in_memory() }).unwrap();
    let mut writer = Writer::new(store.shared.clone(), Box::new(|_| {}));
    let mut fleet: Vec<(Snapshot, Sample)> = (0..hosts).map(|n| (snapshot(n), report())).collect();
    let mut random = 88_172_645_463_325_252;
    let before = written();
    for seq in 1..=span / STEP {
        let at = start + (seq - 1) * STEP;
        for (host, sample) in &mut fleet {
            stir(sample, &mut random);
            let received =
                Now { instant: Instant::default(), wall: WallTime::from_unix_millis(at) };
            store.keep(&Update::Reading(Reading {
                number: seq,
                host: host.clone(),
                sample: Arc::new(sample.clone()),
                place: Some(Place { boot_id: "b".to_owned(), seq }),
                received,
                age: Some(Duration::ZERO),
                newest: true,
            }));
        }
        if (at + STEP).is_multiple_of(commit) {
            writer.turn(at + STEP);
        }
    }
    let size = || std::fs::metadata(&path).unwrap().len();
    let (so_far, held_by_then) = (written() - before, size());
    // Until it is in blocks, and cut out of the log.
    for minute in 0..130 {
        writer.turn(start + span + minute * 60_000);
    }
    let bytes = written() - before;
    let mut figures = 0_u64;
    fleet[0].1.read(|_| figures += 1);
    let database = held(&store.shared.database);
    let sizes = database.sizes().unwrap();
    let per_host = |bytes: u64| bytes / hosts / 1000;
    println!("{hosts} hosts, {figures} figures every 5 s, written every {} s", commit / 1000);
    println!("  written in {:>2} h       {:>8} kB a host", span / HOUR, per_host(bytes));
    for (tier, bytes) in sizes {
        println!("  kept, {tier:<15} {:>8} kB a host", per_host(bytes));
    }
    println!("  the file              {:>8} kB a host", per_host(size()));
    println!(
        "  until the last report: written {} kB a host, in the file {}",
        per_host(so_far),
        per_host(held_by_then)
    );
    ask(&store, &fleet[0].0.id, start, span);
    if let Ok(kept) = std::env::var("KINGLET_BENCH_KEEP") {
        database.copy_to(kept.as_ref()).unwrap();
    }
    drop(database);
    std::fs::remove_dir_all(&folder).unwrap();
}
