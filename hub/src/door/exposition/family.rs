//! Under which name, type and unit each metric stands in the exposition.
//!
//! Where node_exporter has a figure of the same meaning the name is its name, with its labels, so
//! that dashboards and rules made for it work. Any other is `kinglet_` and the metric's own name,
//! in Prometheus's base units.

use std::sync::LazyLock;

use kinglet_proto::sample::metric::{Kind, Metric, Unit, Value};
use kinglet_proto::sample::table::METRICS;

/// A family of series.
pub(super) struct Family {
    /// Its name.
    pub(super) name: String,
    /// Its type, as the format spells it.
    pub(super) kind: &'static str,
    /// What the metric's labels are called in it, in their order.
    pub(super) labels: Vec<&'static str>,
}

/// The family of each metric, in the order of [`METRICS`].
pub(super) static FAMILIES: LazyLock<Vec<Family>> =
    LazyLock::new(|| METRICS.iter().map(family).collect());

/// What is named otherwise than by the rule.
///
/// What node_exporter has and we give otherwise is not here: its `Cached` is without slab, its
/// sockets are those of IPv4, its processor time is seconds.
const NAMED: &[(&str, &str)] = &[
    ("cpu.{core}.usage", "kinglet_cpu_core_usage_ratio"),
    ("memory.total", "node_memory_MemTotal_bytes"),
    ("memory.free", "node_memory_MemFree_bytes"),
    ("memory.available", "node_memory_MemAvailable_bytes"),
    ("memory.buffers", "node_memory_Buffers_bytes"),
    ("memory.swap_total", "node_memory_SwapTotal_bytes"),
    ("disks.{disk}.total", "kinglet_disks_size_bytes"),
    ("disks.{disk}.read_bytes", "node_disk_read_bytes_total"),
    ("disks.{disk}.write_bytes", "node_disk_written_bytes_total"),
    ("filesystems.{mount_point}.total", "node_filesystem_size_bytes"),
    ("filesystems.{mount_point}.free", "node_filesystem_avail_bytes"),
    ("filesystems.{mount_point}.inodes_total", "node_filesystem_files"),
    ("filesystems.{mount_point}.read_only", "node_filesystem_readonly"),
    ("filesystems.{mount_point}.stuck", "node_filesystem_device_error"),
    ("network.total_rx", "kinglet_network_rx_bytes_total"),
    ("network.total_tx", "kinglet_network_tx_bytes_total"),
    ("network.{interface}.speed", "node_network_speed_bytes"),
    ("network.{interface}.rx_bytes", "node_network_receive_bytes_total"),
    ("network.{interface}.tx_bytes", "node_network_transmit_bytes_total"),
    ("network.{interface}.rx_packets", "node_network_receive_packets_total"),
    ("network.{interface}.tx_packets", "node_network_transmit_packets_total"),
    ("network.{interface}.rx_errors", "node_network_receive_errs_total"),
    ("network.{interface}.tx_errors", "node_network_transmit_errs_total"),
    ("network.{interface}.rx_drops", "node_network_receive_drop_total"),
    ("network.{interface}.tx_drops", "node_network_transmit_drop_total"),
    ("network.{interface}.rx_speed", "kinglet_network_interface_rx_speed_bytes_per_second"),
    ("network.{interface}.tx_speed", "kinglet_network_interface_tx_speed_bytes_per_second"),
    ("traffic.{interface}.rx", "kinglet_traffic_interface_rx_bytes"),
    ("traffic.{interface}.tx", "kinglet_traffic_interface_tx_bytes"),
    ("load_average.one", "node_load1"),
    ("load_average.five", "node_load5"),
    ("load_average.fifteen", "node_load15"),
    ("processes.total", "node_processes_pids"),
    ("processes.threads", "node_processes_threads"),
    ("conntrack.used", "node_nf_conntrack_entries"),
    ("conntrack.max", "node_nf_conntrack_entries_limit"),
    ("kernel.boot_time", "node_boot_time_seconds"),
    ("kernel.context_switches", "node_context_switches_total"),
    ("kernel.interrupts", "node_intr_total"),
    ("kernel.forks", "node_forks_total"),
    ("kernel.running", "node_procs_running"),
    ("kernel.blocked", "node_procs_blocked"),
    ("kernel.oom_kills", "node_vmstat_oom_kill"),
    ("kernel.pages_swapped_in", "node_vmstat_pswpin"),
    ("kernel.pages_swapped_out", "node_vmstat_pswpout"),
    ("agent.bytes_sent", "kinglet_agent_sent_bytes_total"),
];

fn family(metric: &Metric) -> Family {
    let named = NAMED.iter().find(|(name, _)| *name == metric.name);
    let name = named.map_or_else(|| ruled(metric), |(_, family)| (*family).to_owned());
    let theirs = name.starts_with("node_");
    let label = |label: &&'static str| match *label {
        "disk" | "interface" if theirs => "device",
        "mount_point" if theirs => "mountpoint",
        own => own,
    };
    let labels = metric.labels.iter().map(label).collect();
    Family { kind: kind(metric, &name), labels, name }
}

/// node_exporter passes on what /proc/vmstat has without a type.
fn kind(metric: &Metric, name: &str) -> &'static str {
    match metric.kind {
        _ if name.starts_with("node_vmstat_") => "untyped",
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
    }
}

/// `kinglet_`, the metric's name without its label, its unit, and what says that it only rises.
fn ruled(metric: &Metric) -> String {
    let words = metric.name.split('.').filter(|word| !word.starts_with('{'));
    let mut name = format!("kinglet_{}", Vec::from_iter(words).join("_"));
    let unit = unit_name(metric.unit);
    for said in ["_percent", "_count", unit] {
        name.truncate(name.strip_suffix(said).unwrap_or(&name).len());
    }
    let total = if metric.kind == Kind::Counter { "_total" } else { "" };
    name + unit + total
}

/// The base unit at the end of a name.
const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Count | Unit::Switch => "",
        Unit::Percent => "_ratio",
        Unit::Bytes => "_bytes",
        Unit::BytesPerSecond | Unit::MegabitsPerSecond => "_bytes_per_second",
        Unit::Seconds | Unit::Milliseconds => "_seconds",
        Unit::UnixSeconds => "_timestamp_seconds",
        Unit::Megahertz => "_hertz",
        Unit::Celsius => "_celsius",
        Unit::RevolutionsPerMinute => "_rpm",
        Unit::Dbm => "_dbm",
    }
}

/// A value in the base unit.
pub(super) fn in_base_unit(unit: Unit, value: Value) -> f64 {
    let value = value.get();
    match unit {
        // One decimal of a percent: 2.9 is 0.029, and not nearly so.
        Unit::Percent => (value * 10.0).round() / 1000.0,
        Unit::MegabitsPerSecond => value * 125_000.0,
        Unit::Megahertz => value * 1e6,
        // Two decimals of a millisecond, likewise.
        Unit::Milliseconds => (value * 100.0).round() / 1e5,
        Unit::Count
        | Unit::Bytes
        | Unit::BytesPerSecond
        | Unit::Seconds
        | Unit::UnixSeconds
        | Unit::Celsius
        | Unit::RevolutionsPerMinute
        | Unit::Dbm
        | Unit::Switch => value,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_metric_has_a_family_of_its_own_that_fits_it() {
        let names: BTreeSet<_> = FAMILIES.iter().map(|family| &*family.name).collect();
        assert_eq!((names.len(), FAMILIES.len()), (METRICS.len(), METRICS.len()));
        for (family, metric) in FAMILIES.iter().zip(&METRICS) {
            let Family { name, kind, labels } = family;
            assert!(name.starts_with("kinglet_") || name.starts_with("node_"), "{name}");
            let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_';
            assert!(name.chars().all(allowed) && !name.contains("__"), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == "counter", "{name} is a {kind}");
            assert!(metric.kind == Kind::Counter || *kind == "gauge", "{name} is a {kind}");
            assert_eq!(labels.len(), metric.labels.len(), "{name}");
            let own = ["host", "name", "group", "job", "instance"];
            assert!(labels.iter().all(|label| !own.contains(label)), "{name} {labels:?}");
            assert_eq!(labels.iter().collect::<BTreeSet<_>>().len(), labels.len(), "{name}");
        }
        assert!(!names.contains("kinglet_up"));
    }

    #[test]
    fn what_is_named_is_there_and_named_otherwise_than_by_the_rule() {
        for (metric, family) in NAMED {
            let metric = METRICS.iter().find(|known| known.name == *metric).expect(metric);
            assert_ne!(ruled(metric), *family);
        }
    }

    #[test]
    fn names_have_base_units() {
        let family = |name: &str| {
            let at = METRICS.iter().position(|metric| metric.name == name).expect(name);
            (&*FAMILIES[at].name, FAMILIES[at].kind)
        };
        for (metric, name, kind) in [
            ("cpu.usage", "kinglet_cpu_usage_ratio", "gauge"),
            ("cpu.frequency", "kinglet_cpu_frequency_hertz", "gauge"),
            ("memory.used", "kinglet_memory_used_bytes", "gauge"),
            ("memory.usage_percent", "kinglet_memory_usage_ratio", "gauge"),
            ("uptime", "kinglet_uptime_seconds", "gauge"),
            ("temperatures.{sensor}", "kinglet_temperatures_celsius", "gauge"),
            ("battery.percent", "kinglet_battery_ratio", "gauge"),
            ("power.throttled_count", "kinglet_power_throttled_total", "counter"),
            ("agent.ring_bytes", "kinglet_agent_ring_bytes", "gauge"),
            ("wireless.{interface}.signal_dbm", "kinglet_wireless_signal_dbm", "gauge"),
            ("network.{interface}.rx_bytes", "node_network_receive_bytes_total", "counter"),
            ("kernel.oom_kills", "node_vmstat_oom_kill", "untyped"),
            ("probes.{probe}.latency_min", "kinglet_probes_latency_min_seconds", "gauge"),
            ("probes.{probe}.loss_percent", "kinglet_probes_loss_ratio", "gauge"),
            ("probes.{probe}.lost", "kinglet_probes_lost_total", "counter"),
        ] {
            assert_eq!(family(metric), (name, kind));
        }
        for (percent, ratio) in [(45.2, 0.452), (2.9, 0.029), (100.0, 1.0)] {
            assert_eq!(in_base_unit(Unit::Percent, Value::Float(percent)), ratio);
        }
        assert_eq!(in_base_unit(Unit::MegabitsPerSecond, Value::Integer(1000)), 125e6);
        assert_eq!(in_base_unit(Unit::Megahertz, Value::Integer(1400)), 1.4e9);
        assert_eq!(in_base_unit(Unit::Milliseconds, Value::Float(12.34)), 0.01234);
    }
}
