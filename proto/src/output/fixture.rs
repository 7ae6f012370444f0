//! Accounts and samples for the outputs' tests.

use super::{Account, Auth, Output, Protocol};
use crate::host::{Host, HostId};
use crate::percent::Percent;
use crate::sample::{
    AgentCost, Arch, Cpu, Disk, DiskType, Filesystem, Interface, LoadAverage, Memory, Network, Os,
    Processes, Sample,
};
use crate::secret::Secret;
use crate::time::{Instant, Now, WallTime};

/// 2026-11-20 08:00:00 UTC, a million seconds after boot.
pub(super) fn now() -> Now {
    Now {
        instant: Instant::from_millis(1_000_000_000),
        wall: WallTime::from_unix_millis(1_795_161_600_000),
    }
}

/// A host with every identity set.
pub(super) fn host() -> Host {
    Host {
        id: HostId::parse("pi-1").unwrap(),
        name: "Kitchen \"Pi\"".into(),
        group: Some("home".into()),
        location: Some("Kitchen".into()),
        country_code: Some("DE".into()),
        ip: None,
        boot_id: "5a6b".into(),
        boot_cause: None,
    }
}

/// The same with this server.
pub(super) fn account(server_id: Option<&str>, token: &str) -> Account {
    let account = Account::new(host(), Secret::new(token), Auth::Header);
    Account { server_id: server_id.map(str::to_owned), ..account }
}

/// The output of this name.
pub(super) fn output(protocol: &str, server_id: Option<&str>) -> Box<dyn Output> {
    (Protocol::named(protocol).unwrap().new)(account(server_id, "t\"k"))
}

/// A small board with one card and one interface.
pub(super) fn pi() -> Sample {
    Sample {
        taken: now().instant,
        timestamp: now().wall,
        hostname: "kitchen".into(),
        ip_addresses: vec!["203.0.113.7".into()],
        os: Os {
            name: "raspbian".into(),
            version: "12".into(),
            kernel: "6.6.31+rpt-rpi-v8".into(),
            arch: Arch("aarch64".into()),
        },
        cpu: Cpu {
            brand: "Cortex-A53".into(),
            cores: Some(4),
            usage: Some(Percent::new(12.5)),
            per_core: vec![Percent::new(10.0); 4],
            frequency: Some(1000),
            ..Cpu::default()
        },
        memory: Memory {
            total: Some(436_000_000),
            used: Some(109_000_000),
            free: Some(100_000_000),
            available: Some(327_000_000),
            buffers: Some(20_000_000),
            cached: Some(228_800_000),
            usage_percent: Some(Percent::new(25.0)),
            swap_total: Some(100),
            swap_used: Some(30),
            ..Memory::default()
        },
        disks: vec![Disk {
            name: "mmcblk0".into(),
            model: "SD32G".into(),
            disk_type: DiskType::Mmc,
            total: Some(32_000_000_000),
            mount_points: vec!["/".into(), "/boot/firmware".into()],
            read_speed: Some(4096),
            write_speed: Some(8192),
            usage_percent: Some(Percent::new(10.0)),
            ..Disk::default()
        }],
        filesystems: vec![mount("/", 30_000), mount("/boot/firmware", 500)],
        network: Network {
            wan: Some("wlan0".into()),
            rx_speed: Some(1000),
            tx_speed: Some(200),
            total_rx: Some(5_000_000_000),
            total_tx: Some(700_000_000),
            interfaces: vec![Interface { name: "wlan0".into(), ..Interface::default() }],
            ..Network::default()
        },
        uptime: Some(1_000_000),
        load_average: Some(LoadAverage { one: 0.5, five: 0.25, fifteen: 1.0 }),
        processes: Some(Processes {
            total: Some(150),
            threads: Some(310),
            running: 1,
            ..Processes::default()
        }),
        agent: Some(AgentCost { version: "0.1.0".into(), ..AgentCost::default() }),
        ..Sample::default()
    }
}

/// The same board with this many mounts.
pub(super) fn pi_with_mounts(count: u64) -> Sample {
    let mounts = (0..count).map(|at| mount(&format!("/srv/export/share-{at:03}"), 1000 + at));
    Sample { filesystems: mounts.collect(), ..pi() }
}

fn mount(mount_point: &str, total: u64) -> Filesystem {
    Filesystem {
        mount_point: mount_point.into(),
        device: "/dev/mmcblk0p2".into(),
        fstype: "ext4".into(),
        total: Some(total),
        used: Some(total / 10),
        free: Some(total - total / 10),
        usage_percent: Some(Percent::of(1, 10)),
        ..Filesystem::default()
    }
}
