//! What the hub hears, decoded, and what its fleet makes of it: agents of every protocol, viewers.
#![no_main]

use kinglet_hub::fleet::{ConnectionId, Fleet, Input, Settings};
use kinglet_hub::limits::OFFLINE_AFTER;
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::{
    Message, decode, decode_published, decode_request, decode_sample, decode_server_info,
};
use kinglet_proto::limits::{INGEST_BATCH_MAX, INGEST_LIST_MAX, INGEST_TEXT_MAX};
use kinglet_proto::output::json;
use kinglet_proto::sample::metric::Unit;
use kinglet_proto::sample::{Report, Sample, Terms};
use kinglet_proto::time::{Instant, Now, WallTime};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for text in text.split('\u{1e}') {
        let _ = decode_request(text);
        let _ = decode_published(text);
        if let Ok(sample) = decode_sample(text) {
            judge(&sample);
        }
        if let Ok(report) = decode_server_info(text) {
            judge(&report.sample);
        }
    }
    hear(text);
});

/// A sample has figures that can be, within bounds, and is the same once it was written and read.
fn judge(sample: &Sample) {
    assert!(sample.disks.len() <= INGEST_LIST_MAX && sample.hostname.len() <= INGEST_TEXT_MAX);
    assert!(sample.cpu.per_core.len() <= INGEST_LIST_MAX);
    sample.read(|figure| {
        let value = figure.value.get();
        assert!(value.is_finite(), "{}", figure.metric.name);
        let is_share = figure.metric.unit == Unit::Percent;
        assert!(!is_share || (0.0..=100.0).contains(&value), "{} {value}", figure.metric.name);
    });
    let written =
        |sample| json(&Report { sample, inventory: true, terms: &Terms::OWN, rows: usize::MAX });
    let first = written(sample);
    let read = decode_sample(&first).expect("what was written can be read");
    assert_eq!(written(&read), first);
}

/// A fleet hears all of it from one connection, and what it says ends.
fn hear(text: &str) {
    let offline_after = OFFLINE_AFTER;
    let mut fleet = Fleet::new(Settings { offline_after, durable: true, hosts: Vec::new() });
    let (connection, host) = (ConnectionId(1), HostId::parse("pi").expect("an id"));
    let mut at = 1_000_000;
    let mut tell = |input| {
        at += 1000;
        let wall = WallTime::from_unix_millis(1_700_000_000_000 + at);
        fleet.handle_input(input, Now { instant: Instant::from_millis(at), wall });
        let mut commands = 0;
        while fleet.poll_command().is_some() {
            commands += 1;
            assert!(commands < 20_000, "a fleet speaks without end");
        }
    };
    tell(Input::Joined { connection, host, greet: true });
    for text in text.split('\u{1e}') {
        match decode(text) {
            Ok(message) => {
                bounds(&message);
                tell(Input::Received(connection, message));
            }
            Err(error) => {
                assert!(!error.to_string().is_empty());
                tell(Input::Heard(connection));
            }
        }
    }
    tell(Input::Kept(1));
    tell(Input::Left(connection));
    tell(Input::Tick);
}

fn bounds(message: &Message) {
    match message {
        Message::Report(report) => judge(&report.sample),
        Message::Batch(batch) => {
            assert!(batch.reports.len() <= INGEST_BATCH_MAX);
            batch.reports.iter().for_each(|report| judge(&report.sample));
        }
        Message::Aggregates(_)
        | Message::Told(_)
        | Message::Login(_)
        | Message::Heartbeat
        | Message::Ping
        | Message::Other => {}
    }
}
