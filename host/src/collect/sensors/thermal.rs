//! Temperatures and fans: every sensor of hwmon, and the thermal zones that hwmon does not have.
//!
//! hwmon numbers change from boot to boot, so chips are ordered by name. A zone whose type is the
//! name of a chip (`cpu-thermal` and `cpu_thermal`) is the same sensor, and so is the package of
//! `coretemp`, whose zone is called `x86_pkg_temp`. A sensor that answers with
//! an error or with something absurd is absent until it answers well. Disks are left out
//! (`drivetemp`): asking one may keep it from sleeping.

use kinglet_proto::sample::{Fan, Sample, Temperature};
use kinglet_proto::time::Instant;

use crate::collect::schedule::Schedule;
use crate::collect::{Collector, set_text};
use crate::kernel::sensor;
use crate::limits::{FANS_MAX, INVENTORY_INTERVAL, SENSOR_INTERVAL, TEMPERATURES_MAX};
use crate::read::{Buffer, HotFile, Root};

/// The chip that is a disk.
const DISK_CHIP: &str = "drivetemp";

/// Reads temperatures and fans.
#[derive(Debug)]
pub(super) struct ThermalCollector {
    sys: Root,
    temperatures: Vec<Sensor>,
    fans: Vec<Sensor>,
    inventory_due: Schedule,
    due: Schedule,
}

#[derive(Debug)]
struct Sensor {
    label: String,
    file: HotFile,
}

impl ThermalCollector {
    pub(super) fn new(sys: &Root) -> Self {
        Self {
            sys: sys.clone(),
            temperatures: Vec::new(),
            fans: Vec::new(),
            inventory_due: Schedule::every(INVENTORY_INTERVAL),
            due: Schedule::every(SENSOR_INTERVAL),
        }
    }

    fn find_sensors(&mut self, buffer: &mut Buffer) {
        let mut found = Found::default();
        let mut chips: Vec<(String, String)> = Vec::new();
        for entry in self.sys.names("class/hwmon") {
            // Old drivers keep name and inputs in the parent device.
            for at in [format!("class/hwmon/{entry}"), format!("class/hwmon/{entry}/device")] {
                if let Some(name) = self.sys.text(format!("{at}/name"), buffer) {
                    chips.push((name, at));
                    break;
                }
            }
        }
        chips.sort();
        for (chip, at) in chips.iter().filter(|chip| chip.0 != DISK_CHIP) {
            found.add_chip(chip, at, &self.sys, buffer);
        }
        let squeezed = |name: &str| match name {
            "x86_pkg_temp" => "coretemp".to_owned(),
            name => name.replace('_', "-"),
        };
        for zone in self.sys.names("class/thermal") {
            let at = format!("class/thermal/{zone}");
            let Some(kind) = self.sys.text(format!("{at}/type"), buffer) else { continue };
            let is_chip = |chip: &(String, String)| squeezed(&chip.0) == squeezed(&kind);
            if zone.starts_with("thermal_zone") && !chips.iter().any(is_chip) {
                found.add(false, kind, self.sys.file(format!("{at}/temp")));
            }
        }
        self.temperatures = found.temperatures;
        self.fans = found.fans;
    }
}

impl Collector for ThermalCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if self.inventory_due.is_due(now) {
            self.find_sensors(buffer);
            self.due.hurry();
        }
        if !self.due.is_due(now) {
            return;
        }
        let Sample { temperatures, fans, .. } = sample;
        let mut count = 0;
        for sensor in &mut self.temperatures {
            let Some(celsius) = sensor.file.read(now, buffer).and_then(parse_celsius) else {
                continue;
            };
            if count == temperatures.len() {
                temperatures.push(Temperature::default());
            }
            set_text(&mut temperatures[count].label, &sensor.label);
            temperatures[count].celsius = celsius;
            count += 1;
        }
        temperatures.truncate(count);
        count = 0;
        for sensor in &mut self.fans {
            let Some(rpm) = sensor.file.read(now, buffer).and_then(sensor::parse_rpm) else {
                continue;
            };
            if count == fans.len() {
                fans.push(Fan::default());
            }
            set_text(&mut fans[count].label, &sensor.label);
            fans[count].rpm = rpm;
            count += 1;
        }
        fans.truncate(count);
    }
}

#[derive(Default)]
struct Found {
    temperatures: Vec<Sensor>,
    fans: Vec<Sensor>,
}

impl Found {
    fn add_chip(&mut self, chip: &str, at: &str, sys: &Root, buffer: &mut Buffer) {
        let mut inputs: Vec<(bool, u32, String)> = Vec::new();
        for name in sys.names(at) {
            let Some(stem) = name.strip_suffix("_input") else { continue };
            let (is_fan, digits) = match (stem.strip_prefix("temp"), stem.strip_prefix("fan")) {
                (Some(digits), _) => (false, digits),
                (None, Some(digits)) => (true, digits),
                (None, None) => continue,
            };
            if let Ok(number) = digits.parse() {
                inputs.push((is_fan, number, stem.to_owned()));
            }
        }
        inputs.sort(); // by number: temp10 behind temp9
        for (is_fan, _, stem) in inputs {
            let label = sys.text(format!("{at}/{stem}_label"), buffer);
            let label = label.map_or_else(|| chip.to_owned(), |label| format!("{chip} {label}"));
            self.add(is_fan, label, sys.file(format!("{at}/{stem}_input")));
        }
    }

    /// A label that is there already gets a number behind it.
    fn add(&mut self, is_fan: bool, label: String, file: HotFile) {
        let (list, max) = if is_fan {
            (&mut self.fans, FANS_MAX)
        } else {
            (&mut self.temperatures, TEMPERATURES_MAX)
        };
        if list.len() >= max {
            return;
        }
        let is_taken = |label: &str| list.iter().any(|sensor| sensor.label == label);
        let numbered = (2..).map(|number| format!("{label} {number}"));
        let label = std::iter::once(label.clone())
            .chain(numbered)
            .find(|label| !is_taken(label))
            .unwrap_or(label);
        list.push(Sensor { label, file });
    }
}

/// Degrees with one decimal.
fn parse_celsius(value: &[u8]) -> Option<f64> {
    let millidegrees = sensor::parse_millidegrees(value)?;
    let tenths = (millidegrees + 50).div_euclid(100);
    i32::try_from(tenths).ok().map(|tenths| f64::from(tenths) / 10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn degrees_have_one_decimal_on_both_sides_of_zero() {
        for (text, celsius) in [("48312", 48.3), ("48350", 48.4), ("-1250", -1.2), ("0", 0.0)] {
            assert_eq!(parse_celsius(text.as_bytes()), Some(celsius), "{text}");
        }
    }

    #[test]
    fn equal_labels_are_told_apart_and_the_list_ends() {
        let root = Root::new("/nowhere");
        let mut found = Found::default();
        for _ in 0..TEMPERATURES_MAX + 1 {
            found.add(false, "coretemp Core 0".into(), root.file("x"));
        }
        let labels: Vec<&str> = found.temperatures.iter().map(|s| s.label.as_str()).collect();
        assert_eq!(labels[..3], ["coretemp Core 0", "coretemp Core 0 2", "coretemp Core 0 3"]);
        assert_eq!(labels.len(), TEMPERATURES_MAX);
    }
}
