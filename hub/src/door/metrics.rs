//! `/api/metrics`: every figure there is, by name, to whom may look.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::get;
use kinglet_proto::sample::metric::{Kind, Metric, Unit};
use kinglet_proto::sample::table::METRICS;
use serde::Serialize;

use super::Routes;
use crate::hub::Hub;
use crate::server::deny::{stranger, wrong_method};
use crate::server::kept::{Keep, Tag, kept};
use crate::server::token::Credentials;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![("/api/metrics", get(metrics).fallback(wrong_method).with_state(hub.clone()))]
}

#[derive(Serialize)]
struct Listed {
    metrics: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: &'static str,
    unit: &'static str,
    kind: &'static str,
    labels: &'static [&'static str],
    help: &'static str,
}

async fn metrics(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return stranger();
    }
    let shown = METRICS.iter().filter(|metric| !(hub.auth.public() && metric.private));
    let listed = Listed { metrics: shown.map(row).collect() };
    let json = serde_json::to_string(&listed).unwrap_or_default();
    kept(&headers, Keep::Asking, &Tag::of(json.as_bytes()), json)
}

fn row(metric: &'static Metric) -> Row {
    let kind = match metric.kind {
        Kind::Gauge => "gauge",
        Kind::Counter => "counter",
    };
    let Metric { name, unit, labels, .. } = *metric;
    Row { name, unit: unit_name(unit), kind, labels, help: metric.help() }
}

const fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "count",
        Unit::Percent => "percent",
        Unit::Bytes => "bytes",
        Unit::BytesPerSecond => "bytes_per_second",
        Unit::MegabitsPerSecond => "megabits_per_second",
        Unit::Seconds => "seconds",
        Unit::Milliseconds => "milliseconds",
        Unit::UnixSeconds => "unix_seconds",
        Unit::Megahertz => "megahertz",
        Unit::Celsius => "celsius",
        Unit::RevolutionsPerMinute => "revolutions_per_minute",
        Unit::Dbm => "dbm",
        Unit::Switch => "switch",
    }
}
