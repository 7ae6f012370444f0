//! What the kernel, and the files of a host that look like its own, say in text: every parser reads
//! every text, as `tests/malformed.rs` has them do with texts that are near to good ones.
#![no_main]

use std::hint::black_box;

use kinglet_host::kernel::sensor::Thermometer;
use kinglet_host::kernel::{self, engine, text};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    processor_and_memory(bytes);
    disks(bytes);
    network(bytes);
    host(bytes);
    sensors(bytes);
    words(bytes);
    engine(bytes);
});

fn processor_and_memory(bytes: &[u8]) {
    let (mut stat, mut places) = Default::default();
    kernel::stat::parse(bytes, &mut stat, &mut places);
    let first = stat.clone();
    // What is remembered of where lines stood changes no figure.
    kernel::stat::parse(bytes, &mut stat, &mut places);
    assert_eq!(stat, first);
    let mut places = kernel::meminfo::Places::default();
    let first = kernel::meminfo::parse(bytes, &mut places);
    assert_eq!(kernel::meminfo::parse(bytes, &mut places), first);
    let mut places = kernel::vmstat::Places::default();
    let first = kernel::vmstat::parse(bytes, &mut places);
    assert_eq!(kernel::vmstat::parse(bytes, &mut places), first);
    black_box(kernel::meminfo::parse_more(bytes, &mut Default::default()));
    black_box(kernel::cpuinfo::parse(bytes));
    black_box(kernel::psi::parse(bytes));
    black_box((kernel::loadavg::parse(bytes), kernel::uptime::parse(bytes)));
    for key in [&b"anon"[..], b"usage_usec", b""] {
        black_box(kernel::cgroup::parse_keyed(bytes, key));
    }
    black_box((kernel::cgroup::parse_number(bytes), kernel::cgroup::parse_limit(bytes)));
    let pid = kernel::cgroup::parse_first_process(bytes);
    assert_ne!(pid, Some(0), "no process has the number zero");
    black_box((kernel::cgroup::parse_frozen(bytes), pid));
}

fn disks(bytes: &[u8]) {
    for disk in kernel::diskstats::parse(bytes) {
        black_box((disk.name(), disk.all(), disk.counters()));
    }
    for mount in kernel::mountinfo::parse(bytes) {
        let plain = kernel::mountinfo::unescape(mount.mount_point);
        assert!(plain.len() <= mount.mount_point.len());
    }
    black_box(kernel::mdstat::disk_of(bytes, "md1"));
    black_box((kernel::block::parse_dev(bytes), kernel::block::parse_mm_stat(bytes)));
    let used = kernel::block::parse_life_time(bytes);
    assert!(used.is_none_or(|used| (0.0..=100.0).contains(&used.get())));
    let end_of_life = kernel::block::parse_pre_eol(bytes);
    assert!(end_of_life.is_none_or(|state| (1..=3).contains(&state)));
    black_box(kernel::udev::parse(bytes));
}

fn network(bytes: &[u8]) {
    black_box(kernel::net_dev::parse(bytes).count());
    black_box(kernel::net_route::parse_default(bytes));
    black_box(kernel::net_route::parse_default_ipv6(bytes));
    black_box((kernel::sockstat::parse(bytes), kernel::softnet::parse(bytes)));
    black_box(kernel::wireless::parse(bytes).count());
    let mut leases = kernel::leases::Leases::default();
    leases.add(bytes, 1_800_000_000);
    let count = leases.ipv4 + leases.ipv6.unwrap_or_default();
    assert!(usize::try_from(count).is_ok_and(|count| count <= text::lines(bytes).count()));
}

fn host(bytes: &[u8]) {
    black_box((kernel::os_release::parse(bytes), kernel::hostname::parse(bytes)));
    black_box((kernel::pid_stat::parse(bytes), kernel::pid_stat::parse_start(bytes)));
    black_box(kernel::statm::parse_resident(bytes));
    if let Ok(text) = std::str::from_utf8(bytes) {
        let (parent, folder) = text.split_once('\n').unwrap_or(("", text));
        black_box(kernel::cgroup::recognise(parent, folder));
        black_box(kernel::block::plain(text));
    }
}

fn sensors(bytes: &[u8]) {
    for kind in [Thermometer::Chip, Thermometer::OneWire, Thermometer::Zone] {
        black_box(kernel::sensor::parse_millidegrees(bytes, kind));
        let limit = kernel::sensor::parse_limit(bytes, kind);
        assert!(limit.is_none_or(|limit| limit > 0));
    }
    black_box((kernel::sensor::parse_rpm(bytes), kernel::sensor::parse_fault(bytes)));
    black_box((kernel::sensor::parse_throttled(bytes), kernel::sensor::parse_alarm(bytes)));
}

/// What all parsers are made of, against what the standard library says.
fn words(bytes: &[u8]) {
    let plain = bytes.iter().position(|byte| *byte == b'\n');
    assert_eq!(text::find(b'\n', bytes), plain);
    let lines: Vec<_> = text::lines(bytes).collect();
    let split: Vec<_> = bytes.split(|byte| *byte == b'\n').collect();
    assert_eq!(lines[..], split[..lines.len()]);
    for field in text::fields(bytes.get(..64).unwrap_or(bytes)) {
        let word = std::str::from_utf8(field).unwrap_or("x");
        let is_digits = word.bytes().all(|byte| byte.is_ascii_digit());
        assert_eq!(text::number(field), word.parse().ok().filter(|_: &u64| is_digits), "{word}");
        black_box((text::signed(field), text::hexadecimal(field), text::hundredths(field)));
        black_box(text::name(field, 15));
    }
}

/// What an engine of containers answers.
fn engine(bytes: &[u8]) {
    if let engine::http::Parsed::Answer(_, body) = engine::http::parse(bytes, true) {
        assert!(body.len() <= bytes.len());
        listed(&body);
    }
    listed(bytes);
    black_box(engine::parse_group(bytes, 998));
}

fn listed(body: &[u8]) {
    for entry in engine::parse(body).into_iter().flatten() {
        black_box(entry.id());
        assert!(entry.name().is_none_or(|name| !name.contains(['/', ' ', '\n'])));
    }
}
