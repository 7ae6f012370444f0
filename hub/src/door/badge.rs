//! `/badge/{id}.svg`: how a host is, as a picture for other pages, to whom may look.

mod picture;
mod value;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;
use picture::{Tone, picture};

use super::Routes;
use crate::alert::{Desk, Entry};
use crate::fleet::Snapshot;
use crate::hub::Hub;
use crate::server::deny::{bad_parameter, stranger, wrong_method};
use crate::server::kept::{Keep, Tag, kept_as};
use crate::server::metric_name::{self, Asked};
use crate::server::parameters::{Fault, Parameters, quoted};
use crate::server::sight;
use crate::server::token::Credentials;
use crate::sink::Sinks;

const SVG: &str = "image/svg+xml";
/// Opened by itself it is a page of the hub's: one that runs nothing and loads nothing.
const POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![("/badge/{id}", get(badge).fallback(wrong_method).with_state(hub.clone()))]
}

async fn badge(
    State(hub): State<Arc<Hub>>,
    id: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return stranger();
    }
    let (metric, label) = match asked(&uri, hub.auth.public()) {
        Ok(asked) => asked,
        Err(fault) => return bad_parameter(&fault),
    };
    let id = id.map(|Path(id)| id).unwrap_or_default();
    let id = id.strip_suffix(".svg").unwrap_or(&id);
    let sight = sight::of(&hub.auth, &headers, &uri);
    let snapshot = hub.with_fleet(|fleet, _| fleet.snapshot(id));
    let Some(host) = snapshot.filter(|host| sight.sees(host)) else {
        let mut response = answer(&hub, &headers, &picture("kinglet", "unknown", Tone::Quiet));
        *response.status_mut() = StatusCode::NOT_FOUND;
        return response;
    };
    let label = label.unwrap_or_else(|| host.host().name.to_owned());
    let (text, tone) = told(&hub, &host, metric.as_ref());
    answer(&hub, &headers, &picture(&label, &text, tone))
}

fn asked(uri: &Uri, public: bool) -> Result<(Option<Asked>, Option<String>), Fault> {
    let parameters = Parameters::read(uri);
    let label = parameters.one("label")?.map(str::to_owned);
    let Some(name) = parameters.one("metric")? else { return Ok((None, label)) };
    let known = metric_name::read(name).into_iter().next();
    let known = known.filter(|asked| !(public && asked.metric.private));
    let fault = || format!("metric {} is none: /api/metrics lists them all", quoted(name));
    Ok((Some(known.ok_or_else(fault)?), label))
}

/// What is said of a host. Of one that is away no figure: it would be of what was.
fn told(hub: &Hub, host: &Snapshot, metric: Option<&Asked>) -> (String, Tone) {
    if !host.online {
        let never = host.last_seen.is_none();
        return if never { ("never seen".into(), Tone::Quiet) } else { ("down".into(), Tone::Bad) };
    }
    let (count, tone) = alerts(hub, host);
    if let Some(asked) = metric {
        let value = host.sample.as_deref().and_then(|sample| value::read(sample, asked));
        return (value.unwrap_or_else(|| "–".into()), tone);
    }
    match count {
        0 => ("up".into(), tone),
        1 => ("1 alert".into(), tone),
        more => (format!("{more} alerts"), tone),
    }
}

/// How many alerts are open of which nobody knows and which are not silent, and how bad they are.
fn alerts(hub: &Hub, host: &Snapshot) -> (usize, Tone) {
    let group = host.host().group;
    hub.alerts.with(|desk: &mut Desk, now| {
        let is_loud = |entry: &&Entry| {
            entry.host == host.id
                && entry.said.acknowledged.is_none()
                && desk.silenced(&host.id, group, &entry.id, now.wall).is_none()
        };
        let loud: Vec<&Entry> = desk.open().filter(is_loud).collect();
        let tone = match loud.iter().any(|entry| entry.said.level == "critical") {
            true => Tone::Bad,
            false if loud.is_empty() => Tone::Good,
            false => Tone::Warn,
        };
        (loud.len(), tone)
    })
}

fn answer(hub: &Hub, asked: &HeaderMap, svg: &str) -> Response {
    let keep = if hub.auth.public() { Keep::Shared } else { Keep::Short };
    let mut response = kept_as(asked, keep, &Tag::of(svg.as_bytes()), SVG, svg.to_owned());
    let name = HeaderName::from_static("content-security-policy");
    response.headers_mut().insert(name, HeaderValue::from_static(POLICY));
    response
}
