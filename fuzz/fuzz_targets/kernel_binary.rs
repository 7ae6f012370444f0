//! What kernel, disks and the host's bus say in bytes: netlink, D-Bus, logs of disks, sessions.
#![no_main]

use std::hint::black_box;

use kinglet_host::kernel::{
    ata_smart, block, dbus, link, netlink, nl80211, nvme_log, qdisc, utmp, wireguard,
};
use libfuzzer_sys::fuzz_target;

/// The longest message that is heard here.
const MESSAGE: usize = 64 * 1024;

fuzz_target!(|bytes: &[u8]| {
    netlink(bytes);
    bus(bytes);
    disks(bytes);
    black_box((utmp::sessions(bytes).map(Iterator::count), utmp::last_boot(bytes)));
});

fn netlink(bytes: &[u8]) {
    let mut lines = Vec::new();
    let mut tell = |message: netlink::Message<'_>| {
        black_box(netlink::parse_family(&message));
        link::tell(&message, &mut lines);
        qdisc::tell(&message, &mut lines);
        wireguard::tell(&message, &mut lines);
        nl80211::tell_interface(&message, &mut lines);
        nl80211::tell_station(&message, &mut lines);
    };
    netlink::hear(bytes, 0, &mut false, &mut tell);
    for kind in [16, 36] {
        tell(netlink::Message { kind, body: bytes });
    }
    // What is told is lines, each of which says something or nothing.
    assert!(lines.is_empty() || lines.ends_with(b"\n"));
    for text in [bytes, &lines] {
        black_box((link::parse(text).count(), qdisc::parse(text).count()));
        black_box((wireguard::parse(text).count(), nl80211::parse_interfaces(text).count()));
        assert!(nl80211::parse_stations(text).flatten().all(|level| (-128..0).contains(&level)));
    }
}

fn bus(bytes: &[u8]) {
    if let dbus::greeting::Answer::In(count) = dbus::greeting::parse(bytes, MESSAGE) {
        assert!(count <= bytes.len());
    }
    let mut rest = bytes;
    while let dbus::Parsed::Message(message, count) = dbus::parse(rest, MESSAGE) {
        assert!(count > 0 && count <= rest.len());
        black_box(dbus::systemd::parse_number(&message));
        black_box(dbus::systemd::parse_state(&message));
        let mut names = 0;
        let _ = dbus::systemd::parse_names(&message, |name| names += name.len());
        assert!(names <= count);
        rest = &rest[count..];
    }
}

fn disks(bytes: &[u8]) {
    for is_flash in [false, true] {
        black_box(ata_smart::parse_attributes(bytes, is_flash));
    }
    if let Some(registers) = ata_smart::parse_registers(bytes) {
        black_box((registers.is_awake(), registers.has_failed()));
    }
    black_box((nvme_log::parse(bytes), block::parse_vpd_pg80(bytes)));
}
