//! One battery pack of `/sys/class/power_supply` (Documentation/ABI/testing/sysfs-class-power).
//!
//! ```text
//! type Battery        scope Device            a mouse's; the machine's says System or nothing
//! present 1           status Discharging
//! capacity 94         percent
//! energy_now 23500000  energy_full 25000000   microwatt-hours
//! charge_now 1900000   charge_full 4000000    microampere-hours, of packs that do not tell energy
//! voltage_min_design 11400000                 microvolts
//! ```
//! Each driver tells some of these.

use kinglet_proto::percent::Percent;
use kinglet_proto::time::Instant;

use crate::kernel::text;
use crate::read::{Buffer, HotFile, Root};

/// A pack's files, and how it was when last looked at.
#[derive(Debug)]
pub(super) struct Pack {
    present: Option<HotFile>,
    status: Option<HotFile>,
    capacity: Option<HotFile>,
    energy: Option<Level>,
    charge: Option<Level>,
    voltage: Option<HotFile>,
    /// Whether there is a pack.
    pub(super) is_present: bool,
    /// Whether its status is one that only mains can give it.
    pub(super) is_on_mains: bool,
    /// Whether the host lives on it.
    pub(super) is_drawn: bool,
}

/// How much is left, and how much it was when full.
#[derive(Debug)]
struct Level {
    left: HotFile,
    full: HotFile,
}

impl Pack {
    /// The pack in this folder; `None` for a supply that is no battery of the machine.
    pub(super) fn find(sys: &Root, at: &str, buffer: &mut Buffer) -> Option<Self> {
        let mut read = |file| sys.text(format!("{at}/{file}"), buffer);
        if read("type").as_deref() != Some("Battery") || read("scope").as_deref() == Some("Device")
        {
            return None;
        }
        let names = sys.names(at);
        let file = |name: &str| {
            names.iter().any(|other| other == name).then(|| sys.file(format!("{at}/{name}")))
        };
        let level = |left: &str, full: &str, design: &str| {
            Some(Level { left: file(left)?, full: file(full).or_else(|| file(design))? })
        };
        Some(Self {
            present: file("present"),
            status: file("status"),
            capacity: file("capacity"),
            energy: level("energy_now", "energy_full", "energy_full_design"),
            charge: level("charge_now", "charge_full", "charge_full_design"),
            // The same for what is left and what was full; it does not move with the load.
            voltage: file("voltage_min_design").or_else(|| file("voltage_now")),
            is_present: true,
            is_on_mains: false,
            is_drawn: false,
        })
    }

    /// Whether it is there, and what it does.
    pub(super) fn look(&mut self, now: Instant, buffer: &mut Buffer) {
        self.is_present = number(self.present.as_mut(), now, buffer) != Some(0);
        let status = self.status.as_mut().and_then(|status| status.read(now, buffer));
        let status = status.map_or(&b""[..], text::trim);
        // "Not charging" is a full battery on mains, or one that its firmware keeps below full.
        self.is_on_mains = matches!(status, b"Charging" | b"Full" | b"Not charging");
        self.is_drawn = status == b"Discharging";
    }

    /// How full it is, by its own word or else by its level.
    pub(super) fn share(&mut self, now: Instant, buffer: &mut Buffer) -> Option<Percent> {
        if let Some(capacity) = number(self.capacity.as_mut(), now, buffer) {
            return Some(Percent::of(capacity, 100));
        }
        let level = self.energy.as_mut().or(self.charge.as_mut())?;
        level.read(now, buffer).map(|(left, full)| Percent::of(left, full))
    }

    /// Energy left and when full, microwatt-hours.
    pub(super) fn energy(&mut self, now: Instant, buffer: &mut Buffer) -> Option<(u64, u64)> {
        if let Some(energy) = &mut self.energy {
            return energy.read(now, buffer);
        }
        let millivolts = number(self.voltage.as_mut(), now, buffer)? / 1000;
        let (left, full) = self.charge.as_mut()?.read(now, buffer)?;
        let energy = |charge: u64| (charge / 1000).checked_mul(millivolts);
        energy(left).zip(energy(full)).filter(|(_, full)| *full > 0)
    }
}

impl Level {
    fn read(&mut self, now: Instant, buffer: &mut Buffer) -> Option<(u64, u64)> {
        let left = number(Some(&mut self.left), now, buffer)?;
        let full = number(Some(&mut self.full), now, buffer)?;
        (full > 0).then_some((left, full))
    }
}

fn number(file: Option<&mut HotFile>, now: Instant, buffer: &mut Buffer) -> Option<u64> {
    text::number(text::trim(file?.read(now, buffer)?))
}
