//! `/api/links`: links by which somebody may look who has no name here, as a wall's screen. For
//! those who may change the hub.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get};
use kinglet_proto::time::WallTime;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Routes;
use crate::clock;
use crate::hub::Hub;
use crate::limits::people::{LINK_LONGEST_S, LINK_USUAL_S};
use crate::people::{Link, UserName};
use crate::server::decision;
use crate::server::deny::{deny, no_people, unchanged};
use crate::server::json::json as answer;
use crate::server::operator::{note, refuse_owner};
use crate::sink::Sinks;

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![
        ("/api/links", get(links).post(add).with_state(hub.clone())),
        ("/api/links/{name}", delete(remove).with_state(hub.clone())),
    ]
}

/// What is asked for.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    name: String,
    seconds: Option<i64>,
}

#[derive(Serialize)]
struct Links {
    links: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    created: WallTime,
    expires: WallTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen: Option<WallTime>,
}

async fn links(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let links = hub.auth.people().map(|people| people.links()).unwrap_or_default().into_iter();
    let row = |link: Link| Row {
        name: link.name.to_string(),
        created: link.created,
        expires: link.expires,
        seen: link.seen,
    };
    answer(&Links { links: links.map(row).collect() })
}

async fn add(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri, body: Body) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let Asked { name, seconds } = match decision::read(body).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let bad = |words: &str| deny(StatusCode::BAD_REQUEST, "bad_body", words);
    let name = match UserName::parse(&name) {
        Ok(name) => name,
        Err(words) => return bad(&words),
    };
    let seconds = seconds.unwrap_or(LINK_USUAL_S);
    if !(1..=LINK_LONGEST_S).contains(&seconds) {
        return bad(&format!("`seconds` must be 1 to {LINK_LONGEST_S}"));
    }
    let Some(people) = hub.auth.people() else { return no_people() };
    match people.add_link(&name, seconds, clock::now().wall) {
        Ok(made) => {
            note(&hub.auth, &headers, &uri, "added link", &name);
            let told = json!({ "name": *name, "secret": made.secret, "expires": made.expires });
            let mut response = answer(&told);
            *response.status_mut() = StatusCode::CREATED;
            response
        }
        Err(why) => unchanged(why),
    }
}

async fn remove(
    State(hub): State<Arc<Hub>>,
    name: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
    uri: Uri,
) -> Response {
    if let Some(refusal) = refuse_owner(&hub.auth, &headers, &uri) {
        return refusal;
    }
    let Some(people) = hub.auth.people() else { return no_people() };
    let name = name.ok().and_then(|Path(name)| UserName::parse(&name).ok());
    let Some(name) = name else {
        return deny(StatusCode::NOT_FOUND, "unknown", "there is no such link");
    };
    match people.remove_link(&name) {
        Ok(()) => {
            note(&hub.auth, &headers, &uri, "removed link", &name);
            StatusCode::NO_CONTENT.into_response()
        }
        Err(why) => unchanged(why),
    }
}
