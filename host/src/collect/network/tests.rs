use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

use super::*;

/// A host whose interfaces all have hardware, seen through a folder.
struct Host {
    folder: PathBuf,
    collector: NetworkCollector,
    buffer: Buffer,
    sample: Sample,
}

impl Host {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kinglet-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("net")).unwrap();
        let mut setup = Setup::of(&folder);
        setup.net = Root::new(folder.join("net"));
        let collector = NetworkCollector::new(&setup);
        Self { folder, collector, buffer: Buffer::default(), sample: Sample::default() }
    }

    fn add(&self, name: &str, index: u64) {
        let at = self.folder.join("class/net").join(name);
        fs::create_dir_all(at.join("device")).unwrap();
        fs::write(at.join("type"), "1\n").unwrap();
        fs::write(at.join("ifindex"), format!("{index}\n")).unwrap();
        fs::write(at.join("iflink"), format!("{index}\n")).unwrap();
    }

    /// Speeds of each interface and of the host, bytes received.
    fn sample(&mut self, second: u64, counters: &[(&str, u64)]) -> Vec<Option<u64>> {
        let line = |(name, bytes): &(&str, u64)| format!("{name}: {bytes} {}", "0 ".repeat(15));
        let lines: Vec<String> = counters.iter().map(line).collect();
        fs::write(self.folder.join("net/dev"), lines.join("\n")).unwrap();
        let now = Instant::from_millis(1000 + second * 1000);
        self.collector.collect(now, &mut self.buffer, &mut self.sample);
        let interfaces = self.sample.network.interfaces.iter().map(|row| row.rx_speed);
        interfaces.chain([self.sample.network.rx_speed, self.sample.network.total_rx]).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn a_counter_that_starts_over_never_spikes() {
    let mut host = Host::new("net-reset");
    host.add("eth0", 2);
    assert_eq!(host.sample(0, &[("eth0", 9000)]), [None, None, Some(9000)]);
    assert_eq!(host.sample(2, &[("eth0", 9500)]), [Some(250), Some(250), Some(9500)]);
    assert_eq!(host.sample(4, &[("eth0", 100)]), [None, None, Some(100)]);
    assert_eq!(host.sample(5, &[("eth0", 300)]), [Some(200), Some(200), Some(300)]);
    // A driver's garbage is what it is, but no arithmetic overflows on it.
    assert_eq!(host.sample(6, &[("eth0", u64::MAX)])[2], Some(u64::MAX));
}

#[test]
fn an_interface_that_appears_later_appears_and_one_that_goes_goes() {
    let mut host = Host::new("net-appear");
    host.add("eth0", 2);
    host.sample(0, &[("eth0", 1000)]);
    host.add("wlan0", 3);
    let two = host.sample(1, &[("eth0", 1100), ("wlan0", 70)]);
    assert_eq!(two, [Some(100), None, Some(100), Some(1170)]);
    let later = host.sample(2, &[("eth0", 1100), ("wlan0", 90)]);
    assert_eq!(later, [Some(0), Some(20), Some(20), Some(1190)]);
    let gone = host.sample(3, &[("wlan0", 95)]);
    assert_eq!(gone, [Some(5), Some(5), Some(95)]);
}

#[test]
fn one_of_the_same_name_that_was_replaced_has_no_speed_yet() {
    let mut host = Host::new("net-replace");
    host.add("ppp0", 7);
    host.sample(0, &[("ppp0", 1000)]);
    host.add("ppp0", 9);
    host.collector.handle_change(Change::Network);
    assert_eq!(host.sample(1, &[("ppp0", 900_000)]), [None, None, Some(900_000)]);
}

#[test]
fn what_the_owner_excludes_is_counted_and_not_shown() {
    let mut host = Host::new("net-filter");
    host.add("eth0", 2);
    host.add("eth1", 3);
    host.collector.filter.exclude.push("eth1".into());
    host.sample(0, &[("eth0", 10), ("eth1", 500)]);
    let shown = host.sample(1, &[("eth0", 20), ("eth1", 700)]);
    assert_eq!(shown, [Some(10), Some(210), Some(720)]);
}

#[test]
fn without_the_file_nothing_is_said() {
    let mut host = Host::new("net-absent");
    fs::remove_dir_all(host.folder.join("net")).unwrap();
    let now = Instant::from_millis(1000);
    host.collector.collect(now, &mut host.buffer, &mut host.sample);
    assert_eq!(host.sample.network, Network::default());
}

#[test]
fn a_name_is_bytes_and_costs_those_behind_it_nothing() {
    let mut host = Host::new("net-bytes");
    host.add("eth0", 3);
    let name = OsStr::from_bytes(b"tun-caf\xc3");
    fs::create_dir_all(host.folder.join("class/net").join(name)).unwrap();
    fs::write(host.folder.join("class/net").join(name).join("ifindex"), "2\n").unwrap();
    let zeros = "0 ".repeat(7);
    for (second, bytes) in [(0, 1000), (1, 1500)] {
        let line = |name: &[u8], bytes: u64| {
            [name, format!(": {bytes} {zeros} 7 {zeros}\n").as_bytes()].concat()
        };
        let lines = [line(name.as_bytes(), 50), line(b"eth0", bytes)].concat();
        fs::write(host.folder.join("net/dev"), lines).unwrap();
        let now = Instant::from_millis(1000 + second * 1000);
        host.collector.collect(now, &mut host.buffer, &mut host.sample);
    }
    let network = &host.sample.network;
    assert_eq!((network.total_rx, network.rx_speed), (Some(1500), Some(500)));
    assert_eq!(network.interfaces[0].name, "tun-caf\u{fffd}");
    assert_eq!(network.interfaces[0].rx_bytes, 50);
    assert_eq!(host.collector.renewals.get(), 1, "the links are read once");
}

#[test]
fn a_translator_is_not_the_way_out() {
    let mut host = Host::new("net-clat");
    host.add("wwan0", 2);
    let at = host.folder.join("class/net/clat");
    fs::create_dir_all(&at).unwrap();
    fs::write(at.join("type"), "65534\n").unwrap();
    let zero = "0".repeat(32);
    let six = format!("{zero} 00 {zero} 00 fe80{:028} 00000400 1 0 00000003 wwan0\n", 1);
    let four = "clat 00000000 00000000 0001 0 0 0 00000000 0 0 0\n";
    fs::write(host.folder.join("net/route"), four).unwrap();
    host.sample(0, &[("wwan0", 900), ("clat", 700)]);
    assert_eq!(host.sample.network.wan.as_deref(), Some("clat"), "a VPN of a host without IPv6");
    fs::write(host.folder.join("net/ipv6_route"), six).unwrap();
    host.collector.handle_change(Change::Network);
    host.sample(1, &[("wwan0", 900), ("clat", 700)]);
    assert_eq!(host.sample.network.wan.as_deref(), Some("wwan0"));
    assert_eq!(host.sample.network.total_rx, Some(900));
}

#[test]
fn links_that_come_and_go_all_the_time_are_read_at_a_pace() {
    let mut host = Host::new("net-churn");
    host.add("eth0", 2);
    for second in 0..100 {
        let name = format!("veth{second}");
        host.add(&name, 100 + second);
        fs::remove_dir(host.folder.join(format!("class/net/{name}/device"))).unwrap();
        host.collector.handle_change(Change::Network);
        let counters = [("eth0", 1000 + second * 10), (name.as_str(), 5)];
        let speeds = host.sample(second, &counters);
        let is_known = speeds.len() == 4; // what is gone is gone at once
        assert_eq!(speeds.last(), Some(&Some(1000 + second * 10)), "{second}");
        assert!(is_known || speeds.len() == 3, "{second}: {speeds:?}");
    }
    assert_eq!(host.collector.renewals.get(), 1 + 3 + 5);
}

/// Bytes received since midnight, beside what `sample` tells.
fn today(host: &mut Host, second: u64, counters: &[(&str, u64)]) -> Option<u64> {
    // Half a minute before a midnight of 2026 in UTC.
    let wall = 1_772_841_570 + second;
    host.sample.timestamp = kinglet_proto::time::WallTime::from_unix_millis(wall * 1000);
    host.sample(second, counters);
    host.sample.network.daily_rx
}

#[test]
fn a_day_is_what_was_seen_of_every_link_that_came_and_went() {
    let mut host = Host::new("net-today");
    host.add("eth0", 2);
    assert_eq!(today(&mut host, 0, &[("eth0", 1000)]), Some(1000), "booted just now");
    assert_eq!(today(&mut host, 40, &[("eth0", 1300)]), Some(0), "a new day");
    host.add("wlan0", 3);
    assert_eq!(today(&mut host, 41, &[("eth0", 1310), ("wlan0", 9000)]), Some(10));
    assert_eq!(today(&mut host, 42, &[("eth0", 1310), ("wlan0", 9007)]), Some(17));
    assert_eq!(today(&mut host, 43, &[("eth0", 1320)]), Some(27), "what went took nothing along");
    assert_eq!(today(&mut host, 44, &[("eth0", 5)]), Some(27), "it began anew");
    assert_eq!(today(&mut host, 45, &[("eth0", 9)]), Some(31));
    assert_eq!(today(&mut host, 46, &[]), Some(31));
    host.collector.filter.exclude.push("eth0".into());
    host.collector.handle_change(Change::Network);
    assert_eq!(today(&mut host, 47, &[("eth0", 50)]), Some(31));
    assert_eq!(today(&mut host, 48, &[("eth0", 70)]), Some(51), "not shown, and counted");
}

#[test]
fn midnight_is_where_the_host_says_it_lives() {
    for (name, zone, at_midnight) in
        [("etc/localtime", "UTC0", 0), ("etc/TZ", "CET-1", 1010), ("etc/TZ", "UTC", 0)]
    {
        let mut host = Host::new("net-zone");
        host.add("eth0", 2);
        fs::create_dir_all(host.folder.join("etc")).unwrap();
        fs::write(host.folder.join(name), zone).unwrap();
        host.collector.zone = Zone::new(&Root::new(&host.folder));
        today(&mut host, 0, &[("eth0", 1000)]);
        assert_eq!(today(&mut host, 40, &[("eth0", 1010)]), Some(at_midnight), "{zone}");
    }
}

#[test]
fn the_zone_is_read_once_a_day_and_when_its_offset_ends() {
    let host = Host::new("net-summer");
    fs::create_dir_all(host.folder.join("etc")).unwrap();
    let write = |zone: &str| fs::write(host.folder.join("etc/localtime"), zone).unwrap();
    let mut zone = Zone::new(&Root::new(&host.folder));
    let mut ahead = |second: u64, unix: u64| {
        let instant = Instant::from_millis(1000 + second * 1000);
        let wall = kinglet_proto::time::WallTime::from_unix_millis(unix * 1000);
        zone.ahead(Now { instant, wall }, &mut Buffer::default())
    };
    let summer = 1_774_746_000;
    write("CET-1CEST,M3.5.0,M10.5.0/3");
    assert_eq!(ahead(0, summer - 10), 3600);
    assert_eq!(ahead(9, summer - 1), 3600);
    assert_eq!(ahead(10, summer), 7200, "at once");
    write("JST-9");
    assert_eq!(ahead(60, summer + 50), 7200, "not at each sample");
    assert_eq!(ahead(86_400, summer + 86_390), 9 * 3600);
    fs::remove_file(host.folder.join("etc/localtime")).unwrap();
    assert_eq!(ahead(86_410, summer + 86_400), 9 * 3600);
    assert_eq!(ahead(2 * 86_400, summer + 2 * 86_400), 0);
}
