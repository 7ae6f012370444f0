//! The battery that feeds the host.

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Battery, Sample};
use kinglet_proto::time::Instant;

use crate::collect::Collector;
use crate::collect::schedule::Schedule;
use crate::kernel::text;
use crate::limits::SENSOR_INTERVAL;
use crate::read::{Buffer, HotFile, Root};

/// Reads the battery now and then.
#[derive(Debug)]
pub(super) struct BatteryCollector {
    capacity: Option<HotFile>,
    status: Option<HotFile>,
    due: Schedule,
}

impl BatteryCollector {
    pub(super) fn new(sys: &Root) -> Self {
        let battery = find_battery(sys, &mut Buffer::default());
        let file = |name: &str| {
            battery.as_ref().map(|at| sys.file(format!("class/power_supply/{at}/{name}")))
        };
        Self {
            capacity: file("capacity"),
            status: file("status"),
            due: Schedule::every(SENSOR_INTERVAL),
        }
    }

    fn read(&mut self, now: Instant, buffer: &mut Buffer) -> Option<Battery> {
        let capacity = self.capacity.as_mut()?.read(now, buffer)?;
        let percent = Percent::of(text::number(text::trim(capacity))?, 100);
        let status = self.status.as_mut().and_then(|status| status.read(now, buffer));
        // "Not charging" is a full battery on mains, or one that its firmware keeps below full.
        let on_mains: [&[u8]; 3] = [b"Charging", b"Full", b"Not charging"];
        let charging = status.is_some_and(|status| on_mains.contains(&text::trim(status)));
        Some(Battery { percent, charging })
    }
}

impl Collector for BatteryCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if self.due.is_due(now) {
            sample.battery = self.read(now, buffer);
        }
    }
}

/// The first battery of the host; mice and keyboards have theirs in the scope `Device`.
fn find_battery(sys: &Root, buffer: &mut Buffer) -> Option<String> {
    let is_battery = |name: &String| {
        let mut read = |file| sys.text(format!("class/power_supply/{name}/{file}"), buffer);
        read("type").as_deref() == Some("Battery") && read("scope").as_deref() != Some("Device")
    };
    sys.names("class/power_supply").into_iter().find(is_battery)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_battery_of_a_mouse_is_not_the_hosts() {
        let folder = std::env::temp_dir().join(format!("kinglet-power-{}", std::process::id()));
        let write = |name: &str, file: &str, text: &str| {
            let at = folder.join("class/power_supply").join(name);
            std::fs::create_dir_all(&at).unwrap();
            std::fs::write(at.join(file), text).unwrap();
        };
        let mut buffer = Buffer::default();
        let sys = Root::new(&folder);
        write("AC", "type", "Mains\n");
        write("a_mouse", "type", "Battery\n");
        write("a_mouse", "scope", "Device\n");
        write("a_mouse", "capacity", "5\n");
        let mut read = |second: u64| {
            let mut sample = Sample::default();
            let now = Instant::from_millis(second * 1000);
            BatteryCollector::new(&sys).collect(now, &mut buffer, &mut sample);
            sample.battery
        };
        assert_eq!(read(1), None);
        write("BAT0", "type", "Battery\n");
        write("BAT0", "capacity", "98\n");
        for (status, charging) in
            [("Charging", true), ("Full", true), ("Not charging", true), ("Discharging", false)]
        {
            write("BAT0", "status", &format!("{status}\n"));
            let percent = Percent::of(98, 100);
            assert_eq!(read(2), Some(Battery { percent, charging }), "{status}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
