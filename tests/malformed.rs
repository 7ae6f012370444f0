//! No text a kernel, a container's file system or a bug can put into a file makes a parser panic:
//! every parser reads every fixture, cut anywhere and with bytes changed.

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};

use kinglet_host::kernel;
use kinglet_host::kernel::sensor::Thermometer;

/// What parsers keep from one text to the next.
#[derive(Default)]
struct Kept {
    stat: kernel::stat::Stat,
    stat_places: kernel::stat::Places,
    meminfo: kernel::meminfo::Places,
    vmstat: kernel::vmstat::Places,
}

fn parse_with_everything(bytes: &[u8], kept: &mut Kept) {
    kernel::stat::parse(bytes, &mut kept.stat, &mut kept.stat_places);
    black_box(&kept.stat);
    black_box(kernel::cpuinfo::parse(bytes));
    black_box(kernel::meminfo::parse(bytes, &mut kept.meminfo));
    black_box(kernel::loadavg::parse(bytes));
    black_box(kernel::uptime::parse(bytes));
    black_box(kernel::diskstats::parse(bytes).filter_map(|disk| disk.counters()).count());
    for mount in kernel::mountinfo::parse(bytes) {
        black_box(kernel::mountinfo::unescape(mount.mount_point));
    }
    black_box(kernel::mdstat::disk_of(bytes, "md1"));
    black_box(kernel::net_dev::parse(bytes).count());
    black_box(kernel::net_route::parse_default(bytes));
    black_box(kernel::net_route::parse_default_ipv6(bytes));
    black_box(kernel::sockstat::parse(bytes));
    black_box(kernel::psi::parse(bytes));
    black_box(kernel::wireless::parse(bytes).count());
    black_box(kernel::os_release::parse(bytes));
    black_box(kernel::statm::parse_resident(bytes));
    black_box(kernel::block::parse_dev(bytes));
    black_box(kernel::block::parse_mm_stat(bytes));
    black_box(kernel::block::parse_life_time(bytes));
    black_box(kernel::block::parse_vpd_pg80(bytes));
    for kind in [Thermometer::Chip, Thermometer::OneWire, Thermometer::Zone] {
        black_box(kernel::sensor::parse_millidegrees(bytes, kind));
    }
    black_box(kernel::sensor::parse_rpm(bytes));
    black_box(kernel::sensor::parse_throttled(bytes));
    black_box(kernel::udev::parse(bytes));
    black_box(kernel::vmstat::parse(bytes, &mut kept.vmstat));
    black_box(kernel::utmp::sessions(bytes).map(Iterator::count));
    black_box(kernel::pid_stat::parse_start(bytes));
    black_box(kernel::hostname::parse(bytes));
    #[cfg(feature = "router")]
    ask_with_everything(bytes);
}

/// The same by netlink, where a text is an answer, a body of one, and what is told of one.
#[cfg(feature = "router")]
fn ask_with_everything(bytes: &[u8]) {
    use kernel::{link, netlink, nl80211, qdisc, wireguard};
    let mut lines = Vec::new();
    netlink::hear(bytes, 0, &mut false, &mut |message| lines.extend_from_slice(message.body));
    for kind in [16, 36] {
        let message = netlink::Message { kind, body: bytes };
        link::tell(&message, &mut lines);
        qdisc::tell(&message, &mut lines);
        wireguard::tell(&message, &mut lines);
        nl80211::tell_interface(&message, &mut lines);
        nl80211::tell_station(&message, &mut lines);
    }
    for text in [bytes, &lines] {
        black_box((link::parse(text).count(), qdisc::parse(text).count()));
        black_box((wireguard::parse(text).count(), nl80211::parse_interfaces(text).count()));
        black_box(nl80211::parse_stations(text).count());
    }
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a fixture is a folder").flatten() {
        let kind = entry.file_type().expect("a fixture's files have types");
        if kind.is_dir() {
            files(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

#[test]
fn no_text_makes_a_parser_panic() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut found = Vec::new();
    for part in ["server/t0/proc", "server/t0/run", "openwrt-mt7621/t0/proc", "debian-vm/t0/etc"] {
        files(&fixtures.join(part), &mut found);
    }
    assert!(found.len() > 30, "{} fixtures", found.len());
    let mut kept = Kept::default();
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        // xorshift64: any sequence will do, as long as it is the same every time.
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        usize::try_from(seed % u64::try_from(below.max(1)).unwrap_or(1)).unwrap_or(0)
    };
    for path in found {
        let text = fs::read(&path).expect("a fixture is readable");
        for _ in 0..60 {
            let mut bytes = text[..next(text.len() + 1)].to_vec();
            for _ in 0..next(6) {
                let at = next(bytes.len());
                let byte = *b"9 -:\n\0\\\xff/.".get(next(10)).unwrap_or(&b'9');
                if let Some(slot) = bytes.get_mut(at) {
                    *slot = byte;
                }
                if next(3) == 0 && !bytes.is_empty() {
                    bytes.splice(at..at, b"99999999999999999999".iter().copied());
                }
            }
            parse_with_everything(&bytes, &mut kept);
        }
    }
}
