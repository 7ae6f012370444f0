//! Batches as telegraf writes them.

use super::*;
use crate::ingest::{Message, Report};
use crate::percent::Percent;
use crate::sample::Sample;
use crate::time::WallTime;

/// A round as telegraf's shipped configuration and `net` make it, of a machine with two cores; all
/// counters are `n` times what they were at first.
fn round(time: &str, n: u64) -> String {
    let counters = [
        ("READ", 1_000_000 * n),
        ("WRITE", 500_000 * n),
        ("SENT", 70_000 * n),
        ("RECV", 90_000 * n),
    ];
    let text = include_str!("round.lp").replace("TIME", time);
    counters.iter().fold(text, |text, (name, count)| text.replace(name, &count.to_string()))
}

const NOW: WallTime = WallTime::from_unix_millis(1_795_161_245_000);
const FIRST: &str = "1795161230000000000";
const SECOND: &str = "1795161240000000000";

fn take(host: &mut Host, text: &str) -> Vec<Message> {
    let batch = Batch::lines_or_json(text, Precision::Guessed).unwrap();
    host.take("pi", &batch.points, NOW)
}

fn reports(messages: Vec<Message>) -> Vec<Report> {
    let report = |message| if let Message::Report(report) = message { Some(*report) } else { None };
    messages.into_iter().filter_map(report).collect()
}

fn told(messages: &[Message]) -> Vec<String> {
    let data = |message: &Message| {
        let Message::Told(told) = message else { return None };
        Some(format!("{} {}", told.kind, told.data))
    };
    messages.iter().filter_map(data).collect()
}

fn sample(host: &mut Host, text: &str) -> Sample {
    let mut reports = reports(take(host, text));
    assert_eq!(reports.len(), 1);
    reports.remove(0).sample
}

#[test]
fn two_rounds_are_two_readings_and_the_second_has_rates() {
    let mut host = Host::default();
    let first = sample(&mut host, &round(FIRST, 1));
    assert_eq!((first.hostname.as_str(), first.timestamp.unix_seconds()), ("pi", 1_795_161_230));
    assert_eq!((first.disks[0].read_speed, first.network.rx_speed), (None, None));
    let now = sample(&mut host, &round(SECOND, 2));
    let percent = |value| Some(Percent::new(value));
    assert_eq!(
        (now.cpu.usage, now.cpu.user, now.cpu.iowait),
        (percent(12.5), percent(10.0), percent(2.5))
    );
    assert_eq!(now.cpu.per_core, [Percent::new(25.0), Percent::new(0.0)]);
    assert_eq!((now.cpu.cores, now.uptime, now.users), (Some(2), Some(86_400), Some(1)));
    let memory = now.memory;
    assert_eq!((memory.used, memory.usage_percent), (Some(400_000), percent(40.0)));
    assert_eq!((memory.swap_total, memory.swap_used), (Some(200_000), Some(50_000)));
    assert_eq!(now.filesystems.len(), 2);
    let root = &now.filesystems[0];
    assert_eq!((root.mount_point.as_str(), root.device.as_str()), ("/", "/dev/mmcblk0p2"));
    assert_eq!((root.free, root.usage_percent), (Some(20_000_000_000), percent(33.3)));
    assert_eq!(
        (now.filesystems[1].mount_point.as_str(), now.filesystems[1].read_only),
        ("/media/my stick", true)
    );
    let [disk] = &now.disks[..] else { panic!("{:?}", now.disks) };
    assert_eq!(
        (disk.name.as_str(), disk.read_speed, disk.write_speed),
        ("mmcblk0", Some(100_000), Some(50_000))
    );
    let names: Vec<_> = now.network.interfaces.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["eth0", "docker0"]);
    let eth = &now.network.interfaces[0];
    assert_eq!((eth.rx_speed, eth.tx_speed, eth.speed), (Some(9000), Some(7000), Some(1000)));
    let network = &now.network;
    assert_eq!(
        (network.total_rx, network.rx_speed),
        (Some(180_000), Some(9000)),
        "docker0 is inside"
    );
    assert_eq!((network.rx, network.tx), (Some(9000), Some(7000)));
    assert_eq!(now.load_average.map(|load| load.one), Some(0.5));
    let kernel = now.kernel.unwrap();
    assert_eq!(
        (kernel.forks, kernel.blocked, kernel.boot_time),
        (Some(700), Some(1), Some(1_795_000_000))
    );
    assert_eq!(now.processes.map(|it| (it.total, it.running)), Some((Some(120), 2)));
}

#[test]
fn a_counter_that_starts_over_has_no_rate_and_then_has_one_again() {
    let mut host = Host::default();
    sample(&mut host, &round(FIRST, 5));
    let over = sample(&mut host, &round(SECOND, 1));
    assert_eq!((over.disks[0].read_speed, over.network.interfaces[0].rx_speed), (None, None));
    let again = sample(&mut host, &round("1795161250000000000", 2));
    assert_eq!(again.disks[0].read_speed, Some(100_000));
}

#[test]
fn a_round_in_two_batches_is_one_reading_in_the_end() {
    let mut host = Host::default();
    sample(&mut host, &round(FIRST, 1));
    let text = round(SECOND, 2);
    let whole = sample(&mut clone_after_first(), &text);
    for cut in 1..text.lines().count() {
        let mut host = clone_after_first();
        let lines: Vec<_> = text.lines().collect();
        take(&mut host, &lines[..cut].join("\n"));
        let rest = lines[cut..].join("\n");
        let known = ["icmp", "uptime_format"];
        if lines[cut..].iter().all(|line| known.iter().any(|word| line.contains(word))) {
            continue;
        }
        assert_eq!(sample(&mut host, &rest), whole, "cut before {}", lines[cut]);
    }
}

fn clone_after_first() -> Host {
    let mut host = Host::default();
    take(&mut host, &round(FIRST, 1));
    host
}

#[test]
fn what_comes_rarely_stands_until_it_is_too_old() {
    let mut host = clone_after_first();
    let cpu = |time: u64| format!("cpu,cpu=cpu-total,host=pi usage_idle=90 {time}000000000");
    let now = sample(&mut host, &cpu(1_795_161_240));
    assert_eq!((now.cpu.usage, now.filesystems.len()), (Some(Percent::new(10.0)), 2));
    assert!(now.cpu.per_core.is_empty(), "cores that did not come are none");
    let gone = sample(&mut host, &cpu(1_795_161_231 + 600));
    assert!(gone.filesystems.is_empty() && gone.memory.total.is_none() && gone.uptime.is_none());
}

#[test]
fn a_file_system_that_is_gone_is_gone() {
    let mut host = clone_after_first();
    let text = round(SECOND, 2);
    let text: Vec<_> = text.lines().filter(|line| !line.contains("stick")).collect();
    assert_eq!(sample(&mut host, &text.join("\n")).filesystems.len(), 1);
}

#[test]
fn a_device_is_told_once_however_often_it_is_mounted() {
    let mount = |path: &str, device: &str| {
        let tags = format!("device={device},fstype=ext4,host=pi,mode=rw,path={path}");
        format!("disk,{tags} total=9i,free=4i,used=5i {FIRST}\n")
    };
    let text = [
        mount("/boot", "sda2"),
        mount("/", "sda1"),
        mount("/srv", "sda1"),
        mount("/a", "tank/a"),
        mount("/b", "tank/a"),
    ];
    let told = sample(&mut Host::default(), &text.concat());
    let paths: Vec<_> = told.filesystems.iter().map(|it| it.mount_point.as_str()).collect();
    assert_eq!(paths, ["/", "/boot", "/a", "/b"]);
}

#[test]
fn what_was_kept_over_an_outage_is_as_old_as_it_is() {
    let mut host = Host::default();
    let both = round(FIRST, 1) + &round(SECOND, 2);
    let reports = reports(take(&mut host, &both));
    let told: Vec<_> =
        reports.iter().map(|it| (it.age.as_secs(), it.sample.timestamp.unix_seconds())).collect();
    assert_eq!(told, [(10, 1_795_161_230), (0, 1_795_161_240)]);
    assert_eq!(reports[1].sample.disks[0].read_speed, Some(100_000));
    // One from before the last is told as it is, and changes nothing.
    let late = take(&mut host, "system,host=pi uptime=1i 1795161000000000000");
    let [Message::Report(late)] = &late[..] else { panic!("{late:?}") };
    assert_eq!(
        (late.sample.uptime, late.sample.cpu.usage, late.age.as_secs()),
        (Some(1), None, 245)
    );
    // A clock that is days behind, or ahead.
    for (time, age) in [("1500000000000000000", 0), ("1895161000000000000", 0)] {
        let text = format!("system,host=pi uptime=7i {time}");
        assert_eq!(reports_of(&text)[0].age.as_secs(), age, "{time}");
    }
}

#[test]
fn a_clock_that_is_set_within_a_batch_makes_no_reading_of_another_century() {
    let text = "system,host=pi uptime=1i 7\nsystem,host=pi uptime=2i 1795161240";
    let ages: Vec<_> = reports_of(text).iter().map(|report| report.age).collect();
    assert_eq!(ages, [crate::limits::BACKLOG_MAX, std::time::Duration::ZERO]);
}

#[test]
fn a_clock_that_was_ahead_and_is_set_is_believed_again() {
    let mut host = Host::default();
    sample(&mut host, &round("1795200000000000000", 1));
    sample(&mut host, &round(FIRST, 2));
    let now = sample(&mut host, &round(SECOND, 3));
    assert_eq!(now.disks[0].read_speed, Some(100_000));
}

fn reports_of(text: &str) -> Vec<Report> {
    reports(take(&mut Host::default(), text))
}

#[test]
fn json_says_the_same_as_lines() {
    let one = r#"{"fields":{"usage_idle":90,"usage_user":10,"usage_iowait":0},"name":"cpu",
                  "tags":{"cpu":"cpu-total","host":"pi"},"timestamp":1795161230}"#;
    let other = r#"{"fields":{"load1":2,"n_cpus":4,"uptime_format":" 1:00"},"name":"system",
                    "tags":{"host":"pi"},"timestamp":1795161230}"#;
    let lines = "cpu,cpu=cpu-total,host=pi usage_idle=90,usage_user=10,usage_iowait=0 1795161230\n\
                 system,host=pi load1=2,n_cpus=4i,uptime_format=\" 1:00\" 1795161230";
    let due = reports_of(lines);
    for text in [
        format!("{{\"metrics\":[{one},{other}]}}"),
        format!("{one}\n{other}\n"),
        format!("[{one},{other}]"),
        format!("{{\"metrics\":[{one},7,{{}},{other}]}}"),
    ] {
        assert_eq!(reports_of(&text), due, "{text}");
    }
    assert_eq!(due[0].sample.cpu.user, Some(Percent::new(10.0)));
    assert!(Batch::lines_or_json("{\"metrics\":[", Precision::Guessed).is_err());
}

#[test]
fn a_point_that_makes_no_sense_costs_nobody_else_anything() {
    let text = "system,host=pi uptime=7i 1795161230\ncpu\nmem,host=pi total=x\n\
                system,host=pi load1=0.5,load5=many 1795161230\ndisk,host=pi total=1i 1795161230\n\
                mem,host=pi total=-5i,used=3i 1795161230";
    let batch = Batch::lines(text, Precision::Seconds);
    assert_eq!((batch.points.len(), batch.rejected), (3, 3));
    assert!(batch.fault.unwrap().starts_with("a line has no fields"));
    let sample = &reports_of(text)[0].sample;
    assert_eq!((sample.uptime, sample.memory.used, sample.memory.total), (Some(7), Some(3), None));
}

#[test]
fn what_is_no_figure_of_ours_is_told_once_a_minute() {
    let mut host = Host::default();
    let text = "nginx,host=pi,port=80 active=3i,ratio=0.5,up=true,version=\"1.2\" 1795161230\n\
                nginx,host=pi,port=81 active=4i 1795161230";
    let messages = take(&mut host, text);
    let figure = |name: &str, value: &str, port: &str| {
        let names = format!(r#""category":"telegraf","metric_name":"nginx.{name}""#);
        let tags = format!(r#""tags":{{"port":"{port}"}},"unit":"""#);
        format!(r#"performance {{{names},{tags},"value":{value}}}"#)
    };
    assert_eq!(
        told(&messages),
        [
            figure("active", "3", "80"),
            figure("ratio", "0.5", "80"),
            figure("up", "1", "80"),
            figure("active", "4", "81"),
        ]
    );
    assert!(reports(messages).is_empty(), "no reading of ours is in it");
    assert!(take(&mut host, text).is_empty());
    let later = WallTime::from_unix_millis(NOW.unix_millis() + 60_000);
    let batch = Batch::lines(text, Precision::Seconds);
    assert_eq!(host.take("pi", &batch.points, later).len(), 4);
    // Fields of ours that a sample has no place for are no figures of their own.
    assert!(told(&take(&mut host, "cpu,cpu=cpu-total,host=pi time_user=5 1795161230")).is_empty());
    let many: String = (0..500).map(|n| format!("m{n},host=pi v=1i 1795161230\n")).collect();
    assert_eq!(told(&take(&mut host, &many)).len(), crate::limits::CUSTOM_FIGURES_MAX - 4);
}

#[test]
fn times_are_told_apart_by_their_unit_or_their_size() {
    let due = Some(1_795_161_230_000);
    for (name, time) in [
        ("ns", "1795161230000000000"),
        ("n", "1795161230000000000"),
        ("us", "1795161230000000"),
        ("ms", "1795161230000"),
        ("s", "1795161230"),
    ] {
        let text = format!("system uptime=1i {time}");
        let precision = Precision::parse(name).unwrap();
        assert_eq!(Batch::lines(&text, precision).points[0].timestamp, due, "{name}");
        assert_eq!(Batch::lines(&text, Precision::Guessed).points[0].timestamp, due, "{name}");
    }
    assert_eq!(Batch::lines("m f=1 2", Precision::Hours).points[0].timestamp, Some(7_200_000));
    assert_eq!(Batch::lines("m f=1 -2", Precision::Seconds).points[0].timestamp, Some(0));
    assert_eq!(Precision::parse("d"), None);
}

#[test]
fn a_tag_becomes_an_id() {
    for (tag, id) in [
        ("pi", Some("pi")),
        ("küche", Some("küche")),
        ("my pi/2", Some("my-pi-2")),
        (" ..pi ", Some("pi")),
        ("a\u{202e}b", Some("a-b")),
        ("", None),
        (" . ", None),
    ] {
        assert_eq!(host_id(tag).as_deref(), id, "{tag:?}");
    }
    assert_eq!(host_id(&"ä".repeat(64)).map(|id| id.len()), Some(64));
}

#[test]
fn points_of_several_hosts_are_told_apart() {
    let text = "system,host=a uptime=1i\nsystem,host=b uptime=2i\nsystem uptime=3i\n\
                system,host=a n_cpus=4i";
    let hosts = Batch::lines(text, Precision::Seconds).by_host();
    let counts: Vec<_> =
        hosts.iter().map(|(host, points)| (host.as_deref(), points.len())).collect();
    assert_eq!(counts, [(None, 1), (Some("a"), 2), (Some("b"), 1)]);
}
