//! What feeds the host: the Raspberry Pi firmware's power flags, and a battery.

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Battery, Power};
use kinglet_proto::time::Instant;

use super::schedule::Schedule;
use crate::kernel::root::{Buffer, HotFile, Root};
use crate::kernel::sensor::{self, Throttled};
use crate::kernel::text;
use crate::limits::SENSOR_INTERVAL;

/// Reads power flags at every sample: a dip lasts less than a second.
#[derive(Debug)]
pub(super) struct PowerCollector {
    file: Option<HotFile>,
    counts: Counts,
}

/// Flags of the last sample and how often each set in.
#[derive(Debug, Default)]
struct Counts {
    last: Throttled,
    power: Power,
}

impl PowerCollector {
    pub(super) fn new(sys: &Root) -> Self {
        Self { file: find_firmware(sys), counts: Counts::default() }
    }

    pub(super) fn collect(&mut self, now: Instant, buffer: &mut Buffer) -> Option<Power> {
        let value = self.file.as_mut()?.read(now, buffer)?;
        Some(self.counts.update(sensor::parse_throttled(value)?))
    }
}

impl Counts {
    fn update(&mut self, flags: Throttled) -> Power {
        let last = std::mem::replace(&mut self.last, flags);
        let power = &mut self.power;
        (power.undervoltage, power.throttled) = (flags.undervoltage, flags.throttled);
        power.frequency_capped = flags.frequency_capped;
        let count = |count: &mut u64, was: bool, is: bool, before: bool| {
            *count += u64::from(is && !was);
            // It happened, but between two samples or before the agent started.
            if before && *count == 0 {
                *count = 1;
            }
        };
        count(
            &mut power.undervoltage_count,
            last.undervoltage,
            flags.undervoltage,
            flags.undervoltage_before,
        );
        count(&mut power.throttled_count, last.throttled, flags.throttled, flags.throttled_before);
        count(
            &mut power.frequency_capped_count,
            last.frequency_capped,
            flags.frequency_capped,
            flags.frequency_capped_before,
        );
        *power
    }
}

/// The firmware's place in sysfs: `soc/soc:firmware` up to the Pi 4, with an address on later ones.
fn find_firmware(sys: &Root) -> Option<HotFile> {
    let platform = "devices/platform";
    for soc in sys.names(platform).iter().filter(|name| name.starts_with("soc")) {
        let at = format!("{platform}/{soc}");
        for firmware in sys.names(&at).iter().filter(|name| name.ends_with(":firmware")) {
            let file = format!("{at}/{firmware}/get_throttled");
            if sys.exists(&file) {
                return Some(sys.file(file));
            }
        }
    }
    None
}

/// Reads the battery now and then.
#[derive(Debug)]
pub(super) struct BatteryCollector {
    capacity: Option<HotFile>,
    status: Option<HotFile>,
    due: Schedule,
}

impl BatteryCollector {
    pub(super) fn new(sys: &Root, buffer: &mut Buffer) -> Self {
        let battery = find_battery(sys, buffer);
        let file = |name: &str| {
            battery.as_ref().map(|at| sys.file(format!("class/power_supply/{at}/{name}")))
        };
        Self {
            capacity: file("capacity"),
            status: file("status"),
            due: Schedule::every(SENSOR_INTERVAL),
        }
    }

    pub(super) fn collect(
        &mut self,
        now: Instant,
        buffer: &mut Buffer,
        battery: &mut Option<Battery>,
    ) {
        if self.due.is_due(now) {
            *battery = self.read(now, buffer);
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
    fn each_onset_counts_once_and_what_was_before_counts_one() {
        let mut counts = Counts::default();
        let mut counted = |bits: &str| {
            let power = counts.update(sensor::parse_throttled(bits.as_bytes()).unwrap());
            (power.undervoltage, power.undervoltage_count, power.throttled_count)
        };
        assert_eq!(counted("0"), (false, 0, 0));
        assert_eq!(counted("10001"), (true, 1, 0));
        assert_eq!(counted("10001"), (true, 1, 0), "it lasts");
        assert_eq!(counted("10000"), (false, 1, 0));
        assert_eq!(counted("50001"), (true, 2, 1), "throttled between two samples");
    }

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
            let mut battery = None;
            let now = Instant::from_millis(second * 1000);
            BatteryCollector::new(&sys, &mut buffer).collect(now, &mut buffer, &mut battery);
            battery
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

    #[test]
    fn what_happened_before_the_agent_started_counts_one() {
        let mut counts = Counts::default();
        let power = counts.update(sensor::parse_throttled(b"50000").unwrap());
        assert_eq!((power.undervoltage_count, power.throttled_count), (1, 1));
        assert_eq!(power.frequency_capped_count, 0);
    }
}
