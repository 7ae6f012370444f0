//! What is written of a sample, and what of it is read again.

use super::*;
use crate::percent::Percent;
use crate::sample::detail::{BlockDevice, CpuShares, MemoryDetail};
use crate::sample::{Custom, Disk, Filesystem, Interface, Kernel, LoadAverage, Memory, Processes};
use crate::wire::line_protocol::{lines, parse};

/// What telegraf writes, and in which type. A type that changes here is refused for ever by every
/// database that has heard the old one.
const TYPES: &str = "
    system load1:f load5:f load15:f n_cpus:i n_physical_cpus:i n_users:i n_unique_users:i
    system uptime:i
    system uptime_format:s
    kernel boot_time:i context_switches:i interrupts:i processes_forked:i
    processes total:i running:i blocked:i sleeping:i stopped:i zombies:i total_threads:i
    mem total:i available:i used:i free:i cached:i buffered:i active:i inactive:i slab:i
        sreclaimable:i sunreclaim:i shared:i mapped:i page_tables:i dirty:i write_back:i
        write_back_tmp:i commit_limit:i committed_as:i swap_total:i swap_free:i swap_cached:i
        used_percent:f available_percent:f
    swap total:i used:i free:i used_percent:f
    swap in:i out:i
    cpu usage_user:f usage_system:f usage_idle:f usage_nice:f usage_iowait:f usage_irq:f
        usage_softirq:f usage_steal:f usage_guest:f usage_guest_nice:f
    net bytes_sent:i bytes_recv:i packets_sent:i packets_recv:i err_in:i err_out:i drop_in:i
        drop_out:i speed:i
    disk total:i free:i used:i inodes_total:i inodes_free:i inodes_used:i used_percent:f
        inodes_used_percent:f
    diskio reads:i writes:i read_bytes:i write_bytes:i read_time:i write_time:i io_time:i
        weighted_io_time:i iops_in_progress:i merged_reads:i merged_writes:i io_util:f io_await:f
        io_svctm:f
    kinglet_custom value:f";

/// A host with one of everything, no figure like another.
fn host() -> Sample {
    let mut sample = Sample { hostname: "my pi".into(), ..Sample::default() };
    sample.cpu.cores = Some(4);
    sample.memory = Memory {
        total: Some(1000),
        used: Some(250),
        free: Some(600),
        available: Some(750),
        buffers: Some(11),
        cached: Some(12),
        usage_percent: Some(Percent::of(1, 4)),
        swap_total: Some(300),
        swap_used: Some(100),
        ..Memory::default()
    };
    sample.filesystems = vec![Filesystem {
        mount_point: "/".into(),
        device: "/dev/mmcblk0p2".into(),
        fstype: "ext4".into(),
        total: Some(110),
        used: Some(25),
        free: Some(75),
        usage_percent: Some(Percent::of(1, 4)),
        inodes_total: Some(80),
        inodes_used: Some(10),
        ..Filesystem::default()
    }];
    sample.network.interfaces = vec![Interface {
        name: "eth0".into(),
        speed: Some(1000),
        state: Some("up".into()),
        rx_bytes: 1,
        tx_bytes: 2,
        rx_packets: 3,
        tx_packets: 4,
        rx_errors: 5,
        tx_errors: 6,
        rx_drops: 7,
        tx_drops: 8,
        ..Interface::default()
    }];
    sample.custom = vec![Custom { series: "backup_bytes{job=\"a b\"}".into(), value: 1.5 }];
    sample.uptime = Some(2 * 86_400 + 3 * 3600 + 5 * 60);
    sample.load_average = Some(LoadAverage { one: 0.5, five: 0.25, fifteen: 2.0 });
    sample.processes = Some(Processes {
        total: Some(90),
        threads: Some(120),
        running: 3,
        sleeping: Some(80),
        stopped: Some(2),
        zombies: Some(4),
        ..Processes::default()
    });
    sample.users = Some(2);
    sample.kernel = Some(Kernel {
        boot_time: Some(1_795_161_230),
        context_switches: Some(41),
        interrupts: Some(42),
        forks: Some(43),
        blocked: Some(1),
        pages_swapped_in: Some(2),
        pages_swapped_out: Some(3),
        ..Kernel::default()
    });
    let figures = sample.detail.get_mut();
    figures.physical_cores = Some(2);
    figures.distinct_users = Some(1);
    figures.memory = memory();
    let idle = CpuShares { user: 1.0 / 3.0, idle: 99.5, guest: 0.125, ..CpuShares::default() };
    figures.cpus = vec![idle, CpuShares { core: Some(3), idle: 50.0, iowait: 10.0, ..idle }];
    figures.block_devices = vec![BlockDevice {
        name: "mmcblk0".into(),
        reads: 1,
        writes: 2,
        read_bytes: 512,
        write_bytes: u64::MAX,
        read_ms: 3,
        write_ms: 4,
        busy_ms: 5,
        weighted_ms: 6,
        in_flight: 7,
        merged_reads: 8,
        merged_writes: 9,
        busy_percent: Some(12.5),
        await_ms: Some(0.5),
        service_ms: Some(0.25),
    }];
    sample
}

fn memory() -> MemoryDetail {
    let mut next = 100;
    let mut some = || {
        next += 1;
        Some(next)
    };
    MemoryDetail {
        active: some(),
        inactive: some(),
        slab: some(),
        slab_reclaimable: some(),
        slab_unreclaimable: some(),
        shared: some(),
        mapped: some(),
        page_tables: some(),
        dirty: some(),
        write_back: some(),
        write_back_tmp: some(),
        commit_limit: some(),
        committed: some(),
        swap_cached: some(),
    }
}

fn written(sample: &Sample) -> String {
    let mut out = Vec::new();
    write(sample, &[("room".to_owned(), "2".to_owned())], 1_795_161_240, &mut out);
    String::from_utf8(out).unwrap()
}

fn heard(text: &str) -> Sample {
    let mut sample = Sample { hostname: "my pi".into(), ..Sample::default() };
    for line in lines(text) {
        read(&parse(line).unwrap(), &mut sample);
    }
    sample
}

#[test]
fn every_field_keeps_its_type_for_ever() {
    let mut found = String::new();
    for series in SERIES {
        found.push_str(series.measurement);
        for field in series.fields {
            found.push_str(&format!(" {}:{}", field.name, field.access.letter()));
        }
        found.push(' ');
    }
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(words(&found), words(TYPES));
}

#[test]
fn what_is_written_has_the_type_of_the_table_and_misses_nothing() {
    let text = written(&host());
    let mut found = std::collections::BTreeSet::new();
    for line in lines(&text) {
        let point = parse(line).unwrap();
        assert_eq!(point.tag(HOST), Some("my pi"), "{line}");
        assert_eq!((point.tag("room"), point.timestamp), (Some("2"), Some(1_795_161_240)));
        for (name, value) in &point.fields {
            let letter = match value {
                Value::Integer(_) => 'i',
                Value::Float(_) => 'f',
                Value::Text(_) => 's',
                Value::Unsigned(_) | Value::Switch(_) => '?',
            };
            found.insert(format!("{} {name}:{letter}", point.measurement));
        }
    }
    let mut all = std::collections::BTreeSet::new();
    for series in SERIES {
        for field in series.fields {
            all.insert(format!("{} {}:{}", series.measurement, field.name, field.access.letter()));
        }
    }
    assert_eq!(found, all);
}

#[test]
fn the_lines_are_telegrafs() {
    let text = written(&host());
    for line in [
        "cpu,host=my\\ pi,room=2,cpu=cpu-total usage_user=0.3333333333333333,usage_system=0,\
         usage_idle=99.5,usage_nice=0,usage_iowait=0,usage_irq=0,usage_softirq=0,usage_steal=0,\
         usage_guest=0.125,usage_guest_nice=0 1795161240",
        "swap,host=my\\ pi,room=2 in=8192i,out=12288i 1795161240",
        "disk,host=my\\ pi,room=2,path=/,device=mmcblk0p2,fstype=ext4,mode=rw total=110i,free=75i,\
         used=25i,inodes_total=80i,inodes_free=70i,inodes_used=10i,used_percent=25,\
         inodes_used_percent=12.5 1795161240",
        "net,host=my\\ pi,room=2,interface=eth0 bytes_sent=2i,bytes_recv=1i,packets_sent=4i,\
         packets_recv=3i,err_in=5i,err_out=6i,drop_in=7i,drop_out=8i,speed=1000i 1795161240",
        "system,host=my\\ pi,room=2 uptime_format=\"2 days,  3:05\" 1795161240",
        "processes,host=my\\ pi,room=2 total=90i,running=3i,blocked=1i,sleeping=80i,\
         stopped=2i,zombies=4i,total_threads=120i 1795161240",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\nin\n{text}");
    }
    assert!(text.contains("cpu=cpu3 ") && text.contains("write_bytes=9223372036854775807i"));
}

#[test]
fn what_is_heard_is_written_again_as_it_was() {
    let text = written(&host());
    let sample = heard(&text);
    let percent = |of: Option<Percent>| of.map(Percent::get);
    assert_eq!(percent(sample.cpu.usage), Some(0.5));
    assert_eq!(percent(sample.cpu.user), Some(0.5), "guests are the user's");
    assert_eq!((sample.cpu.per_core.len(), sample.cpu.core_numbers.as_slice()), (1, &[3][..]));
    assert_eq!(sample.cpu.per_core[0], Percent::new(40.0));
    assert_eq!(percent(sample.memory.usage_percent), Some(25.0));
    assert_eq!(sample.disks[0].write_bytes, Some(u64::try_from(i64::MAX).unwrap()));
    assert_eq!(sample.filesystems, host().filesystems);
    let mut again = sample;
    again.cpu.cores = Some(4); // one of them alone was told of
    assert_eq!(written(&again), text);
}

#[test]
fn a_sample_from_a_wire_is_written_as_far_as_it_goes() {
    let mut sample = host();
    sample.cpu.usage = Some(Percent::new(25.0));
    sample.cpu.iowait = Some(Percent::new(5.0));
    sample.cpu.per_core = vec![Percent::new(10.0), Percent::new(40.0)];
    sample.cpu.core_numbers = vec![0, 2];
    let (name, read_bytes) = ("sda".to_owned(), Some(7));
    sample.disks = vec![Disk { name, read_bytes, ..Disk::default() }];
    let json = serde_json::to_string(&sample).unwrap();
    assert!(!json.contains("detail"), "{json}");
    let text = written(&serde_json::from_str(&json).unwrap());
    for line in [
        "cpu,host=my\\ pi,room=2,cpu=cpu-total usage_idle=70,usage_iowait=5 ",
        "cpu,host=my\\ pi,room=2,cpu=cpu0 usage_idle=90 ",
        "cpu,host=my\\ pi,room=2,cpu=cpu2 usage_idle=60 ",
        "mem,host=my\\ pi,room=2 total=1000i,available=750i,used=250i,free=600i,cached=12i,\
         buffered=11i,swap_total=300i,swap_free=200i,used_percent=25,available_percent=75 ",
        "diskio,host=my\\ pi,room=2,name=sda read_bytes=7i ",
    ] {
        assert!(text.lines().any(|found| found.starts_with(line)), "{line}\nin\n{text}");
    }
}

#[test]
fn points_that_telegraf_does_not_write_are_not_written() {
    let mut sample = host();
    sample.filesystems[0].fstype = "overlay".into();
    sample.network.interfaces[0].state = Some("down".into());
    sample.detail.get_mut().cpus.clear(); // the first round
    let text = written(&sample);
    assert!(["cpu,", "disk,", "net,"].iter().all(|name| !text.contains(name)), "{text}");
    let nothing = written(&Sample::default());
    assert_eq!(nothing, "");
    sample = host();
    sample.network.interfaces[0].speed = None;
    assert!(written(&sample).contains("speed=-1i"));
    assert_eq!(heard(&written(&sample)).network.interfaces[0].speed, None);
}

#[test]
fn foreign_and_senseless_points_cost_nothing() {
    let mut sample = Sample::default();
    for (line, known) in [
        ("nginx,host=pi requests=1i", Known::Foreign),
        ("cpu,host=pi usage_idle=1", Known::Empty),
        ("cpu,cpu=gpu0 usage_idle=1", Known::Empty),
        ("net,interface=all tcp_inerrs=1i", Known::Empty),
        ("net,interface=lo bytes_sent=1i", Known::Empty),
        ("mem high_free=1i", Known::Empty),
        ("mem total=\"much\"", Known::Empty),
        ("mem total=-1i", Known::Empty),
        ("system uptime_format=\" 3:05\"", Known::Empty),
        ("disk total=1i", Known::Empty),
    ] {
        assert_eq!(read(&parse(line).unwrap(), &mut sample), known, "{line}");
    }
    assert_eq!((sample.memory, sample.filesystems.len()), (Memory::default(), 0));
    assert_eq!(read(&parse("mem total=5,free=4.0").unwrap(), &mut sample), Known::Taken);
    assert_eq!(sample.memory.total, Some(5), "JSON has no integers");
}

#[test]
fn a_host_of_ten_thousand_disks_is_cut() {
    let mut sample = Sample::default();
    for at in 0..10_000 {
        for line in [
            format!("disk,path=/mnt/{at} total=1i"),
            format!("diskio,name=sd{at} reads=1i"),
            format!("net,interface=eth{at} bytes_sent=1i"),
            format!("cpu,cpu=cpu{at} usage_idle=1"),
        ] {
            read(&parse(&line).unwrap(), &mut sample);
        }
        if at > 300 {
            break;
        }
    }
    let max = crate::limits::INGEST_LIST_MAX;
    let figures = sample.detail.get().unwrap();
    assert_eq!((sample.filesystems.len(), sample.network.interfaces.len()), (max, max));
    assert_eq!((figures.block_devices.len(), figures.cpus.len()), (max, max + 1));
}

#[test]
fn uptime_is_worded_as_telegraf_does() {
    for (seconds, words) in [
        (0, " 0:00"),
        (59, " 0:00"),
        (3 * 3600 + 300, " 3:05"),
        (86_400, "1 day,  0:00"),
        (2 * 86_400 + 23 * 3600 + 59 * 60, "2 days, 23:59"),
    ] {
        let text = written(&Sample { uptime: Some(seconds), ..Sample::default() });
        assert!(text.contains(&format!("uptime_format=\"{words}\"")), "{text}");
    }
}
