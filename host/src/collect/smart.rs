//! What disks tell of their health, where the owner wants it and grants the right to ask.
//!
//! Asked are those in the sample that the kernel's own drivers for NVMe and ATA have: what is
//! behind USB may take such a question badly. A disk that sleeps is left alone; and of one that
//! rotates and had nothing to do since, only that is asked, for more would keep it from falling
//! asleep.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Disk, Sample};
use kinglet_proto::time::Instant;
use nix::errno::Errno;

use super::schedule::Schedule;
use super::{Change, Collector};
use crate::kernel::ata_smart::Attributes;
use crate::kernel::nvme_log::Log;
use crate::limits::{SMART_INTERVAL, SMART_MISSES_MAX};
use crate::read::disk::{self, Answer, Inquiry, Kind, Target};
use crate::read::{Buffer, Root};
use crate::setup::{Faults, Setup};

/// Bytes in a thousand sectors, in which NVMe counts.
const UNIT: u64 = 512_000;

/// Asks them, where the owner wants it.
pub(super) struct SmartCollector {
    watch: Option<Watch>,
}

struct Watch {
    sys: Root,
    folder: PathBuf,
    inquiry: Inquiry,
    /// One for each disk of the sample, in its order.
    known: Vec<Known>,
    due: Schedule,
    faults: Faults,
    /// Whether it was said that NVMe, and ATA disks, may not be asked.
    is_told: [bool; 2],
}

/// A disk of the sample.
#[derive(Default)]
struct Known {
    name: String,
    serial: String,
    /// `None` for one that is not asked.
    asked: Option<Arc<disk::Disk>>,
    /// What it had moved when it was asked last.
    moved: [Option<u64>; 2],
    /// Rounds in which it still owed an answer.
    misses: u32,
    health: Health,
}

/// What it told.
#[derive(Default)]
struct Health {
    standby: Option<bool>,
    nvme: Option<Log>,
    has_failed: Option<bool>,
    attributes: Option<Attributes>,
    /// We may not ask.
    is_refused: bool,
}

impl SmartCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        let watch = || Watch {
            sys: setup.sys.clone(),
            folder: setup.roots.root.join("dev"),
            inquiry: Inquiry::new(Arc::clone(&setup.ask_disk)),
            known: Vec::new(),
            due: Schedule::every(SMART_INTERVAL),
            faults: setup.faults.clone(),
            is_told: [false; 2],
        };
        Self { watch: setup.wanted.smart.then(watch) }
    }
}

impl Collector for SmartCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let Some(watch) = &mut self.watch else { return };
        if !watch.knows(&sample.disks) && watch.meet(&sample.disks, buffer) {
            watch.due.hurry();
        }
        if watch.due.is_due(now) {
            watch.ask(now, buffer, &sample.disks);
        }
        watch.inquiry.poll(now);
        watch.fill(&mut sample.disks);
        let mut refused = watch.known.iter().filter(|known| known.health.is_refused);
        let refused = refused.find_map(|known| known.asked.as_ref());
        let place = refused.map_or(&watch.folder, |disk| &disk.target().path);
        buffer.note(place, refused.map(|_| Errno::EPERM));
    }

    fn handle_change(&mut self, change: Change) {
        if let (Change::Late, Some(watch)) = (change, &mut self.watch) {
            // What kind they are may not have been told in time.
            watch.known.retain(|known| known.asked.is_some());
        }
    }

    fn wait(&mut self, limit: Duration, sample: &mut Sample) {
        if let Some(watch) = &mut self.watch {
            watch.inquiry.wait(limit);
            watch.fill(&mut sample.disks);
        }
    }

    fn apart(&self) -> Option<Duration> {
        self.watch.as_ref().map(|_| SMART_INTERVAL)
    }
}

impl Watch {
    /// Whether the disks are those of before, each at its place.
    fn knows(&self, disks: &[Disk]) -> bool {
        self.known.len() == disks.len()
            && self.known.iter().zip(disks).all(|(known, disk)| known.is(disk))
    }

    /// Learns which disks there are, and how each is asked; whether there is one more to ask.
    fn meet(&mut self, disks: &[Disk], buffer: &mut Buffer) -> bool {
        let mut before = std::mem::take(&mut self.known);
        let mut is_new = false;
        for disk in disks {
            if let Some(place) = before.iter().position(|known| known.is(disk)) {
                self.known.push(before.swap_remove(place));
                continue;
            }
            let asked = self.target(&disk.name, buffer).map(disk::Disk::new);
            is_new |= asked.is_some();
            let (name, serial) = (disk.name.clone(), disk.serial.clone());
            self.known.push(Known { name, serial, asked, ..Known::default() });
        }
        is_new
    }

    fn target(&self, name: &str, buffer: &mut Buffer) -> Option<Target> {
        let path = self.folder.join(name);
        if name.starts_with("nvme") {
            return Some(Target { path, kind: Kind::Nvme });
        }
        let vendor = self.sys.text(format!("block/{name}/device/vendor"), buffer)?;
        let rotates = self.sys.number(format!("block/{name}/queue/rotational"), buffer);
        let kind = Kind::Ata { is_flash: rotates == Some(0) };
        (name.starts_with("sd") && vendor == "ATA").then_some(Target { path, kind })
    }

    /// Begins a round with those that may be asked now.
    fn ask(&mut self, now: Instant, buffer: &mut Buffer, disks: &[Disk]) {
        let mut round = Vec::new();
        for (known, disk) in self.known.iter_mut().zip(disks) {
            let Some(asked) = &known.asked else { continue };
            if asked.is_out() {
                known.miss();
                continue;
            }
            let moved = [disk.read_bytes, disk.write_bytes];
            let is_idle = rotates(asked.target()) && known.is_told() && known.moved == moved;
            let status = format!("block/{}/device/power/runtime_status", known.name);
            // To open it would wake it where the kernel itself has put it to sleep.
            if self.sys.read(status, buffer).is_some_and(|status| status.starts_with(b"suspend")) {
                known.health.standby = Some(true);
                continue;
            }
            known.moved = moved;
            round.push((Arc::clone(asked), is_idle));
        }
        self.inquiry.start(round.into_iter(), now);
    }

    /// Takes in what has come, and writes what is known.
    fn fill(&mut self, disks: &mut [Disk]) {
        for (known, row) in self.known.iter_mut().zip(disks) {
            let Some(asked) = &known.asked else { continue };
            if let Some(answer) = asked.take() {
                let fault = known.health.take(answer);
                let is_told = &mut self.is_told[usize::from(asked.target().kind != Kind::Nvme)];
                if let Some(why) = fault.filter(|_| !std::mem::replace(is_told, true)) {
                    self.faults.tell(words(asked.target(), why));
                }
                known.misses = 0;
            }
            known.health.write(row);
        }
    }
}

impl Known {
    fn is(&self, disk: &Disk) -> bool {
        self.name == disk.name && self.serial == disk.serial
    }

    /// Whether it told what another look would tell again.
    fn is_told(&self) -> bool {
        self.health.has_failed.is_some() || self.health.attributes.is_some()
    }

    /// It has not answered in all the time between two rounds.
    fn miss(&mut self) {
        self.misses = self.misses.saturating_add(1);
        if self.misses >= SMART_MISSES_MAX {
            self.health = Health::default();
        }
    }
}

impl Health {
    /// Takes in an answer; gives why there is none where we may not ask.
    fn take(&mut self, answer: Answer) -> Option<&'static str> {
        let mut refused = None;
        match answer {
            Answer::Standby => (self.standby, self.is_refused) = (Some(true), false),
            Answer::Awake => (self.standby, self.is_refused) = (Some(false), false),
            Answer::Nvme(log) => *self = Self { nvme: Some(log), ..Self::default() },
            Answer::Ata { has_failed, attributes } => {
                *self = Self { standby: Some(false), has_failed, attributes, ..Self::default() };
            }
            Answer::Silent => *self = Self::default(),
            Answer::Refused(why) => {
                *self = Self { is_refused: true, ..Self::default() };
                refused = Some(why);
            }
        }
        refused
    }

    fn write(&self, row: &mut Disk) {
        let (log, ata) = (self.nvme.as_ref(), self.attributes.as_ref());
        let number = |nvme: fn(&Log) -> u64, other: fn(&Attributes) -> Option<u64>| {
            log.map(nvme).or_else(|| ata.and_then(other))
        };
        let percent = |percent: u8| Percent::of(percent.into(), 100);
        let used =
            |ata: &Attributes| ata.life_left.map(|left| percent(100_u8.saturating_sub(left)));
        row.standby = self.standby;
        row.health_failed = log.map(|log| log.warnings != 0).or(self.has_failed);
        row.wear_percent = log.map(|log| percent(log.used)).or_else(|| ata.and_then(used));
        row.critical_warning = log.map(|log| log.warnings.into());
        row.available_spare_percent = log.and_then(|log| log.spare).map(percent);
        row.available_spare_threshold_percent = log.and_then(|log| log.threshold).map(percent);
        row.percentage_used = log.map(|log| log.used.into());
        row.power_on_hours = number(|log| log.power_on_hours, |ata| ata.power_on_hours);
        row.power_cycles = number(|log| log.power_cycles, |ata| ata.power_cycles);
        row.unsafe_shutdowns = log.map(|log| log.unsafe_shutdowns);
        row.lifetime_read_bytes = log.map(|log| log.units_read.saturating_mul(UNIT));
        row.lifetime_write_bytes = log.map(|log| log.units_written.saturating_mul(UNIT));
        row.media_errors = log.map(|log| log.media_errors);
        row.reallocated_sectors = ata.and_then(|ata| ata.reallocated);
        row.reported_uncorrectable = ata.and_then(|ata| ata.uncorrectable);
        row.pending_sectors = ata.and_then(|ata| ata.pending);
        row.offline_uncorrectable = ata.and_then(|ata| ata.offline_uncorrectable);
        row.crc_errors = ata.and_then(|ata| ata.crc_errors);
    }
}

fn rotates(target: &Target) -> bool {
    target.kind == Kind::Ata { is_flash: false }
}

/// What the owner may want to grant.
fn words(target: &Target, why: &str) -> String {
    let (path, capability) = (
        target.path.display(),
        match target.kind {
            Kind::Nvme => "CAP_SYS_ADMIN",
            Kind::Ata { .. } => "CAP_SYS_RAWIO",
        },
    );
    format!(
        "smart: {path} {why}; it takes {capability}, the group disk and the device itself: \
         README.md has the lines for systemd under SMART"
    )
}

#[cfg(test)]
mod tests;
