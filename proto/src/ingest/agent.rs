//! `/ws/agent`: the native envelope and vStats, in its documented and its shipped form.
//!
//! All of them are JSON objects told apart by `type`; a report stands under `data` (native,
//! documented) or `metrics` (shipped).

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::bounds::{bound, cut};
use super::salvage::{Object, salvage};
use super::{Batch, DecodeError, Label, Login, Message, Place, Report, Told, aggregates, told};
use crate::limits::INGEST_BATCH_MAX;
use crate::sample::Sample;
use crate::wire::envelope::{Labels, Meta};
use crate::wire::vstats as wire;

/// Reads one text frame of an agent on `/ws/agent`.
pub fn decode(text: &str) -> Result<Message, DecodeError> {
    if let Some(report) = decode_at_once(text) {
        return Ok(report);
    }
    let Kind { kind } = serde_json::from_str(text).map_err(|error| kind_error(&error))?;
    match kind.as_ref() {
        "metrics" => decode_report(text).map(|report| Message::Report(Box::new(report))),
        "batch_metrics" => decode_batch(text).map(Message::Batch),
        "aggregated_metrics" => aggregates::decode(text).map(Message::Aggregates),
        "auth" => decode_login(text).map(Message::Login),
        "heartbeat" => Ok(Message::Heartbeat),
        "ping" => Ok(Message::Ping),
        kind => match Told::KINDS.into_iter().find(|known| *known == kind) {
            Some(kind) => told::decode(kind, text).map(Message::Told),
            None => Ok(Message::Other),
        },
    }
}

#[derive(Deserialize)]
pub(super) struct Kind<'a> {
    #[serde(rename = "type", borrow)]
    pub(super) kind: Cow<'a, str>,
}

/// A whole object without a usable `type` is another mistake than a torn one.
pub(super) fn kind_error(error: &serde_json::Error) -> DecodeError {
    if error.is_data() { DecodeError::NoType } else { DecodeError::NotJson }
}

/// A report in which all is well and whose type stands first, as most of what comes: it is read
/// once, and not twice.
fn decode_at_once(text: &str) -> Option<Message> {
    if !text.starts_with(r#"{"type":"metrics""#) {
        return None;
    }
    let frame: Frame<'_> = serde_json::from_str(text).ok()?;
    let is_report = frame.kind.as_deref() == Some("metrics");
    let report = is_report.then(|| report_in(frame))?.ok()?;
    Some(Message::Report(Box::new(report)))
}

/// A report as it stands in its frame.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Frame<'a> {
    #[serde(rename = "type", borrow)]
    kind: Option<Cow<'a, str>>,
    data: Option<Object<Sample>>,
    metrics: Option<Object<Sample>>,
    meta: Option<Object<Meta<'static>>>,
}

fn decode_report(text: &str) -> Result<Report, DecodeError> {
    report_in(serde_json::from_str(text).or_else(|_| salvage_frame(text))?)
}

fn report_in(frame: Frame<'_>) -> Result<Report, DecodeError> {
    let Frame { kind: _, data, metrics, meta } = frame;
    let Object(sample) = data.or(metrics).ok_or(DecodeError::WrongShape("data"))?;
    let meta = meta.map_or_else(Meta::default, |Object(meta)| meta);
    let boot_id = meta.boot_id.map(Cow::into_owned).unwrap_or_default();
    let place = meta.seq.map(|seq| Place { boot_id, seq });
    let age = Duration::from_millis(meta.age_ms.unwrap_or(0));
    // One that says what its host is called, and nothing of rules, has none: it is older than they
    // are, or was built without.
    let has_rules = meta.host.is_some().then_some(meta.alerts);
    let label = Label { has_rules, ..label(meta.host.unwrap_or_default()) };
    let mut report = Report { sample, place, age, label };
    bound(&mut report);
    Ok(report)
}

fn label(labels: Labels<'_>) -> Label {
    let Labels { name, group, location, country_code, ip } = labels;
    let [name, group, location, country_code, ip] =
        [name, group, location, country_code, ip].map(|text| text.map(Cow::into_owned));
    Label { name, group, location, country_code, ip, has_rules: None, hidden: false }
}

fn salvage_frame(text: &str) -> Result<Frame<'static>, DecodeError> {
    let mut object: Map<String, Value> =
        serde_json::from_str(text).map_err(|_| DecodeError::NotJson)?;
    let mut member = |key: &str| match object.remove(key) {
        Some(Value::Object(member)) => Some(member),
        Some(_) | None => None,
    };
    let sample = member("data").or_else(|| member("metrics"));
    let meta = member("meta").map(|meta| Object(salvage(meta)));
    let data = sample.map(|sample| Object(salvage(sample)));
    Ok(Frame { kind: None, data, metrics: None, meta })
}

/// A batch: the list stands under `metrics_batch`, or in one faulty version under `metrics`.
#[derive(Deserialize)]
struct BatchFrame {
    #[serde(default, deserialize_with = "batch_id")]
    batch_id: String,
    metrics_batch: Option<Vec<Value>>,
    metrics: Option<Vec<Value>>,
}

fn decode_batch(text: &str) -> Result<Batch, DecodeError> {
    let BatchFrame { batch_id, metrics_batch, metrics } =
        serde_json::from_str(text).map_err(|_| DecodeError::WrongShape("metrics_batch"))?;
    let items = metrics_batch.or(metrics).ok_or(DecodeError::WrongShape("metrics_batch"))?;
    let total = items.len();
    let reports: Vec<Report> =
        items.into_iter().take(INGEST_BATCH_MAX).filter_map(batch_item).collect();
    let rejected = total - reports.len();
    Ok(Batch { id: batch_id, reports, rejected })
}

/// One item: `{"timestamp", "metrics": {}}`, or the bare reading.
fn batch_item(item: Value) -> Option<Report> {
    let Value::Object(mut object) = item else { return None };
    let timestamp = object.get("timestamp").cloned();
    let metrics = match object.remove("metrics") {
        Some(Value::Object(metrics)) => metrics,
        Some(_) => return None,
        None if object.contains_key("cpu") => object,
        None => return None,
    };
    let mut report = Report { sample: salvage(metrics), ..Report::default() };
    if let Some(label) = timestamp.and_then(|value| serde_json::from_value(value).ok()) {
        report.sample.timestamp = label;
    }
    bound(&mut report);
    Some(report)
}

/// A batch's id is a text, and in some versions a number.
fn batch_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let mut id = match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => String::new(),
    };
    cut(&mut id);
    Ok(id)
}

fn decode_login(text: &str) -> Result<Login, DecodeError> {
    let login: wire::Login<'_> =
        serde_json::from_str(text).map_err(|_| DecodeError::WrongShape("token"))?;
    for (member, value) in [("server_id", &login.server_id), ("token", &login.token)] {
        if value.is_empty() {
            return Err(DecodeError::WrongShape(member));
        }
    }
    Ok(Login { server_id: login.server_id.into_owned(), token: login.token.into_owned() })
}
