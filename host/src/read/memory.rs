//! What of `/proc` and `/sys` is read where it is asked for: the kernel's own memory, behind which
//! there is no device that could keep its reader. Anything else is read in the background.

use std::path::Path;

/// Below `/proc`; what ends in a slash stands for all below it.
const PROC: [&str; 14] = [
    "stat",
    "meminfo",
    "loadavg",
    "uptime",
    "diskstats",
    "vmstat",
    "pressure/",
    "sys/",
    "net/dev",
    "net/route",
    "net/ipv6_route",
    "net/sockstat",
    "net/sockstat6",
    "net/softnet_stat",
];

/// What the block layer knows of each device by itself, below `/sys/block/<name>`.
const BLOCK: [&str; 8] = [
    "dev",
    "size",
    "hidden",
    "dm/name",
    "dm/uuid",
    "md/level",
    "queue/rotational",
    "backing_dev_name",
];

/// Whether this file below `/proc` is.
pub(super) fn of_proc(name: &Path) -> bool {
    let is_process =
        name.to_str().is_some_and(|name| name.starts_with(|c: char| c.is_ascii_digit()));
    is_process || PROC.iter().any(|known| matches(name, known))
}

/// Whether this file below `/proc/net` is.
pub(super) fn of_net(name: &Path) -> bool {
    of_proc(&Path::new("net").join(name))
}

/// Whether this file below `/sys` is: of control groups, of the block layer, and whether a device
/// is suspended. What an interface knows of itself is, but for its speed, and is read by a root of
/// its own.
pub(super) fn of_sys(name: &Path) -> bool {
    name.starts_with("fs/cgroup")
        || name.ends_with("power/runtime_status")
        || name.starts_with("block")
            && BLOCK.iter().any(|known| name.ends_with(known))
            && !name.components().any(|part| part.as_os_str() == "device")
}

fn matches(name: &Path, known: &str) -> bool {
    match known.strip_suffix('/') {
        Some(folder) => name.starts_with(folder),
        None => name == Path::new(known),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_device_behind_it_is_not() {
        for name in ["stat", "pressure/cpu", "sys/kernel/hostname", "net/dev", "1/mountinfo"] {
            assert!(of_proc(Path::new(name)), "{name}");
        }
        for name in ["cpuinfo", "mdstat", "net/wireless", "net/pppoe", "status", "pressures"] {
            assert!(!of_proc(Path::new(name)), "{name}");
        }
        assert!(of_net(Path::new("dev")) && !of_net(Path::new("wireless")));
        for name in [
            "block/sda/dev",
            "block/sda/sda1/dev",
            "block/dm-0/dm/name",
            "block/sda/device/power/runtime_status",
            "fs/cgroup/a/cpu.stat",
        ] {
            assert!(of_sys(Path::new(name)), "{name}");
        }
        for name in [
            "block/sda/device/model",
            "block/sda/device/vpd_pg80",
            "block/mmcblk0/device/dev",
            "block/vda/serial",
            "block/zram0/mm_stat",
            "block/zram0/disksize",
            "class/hwmon/hwmon0/temp1_input",
            "class/net/eth0/speed",
            "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq",
        ] {
            assert!(!of_sys(Path::new(name)), "{name}");
        }
    }
}
