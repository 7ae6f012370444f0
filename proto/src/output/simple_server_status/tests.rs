use serde_json::Value;

use super::*;
use crate::host::Host;
use crate::output::fixture::{account, host, now, pi, pi_with_mounts};
use crate::sample::{self, Sample};

fn encode(host: &Host, sample: &Sample) -> String {
    let mut out = String::new();
    let stamp = Stamp { now: now(), seq: 1 };
    let account = Account { host: host.clone(), ..account(Some("srv"), "t") };
    status(account).encode_report(sample, stamp, &mut out);
    out
}

fn status(account: Account) -> SimpleServerStatus {
    SimpleServerStatus { account, fitting: usize::MAX }
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Integers, as the shipped dashboard reads them, by their path in the object.
const INTEGERS: [&str; 36] = [
    "/cpu/cores",
    "/memory/total",
    "/memory/used",
    "/memory/available",
    "/disk/0/total",
    "/disk/0/used",
    "/disk/0/free",
    "/disk/0/readSpeed",
    "/disk/0/writeSpeed",
    "/network/bytesSent",
    "/network/bytesRecv",
    "/network/inSpeed",
    "/network/outSpeed",
    "/system/uptime",
    "/timestamp",
    "/hostInfo/uptime",
    "/hostInfo/bootTime",
    "/virtualMemoryInfo/total",
    "/virtualMemoryInfo/used",
    "/swapMemoryInfo/total",
    "/swapMemoryInfo/used",
    "/swapMemoryInfo/free",
    "/diskInfo/total",
    "/diskInfo/used",
    "/diskInfo/partitions/0/total",
    "/diskInfo/partitions/0/free",
    "/diskInfo/partitions/0/used",
    "/diskInfo/partitions/1/total",
    "/diskInfo/partitions/1/free",
    "/diskInfo/partitions/1/used",
    "/disk/1/total",
    "/disk/1/used",
    "/networkInfo/netInSpeed",
    "/networkInfo/netOutSpeed",
    "/networkInfo/netInTransfer",
    "/networkInfo/netOutTransfer",
];

#[test]
fn the_object_carries_the_documented_and_the_shipped_fields() {
    let expected = concat!(
        r#"{"serverId":"srv","serverName":"Kitchen \"Pi\"","group":"home","countryCode":"DE","#,
        r#""location":"Kitchen","ip":"203.0.113.7","loc":"DE","#,
        r#""cpu":{"percent":12.5,"cores":4,"modelName":"Cortex-A53"},"#,
        r#""memory":{"total":436000000,"used":109000000,"available":327000000,"#,
        r#""usedPercent":25.0},"#,
        r#""disk":[{"path":"/","total":30000,"used":3000,"free":27000,"usedPercent":10.0,"#,
        r#""readSpeed":4096,"writeSpeed":8192},{"path":"/boot/firmware","total":500,"used":50,"#,
        r#""free":450,"usedPercent":10.0,"readSpeed":4096,"writeSpeed":8192}],"#,
        r#""network":{"interfaceName":"wlan0","bytesSent":700000000,"bytesRecv":5000000000,"#,
        r#""inSpeed":1000,"outSpeed":200},"#,
        r#""system":{"hostname":"kitchen","os":"linux","platform":"raspbian","arch":"arm64","#,
        r#""kernel":"6.6.31+rpt-rpi-v8","uptime":1000000},"timestamp":1795161600,"#,
        r#""hostInfo":{"kernelArch":"aarch64","kernelVersion":"6.6.31+rpt-rpi-v8","#,
        r#""virtualizationSystem":"","os":"linux","platform":"raspbian","#,
        r#""platformFamily":"debian","platformVersion":"12","uptime":1000000,"#,
        r#""bootTime":1794161600,"avgStat":{"load1":0.5,"load5":0.25,"load15":1.0}},"#,
        r#""cpuInfo":{"percent":12.5,"info":["Cortex-A53 x 4"]},"#,
        r#""virtualMemoryInfo":{"total":436000000,"used":87200000,"usedPercent":20.0},"#,
        r#""swapMemoryInfo":{"total":100,"used":30,"free":70,"usedPercent":30.0},"#,
        r#""diskInfo":{"total":30500,"used":3050,"usedPercent":10.0,"partitions":["#,
        r#"{"mountPoint":"/","fstype":"ext4","total":30000,"free":27000,"used":3000,"#,
        r#""usedPercent":10.0},{"mountPoint":"/boot/firmware","fstype":"ext4","total":500,"#,
        r#""free":450,"used":50,"usedPercent":10.0}]},"#,
        r#""networkInfo":{"netInSpeed":1000,"netOutSpeed":200,"netInTransfer":5000000000,"#,
        r#""netOutTransfer":700000000}}"#,
    );
    assert_eq!(encode(&host(), &pi()), expected);
}

#[test]
fn memory_is_what_its_own_agent_would_show_where_the_host_tells_enough() {
    let used = |change: fn(&mut sample::Memory)| {
        let mut sample = pi();
        change(&mut sample.memory);
        let report = parse(&encode(&host(), &sample));
        assert_eq!(report["memory"]["used"], 109_000_000, "the documented one");
        report["virtualMemoryInfo"]["used"].as_u64()
    };
    assert_eq!(used(|_| {}), Some(87_200_000));
    assert_eq!(used(|memory| memory.buffers = None), Some(109_000_000));
    assert_eq!(used(|memory| memory.cached = Some(u64::MAX)), Some(109_000_000));
    assert_eq!(used(|memory| memory.cached = Some(400_000_000)), Some(109_000_000), "its host's");
}

#[test]
fn integers_are_never_floats() {
    let report = parse(&encode(&host(), &pi()));
    for path in INTEGERS {
        let value = report.pointer(path);
        assert!(value.is_some_and(Value::is_u64), "{path} is {value:?}");
    }
}

#[test]
fn an_empty_host_still_has_all_six_objects_and_no_null() {
    let text = encode(&Host::default(), &Sample::default());
    assert!(!text.contains("null"), "{text}");
    let report = parse(&text);
    for object in
        ["hostInfo", "cpuInfo", "virtualMemoryInfo", "swapMemoryInfo", "diskInfo", "networkInfo"]
    {
        assert!(report[object].is_object(), "{object}");
    }
    for array in ["/disk", "/diskInfo/partitions", "/cpuInfo/info"] {
        assert!(report.pointer(array).is_some_and(Value::is_array), "{array}");
    }
    assert_eq!(report["serverName"], "srv", "a host without a name shows its id");
}

#[test]
fn two_hundred_mounts_fit_and_the_totals_count_all_of_them() {
    let sample = pi_with_mounts(200);
    let text = encode(&host(), &sample);
    assert!(text.len() < SIMPLE_SERVER_STATUS_FRAME_MAX, "{} bytes", text.len());
    let report = parse(&text);
    let shown = report["diskInfo"]["partitions"].as_array().unwrap().len();
    assert!((25..60).contains(&shown), "{shown} shown");
    assert_eq!(report["disk"].as_array().unwrap().len(), shown);
    assert_eq!(report["disk"][0]["path"], "/srv/export/share-000", "from the bottom");
    let total: u64 = sample.filesystems.iter().filter_map(|fs| fs.total).sum();
    assert_eq!(report["diskInfo"]["total"], total);
}

#[test]
fn the_number_that_fits_is_found_again_without_search() {
    let mut status = status(account(Some("srv"), "t"));
    let (sample, mut out) = (pi_with_mounts(200), String::new());
    let mut lengths = Vec::new();
    for seq in 0..20 {
        let stamp = Stamp { now: now(), seq };
        status.encode_report(&sample, stamp, &mut out);
        assert!(out.len() < SIMPLE_SERVER_STATUS_FRAME_MAX);
        lengths.push(out.len());
    }
    assert_eq!(lengths[18], lengths[19]);
    assert!(lengths[19] > SIMPLE_SERVER_STATUS_FRAME_MAX - 600, "the room is used: {lengths:?}");
    // Mounts go and come back: the number follows.
    let stamp = Stamp { now: now(), seq: 21 };
    status.encode_report(&pi_with_mounts(3), stamp, &mut out);
    assert_eq!(parse(&out)["disk"].as_array().unwrap().len(), 3);
}

#[test]
fn one_endless_path_or_name_cannot_break_the_limit() {
    let mut sample = pi();
    sample.filesystems[0].mount_point = "/x".repeat(8_000);
    assert!(encode(&host(), &sample).len() < SIMPLE_SERVER_STATUS_FRAME_MAX);
    for piece in ["x", "\"", "\\", "ä", "\u{1}", "\u{1F426}"] {
        let long = piece.repeat(20_000);
        let mut sample = pi();
        sample.hostname = long.clone();
        sample.cpu.brand = long.clone();
        sample.os.kernel = long.clone();
        sample.os.name = long.clone();
        sample.os.version = long.clone();
        sample.os.arch.0 = long.clone();
        sample.network.wan = Some(long.clone());
        let host = Host {
            name: long.clone(),
            group: Some(long.clone()),
            location: Some(long.clone()),
            country_code: Some(long.clone()),
            ip: Some(long.clone()),
            ..host()
        };
        let text = encode(&host, &sample);
        assert!(text.len() < SIMPLE_SERVER_STATUS_FRAME_MAX, "{piece:?}: {}", text.len());
        parse(&text);
    }
}

#[test]
fn file_systems_that_do_not_answer_are_left_out() {
    let mut sample = pi();
    sample.filesystems[1] =
        Filesystem { total: None, stuck: true, ..sample.filesystems[1].clone() };
    let report = parse(&encode(&host(), &sample));
    assert_eq!(report["disk"].as_array().unwrap().len(), 1);
}

#[test]
fn distributions_have_the_families_gopsutil_gives_them() {
    for (id, expected) in [
        ("debian", "debian"),
        ("raspbian", "debian"),
        ("ubuntu", "debian"),
        ("rocky", "rhel"),
        ("almalinux", "rhel"),
        ("centos", "rhel"),
        ("fedora", "fedora"),
        ("alpine", "alpine"),
        ("openwrt", "openwrt"),
        ("hannah-montana", ""),
    ] {
        assert_eq!(family(id), expected, "{id}");
    }
}

#[test]
fn load_that_is_no_number_is_zero() {
    let mut sample = pi();
    let nan = LoadAverage { one: f64::NAN, five: f64::INFINITY, fifteen: 0.1 };
    sample.load_average = Some(nan);
    let stat = &parse(&encode(&host(), &sample))["hostInfo"]["avgStat"];
    assert_eq!(stat.to_string(), r#"{"load1":0.0,"load15":0.1,"load5":0.0}"#);
}

#[test]
fn a_clock_before_the_uptime_gives_no_negative_boot() {
    let mut out = String::new();
    let stamp = Stamp::default();
    status(account(None, "t")).encode_report(&pi(), stamp, &mut out);
    assert_eq!(parse(&out)["hostInfo"]["bootTime"], 0);
}
