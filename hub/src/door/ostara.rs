//! `/api/v1`: the fleet for Ostara, a desktop program for Spring applications, to whom may look.
//!
//! To it the hub is one of its agents, which tell it of applications with instances: groups of ours
//! with hosts. What it asks of an instance is Spring Boot's Actuator, which stands here below
//! `/api/v1/proxy/{id}`. Whoever is missing from the list of instances it deletes, with all that
//! its user has set up for it: so there is no answer before the list is whole.

mod facts;
mod health;
mod metrics;

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::header::{HOST, RETRY_AFTER};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::Routes;
use crate::fleet::{Sight, Snapshot};
use crate::http::escaped;
use crate::hub::Hub;
use crate::server::deny::{deny, stranger, unknown_host, wrong_method};
use crate::server::json::json as answer;
use crate::server::parameters::Parameters;
use crate::server::sight;
use crate::server::token::Credentials;
use crate::sink::Sinks;
use crate::sink::roster::Roster;

/// Where Ostara puts the key that its user gave it for this agent.
const KEY: &str = "x-ostara-key";
/// The application of hosts that are in no group.
const UNGROUPED: &str = "Hosts";
/// What each host can be asked: each is a page in the program.
const ABILITIES: [&str; 4] = ["health", "info", "metrics", "env"];

/// Who asks.
struct Asker {
    /// Anyone may ask here: what is private is left out.
    public: bool,
    /// The address of the instances, as it sees this hub.
    base: String,
}

/// The fleet, and who was ever in it.
#[derive(Clone)]
struct Door {
    hub: Arc<Hub>,
    roster: Arc<Roster>,
}

pub(super) fn routes(hub: &Arc<Hub>, sinks: &Sinks) -> Routes {
    let Some(roster) = sinks.get::<Roster>() else { return Routes::new() };
    let door = &Door { hub: hub.clone(), roster };
    vec![
        ("/api/v1", get(agent).fallback(wrong_method).with_state(door.clone())),
        ("/api/v1/instances", get(instances).fallback(wrong_method).with_state(door.clone())),
        ("/api/v1/proxy/{id}", all_of(door, links)),
        ("/api/v1/proxy/{id}/health", all_of(door, |host, _| health::of(host))),
        ("/api/v1/proxy/{id}/info", all_of(door, |host, _| facts::info(host))),
        (
            "/api/v1/proxy/{id}/metrics",
            all_of(door, |host, asker| metrics::list(host, asker.public)),
        ),
        ("/api/v1/proxy/{id}/metrics/{name}", one_of(door, metrics::find)),
        (
            "/api/v1/proxy/{id}/env",
            all_of(door, |host, asker| facts::environment(host, asker.public)),
        ),
        ("/api/v1/proxy/{id}/env/{name}", one_of(door, facts::property)),
    ]
}

#[derive(Serialize)]
struct Instance<'a> {
    #[serde(rename = "appName")]
    application: &'a str,
    id: &'a str,
    name: &'a str,
    /// Ostara insists on one, and never calls it: it asks below `proxy`.
    url: String,
}

impl Door {
    /// Whether the asker may know, and there is all to be known.
    fn admit(&self, headers: &HeaderMap, uri: &Uri) -> Result<(), Refusal> {
        let key = headers.get(KEY).and_then(|key| key.to_str().ok());
        let shown = Credentials::read(headers, uri).token;
        if !self.hub.auth.viewer(key.or(shown.as_deref())) {
            return Err(Refusal::Stranger);
        }
        if self.roster.is_whole() { Ok(()) } else { Err(Refusal::Loading) }
    }

    /// Which hosts the asker sees.
    fn sight(&self, headers: &HeaderMap, uri: &Uri) -> Sight {
        let shown = Credentials::read(headers, uri).token;
        let key = headers.get(KEY).and_then(|key| key.to_str().ok());
        sight::with_token(&self.hub.auth, key.or(shown.as_deref()))
    }

    fn asker(&self, headers: &HeaderMap) -> Asker {
        Asker { public: self.hub.auth.public(), base: base(headers) }
    }

    /// The host that a path names.
    fn host(&self, id: Option<&str>, headers: &HeaderMap, uri: &Uri) -> Result<Snapshot, Refusal> {
        self.admit(headers, uri)?;
        let sight = self.sight(headers, uri);
        let host = id.and_then(|id| self.roster.host(&self.hub, id));
        host.filter(|host| sight.sees(host)).ok_or(Refusal::UnknownHost)
    }
}

/// Why a question has no answer.
enum Refusal {
    Stranger,
    Loading,
    UnknownHost,
}

impl Refusal {
    fn answer(self) -> Response {
        match self {
            Self::Stranger => stranger(),
            Self::Loading => loading(),
            Self::UnknownHost => unknown_host(),
        }
    }
}

fn loading() -> Response {
    let text = "the hub was just started and does not know yet who is there: try again in a minute";
    let mut response = deny(StatusCode::SERVICE_UNAVAILABLE, "loading", text);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

fn unknown_name() -> Response {
    deny(StatusCode::NOT_FOUND, "unknown_name", "this host has nothing under this name")
}

async fn agent(State(door): State<Door>, headers: HeaderMap, uri: Uri) -> Response {
    match door.admit(&headers, &uri) {
        Ok(()) => answer(&json!({ "version": env!("CARGO_PKG_VERSION"), "sources": ["kinglet"] })),
        Err(refusal) => refusal.answer(),
    }
}

async fn instances(State(door): State<Door>, headers: HeaderMap, uri: Uri) -> Response {
    if let Err(refusal) = door.admit(&headers, &uri) {
        return refusal.answer();
    }
    let sight = door.sight(&headers, &uri);
    let mut hosts = door.roster.hosts(&door.hub);
    hosts.retain(|host| sight.sees(host));
    let Asker { base, .. } = door.asker(&headers);
    answer(&hosts.iter().map(|host| instance(host, &base)).collect::<Vec<_>>())
}

fn instance<'a>(snapshot: &'a Snapshot, base: &str) -> Instance<'a> {
    let host = snapshot.host();
    let application = if host.group.is_empty() { UNGROUPED } else { host.group };
    let url = format!("{base}/{}", escaped(host.id));
    Instance { application, id: host.id, name: host.name, url }
}

/// What is told of a host.
fn all_of(door: &Door, tell: fn(&Snapshot, &Asker) -> Value) -> MethodRouter {
    let door = door.clone();
    let handle =
        async move |id: Result<Path<String>, PathRejection>, headers: HeaderMap, uri: Uri| {
            let id = id.as_ref().ok().map(|Path(id)| id.as_str());
            match door.host(id, &headers, &uri) {
                Ok(host) => answer(&tell(&host, &door.asker(&headers))),
                Err(refusal) => refusal.answer(),
            }
        };
    get(handle).fallback(wrong_method)
}

/// What is told of a host under one name, with tags that narrow it; `None` where there is nothing.
fn one_of(door: &Door, tell: fn(&Snapshot, &str, &[&str], bool) -> Option<Value>) -> MethodRouter {
    let door = door.clone();
    let handle = async move |path: Result<Path<(String, String)>, PathRejection>,
                             headers: HeaderMap,
                             uri: Uri| {
        let path = path.as_ref().ok().map(|Path((id, name))| (id.as_str(), name.as_str()));
        let host = match door.host(path.map(|(id, _)| id), &headers, &uri) {
            Ok(host) => host,
            Err(refusal) => return refusal.answer(),
        };
        let parameters = Parameters::read(&uri);
        let tags: Vec<_> = parameters.all("tag").collect();
        let told = path.and_then(|(_, name)| tell(&host, name, &tags, door.hub.auth.public()));
        told.map_or_else(unknown_name, |told| answer(&told))
    };
    get(handle).fallback(wrong_method)
}

fn links(host: &Snapshot, asker: &Asker) -> Value {
    let own = format!("{}/{}", asker.base, escaped(&host.id));
    let link = |name: &str, path: &str, templated: bool| {
        (name.to_owned(), json!({ "href": format!("{own}{path}"), "templated": templated }))
    };
    let mut all = Map::from_iter([link("self", "", false)]);
    all.extend(ABILITIES.map(|name| link(name, &format!("/{name}"), false)));
    all.extend([
        link("metrics-requiredMetricName", "/metrics/{requiredMetricName}", true),
        link("env-toMatch", "/env/{toMatch}", true),
    ]);
    json!({ "_links": all })
}

/// What was called, with the scheme that a proxy in front says it was called by.
fn base(headers: &HeaderMap) -> String {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let called = text(HOST.as_str()).filter(|host| host.parse::<Authority>().is_ok());
    let secure = text("x-forwarded-proto").is_some_and(|scheme| scheme == "https");
    let scheme = if secure { "https" } else { "http" };
    format!("{scheme}://{}/api/v1/proxy", called.unwrap_or("localhost"))
}
