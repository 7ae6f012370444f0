//! What its sensors, radios, battery and power supply say.

use kinglet_proto::alert::Shown;
use kinglet_proto::sample::Sample;
use kinglet_proto::sample::metric::Unit;

use super::Row;
use super::unit::percent;

/// A row for each of them.
pub(super) fn rows(sample: &Sample) -> Vec<Row> {
    let degrees = sample.temperatures.iter();
    let mut rows: Vec<Row> = degrees
        .map(|sensor| vec![sensor.label.clone(), Shown(sensor.celsius, Unit::Celsius).to_string()])
        .collect();
    rows.extend(sample.fans.iter().map(|fan| vec![fan.label.clone(), format!("{} rpm", fan.rpm)]));
    rows.extend(sample.wireless.iter().map(|radio| {
        let signal = radio.signal_dbm.map(|dbm| format!("{dbm} dBm")).unwrap_or_default();
        vec![radio.interface.clone(), signal]
    }));
    rows.extend(sample.battery.map(|battery| {
        let state = if battery.charging { "charging" } else { "discharging" };
        vec!["battery".to_owned(), percent(battery.percent), state.to_owned()]
    }));
    rows.extend(sample.power.map(|power| {
        let state = [
            (power.undervoltage, "undervoltage"),
            (power.throttled == Some(true), "throttled"),
            (power.frequency_capped == Some(true), "clock capped"),
            (power.soft_limit == Some(true), "soft limit"),
        ];
        let now: Vec<_> = state.iter().filter(|(on, _)| *on).map(|(_, name)| *name).collect();
        let now = if now.is_empty() { "good".to_owned() } else { now.join(", ") };
        vec!["power".to_owned(), now]
    }));
    rows
}
