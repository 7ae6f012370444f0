//! What disks say of their health.

use kinglet_proto::sample::{Disk, Sample};

use super::{Row, shown};

/// What is above their columns.
pub(super) const HEADER: [&str; 8] =
    ["", "health", "on", "worn", "spare", "replaced", "pending", "errors"];

/// A row for each disk that was asked.
pub(super) fn rows(sample: &Sample) -> Vec<Row> {
    let is_asked = |disk: &&Disk| disk.health_failed.is_some() || disk.standby.is_some();
    sample.disks.iter().filter(is_asked).map(row).collect()
}

fn row(disk: &Disk) -> Row {
    let health = match (disk.health_failed, disk.standby) {
        (Some(true), _) => "NOT WELL",
        (Some(false), Some(true)) => "healthy, in standby",
        (Some(false), Some(false) | None) => "healthy",
        (None, Some(true)) => "in standby",
        (None, Some(false) | None) => "",
    };
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let used = disk.percentage_used.map(|share| format!("{share}%"));
    vec![
        disk.name.clone(),
        health.to_owned(),
        disk.power_on_hours.map(|hours| format!("{hours} h")).unwrap_or_default(),
        used.unwrap_or_else(|| shown(disk.wear_percent)),
        shown(disk.available_spare_percent),
        count(disk.reallocated_sectors),
        count(disk.pending_sectors),
        count(disk.media_errors.or(disk.reported_uncorrectable)),
    ]
}

#[cfg(test)]
mod tests {
    use kinglet_proto::percent::Percent;

    use super::*;

    #[test]
    fn only_disks_that_were_asked_are_shown() {
        let disk = |name: &str| Disk { name: name.to_owned(), ..Disk::default() };
        let nvme = Disk {
            health_failed: Some(false),
            power_on_hours: Some(12_345),
            percentage_used: Some(130),
            available_spare_percent: Some(Percent::of(1, 1)),
            media_errors: Some(2),
            ..disk("nvme0n1")
        };
        let sata = Disk {
            health_failed: Some(true),
            standby: Some(true),
            wear_percent: Some(Percent::of(1, 2)),
            reallocated_sectors: Some(8),
            pending_sectors: Some(1),
            reported_uncorrectable: Some(3),
            ..disk("sda")
        };
        let asleep = Disk { standby: Some(true), ..disk("sdb") };
        let idle = Disk { health_failed: Some(false), standby: Some(true), ..disk("sdc") };
        let disks = vec![nvme, sata, asleep, idle, disk("sdd")];
        let rows = rows(&Sample { disks, ..Sample::default() });
        let shown: Vec<_> = rows.iter().map(|row| row.join("|")).collect();
        let expected = [
            "nvme0n1|healthy|12345 h|130%|100.0%|||2",
            "sda|NOT WELL||50.0%||8|1|3",
            "sdb|in standby||||||",
            "sdc|healthy, in standby||||||",
        ];
        assert_eq!(shown, expected);
        assert!(rows.iter().all(|row| row.len() == HEADER.len()));
    }
}
