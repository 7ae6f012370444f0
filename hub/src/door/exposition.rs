//! `/metrics`: the last reading of every host for Prometheus, in the text format 0.0.4, to whom may
//! look.
//!
//! Families stand one after the other and each has every host in it, so nothing less than the
//! fleet is held; of the text there are only some families at a time, sent as they are written.

mod family;
mod own;
mod text;

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::StreamExt;
use futures_util::stream::{once, unfold};
use text::{Host, Writer};

use super::Routes;
use crate::fleet::Snapshot;
use crate::hub::Hub;
use crate::limits::SCRAPE_BATCH;
use crate::server::deny::{stranger, wrong_method};
use crate::server::sight;
use crate::server::token::Credentials;
use crate::sink::Sinks;
use crate::turn::end_turn;

const KIND: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    vec![("/metrics", get(exposition).fallback(wrong_method).with_state(hub.clone()))]
}

async fn exposition(State(hub): State<Arc<Hub>>, headers: HeaderMap, uri: Uri) -> Response {
    if !hub.auth.viewer(Credentials::read(&headers, &uri).token.as_deref()) {
        return stranger();
    }
    let sight = sight::of(&hub.auth, &headers, &uri);
    let seen = |host: &Snapshot| sight.sees(host);
    // Only the snapshots are taken while the fleet is locked.
    let snapshots = hub.with_fleet(|fleet, _| Vec::from_iter(fleet.snapshots().filter(seen)));
    let hosts: Arc<[Host]> = snapshots.iter().map(Host::new).collect();
    let headers = [("content-type", KIND), ("cache-control", "no-store")];
    let own = own::families(&hub);
    let parts = unfold(Writer::new(hub.auth.public()), move |mut writer| {
        let hosts = hosts.clone();
        async move { Some((Ok::<_, Infallible>(part(&mut writer, &hosts).await?), writer)) }
    });
    let parts = parts.chain(once(async move { Ok(own) }));
    // The layer that packs it asks once more after its end.
    (headers, Body::from_stream(parts.fuse())).into_response()
}

/// The next families; `None` when all are written.
async fn part(writer: &mut Writer, hosts: &[Host]) -> Option<String> {
    while writer.begin() {
        for some in hosts.chunks(SCRAPE_BATCH) {
            some.iter().for_each(|host| writer.write(host));
            end_turn().await;
        }
        let text = writer.finish();
        if !text.is_empty() {
            return Some(text);
        }
    }
    None
}
