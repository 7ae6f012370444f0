//! `/api/rules`: the rules of alerts, those that are built in and the owner's, and how whoever may
//! sets and removes them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use axum::routing::{get, put};
use kinglet_proto::alert::{Rule, Test};
use serde::Serialize;

use super::Routes;
use crate::alert::HUB_RULES;
use crate::config::drop_ins::RulePiece;
use crate::drop_in::{Keys, Secrets, Sort, remove, set};
use crate::hub::Hub;
use crate::server::deny::{deny, wrong_method};
use crate::server::json::json;
use crate::server::keys::{answer, origin, read_keys};
use crate::server::operator::{note, refuse_owner};
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let one = put(set_rule).delete(remove_rule).fallback(other_method);
    vec![
        ("/api/rules", get(rules).fallback(wrong_method).with_state(hub.clone())),
        ("/api/rules/{name}", one.with_state(hub.clone())),
    ]
}

#[derive(Serialize)]
struct Listed {
    rules: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    /// `built_in`, `config` (kinglet-hub.toml) or `drop_in` (a file of its own, to be set here).
    origin: &'static str,
    /// Where it stands; empty for one that is built in.
    #[serde(skip_serializing_if = "String::is_empty")]
    at: String,
    /// What it looks at; empty for no figure.
    #[serde(skip_serializing_if = "str::is_empty")]
    metric: &'static str,
    level: &'static str,
    /// The keys as they are written; of one that is built in, what they would be.
    keys: Keys,
}

async fn rules(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let own = hub.drop_ins.pieces().rules;
    let own = own.into_iter().map(|piece| row(&hub, piece));
    let fleet = hub.alerts.with(|desk, _| desk.built_in());
    let built_in = fleet.iter().map(|rule| built_in(rule));
    let watched = HUB_RULES.into_iter().map(|name| Row {
        name: name.to_owned(),
        origin: "built_in",
        at: String::new(),
        metric: "",
        level: if name == "offline" { "critical" } else { "warning" },
        keys: Keys::new(),
    });
    json(&Listed { rules: own.chain(watched).chain(built_in).collect() })
}

fn row(hub: &Hub, piece: RulePiece) -> Row {
    let RulePiece { name, place, keys, means: (_, rule) } = piece;
    let (origin, at) = origin(&hub.drop_ins.base, &place);
    let metric = rule.subject.metric().map_or("", |metric| metric.name);
    Row { name, origin, at, metric, level: rule.level.name(), keys }
}

fn built_in(rule: &Rule) -> Row {
    let (how, line) = match rule.test {
        Test::Above(line) => ("above", line),
        Test::Below(line) => ("below", line),
        Test::Equals(line) => ("equals", line),
    };
    let mut keys = Keys::new();
    keys.insert(how.to_owned(), line.into());
    keys.insert("for".to_owned(), hold(rule.hold.as_secs()).into());
    keys.insert("title".to_owned(), rule.title.as_ref().into());
    Row {
        name: rule.name.to_string(),
        origin: "built_in",
        at: String::new(),
        metric: rule.subject.metric().map_or("", |metric| metric.name),
        level: rule.level.name(),
        keys,
    }
}

/// As people write it.
fn hold(seconds: u64) -> String {
    if seconds.is_multiple_of(60) && seconds > 0 {
        format!("{}m", seconds / 60)
    } else {
        format!("{seconds}s")
    }
}

/// Which one.
type Name = Result<Path<String>, PathRejection>;

async fn set_rule(
    State(hub): State<Arc<Hub>>,
    name: Name,
    headers: HeaderMap,
    uri: Uri,
    body: Body,
) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let keys = match read_keys(body).await {
        Ok(keys) => keys,
        Err(refusal) => return refusal,
    };
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let subject = name.clone();
    let what = format!("[[alert]] \"{name}\" was set over HTTP");
    let done = hub.change_drop_ins(what, move |base| {
        let is_new = set(base, Sort::Rule, &name, keys, Secrets::default())?;
        Ok(if is_new { StatusCode::CREATED } else { StatusCode::NO_CONTENT })
    });
    let done = done.await;
    if done.is_ok() {
        note(&hub.auth, &headers, &uri, "set rule", &subject);
    }
    answer(done)
}

async fn remove_rule(
    State(hub): State<Arc<Hub>>,
    name: Name,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let subject = name.clone();
    let what = format!("[[alert]] \"{name}\" was removed over HTTP");
    let done = hub.change_drop_ins(what, move |base| remove(base, Sort::Rule, &name));
    let done = done.await;
    if done.is_ok() {
        note(&hub.auth, &headers, &uri, "removed rule", &subject);
    }
    answer(done.map(|()| StatusCode::NO_CONTENT))
}

async fn other_method() -> Response {
    let text = "a rule is set by PUT and removed by DELETE";
    deny(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", text)
}
