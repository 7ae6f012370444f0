//! What can be asked of the hub, by path.
//!
//! A door is a file with one set of paths and a row of [`DOORS`]. No door knows another: what they
//! share is the hub, its sinks, and what `server` has for them.

mod agents;
mod alerts;
mod badge;
mod enroll;
mod events;
mod exposition;
mod frontend;
mod health;
mod history;
mod hosts;
mod invitations;
mod links;
mod metrics;
mod notify;
mod oidc;
mod openapi;
mod ostara;
mod page;
mod panel;
mod people;
mod rules;
mod sign_in;
mod stomp;
mod telegraf;

use std::future::ready;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::{STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::Response;
use axum::routing::MethodRouter;
use tower_http::compression::CompressionLayer;

use crate::guard::Way;
use crate::hub::Hub;
use crate::server::caller::Caller;
use crate::server::deny::foreign;
use crate::server::gate::judge;
use crate::sink::Sinks;

/// Paths, and what answers at each.
type Routes = Vec<(&'static str, MethodRouter)>;

/// Opens one door.
type Door = fn(&Arc<Hub>, &Sinks) -> Routes;

/// Every door.
const DOORS: &[Door] = &[
    agents::routes,
    alerts::routes,
    badge::routes,
    enroll::routes,
    events::routes,
    exposition::routes,
    frontend::routes,
    health::routes,
    history::routes,
    hosts::routes,
    invitations::routes,
    links::routes,
    metrics::routes,
    notify::routes,
    oidc::routes,
    openapi::routes,
    ostara::routes,
    page::routes,
    panel::routes,
    people::routes,
    rules::routes,
    sign_in::routes,
    stomp::routes,
    telegraf::routes,
];

/// Where agents come in, by any name and from wherever: they show a token, and are told nothing
/// without. `/healthz` tells a stranger of a private hub only that it runs. All others are viewers'
/// paths.
const AGENTS: [&str; 9] = [
    "/api/v2/write",
    "/healthz",
    "/ping",
    "/query",
    "/write",
    "/ws-report",
    "/ws/agent",
    "/ws/enroll",
    "/ws/telegraf",
];

/// Every path of the hub. To those of viewers foreign pages and foreign names have no way.
///
/// Who takes gzip is answered with it, but for what is small.
pub(crate) fn router(hub: &Arc<Hub>, sinks: &Sinks) -> Router {
    let routes = DOORS.iter().flat_map(|door| door(hub, sinks));
    let guarded = |(path, answer): (&'static str, MethodRouter)| {
        let is_viewers = !AGENTS.contains(&path);
        let guard = from_fn_with_state(hub.clone(), guard);
        (path, if is_viewers { answer.layer(guard) } else { answer })
    };
    let routes = routes.map(guarded);
    let router = routes.fold(Router::new(), |router, (path, answer)| router.route(path, answer));
    let router = router.layer(CompressionLayer::new());
    let way = hub.way;
    router.layer(map_response(move |response| ready(with_headers(response, way))))
}

/// What browsers are to hold every answer to: it is what it says, and whoever has come by TLS comes
/// no other way for a year.
fn with_headers(mut response: Response, way: Way) -> Response {
    let mut say = |name, value| {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    };
    say(X_CONTENT_TYPE_OPTIONS, "nosniff");
    if way == Way::Tls {
        say(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    response
}

async fn guard(
    State(hub): State<Arc<Hub>>,
    caller: Caller,
    request: Request,
    next: Next,
) -> Response {
    match judge(&hub.gate, request.method(), request.headers(), request.uri()) {
        Ok(()) => caller.answer(next.run(request)).await,
        Err(what) => foreign(what),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use super::*;
    use crate::auth::Auth;
    use crate::fleet::Settings;
    use crate::history::Nothing;

    /// Every path there is; it can be routed, so no two doors have the same.
    fn paths() -> BTreeSet<&'static str> {
        let settings =
            Settings { offline_after: Duration::from_secs(60), durable: false, hosts: Vec::new() };
        let hub = Arc::new(Hub::new(
            Auth::new(BTreeMap::new(), None, None),
            settings,
            None,
            Arc::new(Nothing),
        ));
        let (sinks, _) = Sinks::open(&hub);
        drop(router(&hub, &sinks));
        DOORS.iter().flat_map(|door| door(&hub, &sinks)).map(|(path, _)| path).collect()
    }

    #[test]
    fn the_readme_lists_every_path_but_the_files_of_the_page() {
        let readme = include_str!("../README.md");
        let rows = readme.lines().filter_map(|line| line.strip_prefix("| `/")?.split('`').next());
        let listed: BTreeSet<String> = rows.map(|path| format!("/{path}")).collect();
        let there = paths().into_iter().filter(|path| !path.contains('.'));
        assert_eq!(listed, there.map(str::to_owned).collect());
    }

    #[test]
    fn every_path_where_agents_come_in_is_there() {
        let there = paths();
        assert!(AGENTS.iter().all(|path| there.contains(path)));
    }

    #[test]
    fn the_openapi_document_has_every_path_of_the_api_and_no_other() {
        let document: serde_json::Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        let told: BTreeSet<_> =
            document["paths"].as_object().unwrap().keys().map(String::as_str).collect();
        let there = paths();
        let unknown: Vec<_> = told.difference(&there).collect();
        assert!(unknown.is_empty(), "no door has {unknown:?}");
        let untold: Vec<_> =
            there.difference(&told).filter(|path| path.starts_with("/api/")).collect();
        assert!(untold.is_empty(), "the document has no {untold:?}");
    }

    #[test]
    fn the_openapi_document_has_the_bounds_that_there_are() {
        use crate::limits::{EVENTS_MAX, EVENTS_USUAL, HISTORY_METRICS_MAX, HISTORY_STEP_S_MAX};
        let document: serde_json::Value = serde_json::from_str(openapi::DOCUMENT).unwrap();
        let schema = |path: &str, name: &str| {
            let parameters = document["paths"][path]["get"]["parameters"].as_array().unwrap();
            let of = |parameter: &&serde_json::Value| parameter["name"] == name;
            parameters.iter().find(of).unwrap()["schema"].clone()
        };
        assert_eq!(schema("/api/history/{id}", "step")["maximum"], HISTORY_STEP_S_MAX);
        assert_eq!(schema("/api/history/{id}", "metric")["maxItems"], HISTORY_METRICS_MAX);
        assert_eq!(schema("/api/events", "limit")["maximum"], EVENTS_MAX);
        assert_eq!(schema("/api/events", "limit")["default"], EVENTS_USUAL);
    }
}
