//! Figures of many hosts for a list of them: a row for each, of which only what changed is told.
//!
//! A row has the columns of [`COLUMNS`], each the JSON text of one value, rounded to what a list
//! shows. All of them are of the part of a sample that anyone may see.

use std::fmt::Write;

use serde::Serialize;

use crate::limits::{LIST_DISKS_MAX, LIST_MOUNTS_MAX};
use crate::percent::Percent;
use crate::sample::{Disk, Filesystem, Sample, Temperature};

/// Where each value of a row stands in the object of a host's figures; a number is a place in a
/// list.
pub const COLUMNS: [&str; 20] = [
    "cpu.usage",
    "memory.usage_percent",
    "network.rx_speed",
    "network.tx_speed",
    "load_average.one",
    "temperatures.0.celsius",
    "uptime",
    "filesystems",
    "disks",
    "power.undervoltage",
    "network.rx",
    "network.tx",
    "temperatures.0.label",
    "hostname",
    "os.name",
    "os.version",
    "os.arch",
    "cpu.brand",
    "cpu.cores",
    "units.failed",
];

/// A mount with so much of its space in use is in the list beside the first.
const FULL_PERCENT: f64 = 95.0;
const PEBI: f64 = 1_125_899_906_842_624.0;
const MINUTE_S: u64 = 60;
const HOUR_S: u64 = 3600;
const DAY_S: u64 = 24 * HOUR_S;

/// The values of one host, in the order of [`COLUMNS`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// All texts, one behind the other; an absent value has none.
    texts: Box<str>,
    /// Where each of them ends.
    ends: [u32; COLUMNS.len()],
}

impl Row {
    /// Of this reading.
    pub fn of(sample: &Sample) -> Self {
        let mut new = Writer::default();
        let network = &sample.network;
        new.put(sample.cpu.usage.as_ref());
        new.put(sample.memory.usage_percent.as_ref());
        new.put_rate(network.rx_speed);
        new.put_rate(network.tx_speed);
        new.put(sample.load_average.as_ref().map(|load| round(load.one, 100.0)).as_ref());
        let hottest = hottest(&sample.temperatures);
        new.put(hottest.map(|sensor| Whole(sensor.celsius)).as_ref());
        new.put(sample.uptime.map(shown).as_ref());
        new.put(list(mounts(&sample.filesystems)).as_ref());
        new.put(list(disks(sample)).as_ref());
        new.put(sample.power.as_ref().map(|power| power.undervoltage).filter(|on| *on).as_ref());
        new.put_rate(network.rx.filter(|_| network.rx_speed.is_none()));
        new.put_rate(network.tx.filter(|_| network.tx_speed.is_none()));
        let texts = [
            hottest.map_or("", |sensor| &sensor.label),
            &sample.hostname,
            &sample.os.name,
            &sample.os.version,
            &sample.os.arch.0,
            &sample.cpu.brand,
        ];
        texts.into_iter().for_each(|text| new.put((!text.is_empty()).then_some(text).as_ref()));
        new.put(sample.cpu.cores.as_ref());
        new.put(sample.units.as_ref().map(|units| units.failed).as_ref());
        new.done()
    }

    /// The row of this number with all values that there are: `[number,column,value,...]`.
    pub fn whole(&self, number: u64) -> String {
        self.pairs(number, |_, text| !text.is_empty())
    }

    /// The same with those values that were others before; `null` for one that is gone.
    pub fn changed(&self, before: &Self, number: u64) -> String {
        self.pairs(number, |column, text| before.text(column) != text)
    }

    fn pairs(&self, number: u64, takes: impl Fn(usize, &str) -> bool) -> String {
        let mut row = format!("[{number}");
        for column in 0..COLUMNS.len() {
            let text = self.text(column);
            if takes(column, text) {
                let text = if text.is_empty() { "null" } else { text };
                // A String takes everything.
                let _ = write!(row, ",{column},{text}");
            }
        }
        row.push(']');
        row
    }

    fn text(&self, column: usize) -> &str {
        let at = |column: usize| self.ends.get(column).map_or(0, |end| *end as usize);
        let from = column.checked_sub(1).map_or(0, at);
        self.texts.get(from..at(column)).unwrap_or_default()
    }
}

#[derive(Default)]
struct Writer {
    texts: String,
    ends: Vec<u32>,
}

impl Writer {
    fn put<T: Serialize>(&mut self, value: Option<&T>) {
        if let Some(value) = value {
            self.texts += &serde_json::to_string(value).unwrap_or_default();
        }
        self.end();
    }

    /// Five digits are more than is shown of any.
    fn put_rate(&mut self, rate: Option<u64>) {
        if let Some(rate) = rate.map(shown_rate) {
            let places = rate.checked_ilog10().unwrap_or(0).saturating_sub(4);
            let unit = 10_u64.pow(places);
            let digits = rate.saturating_add(unit / 2) / unit;
            // A String takes everything.
            let _ = match places {
                0..=2 => write!(self.texts, "{}", digits.saturating_mul(unit)),
                _ => write!(self.texts, "{digits}e{places}"),
            };
        }
        self.end();
    }

    fn end(&mut self) {
        self.ends.push(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
    }

    fn done(self) -> Row {
        let end = |column: usize| self.ends.get(column).copied().unwrap_or_default();
        Row { ends: std::array::from_fn(end), texts: self.texts.into() }
    }
}

/// A number of which only the whole part is shown.
struct Whole(f64);

impl Serialize for Whole {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // No sensor has more degrees than that; a cast saturates.
        #[expect(clippy::cast_possible_truncation)]
        serializer.serialize_i32(self.0.round() as i32)
    }
}

fn round(value: f64, parts: f64) -> f64 {
    (value * parts).round() / parts
}

/// A rate as it is shown: in units of 1024, tenths of one below a hundred, else whole ones.
fn shown_rate(rate: u64) -> u64 {
    // What a float cannot hold is less than is shown, and the cast back saturates.
    #[expect(clippy::cast_precision_loss)]
    let (mut value, mut unit) = (rate as f64, 1.0);
    while value >= 999.5 && unit < PEBI {
        (value, unit) = (value / 1024.0, unit * 1024.0);
    }
    let parts = if value < 99.95 { 10.0 } else { 1.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let shown = (round(value, parts) * unit).round() as u64;
    shown
}

/// An uptime as it is shown: by seconds in the first minute, by hours after the first day.
fn shown(seconds: u64) -> u64 {
    let unit = match seconds {
        0..MINUTE_S => 1,
        MINUTE_S..DAY_S => MINUTE_S,
        DAY_S.. => HOUR_S,
    };
    seconds / unit * unit
}

/// The hottest sensor of the processor; of all, where none says that it is there.
fn hottest(sensors: &[Temperature]) -> Option<&Temperature> {
    const NAMES: [&str; 6] = ["cpu", "core", "package", "soc", "tctl", "k10temp"];
    let is_processor = |sensor: &&Temperature| {
        let label = sensor.label.to_ascii_lowercase();
        NAMES.iter().any(|name| label.contains(name))
    };
    let of_processor = sensors.iter().any(|sensor| is_processor(&sensor));
    let named = sensors.iter().filter(|sensor| !of_processor || is_processor(sensor));
    named.max_by(|one, other| one.celsius.total_cmp(&other.celsius))
}

#[derive(Serialize)]
struct Mount<'a> {
    mount_point: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_percent: Option<Percent>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    stuck: bool,
}

#[derive(Serialize)]
struct Drive<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    usage_percent: Option<Percent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    health_failed: Option<bool>,
}

/// The first mount, the one at `/`, and those that want attention: of more than there is room for,
/// those that are stuck.
fn mounts(mounts: &[Filesystem]) -> Vec<Mount<'_>> {
    let is_full = |of: &Filesystem| of.usage_percent.is_some_and(|used| used.get() >= FULL_PERCENT);
    let listed = mounts.iter().enumerate().filter(|(place, mount)| {
        *place == 0 || mount.mount_point == "/" || mount.stuck || is_full(mount)
    });
    let mut listed: Vec<_> = listed.collect();
    if listed.len() > LIST_MOUNTS_MAX {
        listed.sort_by_key(|(place, mount)| (*place > 0 && mount.mount_point != "/", !mount.stuck));
        listed.truncate(LIST_MOUNTS_MAX);
    }
    let listed = listed.into_iter().map(|(_, mount)| {
        let &Filesystem { ref mount_point, usage_percent, stuck, .. } = mount;
        Mount { mount_point, usage_percent, stuck }
    });
    listed.collect()
}

/// The first disk where there is no mount, and those that fail.
fn disks(sample: &Sample) -> Vec<Drive<'_>> {
    let is_listed = |(place, disk): &(usize, &Disk)| {
        let failed = disk.health_failed == Some(true);
        failed || (*place == 0 && sample.filesystems.is_empty())
    };
    let listed = sample.disks.iter().enumerate().filter(is_listed).take(LIST_DISKS_MAX);
    let listed = listed.map(|(_, disk)| {
        let &Disk { ref name, usage_percent, health_failed, .. } = disk;
        Drive { name, usage_percent, health_failed }
    });
    listed.collect()
}

fn list<T>(items: Vec<T>) -> Option<Vec<T>> {
    (!items.is_empty()).then_some(items)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sample::Public;

    fn sample(text: &Value) -> Sample {
        serde_json::from_value(text.clone()).unwrap()
    }

    fn full() -> Value {
        json!({"hostname":"pi","ip_addresses":["PRIVATE"],"os":{"name":"debian","version":"12",
            "kernel":"6","arch":"arm64"},"cpu":{"brand":"A53","cores":4,"usage":12.5},
            "memory":{"usage_percent":40.1},"uptime":100_000,"load_average":{"one":0.123},
            "filesystems":[{"mount_point":"/","usage_percent":9.0},{"mount_point":"/a",
            "usage_percent":9.0},{"mount_point":"/b","usage_percent":97.0},{"mount_point":"/c",
            "stuck":true}],"disks":[{"name":"sda","serial":"PRIVATE","usage_percent":9.0},
            {"name":"sdb","serial":"PRIVATE","health_failed":true}],"network":{"rx_speed":1_234_567,
            "tx_speed":999,"rx":1,"interfaces":[{"name":"e","mac":"PRIVATE",
            "addresses":["PRIVATE"]}]},"temperatures":[{"label":"cpu x","celsius":51.4},
            {"label":"nvme","celsius":70.0}],"power":{"undervoltage":true}})
    }

    #[test]
    fn a_row_has_what_a_list_shows() {
        let row = Row::of(&sample(&full())).whole(7);
        let due = json!([7,0,12.5,1,40.1,2,1_258_300,3,999,4,0.12,5,51,6,97200,
            7,[{"mount_point":"/","usage_percent":9.0},{"mount_point":"/b","usage_percent":97.0},
            {"mount_point":"/c","stuck":true}],8,[{"name":"sdb","health_failed":true}],9,true,
            12,"cpu x",13,"pi",14,"debian",15,"12",16,"arm64",17,"A53",18,4]);
        assert_eq!(serde_json::from_str::<Value>(&row).unwrap(), due);
        assert_eq!(Row::of(&Sample::default()).whole(0), "[0]");
    }

    #[test]
    fn a_mount_that_is_stuck_comes_before_full_ones() {
        let full = |at: usize| json!({"mount_point":format!("/snap/{at}"),"usage_percent":100.0});
        let mut all: Vec<Value> = (0..LIST_MOUNTS_MAX + 4).map(full).collect();
        all.push(json!({"mount_point":"/nfs","stuck":true}));
        let sample = sample(&json!({ "filesystems": all }));
        let told: Vec<_> = mounts(&sample.filesystems).iter().map(|of| of.mount_point).collect();
        assert_eq!(told.len(), LIST_MOUNTS_MAX);
        assert_eq!(told[..3], ["/snap/0", "/nfs", "/snap/1"]);
    }

    #[test]
    fn only_what_changed_is_told_and_what_is_gone_is_null() {
        let before = Row::of(&sample(&full()));
        let mut next = full();
        next["cpu"]["usage"] = json!(13.0);
        next["load_average"] = Value::Null;
        next["network"]["rx_speed"] = json!(1_240_000);
        let next = Row::of(&sample(&next));
        assert_eq!(next.changed(&before, 7), "[7,0,13.0,4,null]", "the rate is shown the same");
        assert_eq!(next.changed(&next, 7), "[7]");
    }

    #[test]
    fn rates_and_uptimes_have_what_is_shown() {
        for (rate, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1024"),
            (9_999, "10035"),
            (99_999, "100050"),
            (123_456, "123900"),
            (12_345_678, "12373e3"),
            (u64::MAX, "18446e15"),
        ] {
            let row = json!({"network":{"rx_speed":rate}});
            let due = format!("[1,2,{text}]");
            assert_eq!(Row::of(&sample(&row)).whole(1), due);
        }
        for (uptime, due) in [(59, 59), (61, 60), (86_399, 86_340), (90_001, 90_000)] {
            assert_eq!(shown(uptime), due);
        }
    }

    #[test]
    fn nothing_is_in_a_row_that_not_anyone_may_see() {
        let full = sample(&full());
        assert!(serde_json::to_string(&full).unwrap().contains("PRIVATE"));
        let public = serde_json::to_value(Public(&full)).unwrap();
        let row = Row::of(&full);
        assert!(!row.whole(1).contains("PRIVATE"));
        assert_eq!(row, Row::of(&serde_json::from_value(public).unwrap()));
    }
}
