//! Line protocol, and telegraf's batches of it.
#![no_main]

use kinglet_proto::ingest::telegraf::{Batch, Precision, host_id};
use kinglet_proto::limits::{INGEST_POINTS_MAX, LINE_BYTES_MAX, LINE_FIELDS_MAX, LINE_TAGS_MAX};
use kinglet_proto::wire::line_protocol::{Line, Point, Value, lines, parse};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for line in lines(text) {
        if let Ok(point) = parse(line) {
            assert!(point.tags.len() <= LINE_TAGS_MAX && point.fields.len() <= LINE_FIELDS_MAX);
            write(&point);
        }
    }
    for precision in [Precision::Guessed, Precision::Nanoseconds, Precision::Hours] {
        let Ok(batch) = Batch::lines_or_json(text, precision) else { continue };
        assert!(batch.points.len() <= INGEST_POINTS_MAX);
        assert_eq!(batch.fault.is_some(), batch.rejected > 0);
        assert!(batch.points.iter().all(|point| point.timestamp.is_none_or(|time| time >= 0)));
        for host in batch.by_host().into_keys().flatten() {
            let _ = host_id(&host);
        }
    }
});

/// What is written of a point is a line, and what is read of it writes the same line.
fn write(point: &Point<'_>) {
    let Some(first) = written(point).filter(|line| line.len() <= LINE_BYTES_MAX) else { return };
    let line = first.strip_suffix('\n').expect("a line ends");
    assert_eq!(lines(&first).count(), 1, "{first:?}");
    let read = parse(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
    let figures = |point: &Point<'_>| point.fields.iter().map(|(_, value)| kind(value)).collect();
    let (one, other): (Vec<_>, Vec<_>) = (figures(&read), figures(point));
    assert!(one.len() <= other.len() && one.iter().all(|figure| other.contains(figure)));
    assert_eq!(written(&read).as_deref(), Some(first.as_str()));
}

fn written(point: &Point<'_>) -> Option<String> {
    let mut out = Vec::new();
    let mut line = Line::begin(&mut out, &point.measurement);
    for (name, value) in &point.tags {
        line.tag(name, value);
    }
    for (name, value) in &point.fields {
        line.field(name, value);
    }
    let time = point.timestamp.and_then(|time| u64::try_from(time).ok());
    line.end(time).then(|| String::from_utf8(out).expect("a line is a text"))
}

/// A value as it can be compared: a number is its own bits.
fn kind(value: &Value<'_>) -> String {
    match value {
        Value::Float(number) => format!("f{:x}", (number + 0.0).to_bits()),
        Value::Integer(_) | Value::Unsigned(_) | Value::Switch(_) | Value::Text(_) => {
            format!("{value:?}")
        }
    }
}
