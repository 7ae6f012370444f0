//! The batteries that feed the host, as one.
//!
//! Of several packs each counts by the energy it holds; where one does not tell its energy, they
//! count alike. A slot without a pack is no battery, and neither is a mouse's.

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Battery, Sample};
use kinglet_proto::time::Instant;

use super::pack::Pack;
use crate::collect::schedule::Schedule;
use crate::collect::{Change, Collector};
use crate::limits::{BATTERIES_MAX, SENSOR_INTERVAL, TOPOLOGY_INTERVAL};
use crate::read::{Buffer, Root};

/// Where supplies of all kinds are.
const SUPPLIES: &str = "class/power_supply";

/// Reads the batteries now and then.
#[derive(Debug)]
pub(super) struct BatteryCollector {
    sys: Root,
    /// Supplies of all kinds: the packs are found anew when these are others.
    names: Vec<String>,
    packs: Vec<Pack>,
    look_due: Schedule,
    due: Schedule,
}

impl BatteryCollector {
    pub(super) fn new(sys: &Root) -> Self {
        Self {
            sys: sys.clone(),
            names: Vec::new(),
            packs: Vec::new(),
            look_due: Schedule::every(TOPOLOGY_INTERVAL),
            due: Schedule::every(SENSOR_INTERVAL),
        }
    }

    fn find_packs(&mut self, buffer: &mut Buffer) {
        let names = self.sys.names(SUPPLIES);
        if names == self.names {
            return;
        }
        let found = names
            .iter()
            .filter_map(|name| Pack::find(&self.sys, &format!("{SUPPLIES}/{name}"), buffer));
        self.packs = found.take(BATTERIES_MAX).collect();
        self.names = names;
    }

    fn read(&mut self, now: Instant, buffer: &mut Buffer) -> Option<Battery> {
        for pack in &mut self.packs {
            pack.look(now, buffer);
        }
        let mut there = self.packs.iter_mut().filter(|pack| pack.is_present);
        let percent = match (there.next()?, there.next()) {
            // The firmware's own word, which knows of age and cold.
            (only, None) => only.share(now, buffer)?,
            _ => self.percent_of_all(now, buffer)?,
        };
        let there = || self.packs.iter().filter(|pack| pack.is_present);
        let charging = there().any(|pack| pack.is_on_mains) && !there().any(|pack| pack.is_drawn);
        Some(Battery { percent, charging })
    }

    fn percent_of_all(&mut self, now: Instant, buffer: &mut Buffer) -> Option<Percent> {
        let mut sum = Some((0_u64, 0_u64));
        let (mut shares, mut count) = (0.0, 0_u32);
        for pack in self.packs.iter_mut().filter(|pack| pack.is_present) {
            let energy = pack.energy(now, buffer);
            sum = sum.zip(energy).map(|(sum, energy)| {
                (sum.0.saturating_add(energy.0), sum.1.saturating_add(energy.1))
            });
            if let Some(share) = pack.share(now, buffer) {
                shares += share.get();
                count += 1;
            }
        }
        let by_energy = sum.map(|(left, full)| Percent::of(left, full));
        by_energy.or_else(|| (count > 0).then(|| Percent::new(shares / f64::from(count))))
    }
}

impl Collector for BatteryCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if self.look_due.is_due(now) {
            self.find_packs(buffer);
        }
        if self.due.is_due(now) {
            sample.battery = self.read(now, buffer);
        }
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Late {
            self.look_due.hurry();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    /// A `/sys` with supplies in it, and its own collector; gone when the test is.
    struct Host {
        folder: PathBuf,
        collector: BatteryCollector,
        second: u64,
    }

    impl Host {
        fn new(name: &str) -> Self {
            let name = format!("kinglet-battery-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            let collector = BatteryCollector::new(&Root::new(&folder));
            Self { folder, collector, second: 0 }
        }

        /// Writes files of one supply: `status Full, capacity 98`.
        fn write(&self, supply: &str, files: &str) {
            let at = self.folder.join(SUPPLIES).join(supply);
            fs::create_dir_all(&at).unwrap();
            for file in files.split(", ") {
                let (name, text) = file.split_once(' ').unwrap();
                fs::write(at.join(name), format!("{text}\n")).unwrap();
            }
        }

        /// What stands there a minute later, percent and charging.
        fn read(&mut self) -> Option<(f64, bool)> {
            self.second += 60;
            let (mut buffer, mut sample) = (Buffer::default(), Sample::default());
            let now = Instant::from_millis(self.second * 1000);
            self.collector.collect(now, &mut buffer, &mut sample);
            sample.battery.map(|battery| (battery.percent.get(), battery.charging))
        }
    }

    impl Drop for Host {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn the_battery_of_a_mouse_is_not_the_hosts_and_a_pack_may_come_later() {
        let mut host = Host::new("mouse");
        assert_eq!(host.read(), None, "no supplies at all");
        host.write("AC", "type Mains, online 1");
        host.write("a_mouse", "type Battery, scope Device, capacity 5, present 1");
        assert_eq!(host.read(), None);
        host.write("BAT0", "type Battery, capacity 98, status Full");
        for (status, charging) in [
            ("Charging", true),
            ("Full", true),
            ("Not charging", true),
            ("Discharging", false),
            ("Unknown", false),
        ] {
            host.write("BAT0", &format!("status {status}"));
            assert_eq!(host.read(), Some((98.0, charging)), "{status}");
        }
    }

    #[test]
    fn a_slot_without_a_pack_is_no_battery() {
        let mut host = Host::new("slot");
        host.write("axp", "type Battery, present 0, capacity 0, status Not charging");
        assert_eq!(host.read(), None);
        host.write("axp", "present 1, capacity 61, status Charging");
        assert_eq!(host.read(), Some((61.0, true)));
        host.write("axp2", "type Battery, present 0, capacity 0, energy_now 0, energy_full 9");
        assert_eq!(host.read(), Some((61.0, true)), "the other slot is empty");
    }

    #[test]
    fn packs_count_by_energy_in_whatever_unit_they_tell_it() {
        let mut host = Host::new("packs");
        host.write("BAT0", "type Battery, capacity 50, status Discharging, present 1");
        host.write("BAT0", "energy_now 10000000, energy_full 20000000");
        host.write("BAT1", "type Battery, capacity 0, status Not charging, present 1");
        host.write("BAT1", "energy_now 0, energy_full 60000000");
        assert_eq!(host.read(), Some((12.5, false)));
        // 3 Ah of 4 Ah at 10 V are 30 Wh of 40 Wh, and no capacity is told.
        host.write("BAT2", "type Battery, charge_now 3000000, charge_full 4000000, status Full");
        host.write("BAT2", "voltage_now 11900000, voltage_min_design 10000000");
        assert_eq!(host.read(), Some((33.3, false)));
        host.write("BAT3", "type Battery, capacity 100");
        assert_eq!(host.read(), Some((56.3, false)), "without energy they count alike");
    }

    #[test]
    fn a_pack_without_capacity_tells_it_by_energy_or_charge() {
        for (name, files, percent) in [
            ("energy", "energy_now 30000000, energy_full 40000000", Some(75.0)),
            ("charge", "charge_now 1500000, charge_full 2000000", Some(75.0)),
            ("design", "charge_now 500000, charge_full_design 2000000", Some(25.0)),
            ("over", "energy_now 41000000, energy_full 40000000", Some(100.0)),
            ("empty", "energy_now 0, energy_full 0", None),
            ("half", "energy_now 5", None),
            ("negative", "charge_now -5, charge_full 100", None),
            ("both", "capacity 40, energy_now 30000000, energy_full 40000000", Some(40.0)),
        ] {
            let mut host = Host::new(name);
            host.write("battery", &format!("type Battery, status Charging, {files}"));
            assert_eq!(host.read(), percent.map(|percent| (percent, true)), "{name}");
        }
    }
}
