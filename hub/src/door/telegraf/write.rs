//! `POST /write` and `/api/v2/write`: line protocol as InfluxDB 1.x and 2.x take it; and what
//! telegraf asks an InfluxDB before.

use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use kinglet_proto::host::HostId;
use kinglet_proto::ingest::telegraf::{Batch, Precision};

use super::Door;
use super::packed;
use super::reporters::Taken;
use super::speaker::Speaker;
use crate::limits::POINTS_INLINE_MAX;
use crate::server::caller::Caller;
use crate::server::parameters::{Fault, Parameters, quoted};

/// By which clients tell what they speak to: 1.8 has both paths.
const VERSION: (&str, &str) =
    ("x-influxdb-version", concat!("1.8-kinglet-", env!("CARGO_PKG_VERSION")));

const TOO_MANY_NEW: &str = "more new hosts came than may in an hour";

/// `GET /ping`.
pub(super) async fn ping() -> Response {
    (StatusCode::NO_CONTENT, [VERSION]).into_response()
}

/// `/query`: to make a database is all there is, for there is one without it.
pub(super) async fn query(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    if Speaker::read(&door.hub.auth, caller.neighbour(), &headers, &uri).is_none() {
        return stranger();
    }
    let body = match packed::read(body).await {
        Ok(body) => String::from_utf8_lossy(&body).into_owned(),
        Err((status, text)) => return refuse(status, text),
    };
    // A form is written as a query is.
    let form = format!("/query?{}", body.trim_ascii()).parse().unwrap_or_default();
    let parameters = [Parameters::read(&uri), Parameters::read(&form)];
    let asked = parameters.iter().find_map(|parameters| parameters.all("q").next());
    let is_create =
        |asked: &str| asked.trim_ascii_start().to_ascii_uppercase().starts_with("CREATE ");
    if asked.is_some_and(is_create) {
        let headers = [(CONTENT_TYPE.as_str(), "application/json"), VERSION];
        return (headers, r#"{"results":[{"statement_id":0}]}"#).into_response();
    }
    refuse(StatusCode::BAD_REQUEST, "this is no database: what hosts were is at /api/history/{id}")
}

/// `POST` of a batch.
pub(super) async fn points(
    State(door): State<Door>,
    caller: Caller,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    let speaker = Speaker::read(&door.hub.auth, caller.neighbour(), &headers, &uri);
    let Some(speaker) = speaker else { return stranger() };
    caller.vouch();
    let precision = match precision(&uri) {
        Ok(precision) => precision,
        Err(fault) => return refuse(StatusCode::BAD_REQUEST, &fault),
    };
    // The semaphore is never closed.
    let Ok(_place) = door.bodies.clone().acquire_owned().await else { return stranger() };
    let bytes = match packed::read(body).await {
        Ok(bytes) => bytes,
        Err((status, text)) => return refuse(status, text),
    };
    let is_short = bytes.len() <= POINTS_INLINE_MAX;
    let take = move || {
        let text = packed::unpack(&headers, bytes)?;
        Ok(door.reporters.take(&speaker, Batch::lines(&text, precision)))
    };
    // What takes long is not for a task among others.
    let taken = if is_short {
        take()
    } else {
        let broken = (StatusCode::INTERNAL_SERVER_ERROR, "the batch was not taken");
        tokio::task::spawn_blocking(take).await.unwrap_or(Err(broken))
    };
    match taken {
        Ok(taken) => answer(&taken),
        Err((status, text)) => refuse(status, text),
    }
}

fn precision(uri: &Uri) -> Result<Precision, Fault> {
    let parameters = Parameters::read(uri);
    let Some(name) = parameters.one("precision")?.filter(|name| !name.is_empty()) else {
        return Ok(Precision::Nanoseconds);
    };
    let fault = || format!("precision is ns, us, ms, s, m or h, not {}", quoted(name));
    Precision::parse(name).ok_or_else(fault)
}

/// As InfluxDB answers: what is wrong in a batch is said, and telegraf sends none of it again.
fn answer(taken: &Taken) -> Response {
    let Taken { points, rejected, fault, refused, no_place, too_many_new, too_fast } = taken;
    let not_good = |host: &String| format!("this token is not good for host {}", quoted(host));
    if let (Some(host), 0) = (refused, points) {
        return refuse(StatusCode::UNAUTHORIZED, &not_good(host));
    }
    if *too_fast {
        return refuse(StatusCode::TOO_MANY_REQUESTS, "more batches than the pace allows");
    }
    if let (Some(after), 0) = (too_many_new, points) {
        let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, TOO_MANY_NEW);
        response.headers_mut().insert(RETRY_AFTER, after.as_secs().max(1).into());
        return response;
    }
    let no_room = |host: &HostId| format!("an agent reports as host {} already", quoted(host));
    let words = fault.iter().map(|fault| format!("{fault}; dropped={rejected}"));
    let words = words.chain(refused.iter().map(not_good)).chain(no_place.iter().map(no_room));
    let words = words.chain(too_many_new.map(|_| TOO_MANY_NEW.to_owned()));
    let words: Vec<_> = words.collect();
    if words.is_empty() {
        return (StatusCode::NO_CONTENT, [VERSION]).into_response();
    }
    refuse(StatusCode::BAD_REQUEST, &format!("partial write: {}", words.join("; ")))
}

fn stranger() -> Response {
    refuse(StatusCode::UNAUTHORIZED, "a valid token is needed: Token, a password, or ?p=")
}

/// In the words of both: 1.x has them in `error`, 2.x in `message`.
fn refuse(status: StatusCode, text: &str) -> Response {
    let code = if status == StatusCode::UNAUTHORIZED { "unauthorized" } else { "invalid" };
    let body = serde_json::json!({ "error": text, "code": code, "message": text }).to_string();
    let headers = [(CONTENT_TYPE.as_str(), "application/json"), VERSION];
    let mut response = (status, headers, body).into_response();
    if status == StatusCode::TOO_MANY_REQUESTS {
        response.headers_mut().insert(RETRY_AFTER, 1.into());
    }
    response
}
