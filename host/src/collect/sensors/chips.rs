//! Which sensors there are: every one of hwmon, and the thermal zones that hwmon does not have.
//!
//! hwmon numbers change from boot to boot, so chips are ordered by name. A zone whose type is the
//! name of a chip (`cpu-thermal` and `cpu_thermal`) is the same sensor, and so is the package of
//! `coretemp`, whose zone is called `x86_pkg_temp`. Disks are left out (`drivetemp`): asking one
//! may keep it from sleeping.

use kinglet_proto::time::Instant;

use super::choice::{self, Rank};
use crate::kernel::sensor::{self, Thermometer};
use crate::limits::{FANS_MAX, PI_LIMIT, SENSORS_MAX, TEMPERATURES_MAX};
use crate::read::{Buffer, HotFile, Root};

/// The chip that is a disk.
const DISK_CHIP: &str = "drivetemp";
/// The chip that is a thermometer on a one-wire bus.
const ONE_WIRE_CHIP: &str = "w1_slave_temp";

/// The chip that only a Raspberry Pi has, and that in its processor.
const PI_CHIP: &str = "rpi_volt";
/// See [`PI_CHIP`].
const PI_PROCESSOR: &str = "cpu-thermal";
/// The chip of AMD's processors, of all of which old kernels say 70 degrees as the maximum.
const OLD_AMD_CHIP: &str = "k10temp";

/// One sensor and the files it is read from.
#[derive(Debug)]
pub(super) struct Sensor {
    pub(super) label: String,
    /// What its files' names begin with.
    pub(super) at: String,
    /// What is too much for it, as it says itself.
    pub(super) critical: Option<i64>,
    /// Which chip it is of; all zones are one.
    chip: usize,
    /// Whether it is a processor's as a whole, in the words of two ages of the driver.
    is_main: bool,
    thermometer: Thermometer,
    input: HotFile,
    /// Says whether the input is worth reading; few chips have one.
    fault: Option<HotFile>,
}

/// The sensors that go into a sample, temperatures and fans; `known` are the temperatures that were
/// found before.
pub(super) fn find(
    sys: &Root,
    known: &[Sensor],
    now: Instant,
    buffer: &mut Buffer,
) -> (Vec<Sensor>, Vec<Sensor>) {
    let mut found = Found::default();
    let chips = find_chips(sys, buffer);
    for (chip, at) in chips.iter().filter(|chip| chip.0 != DISK_CHIP) {
        found.add_chip(chip, at, sys, buffer);
    }
    for zone in sys.names("class/thermal") {
        let at = format!("class/thermal/{zone}/");
        let Some(kind) = sys.text(format!("{at}type"), buffer) else { continue };
        let is_chip = |chip: &(String, String)| squeezed(&chip.0) == squeezed(&kind);
        if zone.starts_with("thermal_zone") && !chips.iter().any(is_chip) {
            let input = sys.file(format!("{at}temp"));
            let sensor = Sensor {
                label: kind,
                at,
                critical: None,
                chip: found.chips,
                is_main: false,
                thermometer: Thermometer::Zone,
                input,
                fault: None,
            };
            found.add(false, sensor);
        }
    }
    let rank = |sensor: &mut Sensor| sensor.rank(now, buffer);
    let mut temperatures = choice::choose(found.temperatures, TEMPERATURES_MAX, rank);
    let is_pi = chips.iter().any(|chip| chip.0 == PI_CHIP);
    for sensor in &mut temperatures {
        let is_it = |other: &&Sensor| (&other.at, &other.label) == (&sensor.at, &sensor.label);
        sensor.critical = known.iter().find(is_it).and_then(|known| known.critical);
        if sensor.critical.is_none() {
            sensor.find_critical(sys, now, buffer);
        }
        if is_pi && squeezed(&sensor.label) == PI_PROCESSOR {
            sensor.critical = sensor.critical.filter(|limit| *limit <= PI_LIMIT);
        }
    }
    // Of fans none says more than the others.
    let in_turn = |fan: &mut Sensor| Rank { group: fan.chip, is_main: false, value: Some(0) };
    (temperatures, choice::choose(found.fans, FANS_MAX, in_turn))
}

/// Name and folder of each chip.
fn find_chips(sys: &Root, buffer: &mut Buffer) -> Vec<(String, String)> {
    let mut chips = Vec::new();
    for entry in sys.names("class/hwmon") {
        // Old drivers keep name and inputs in the parent device.
        for at in [format!("class/hwmon/{entry}"), format!("class/hwmon/{entry}/device")] {
            if let Some(name) = sys.text(format!("{at}/name"), buffer) {
                chips.push((name, at));
                break;
            }
        }
    }
    chips.sort_unstable();
    chips
}

fn squeezed(name: &str) -> String {
    match name {
        "x86_pkg_temp" => "coretemp".to_owned(),
        name => name.replace('_', "-"),
    }
}

impl Sensor {
    /// It is about to be read.
    pub(super) fn ask(&mut self) {
        self.fault.iter_mut().for_each(HotFile::ask);
        self.input.ask();
    }

    /// What the sensor says, unless it says that this is nothing.
    pub(super) fn read<'b>(&mut self, now: Instant, buffer: &'b mut Buffer) -> Option<&'b [u8]> {
        if let Some(fault) = &mut self.fault
            && fault.read(now, buffer).is_some_and(sensor::parse_fault)
        {
            return None;
        }
        self.input.read(now, buffer)
    }

    /// The same of a temperature.
    pub(super) fn read_millidegrees(&mut self, now: Instant, buffer: &mut Buffer) -> Option<i64> {
        let thermometer = self.thermometer;
        self.read(now, buffer).and_then(|value| sensor::parse_millidegrees(value, thermometer))
    }

    /// Looks for what is too much for it: a constant, so once is enough. What is less than it has
    /// now is nothing of the kind.
    fn find_critical(&mut self, sys: &Root, now: Instant, buffer: &mut Buffer) {
        let files = match self.thermometer {
            Thermometer::Zone => trips(sys, &self.at, buffer),
            Thermometer::Chip if self.label.starts_with(OLD_AMD_CHIP) => vec![self.file("_crit")],
            Thermometer::Chip => vec![self.file("_crit"), self.file("_max")],
            Thermometer::OneWire => Vec::new(),
        };
        let mut read = |file| sensor::parse_limit(sys.read(file, buffer)?, self.thermometer);
        let limits: Vec<i64> = files.into_iter().filter_map(&mut read).collect();
        if !limits.is_empty() {
            let present = self.read_millidegrees(now, buffer).unwrap_or_default();
            self.critical = limits.into_iter().find(|limit| *limit > present);
        }
    }

    fn file(&self, behind: &str) -> String {
        format!("{}{behind}", self.at)
    }

    fn rank(&mut self, now: Instant, buffer: &mut Buffer) -> Rank {
        let value = self.read_millidegrees(now, buffer);
        Rank { group: self.chip, is_main: self.is_main, value }
    }
}

/// Where a zone says at how much it is too hot: what is critical first, then what is hot.
fn trips(sys: &Root, zone: &str, buffer: &mut Buffer) -> Vec<String> {
    let mut found = Vec::new();
    for name in sys.names(zone) {
        let Some(trip) = name.strip_suffix("_type") else { continue };
        let temperature = format!("{zone}{trip}_temp");
        match sys.text(format!("{zone}{name}"), buffer).as_deref() {
            Some("critical") => found.insert(0, temperature),
            Some("hot") => found.push(temperature),
            Some(_) | None => {}
        }
    }
    found
}

#[derive(Default)]
struct Found {
    temperatures: Vec<Sensor>,
    fans: Vec<Sensor>,
    /// Chips so far.
    chips: usize,
}

impl Found {
    fn add_chip(&mut self, chip: &str, at: &str, sys: &Root, buffer: &mut Buffer) {
        let names = sys.names(at);
        let mut inputs: Vec<(bool, u32, &str)> = Vec::new();
        for name in &names {
            let Some(stem) = name.strip_suffix("_input") else { continue };
            let (is_fan, digits) = match (stem.strip_prefix("temp"), stem.strip_prefix("fan")) {
                (Some(digits), _) => (false, digits),
                (None, Some(digits)) => (true, digits),
                (None, None) => continue,
            };
            if let Ok(number) = digits.parse() {
                // By number: temp10 behind temp9. A sort of its own weighs more than it saves.
                let input = (is_fan, number, stem);
                inputs.insert(inputs.partition_point(|other| *other < input), input);
            }
        }
        let is_one_wire = chip == ONE_WIRE_CHIP;
        for (is_fan, _, stem) in inputs {
            let label = sys.text(format!("{at}/{stem}_label"), buffer).unwrap_or_default();
            let is_main = label.starts_with("Package") || label.starts_with("Physical");
            let fault = format!("{stem}_fault");
            let sensor = Sensor {
                label: if label.is_empty() { chip.to_owned() } else { format!("{chip} {label}") },
                at: format!("{at}/{stem}"),
                critical: None,
                chip: self.chips,
                is_main,
                thermometer: if is_one_wire { Thermometer::OneWire } else { Thermometer::Chip },
                input: sys.file(format!("{at}/{stem}_input")),
                fault: names.contains(&fault).then(|| sys.file(format!("{at}/{fault}"))),
            };
            self.add(is_fan, sensor);
        }
        self.chips += 1;
    }

    /// A label that is there already gets a number behind it.
    fn add(&mut self, is_fan: bool, mut sensor: Sensor) {
        let list = if is_fan { &mut self.fans } else { &mut self.temperatures };
        if list.len() >= SENSORS_MAX {
            return;
        }
        let is_taken = |label: &str| list.iter().any(|sensor| sensor.label == label);
        let numbered = (2..).map(|number| format!("{} {number}", sensor.label));
        let free =
            std::iter::once(sensor.label.clone()).chain(numbered).find(|label| !is_taken(label));
        sensor.label = free.unwrap_or_default();
        list.push(sensor);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn equal_labels_are_told_apart_and_the_list_ends() {
        let mut found = Found::default();
        for _ in 0..SENSORS_MAX + 1 {
            let (label, input) = ("coretemp Core 0".into(), Root::new("/nowhere").file("x"));
            let (chip, is_main, thermometer, fault) = (0, false, Thermometer::Chip, None);
            let (at, critical) = (String::new(), None);
            let sensor = Sensor { label, at, critical, chip, is_main, thermometer, input, fault };
            found.add(false, sensor);
        }
        let labels: Vec<&str> = found.temperatures.iter().map(|s| s.label.as_str()).collect();
        assert_eq!(labels[..3], ["coretemp Core 0", "coretemp Core 0 2", "coretemp Core 0 3"]);
        assert_eq!(labels.len(), SENSORS_MAX);
    }

    #[test]
    fn two_sockets_of_many_cores_leave_room_for_the_rest() {
        let folder = std::env::temp_dir().join(format!("kinglet-chips-{}", std::process::id()));
        let write = |at: &str, text: String| {
            let path = folder.join("class").join(at);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        for socket in 0..2 {
            let at = format!("hwmon/hwmon{socket}");
            write(&format!("{at}/name"), "coretemp\n".into());
            write(&format!("{at}/temp1_label"), format!("Package id {socket}\n"));
            write(&format!("{at}/temp1_input"), "70000\n".into());
            for core in 0..32 {
                let degrees = if core == 19 + socket { 69 } else { 50 };
                write(&format!("{at}/temp{}_label", core + 2), format!("Core {core}\n"));
                write(&format!("{at}/temp{}_input", core + 2), format!("{degrees}000\n"));
            }
        }
        write("hwmon/hwmon2/name", "nvme\n".into());
        write("hwmon/hwmon2/temp1_input", "38850\n".into());
        write("hwmon/hwmon3/name", "jc42\n".into());
        write("hwmon/hwmon3/temp1_input", "33000\n".into());
        write("thermal/thermal_zone0/type", "acpitz\n".into());
        write("thermal/thermal_zone0/temp", "27800\n".into());
        let mut buffer = Buffer::default();
        let now = Instant::from_millis(1000);
        let (temperatures, fans) = find(&Root::new(&folder), &[], now, &mut buffer);
        let labels: Vec<_> = temperatures.iter().map(|sensor| sensor.label.as_str()).collect();
        assert_eq!((labels.len(), fans.len()), (TEMPERATURES_MAX, 0));
        for label in [
            "coretemp Package id 0",
            "coretemp Core 19",
            "coretemp Package id 1",
            "coretemp Core 20 2",
            "nvme",
            "jc42",
            "acpitz",
        ] {
            assert!(labels.contains(&label), "{label} is not in {labels:?}");
        }
        // As they were found: socket by socket, core by core.
        let place = |label: &str| labels.iter().position(|other| *other == label);
        assert!(place("coretemp Core 19") < place("coretemp Package id 1"));
        fs::remove_dir_all(&folder).unwrap();
    }
}
