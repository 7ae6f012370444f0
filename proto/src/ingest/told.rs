//! What an agent tells beside its figures, `data` of an `alert`, `performance`, `status`, `system`
//! or `config`: whatever it is, an object within bounds.

use std::borrow::Cow;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::bounds::cut;
use super::{AlertNews, DecodeError, NewsPlace, Told};
use crate::alert::Level;
use crate::alert::book::Known;
use crate::limits::{INGEST_LIST_MAX, TOLD_BYTES_MAX, TOLD_DEPTH_MAX, TOLD_TEXT_MAX};
use crate::wire::envelope::Place;
use crate::wire::frame::json;

#[derive(Deserialize)]
struct Frame {
    data: Map<String, Value>,
    meta: Option<Value>,
}

/// Reads the `data` of a message of this type.
pub(super) fn decode(kind: &'static str, text: &str) -> Result<Told, DecodeError> {
    let wrong = DecodeError::WrongShape("data");
    let Frame { data, meta } = serde_json::from_str(text).map_err(|_| wrong)?;
    let data = object(data, 1);
    let alert = if kind == "alert" { alert(&data) } else { None };
    let meta = meta.and_then(|meta| serde_json::from_value::<Place>(meta).ok());
    let age = Duration::from_millis(meta.as_ref().map_or(0, |meta| meta.age_ms));
    let place = meta.and_then(place);
    let data = json(&data);
    let told = Told { kind, data, age, place, alert };
    if told.data.len() > TOLD_BYTES_MAX { Err(wrong) } else { Ok(told) }
}

/// What an alert says; `None` for one without an id.
fn alert(data: &Map<String, Value>) -> Option<AlertNews> {
    let text = |key: &str| data.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_critical = text("level") == Level::Critical.name();
    let level = if is_critical { Level::Critical } else { Level::Warning };
    let (mut id, mut kind) = (text("alert_id").to_owned(), text("type").to_owned());
    cut(&mut id);
    cut(&mut kind);
    let is_over = text("status") == "resolved";
    let known = (!id.is_empty()).then_some(Known { id, kind, level })?;
    Some(AlertNews { known, is_over })
}

fn place(meta: Place<'_>) -> Option<NewsPlace> {
    let Place { boot_id, number, after, age_ms: _ } = meta;
    let mut boot_id = boot_id.map(Cow::into_owned).unwrap_or_default();
    cut(&mut boot_id);
    Some(NewsPlace { boot_id, number: number?, after })
}

/// The object within bounds. `depth` counts from 1 what lies in each other down to here.
fn object(members: Map<String, Value>, depth: usize) -> Map<String, Value> {
    let members = members.into_iter().filter(|(key, _)| key.len() <= TOLD_TEXT_MAX);
    let members = members.take(INGEST_LIST_MAX);
    members.filter_map(|(key, member)| Some((key, value(member, depth)?))).collect()
}

/// The value within bounds; `None` for what lies too deep.
fn value(value: Value, depth: usize) -> Option<Value> {
    let fits = depth < TOLD_DEPTH_MAX;
    match value {
        Value::Object(members) => fits.then(|| Value::Object(object(members, depth + 1))),
        Value::Array(items) => fits.then(|| {
            let items = items.into_iter().take(INGEST_LIST_MAX);
            Value::Array(items.filter_map(|item| self::value(item, depth + 1)).collect())
        }),
        Value::String(mut text) => {
            text.truncate(text.floor_char_boundary(TOLD_TEXT_MAX));
            Some(Value::String(text))
        }
        value @ (Value::Null | Value::Bool(_) | Value::Number(_)) => Some(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(data: &str) -> Result<String, DecodeError> {
        let text = format!(r#"{{"type":"alert","id":"1","data":{data}}}"#);
        decode("alert", &text).map(|told| told.data)
    }

    #[test]
    fn it_is_kept_as_it_came_but_for_what_is_too_much() {
        let alert = r#"{"alert_id":"a","metadata":{"affected_processes":["x"]},"value":85.2}"#;
        assert_eq!(data(alert), Ok(alert.to_owned()));
        let long = "ä".repeat(TOLD_TEXT_MAX);
        let kept = data(&format!(r#"{{"message":"{long}"}}"#)).unwrap();
        assert_eq!(kept.len(), TOLD_TEXT_MAX + r#"{"message":""}"#.len());
        let deep = format!("{}{}", r#"{"a":"#.repeat(30), "1") + &"}".repeat(30);
        assert_eq!(data(&deep).unwrap().matches('{').count(), TOLD_DEPTH_MAX);
        let list = format!(r#"{{"list":[{}]}}"#, vec!["1"; 1000].join(","));
        assert_eq!(data(&list).unwrap().matches('1').count(), INGEST_LIST_MAX);
    }

    #[test]
    fn an_alert_says_which_it_is_and_where_it_belongs() {
        let read = |data: &str, rest: &str| {
            decode("alert", &format!(r#"{{"type":"alert","data":{data}{rest}}}"#)).unwrap()
        };
        let data = r#"{"alert_id":"a","type":"cpu","level":"critical","status":"resolved"}"#;
        let meta = r#","meta":{"boot_id":"b","number":7,"after":5,"age_ms":1500}"#;
        let told = read(data, meta);
        let alert = told.alert.unwrap();
        let (id, kind) = ("a".to_owned(), "cpu".to_owned());
        assert_eq!(alert.known, Known { id, kind, level: Level::Critical });
        let place = NewsPlace { boot_id: "b".to_owned(), number: 7, after: 5 };
        assert!(alert.is_over);
        assert_eq!((told.place, told.age), (Some(place.clone()), Duration::from_millis(1500)));
        for none in ["", r#","meta":{"number":"7"}"#] {
            let told = read(data, none);
            assert_eq!((told.place, told.age), (None, Duration::ZERO));
        }
        let begun = read(r#"{"alert_id":"a","status":"active"}"#, "").alert;
        assert!(!begun.unwrap().is_over);
        let nameless = read(r#"{"level":"critical"}"#, meta);
        assert_eq!((nameless.alert, nameless.place), (None, Some(place)));
        let event = format!(r#"{{"data":{{"event":"start"}}{meta}}}"#);
        let event = decode("system", &event).unwrap();
        assert_eq!((event.alert, event.place.unwrap().number), (None, 7));
    }

    #[test]
    fn what_is_no_object_or_far_too_large_is_refused() {
        let texts = format!(r#"["{}"]"#, vec!["x".repeat(1000); 9].join(r#"",""#));
        for text in ["null", "7", "[]", r#""text""#, &format!(r#"{{"list":{texts}}}"#)] {
            assert_eq!(data(text), Err(DecodeError::WrongShape("data")), "{text}");
        }
        assert_eq!(decode("alert", r#"{"type":"alert"}"#), Err(DecodeError::WrongShape("data")));
    }
}
