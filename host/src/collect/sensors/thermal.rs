//! Temperatures and fans, of the sensors that were found and chosen.
//!
//! A sensor that answers with an error or with something absurd, or says of itself that it is at
//! fault, is absent until it answers well.

use kinglet_proto::sample::{Fan, Sample, Temperature};
use kinglet_proto::time::Instant;

use super::chips::{self, Sensor};
use crate::collect::schedule::Schedule;
use crate::collect::{Change, Collector, set_text};
use crate::kernel::sensor;
use crate::limits::{INVENTORY_INTERVAL, SENSOR_INTERVAL};
use crate::read::{Buffer, Root};

/// Reads temperatures and fans.
#[derive(Debug)]
pub(super) struct ThermalCollector {
    sys: Root,
    temperatures: Vec<Sensor>,
    fans: Vec<Sensor>,
    inventory_due: Schedule,
    due: Schedule,
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
}

impl Collector for ThermalCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if self.inventory_due.is_due(now) {
            let known = std::mem::take(&mut self.temperatures);
            (self.temperatures, self.fans) = chips::find(&self.sys, &known, now, buffer);
            self.due.hurry();
        }
        if !self.due.is_due(now) {
            return;
        }
        let Sample { temperatures, fans, .. } = sample;
        self.temperatures.iter_mut().chain(&mut self.fans).for_each(Sensor::ask);
        let mut count = 0;
        for sensor in &mut self.temperatures {
            let Some(millidegrees) = sensor.read_millidegrees(now, buffer) else { continue };
            if count == temperatures.len() {
                temperatures.push(Temperature::default());
            }
            let row = &mut temperatures[count];
            set_text(&mut row.label, &sensor.label);
            row.critical = sensor.critical.map(celsius);
            row.celsius = celsius(millidegrees);
            count += 1;
        }
        temperatures.truncate(count);
        count = 0;
        for sensor in &mut self.fans {
            let Some(rpm) = sensor.read(now, buffer).and_then(sensor::parse_rpm) else { continue };
            if count == fans.len() {
                fans.push(Fan::default());
            }
            set_text(&mut fans[count].label, &sensor.label);
            fans[count].rpm = rpm;
            count += 1;
        }
        fans.truncate(count);
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Late {
            self.inventory_due.hurry();
        }
    }
}

/// Degrees with one decimal.
fn celsius(millidegrees: i64) -> f64 {
    let tenths = (millidegrees + 50).div_euclid(100);
    // The parser leaves what fits.
    i32::try_from(tenths).map_or(0.0, |tenths| f64::from(tenths) / 10.0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn degrees_have_one_decimal_on_both_sides_of_zero() {
        for (millidegrees, degrees) in [(48_312, 48.3), (48_350, 48.4), (-1250, -1.2), (0, 0.0)] {
            assert_eq!(celsius(millidegrees), degrees, "{millidegrees}");
        }
    }

    #[test]
    fn a_sensor_at_fault_is_absent_until_it_is_well() {
        let folder = std::env::temp_dir().join(format!("kinglet-thermal-{}", std::process::id()));
        let chip = folder.join("class/hwmon/hwmon0");
        fs::create_dir_all(&chip).unwrap();
        let write = |name: &str, text: &str| fs::write(chip.join(name), text).unwrap();
        for (name, text) in [
            ("name", "nct7802\n"),
            ("temp1_input", "41500\n"),
            ("temp2_input", "93000\n"),
            ("temp2_fault", "1\n"),
            ("fan1_input", "0\n"),
            ("fan1_fault", "1\n"),
            ("fan2_input", "0\n"),
            ("fan2_fault", "0\n"),
        ] {
            write(name, text);
        }
        let mut collector = ThermalCollector::new(&Root::new(&folder));
        let (mut buffer, mut sample) = (Buffer::default(), Sample::default());
        let mut read = |second: u64| {
            collector.collect(Instant::from_millis(second * 1000), &mut buffer, &mut sample);
            let degrees = sample.temperatures.iter().map(|row| row.celsius).collect::<Vec<_>>();
            let fans = sample.fans.iter().map(|fan| fan.label.clone()).collect::<Vec<_>>();
            (degrees, fans)
        };
        let stopped = "nct7802 2".to_owned();
        assert_eq!(read(10), (vec![41.5], vec![stopped.clone()]));
        write("temp2_fault", "0\n");
        assert_eq!(read(20), (vec![41.5, 93.0], vec![stopped]));
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn what_is_too_much_is_the_chips_own_word_where_that_can_be_true() {
        let folder = std::env::temp_dir().join(format!("kinglet-limit-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let write = |at: &str, files: &[(&str, &str)]| {
            let chip = folder.join("class").join(at);
            fs::create_dir_all(&chip).unwrap();
            files.iter().for_each(|(name, text)| fs::write(chip.join(name), text).unwrap());
        };
        let (input, crit, max) = ("temp1_input", "temp1_crit", "temp1_max");
        write("hwmon/hwmon0", &[("name", "coretemp"), (input, "50000"), (crit, "100000")]);
        write("hwmon/hwmon0", &[(max, "84000")]);
        write("hwmon/hwmon1", &[("name", "lm75"), (input, "50000"), (max, "80000")]);
        write(
            "hwmon/hwmon2",
            &[("name", "nvme"), (input, "50000"), (crit, "0"), (max, "65261850")],
        );
        write(
            "hwmon/hwmon3",
            &[("name", "nct"), (input, "50000"), (crit, "45000"), (max, "90000")],
        );
        write("hwmon/hwmon4", &[("name", "k10temp"), (input, "50000"), (max, "70000")]);
        write("hwmon/hwmon5", &[("name", "rpi_volt")]);
        let trips = |at: &str, kind: &str, trips: &[(&str, &str)]| {
            write(at, &[("type", kind), ("temp", "50000")]);
            for (number, (kind, temperature)) in trips.iter().enumerate() {
                write(at, &[(&format!("trip_point_{number}_type"), kind)]);
                write(at, &[(&format!("trip_point_{number}_temp"), temperature)]);
            }
        };
        trips("thermal/thermal_zone0", "gpu", &[("passive", "80000"), ("critical", "115000")]);
        trips("thermal/thermal_zone1", "npu", &[("hot", "95000"), ("active", "60000")]);
        trips("thermal/thermal_zone2", "acpi", &[("hot", "95000"), ("critical", "105000")]);
        trips("thermal/thermal_zone3", "cpu-thermal", &[("critical", "110000")]);
        let mut collector = ThermalCollector::new(&Root::new(&folder));
        let (mut buffer, mut sample) = (Buffer::default(), Sample::default());
        let mut read = |second: u64| {
            collector.collect(Instant::from_millis(second * 1000), &mut buffer, &mut sample);
            sample.temperatures.iter().map(|row| row.critical.unwrap_or_default()).collect()
        };
        let critical: Vec<f64> = read(10);
        // By name: coretemp, k10temp, lm75, nct, nvme; then zones, the last of them a Pi's.
        assert_eq!(critical, [100.0, 0.0, 80.0, 90.0, 0.0, 115.0, 95.0, 105.0, 0.0]);
        // It is a constant: not read again, nor doubted when a chip gets hotter than that.
        write("hwmon/hwmon0", &[(input, "101000"), (crit, "40000")]);
        for second in [20, 700] {
            assert_eq!(read(second), critical, "{second}");
        }
        fs::remove_dir_all(&folder).unwrap();
    }
}
