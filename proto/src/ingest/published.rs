//! What a STOMP publisher sends: one figure at a time, or a whole sample.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::bounds::bound;
use super::salvage::{Object, salvage};
use super::{DecodeError, Report, Told, told};
use crate::sample::Sample;
use crate::sample::metric::{Metric, Unit};
use crate::time::WallTime;

/// One figure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Published {
    /// How much.
    pub value: f64,
    /// When it was so, by the publisher's clock; `None` where it does not say.
    pub at: Option<WallTime>,
}

/// A figure of a sample, by the metric's name and what stands for the label in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Placed<'a> {
    /// What it is.
    pub metric: &'static Metric,
    /// `sda` of `disks.sda.used`; empty where there is one series.
    pub row: &'a str,
    /// How much.
    pub value: f64,
}

/// Where metrics with a label in their names stand in a sample, and the field with the label.
const ROWS: [(&str, &[&str], &str); 14] = [
    ("disks.", &["disks"], "name"),
    ("filesystems.", &["filesystems"], "mount_point"),
    ("network.", &["network", "interfaces"], "name"),
    ("temperatures.", &["temperatures"], "label"),
    ("fans.", &["fans"], "label"),
    ("wireless.", &["wireless"], "interface"),
    ("flash.", &["flash"], "device"),
    ("custom.", &["custom"], "series"),
    ("traffic.", &["traffic", "wans"], "interface"),
    ("probes.", &["probes"], "name"),
    ("containers.", &["containers"], "name"),
    ("qdiscs.", &["qdiscs"], "interface"),
    ("wireguard.", &["wireguard"], "name"),
    ("stations.", &["stations"], "interface"),
];
/// The field of a figure that has no name of its own.
const ONLY: [(&str, &str); 3] =
    [("temperatures.", "celsius"), ("fans.", "rpm"), ("custom.", "value")];

/// Reads the body of a figure: the documented object, one with a bare `value`, or a number.
pub fn decode_published(body: &str) -> Result<Published, DecodeError> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Body {
        Number(f64),
        Figure { value: Box<Body>, timestamp: Option<f64> },
    }
    let body = serde_json::from_str(body).map_err(|_| DecodeError::WrongShape("value"))?;
    let (mut body, mut at) = (body, None);
    // The document's has one object in another; `timestamp` stands in the inner.
    for _ in 0..3 {
        match body {
            Body::Number(value) => return Ok(Published { value, at }),
            Body::Figure { value, timestamp } => {
                body = *value;
                at = timestamp.and_then(wall).or(at);
            }
        }
    }
    Err(DecodeError::WrongShape("value"))
}

fn wall(ms: f64) -> Option<WallTime> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    (0.0..9e15).contains(&ms).then(|| WallTime::from_unix_millis(ms as u64))
}

/// Reads the body of a whole sample.
pub fn decode_sample(body: &str) -> Result<Sample, DecodeError> {
    let sample = serde_json::from_str(body).map(|Object(sample)| sample);
    let sample = sample.or_else(|_| {
        let object: Map<String, Value> =
            serde_json::from_str(body).map_err(|_| DecodeError::NotJson)?;
        Ok(salvage(object))
    })?;
    let mut report = Report { sample, ..Report::default() };
    bound(&mut report);
    Ok(report.sample)
}

/// A figure that no sample has, as a custom one.
pub fn custom(name: &str, published: Published) -> Result<Told, DecodeError> {
    let data = json!({"metric_name":name,"value":published.value,"category":"stomp"});
    told::decode("performance", &json!({ "data": data }).to_string())
}

/// A sample with these figures. What a sample has no room for is left out.
pub fn sample_of<'a>(figures: impl IntoIterator<Item = Placed<'a>>) -> Sample {
    let mut whole = Map::new();
    for figure in figures {
        if let Some(value) = fitting(&figure) {
            place(&mut whole, &figure, value);
        }
    }
    let mut report = Report { sample: salvage(whole), ..Report::default() };
    bound(&mut report);
    report.sample
}

/// The figure as the sample has it: a switch, a whole number, or any. `None` where it is none of
/// them.
fn fitting(figure: &Placed<'_>) -> Option<Value> {
    let is_switch = figure.metric.unit == Unit::Switch;
    let exact =
        if is_switch { Value::Bool(figure.value != 0.0) } else { Value::from(figure.value) };
    let fits = |value: &Value| {
        let mut alone = Map::new();
        place(&mut alone, figure, value.clone());
        Sample::deserialize(Value::Object(alone)).is_ok()
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
    let unsigned = || Value::from(figure.value.round() as u64);
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let signed = || Value::from(figure.value.round() as i64);
    let whole = if figure.value < 0.0 { signed() } else { unsigned() };
    [exact, whole].into_iter().find(fits)
}

/// Puts the value where the sample has it.
fn place(whole: &mut Map<String, Value>, figure: &Placed<'_>, value: Value) {
    let name = figure.metric.name;
    let Some((before, rest)) = name.split_once('{') else {
        let (parts, field) = name.rsplit_once('.').unwrap_or(("", name));
        let mut parts = parts.split('.').filter(|part| !part.is_empty());
        if let Some(object) = parts.try_fold(whole, below) {
            object.insert(field.to_owned(), value);
        }
        return;
    };
    let field = rest.split_once("}.").map(|(_, field)| field);
    let Some((_, path, key)) = ROWS.iter().find(|(prefix, ..)| *prefix == before) else {
        return place_core(whole, figure.row, value);
    };
    let only = || ONLY.iter().find(|(prefix, _)| *prefix == before).map(|(_, field)| *field);
    let Some(field) = field.or_else(only) else { return };
    let Some((list, parts)) = path.split_last() else { return };
    let object = parts.iter().copied().try_fold(whole, below);
    let list = object.map(|object| object.entry(*list).or_insert_with(|| json!([])));
    let Some(Value::Array(rows)) = list else { return };
    let at = rows.iter().position(|row| row[*key] == figure.row).unwrap_or_else(|| {
        rows.push(json!({ *key: figure.row }));
        rows.len() - 1
    });
    if let Some(row) = rows.get_mut(at) {
        row[field] = value;
    }
}

/// Cores are told apart by their numbers, in two lists.
fn place_core(whole: &mut Map<String, Value>, core: &str, value: Value) {
    let Ok(core) = core.parse::<u32>() else { return };
    let Some(cpu) = below(whole, "cpu") else { return };
    for (list, item) in [("per_core", value), ("core_numbers", json!(core))] {
        let list = cpu.entry(list).or_insert_with(|| json!([]));
        if let Value::Array(items) = list {
            items.push(item);
        }
    }
}

fn below<'a>(object: &'a mut Map<String, Value>, part: &str) -> Option<&'a mut Map<String, Value>> {
    object.entry(part).or_insert_with(|| json!({})).as_object_mut()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::sample::Field as _;
    use crate::sample::metric::Figure;

    fn read(sample: &Sample) -> BTreeMap<String, f64> {
        let mut found = BTreeMap::new();
        sample.read(|figure| {
            found.insert(figure.to_string(), figure.value.get());
        });
        found
    }

    #[test]
    fn a_sample_is_put_together_again_from_its_figures() {
        let mut whole = Sample::full();
        whole.disks.push(whole.disks[0].clone());
        whole.disks[1].name = "sda".to_owned();
        whole.filesystems[0].mount_point = "/srv/a.b".to_owned();
        whole.cpu.core_numbers = vec![3];
        let mut figures: Vec<(&'static Metric, String, f64)> = Vec::new();
        whole.read(|Figure { metric, labels, value }| {
            let row = labels.first().map(|label| label.value.to_string()).unwrap_or_default();
            figures.push((metric, row, value.get()));
        });
        let placed =
            figures.iter().map(|(metric, row, value)| Placed { metric, row, value: *value });
        assert_eq!(read(&sample_of(placed)), read(&whole));
    }

    #[test]
    fn what_fits_nowhere_is_lost_alone() {
        let metric = |name| crate::sample::table::METRICS.iter().find(|m| m.name == name).unwrap();
        let placed = |name, row, value| Placed { metric: metric(name), row, value };
        let sample = sample_of([
            placed("memory.total", "", 1024.6),
            placed("memory.used", "", -3.0),
            placed("cpu.usage", "", 12.34),
            placed("cpu.{core}.usage", "x", 1.0),
            placed("wireless.{interface}.signal_dbm", "wlan0", -61.2),
            placed("disks.{disk}.total", "sda", f64::NAN),
        ]);
        let due = [
            ("cpu.usage".to_owned(), 12.3),
            ("memory.total".to_owned(), 1025.0),
            ("wireless.wlan0.signal_dbm".to_owned(), -61.0),
        ];
        assert_eq!(read(&sample), BTreeMap::from(due));
    }

    #[test]
    fn a_figure_is_the_documents_object_or_less() {
        let at = Some(WallTime::from_unix_millis(1_700_000_000_000));
        for (body, value, when) in [
            (
                r#"{"name":"x[VALUE]","description":null,"unit":null,
                    "value":{"value":1.5,"timestamp":1700000000000}}"#,
                1.5,
                at,
            ),
            (r#"{"value":2,"timestamp":1700000000000.0}"#, 2.0, at),
            (r#"{"value":3}"#, 3.0, None),
            ("4", 4.0, None),
        ] {
            assert_eq!(decode_published(body), Ok(Published { value, at: when }), "{body}");
        }
        for body in [
            "",
            "\"5\"",
            "null",
            "[1]",
            "{}",
            r#"{"value":null}"#,
            r#"{"value":"x"}"#,
            r#"{"value":{"value":{"value":{"value":1}}}}"#,
        ] {
            assert_eq!(decode_published(body), Err(DecodeError::WrongShape("value")), "{body}");
        }
    }

    #[test]
    fn a_whole_sample_loses_what_makes_no_sense() {
        let sample = decode_sample(r#"{"hostname":"h","uptime":5.0,"users":"many"}"#).unwrap();
        assert_eq!((&*sample.hostname, sample.uptime, sample.users), ("h", Some(5), None));
        assert_eq!(decode_sample("[]"), Err(DecodeError::NotJson));
    }
}
