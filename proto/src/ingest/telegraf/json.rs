//! telegraf's JSON: an object for each point, alone, several in a row, or in a list of them.
//!
//! ```text
//! {"fields":{"load1":0.5},"name":"system","tags":{"host":"pi"},"timestamp":1795161230}
//! {"metrics":[{"fields":{"load1":0.5},"name":"system","tags":{"host":"pi"},"timestamp":1795161230}]}
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Deserializer, Value as Json};

use super::{Batch, Precision};
use crate::ingest::DecodeError;
use crate::limits::{LINE_FIELDS_MAX, LINE_TAGS_MAX};
use crate::wire::line_protocol::{Point, Value};

#[derive(Deserialize)]
struct Row {
    name: String,
    #[serde(default)]
    tags: BTreeMap<String, Json>,
    fields: BTreeMap<String, Json>,
    timestamp: Option<Json>,
}

/// Reads the points of a message.
pub(super) fn decode<'a>(text: &str, precision: Precision) -> Result<Batch<'a>, DecodeError> {
    let mut batch = Batch::default();
    for value in Deserializer::from_str(text).into_iter::<Json>() {
        match value {
            Ok(value) => take(&mut batch, value, precision),
            Err(_) if batch == Batch::default() => return Err(DecodeError::NotJson),
            // What came before it is whole.
            Err(error) => {
                batch.reject(error.to_string());
                break;
            }
        }
    }
    Ok(batch)
}

fn take(batch: &mut Batch<'_>, value: Json, precision: Precision) {
    match value {
        Json::Array(items) => items.into_iter().for_each(|item| take_row(batch, item, precision)),
        Json::Object(mut members) => match members.remove("metrics") {
            Some(Json::Array(items)) => {
                items.into_iter().for_each(|item| take_row(batch, item, precision));
            }
            _ => take_row(batch, Json::Object(members), precision),
        },
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => {
            batch.reject("no object with `name` and `fields`".to_owned());
        }
    }
}

fn take_row(batch: &mut Batch<'_>, value: Json, precision: Precision) {
    match Row::deserialize(value) {
        Ok(row) => match point(row) {
            Some(point) => batch.take(point, precision),
            None => batch.reject("a point has no fields".to_owned()),
        },
        Err(error) => batch.reject(error.to_string()),
    }
}

/// `None` for a point without figures.
fn point(row: Row) -> Option<Point<'static>> {
    let Row { name, tags, fields, timestamp } = row;
    let tags = tags.into_iter().take(LINE_TAGS_MAX).filter_map(|(name, value)| match value {
        Json::String(text) => Some((name.into(), text.into())),
        Json::Number(number) => Some((name.into(), number.to_string().into())),
        Json::Bool(switch) => Some((name.into(), switch.to_string().into())),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    });
    let fields = fields.into_iter().take(LINE_FIELDS_MAX);
    let fields: Vec<_> =
        fields.filter_map(|(name, value)| Some((name.into(), figure(value)?))).collect();
    let timestamp = timestamp.as_ref().and_then(whole);
    let point = Point { measurement: name.into(), tags: tags.collect(), fields, timestamp };
    (!point.fields.is_empty()).then_some(point)
}

fn figure(value: Json) -> Option<Value<'static>> {
    match value {
        Json::Number(number) => number
            .as_i64()
            .map(Value::Integer)
            .or_else(|| number.as_u64().map(Value::Unsigned))
            .or_else(|| number.as_f64().map(Value::Float)),
        Json::String(text) => Some(Value::Text(text.into())),
        Json::Bool(switch) => Some(Value::Switch(switch)),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

/// telegraf cuts it to whole units; others write a fraction.
fn whole(time: &Json) -> Option<i64> {
    // A cast saturates.
    #[expect(clippy::cast_possible_truncation)]
    time.as_i64().or_else(|| time.as_f64().map(|time| time as i64))
}
