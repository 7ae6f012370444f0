mod wishes;

use serde_json::Value;

use super::report::report;
use super::*;
use crate::output::fixture::{account, now, pi};
use crate::sample::{Filesystem, LoadAverage, Network, Sockets};

fn komari() -> Komari {
    let mut komari = Komari::new(account(None, "t"));
    komari.handle_opened();
    komari
}

/// A connection that speaks version 1.
fn old() -> Komari {
    let mut komari = Komari::new(account(None, "t"));
    assert!(komari.try_other_way());
    komari.handle_opened();
    komari
}

fn counted(up: u64, down: u64) -> Sample {
    let mut sample = pi();
    (sample.network.total_tx, sample.network.total_rx) = (Some(up), Some(down));
    sample
}

fn stamp(seconds: u64) -> Stamp {
    let mut stamp = Stamp { now: now(), seq: 1 };
    stamp.now.instant = stamp.now.instant.plus(std::time::Duration::from_secs(seconds));
    stamp
}

fn encode(komari: &mut Komari, sample: &Sample) -> Value {
    let mut out = String::new();
    let all = komari.encode_report(sample, stamp(0), &mut out);
    assert_eq!(all, 0..out.len());
    serde_json::from_str(&out).unwrap()
}

fn messages(komari: &mut Komari) -> Vec<Value> {
    let (mut all, mut out) = (Vec::new(), String::new());
    while komari.has_message() {
        komari.encode_message("{}", &mut out);
        all.push(serde_json::from_str(&out).unwrap());
    }
    all
}

/// Every number below a value.
fn numbers(value: &Value) -> Vec<&serde_json::Number> {
    match value {
        Value::Number(number) => vec![number],
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Object(members) => members.values().flat_map(numbers).collect(),
        Value::Null | Value::Bool(_) | Value::String(_) => Vec::new(),
    }
}

#[test]
fn a_report_is_a_call_and_in_version_1_the_object_alone() {
    let call = encode(&mut komari(), &counted(5, 6));
    assert_eq!((&call["jsonrpc"], &call["method"]), (&"2.0".into(), &"agent.report".into()));
    let alone = encode(&mut old(), &counted(5, 6));
    assert_eq!(alone, call["params"]["report"]);
    assert_eq!(alone["network"]["totalUp"], 5);
    assert_eq!(alone["network"]["totalDown"], 6);
}

#[test]
fn a_report_that_was_not_sent_is_none_of_those_that_are_counted() {
    let mut komari = komari();
    let asks = |komari: &mut Komari| encode(komari, &counted(5, 6)).get("id").is_some();
    assert!(asks(&mut komari));
    komari.handle_unsent();
    assert!(asks(&mut komari));
    assert!(!asks(&mut komari));
}

#[test]
#[cfg(feature = "alerts")]
fn visitors_read_what_is_wrong_until_it_is_over() {
    use crate::alert::built_in::rules;
    use crate::percent::Percent;
    use crate::time::WallTime;

    let rules = rules(|_| true);
    let mut watch = Watch::new(&rules, WallTime::default());
    let (mut komari, mut sample) = (komari(), pi());
    for (at, percent, message) in [(0, 95.0, "Disk almost full"), (60, 50.0, "")] {
        let share = Some(Percent::new(percent));
        sample.filesystems.iter_mut().for_each(|fs| fs.usage_percent = share);
        sample.filesystems.truncate(1);
        watch.observe(&sample, stamp(at).now);
        komari.handle_watch(&watch);
        let report = encode(&mut komari, &sample);
        assert_eq!(report["params"]["report"]["message"], message);
    }
}

#[test]
fn a_report_has_every_member_and_whole_counts_whatever_the_host_gives() {
    for sample in [Sample::default(), counted(u64::MAX, u64::MAX)] {
        let mut report = encode(&mut old(), &sample);
        for member in [
            "/cpu/usage",
            "/ram/total",
            "/ram/used",
            "/swap/total",
            "/swap/used",
            "/load/load1",
            "/load/load5",
            "/load/load15",
            "/disk/total",
            "/disk/used",
            "/network/up",
            "/network/down",
            "/network/totalUp",
            "/network/totalDown",
            "/connections/tcp",
            "/connections/udp",
            "/uptime",
            "/process",
        ] {
            assert!(report.pointer(member).is_some_and(Value::is_number), "{member}: {report}");
        }
        assert_eq!(report["message"], "", "it is shown to everybody");
        report["cpu"].take();
        report["load"].take();
        for number in numbers(&report) {
            assert!(number.as_u64().is_some_and(|n| n < i64::MAX as u64), "{number}");
        }
    }
}

#[test]
fn what_the_server_refuses_is_never_said() {
    let mut sample = pi();
    sample.load_average = Some(LoadAverage { one: 5000.0, five: f64::NAN, fifteen: f64::INFINITY });
    let report = encode(&mut old(), &sample);
    assert_eq!(report["load"].to_string(), r#"{"load1":1000.0,"load15":0.0,"load5":0.0}"#);
}

#[test]
fn the_first_report_waits_for_its_counters_but_not_for_ever() {
    let mut komari = komari();
    let bare = Sample { uptime: Some(1), ..Sample::default() };
    assert_eq!([komari.takes(&bare), komari.takes(&bare)], [false, true]);
    let mut komari = self::komari();
    assert!(komari.takes(&counted(1, 1)), "nothing to wait for");
    encode(&mut komari, &counted(1, 1));
    assert!(komari.takes(&bare), "only the first report waits");
}

#[test]
fn a_total_that_is_missing_once_is_not_counted_twice() {
    let mut komari = old();
    let mut totals = |sample: &Sample| {
        let report = encode(&mut komari, sample);
        (report["network"]["totalUp"].as_u64(), report["network"]["totalDown"].as_u64())
    };
    assert_eq!(totals(&counted(1_000_000, 2_000_000)), (Some(1_000_000), Some(2_000_000)));
    let without = Sample { network: Network::default(), ..pi() };
    assert_eq!(totals(&without), (Some(1_000_000), Some(2_000_000)), "the last known ones");
    assert_eq!(totals(&counted(1_000_100, 2_000_000)), (Some(1_000_100), Some(2_000_000)));
}

#[test]
fn a_total_that_appears_late_begins_at_nothing() {
    let mut traffic = Traffic::default();
    let without = Sample { network: Network::default(), ..pi() };
    let mut up = |sample: &Sample| report(sample, &mut traffic, "").network.total_up;
    assert_eq!(up(&without), 0);
    assert_eq!(up(&counted(9_000_000, 1)), 0, "what was before does not count");
    assert_eq!(up(&counted(9_000_500, 1)), 500);
    assert_eq!(up(&counted(40, 1)), 40, "the counter began anew");
}

#[test]
fn only_this_hosts_own_disks_count_each_once() {
    let mut sample = pi();
    let mount = |mount_point: &str, device: &str, fstype: &str| Filesystem {
        mount_point: mount_point.into(),
        device: device.into(),
        fstype: fstype.into(),
        total: Some(100),
        used: Some(10),
        ..Filesystem::default()
    };
    sample.filesystems = vec![
        mount("/", "overlay", "overlay"),
        mount("/data", "/dev/sda1", "ext4"),
        mount("/srv", "/dev/sda1", "ext4"),
        mount("/tank", "tank/home", "zfs"),
        mount("/net", "nas:/export", "nfs4"),
    ];
    sample.sockets = Some(Sockets { tcp: 7, tcp_time_wait: 3, udp: 2 });
    let report = encode(&mut old(), &sample);
    assert_eq!(report["disk"].to_string(), r#"{"total":300,"used":30}"#);
    assert_eq!(report["connections"].to_string(), r#"{"tcp":10,"udp":2}"#);
}

#[test]
fn one_report_in_many_asks_for_an_answer_the_first_of_a_connection_too() {
    let mut komari = komari();
    let asks: Vec<bool> = (0..130).map(|_| !encode(&mut komari, &pi())["id"].is_null()).collect();
    let at: Vec<usize> = (0..130).filter(|at| asks[*at]).collect();
    assert_eq!(at, [0, 60, 120]);
    komari.handle_opened();
    assert_eq!(encode(&mut komari, &pi())["id"], 1);
}

#[test]
fn the_info_goes_once_a_connection_when_it_changes_and_now_and_then() {
    let mut komari = komari();
    let told = |komari: &mut Komari, sample: &Sample, seconds| {
        komari.handle_sample(sample, stamp(seconds));
        messages(komari).len()
    };
    assert_eq!([told(&mut komari, &pi(), 0), told(&mut komari, &pi(), 5)], [1, 0]);
    let mut other = pi();
    other.memory.total = Some(1);
    assert_eq!([told(&mut komari, &other, 10), told(&mut komari, &other, 15)], [1, 0]);
    assert_eq!([told(&mut komari, &other, 609), told(&mut komari, &other, 610)], [0, 1]);
    komari.handle_lost();
    assert_eq!(told(&mut komari, &pi(), 700), 0, "to nobody");
    komari.handle_opened();
    assert_eq!(told(&mut komari, &pi(), 701), 1, "a new connection knows nothing");
}

#[test]
fn the_info_has_exactly_the_keys_the_server_knows() {
    let mut komari = komari();
    komari.handle_sample(&pi(), stamp(0));
    let call = messages(&mut komari).remove(0);
    assert_eq!(call["method"], "agent.basicInfo");
    assert!(call["id"].is_u64(), "a refusal is wanted");
    let info = call["params"]["info"].as_object().unwrap();
    let keys: Vec<_> = info.keys().map(String::as_str).collect();
    let known = [
        "arch",
        "cpu_cores",
        "cpu_name",
        "cpu_physical_cores",
        "disk_total",
        "gpu_name",
        "ipv4",
        "ipv6",
        "kernel_version",
        "mem_total",
        "os",
        "swap_total",
        "version",
        "virtualization",
    ];
    assert_eq!(keys, known);
    assert_eq!((&info["os"], &info["arch"]), (&"Raspbian 12".into(), &"arm64".into()));
    assert_eq!((&info["ipv4"], &info["ipv6"]), (&"203.0.113.7".into(), &"".into()));
    for number in numbers(&call["params"]) {
        assert!(number.is_u64(), "a fraction breaks the server: {number}");
    }
    let mut hidden = pi();
    hidden.ip_addresses.clear();
    hidden.cpu.brand = "ä".repeat(200);
    komari.handle_sample(&hidden, stamp(1));
    let call = messages(&mut komari).remove(0);
    let info = &call["params"]["info"];
    assert_eq!((&info["ipv4"], &info["ipv6"]), (&"".into(), &"".into()), "both, always");
    assert_eq!(info["cpu_name"].as_str().unwrap().chars().count(), 100);
}

#[test]
fn version_1_posts_its_info_and_once_more_without_what_older_servers_do_not_know() {
    let mut komari = old();
    komari.handle_sample(&pi(), stamp(0));
    let errand = komari.poll_errand().unwrap();
    assert_eq!(errand.request.path_and_query, "/api/clients/uploadBasicInfo?token=t");
    let body = errand.request.body.unwrap();
    assert!(body.contains("cpu_physical_cores") && body.contains("kernel_version"), "{body}");
    assert_eq!(komari.handle_errand(Some(500)), Heard::Nothing);
    let body = komari.poll_errand().unwrap().request.body.unwrap();
    assert!(!body.contains("cpu_physical_cores") && !body.contains("kernel_version"), "{body}");
    let fault = Heard::Fault("HTTP 500 to what was posted".into());
    assert_eq!(komari.handle_errand(Some(500)), fault);
    assert_eq!(komari.poll_errand(), None, "not for ever");
    komari.handle_sample(&pi(), stamp(5));
    assert_eq!(komari.poll_errand(), None, "it is not news");
}

#[test]
fn the_other_way_is_for_one_connection_only() {
    let path = |komari: &Komari| komari.request().path_and_query;
    let mut komari = Komari::new(account(None, "a+b"));
    assert_eq!(path(&komari), "/api/clients/v2/rpc?token=a%2Bb");
    assert!(komari.request().headers.is_empty(), "no header lets anybody in");
    assert!(komari.try_other_way());
    assert_eq!(path(&komari), "/api/clients/report?token=a%2Bb");
    assert!(!komari.try_other_way(), "there is no third");
    komari.handle_lost();
    assert_eq!(path(&komari), "/api/clients/v2/rpc?token=a%2Bb");
}

#[test]
fn a_path_before_the_servers_own_is_kept() {
    for (path, at) in [
        ("", "/api/clients/v2/rpc?token=t"),
        ("/", "/api/clients/v2/rpc?token=t"),
        ("/komari", "/komari/api/clients/v2/rpc?token=t"),
        ("/komari/", "/komari/api/clients/v2/rpc?token=t"),
        ("/api/clients/v2/rpc", "/api/clients/v2/rpc?token=t"),
        ("/k/api/clients/report/?x=1", "/k/api/clients/v2/rpc?x=1&token=t"),
    ] {
        let path_and_query = path.to_owned();
        let komari = Komari::new(Account { path_and_query, ..account(None, "t") });
        assert_eq!(komari.request().path_and_query, at, "{path}");
    }
}
