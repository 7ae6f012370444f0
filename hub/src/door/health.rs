//! `/healthz`: the hub runs. More than that it says only to who may look, and to him nothing that
//! anyone who may look must not know.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CACHE_CONTROL;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde::Serialize;

use super::Routes;
use crate::hub::Hub;
use crate::hub::sessions::Counted;
use crate::influx::Report;
use crate::server::json::json;
use crate::server::sight;
use crate::server::token::Credentials;
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![("/healthz", get(health).with_state(hub.clone()))]
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    version: &'static str,
    hosts: usize,
    online: usize,
    viewers: usize,
    /// `ok`, or why nothing is remembered at the moment.
    store: String,
    /// The sessions of the STOMP endpoint since the hub's start.
    stomp: Counted,
    /// Of the database that readings go to: `ok`, or that they wait; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    influxdb: Option<&'static str>,
    /// Of whom the hub tells of alerts: `ok`, or that it cannot; absent where there is nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    notify: Option<&'static str>,
    /// Why tokens are not safe on the way here; absent where they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    way: Option<&'static str>,
    /// Why new hosts are refused; absent where none was for an hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    newcomers: Option<String>,
}

async fn health(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return [(CACHE_CONTROL, "no-store")].into_response();
    }
    let sight = sight::of(&hub.auth, &headers, &uri);
    let (hosts, online) = hub.with_fleet(|fleet, _| fleet.counts(sight));
    let (version, viewers) = (env!("CARGO_PKG_VERSION"), hub.viewers());
    let store = hub.history.state().failing.unwrap_or_else(|| "ok".to_owned());
    // In the words that the log has stand addresses.
    let stomp = hub.stomp_sessions.counted();
    let influxdb = hub.influx.as_ref().map(|influx| match influx.report() {
        Report { disk: Some(_), .. } => "its queue cannot be written: the hub's log says why",
        Report { failing: Some(_), .. } => "readings wait for it: the hub's log says why",
        Report { .. } => "ok",
    });
    let reports = hub.notifier.reports();
    let notify = match reports.iter().any(|report| report.failing.is_some()) {
        true => "somebody could not be told: the hub's log says why",
        false => "ok",
    };
    let notify = (!reports.is_empty()).then_some(notify);
    let (status, way) = ("ok", hub.way.words());
    json(&Health {
        status,
        version,
        hosts,
        online,
        viewers,
        store,
        stomp,
        influxdb,
        notify,
        way,
        newcomers: newcomers(&hub),
    })
}

fn newcomers(hub: &Hub) -> Option<String> {
    let (refused, most) = hub.refused_newcomers();
    (refused > 0).then(|| {
        format!(
            "new hosts were refused {refused} times lately, for {most} may come in an hour with \
             a token from an address ([fleet] new_hosts_per_hour)"
        )
    })
}
