//! Small things that an owner writes, or his scripts: figures of his own, zones, places to probe,
//! names of hosts, times.
#![no_main]

use kinglet_proto::host::HostId;
use kinglet_proto::limits::{CUSTOM_SERIES_BYTES_MAX, CUSTOM_SERIES_MAX, HOST_ID_MAX};
use kinglet_proto::probe::Target;
use kinglet_proto::time::WallTime;
use kinglet_proto::wire::exposition;
use kinglet_proto::zone;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    figures(bytes);
    zones(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        targets(text);
        names(text);
    }
});

fn figures(bytes: &[u8]) {
    match exposition::parse(bytes) {
        Ok(figures) => {
            assert!(figures.len() <= CUSTOM_SERIES_MAX);
            for figure in figures {
                assert!(figure.value.is_finite() && figure.series.len() <= CUSTOM_SERIES_BYTES_MAX);
            }
        }
        Err(fault) => assert!(fault.line > 0 && !fault.what.is_empty()),
    }
}

/// The last second of the year 9999.
const LAST: i64 = 253_402_300_799;

fn zones(bytes: &[u8]) {
    for at in [0, 1_795_161_600, 4_102_444_800, LAST] {
        if let Some(offset) = zone::parse(bytes, at) {
            assert!(offset.from <= at && (at < offset.until || offset.until == i64::MAX));
        }
    }
}

fn targets(text: &str) {
    let (name, url) = text.split_once('\n').unwrap_or(("", text));
    if let Ok(target) = Target::parse(name, url) {
        let again = Target::parse(name, &target.to_string());
        assert_eq!(again, Ok(target), "{url}");
    }
}

fn names(text: &str) {
    if let Ok(id) = HostId::parse(text) {
        assert!(id.len() <= HOST_ID_MAX && HostId::parse(&id).as_ref() == Ok(&id));
    }
    let times = [WallTime::parse(text), WallTime::parse_http(text)];
    for time in times.into_iter().flatten() {
        assert_eq!(WallTime::parse(&time.to_string()), Some(time));
    }
}
