//! `/ws/enroll`: a code comes in, a token goes out, once.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kinglet_proto::enroll::{Enrolled, encode};
use kinglet_proto::host::{HostId, HostIdError};
use kinglet_proto::secret::Secret;
use kinglet_proto::time::{Instant, Now};
use tokio_tungstenite::tungstenite::Message;
use tracing::{info, warn};

use super::Routes;
use crate::auth::{TokenHash, new_token};
use crate::clock;
use crate::config::enrolled::find as find_record;
use crate::enroll::code::Code;
use crate::enroll::host::{self, Draft};
use crate::enroll::invitation::{Found, NoInvitation, find};
use crate::enroll::record::{Record, is_deleted};
use crate::enroll::unfinished::killed_at;
use crate::fleet::Input;
use crate::guard::{Codes, Neighbour};
use crate::hub::Hub;
use crate::limits::VISITOR_FRAME_MAX;
use crate::server::caller::Caller;
use crate::server::deny::deny;
use crate::server::token::Credentials;
use crate::server::ws::{self, Upgrade};
use crate::sink::Sinks;

/// The close code of a conversation that came to its end.
const DONE: u16 = 1000;

/// Where codes are taken, one at a time and not too many in a second.
#[derive(Default)]
struct Desk {
    codes: Mutex<Codes>,
    turn: Mutex<()>,
}

/// What requests share.
#[derive(Clone)]
struct Enrolling {
    hub: Arc<Hub>,
    desk: Arc<Desk>,
}

pub(super) fn routes(hub: &Arc<Hub>, _: &Sinks) -> Routes {
    let enrolling = Enrolling { hub: hub.clone(), desk: Arc::default() };
    vec![(kinglet_proto::enroll::PATH, get(enroll).with_state(enrolling))]
}

/// Why a code brings no token.
#[derive(Debug)]
enum Refusal {
    NoInvitation(NoInvitation),
    /// The id cannot be that of a host.
    BadId(HostIdError),
    /// The id is known already; the invitation does not say that it may be.
    Taken(HostId),
    /// kinglet-hub.toml holds this host's token, and the hub does not write there.
    Configured(HostId),
    /// The invitation is for another host.
    ForAnother,
    TooManyHosts,
    TooFast,
}

impl Desk {
    /// Counts a code; an error when there were enough lately.
    fn admit(&self, from: Neighbour, now: Instant) -> Result<(), Refusal> {
        let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
        if codes.admit(from, now) { Ok(()) } else { Err(Refusal::TooFast) }
    }

    fn take_turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `GET /ws/enroll`.
async fn enroll(
    State(Enrolling { hub, desk }): State<Enrolling>,
    caller: Caller,
    headers: HeaderMap,
    upgrade: Result<Upgrade, Response>,
) -> Response {
    // Without an upgrade there would be nothing to send the token through.
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(response) => return response,
    };
    // A query is written into the logs of proxies: a code in it does not count.
    let Credentials { token, id, .. } = Credentials::read(&headers, &Uri::default());
    let (code, id) = (token.unwrap_or_default(), id.unwrap_or_default());
    let now = clock::now();
    // Before a thread is taken for it: there are not many of those.
    if let Err(refusal) = desk.admit(caller.neighbour(), now.instant) {
        return refuse(&hub, &caller, &refusal);
    }
    let exchanged = {
        let hub = hub.clone();
        let work = move || exchange(&hub, &desk, (&code, &id), now);
        tokio::task::spawn_blocking(work).await
    };
    let (id, enrolled) = match exchanged {
        Ok(Ok(done)) => done,
        Ok(Err(refusal)) => return refuse(&hub, &caller, &refusal),
        Err(_) => return StatusCode::SERVICE_UNAVAILABLE.into_response(),
    };
    caller.vouch();
    info!("host {id} was enrolled from {caller}");
    upgrade.serve(None, VISITOR_FRAME_MAX, move |mut socket| async move {
        let _open = hub.open_socket();
        if ws::send(&mut socket, Message::text(encode(&enrolled))).await.is_err() {
            warn!("host {id} went away before it had its token: invite it again with --replace");
            return;
        }
        ws::close_with(socket, DONE, "enrolled").await;
    })
}

/// Turns a code into a host with a token. What fails before the claim leaves the code good.
fn exchange(
    hub: &Hub,
    desk: &Desk,
    (code, id): (&str, &str),
    now: Now,
) -> Result<(HostId, Enrolled), Refusal> {
    let unknown = Refusal::NoInvitation(NoInvitation::Unknown);
    let Some(state_dir) = &hub.state_dir else { return Err(unknown) };
    let Some(code) = Code::parse(code) else { return Err(unknown) };
    let _turn = desk.take_turn();
    let found = find(state_dir, &code, now.wall)?;
    let id = HostId::parse(id).map_err(Refusal::BadId)?;
    let replace = judge(hub, state_dir, &found, &id)?;
    let token = new_token().map_err(|error| failed(error.to_string()))?;
    let hash = TokenHash::of(&token);
    let name = found.invitation.name.clone();
    // The draft goes first: by it the next start sees how far this came.
    let record = record(hub, &id, name.clone(), hash);
    let draft = Draft::write(state_dir, &code, &id, &record);
    let draft = draft.map_err(NoInvitation::Failed)?;
    killed_at("drafted");
    if let Err(error) = found.claim() {
        draft.remove().map_err(NoInvitation::Failed)?;
        return Err(error.into());
    }
    killed_at("claimed");
    match draft.keep(replace) {
        Ok(true) => {}
        kept => {
            found.release().map_err(NoInvitation::Failed)?;
            return Err(kept.map_or_else(
                |error| Refusal::NoInvitation(NoInvitation::Failed(error)),
                |_| Refusal::Taken(id),
            ));
        }
    }
    killed_at("kept");
    let noted = found.note(&id);
    noted.unwrap_or_else(|error| warn!("who waits for host {id} is not told: {error}"));
    hub.auth.admit(id.clone(), hash);
    let decided = hub.registry.as_ref().and_then(|registry| registry.record(&id).ok().flatten());
    hub.handle_input(Input::Enrolled(id.clone(), decided.unwrap_or(record).label));
    Ok((id, Enrolled { token: Secret::new(token), name }))
}

/// What is kept of the host: one that takes the place of another keeps what the owner decided of
/// that.
fn record(hub: &Hub, id: &HostId, name: Option<String>, hash: TokenHash) -> Record {
    let before = hub.registry.as_ref().map(|registry| find_record(registry.state_dir(), id));
    let mut record = before.and_then(|found| found.ok().flatten()).unwrap_or_default();
    record.label.name = name.or(record.label.name);
    (record.token, record.revoked) = (Some(hash), false);
    record
}

/// Whether a host may have this id; true when it takes the place of one that is known.
fn judge(hub: &Hub, state_dir: &Path, found: &Found, id: &HostId) -> Result<bool, Refusal> {
    let replaces = match &found.invitation.replace {
        Some(other) if other != id => return Err(Refusal::ForAnother),
        replace => replace.is_some(),
    };
    let (known, room) = hub.with_fleet(|fleet, now| {
        (fleet.knows(id) || fleet.is_awaited(id, now.wall), fleet.has_room())
    });
    let kept = host::is_kept(state_dir, id) || is_deleted(state_dir, id);
    match (known || kept, replaces) {
        (true, false) => Err(Refusal::Taken(id.clone())),
        (true, true) if !kept && hub.auth.knows(id) => Err(Refusal::Configured(id.clone())),
        (false, _) if !room => Err(Refusal::TooManyHosts),
        (_, replaces) => Ok(replaces),
    }
}

fn failed(what: String) -> Refusal {
    Refusal::NoInvitation(NoInvitation::Failed(std::io::Error::other(what)))
}

impl From<NoInvitation> for Refusal {
    fn from(error: NoInvitation) -> Self {
        Self::NoInvitation(error)
    }
}

impl Refusal {
    /// The status, a word for programs and words for people.
    fn told(&self) -> (StatusCode, &'static str, String) {
        let (status, word, text) = match self {
            Self::NoInvitation(NoInvitation::Unknown) => {
                (StatusCode::UNAUTHORIZED, "unknown_code", "this code is unknown")
            }
            Self::NoInvitation(NoInvitation::Used) => {
                (StatusCode::GONE, "used_code", "this code was used; ask for a new invitation")
            }
            Self::NoInvitation(NoInvitation::Expired) => {
                (StatusCode::GONE, "expired_code", "this code has expired; ask for a new one")
            }
            Self::NoInvitation(NoInvitation::Failed(_)) => {
                let text = "the hub cannot use its state folder; its log says why";
                (StatusCode::INTERNAL_SERVER_ERROR, "failed", text)
            }
            Self::BadId(error) => return (StatusCode::BAD_REQUEST, "bad_id", error.to_string()),
            Self::Taken(id) => {
                let word = shell_word(id);
                let text =
                    format!("a host {id} is known already: kinglet-hub invite --replace {word}");
                return (StatusCode::CONFLICT, "id_taken", text);
            }
            Self::Configured(id) => {
                let text =
                    format!("kinglet-hub.toml holds the token of host {id}: take it out first");
                return (StatusCode::CONFLICT, "id_configured", text);
            }
            Self::ForAnother => {
                (StatusCode::CONFLICT, "other_host", "this invitation is for a host of another id")
            }
            Self::TooManyHosts => {
                (StatusCode::SERVICE_UNAVAILABLE, "too_many_hosts", "the hub knows enough hosts")
            }
            Self::TooFast => {
                let text = "too many codes are tried; try again in a moment";
                (StatusCode::TOO_MANY_REQUESTS, "too_fast", text)
            }
        };
        (status, word, text.to_owned())
    }
}

/// The answer before the upgrade: the reason in a header, for the agent, and in a body.
fn refuse(hub: &Hub, caller: &Caller, refusal: &Refusal) -> Response {
    let (status, word, text) = refusal.told();
    match refusal {
        Refusal::NoInvitation(NoInvitation::Failed(error)) => warn!("enrolment failed: {error}"),
        Refusal::NoInvitation(_)
        | Refusal::BadId(_)
        | Refusal::Taken(_)
        | Refusal::Configured(_)
        | Refusal::ForAnother
        | Refusal::TooManyHosts
        | Refusal::TooFast => {
            hub.complain(format_args!("enrolment from {caller} was refused: {text}"));
        }
    }
    deny(status, word, &text)
}

/// An id as a word for a shell: a stranger chose it, and the owner may paste the line it is in.
fn shell_word(id: &HostId) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-:".contains(c);
    if !id.starts_with('-') && id.chars().all(plain) {
        return id.to_string();
    }
    format!("'{}'", id.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_in_a_command_to_paste_is_one_word_of_it() {
        for (id, word) in [
            ("pi-1", "pi-1"),
            ("k\u{fc}che", "k\u{fc}che"),
            ("$(reboot)", "'$(reboot)'"),
            ("a;b", "'a;b'"),
            ("it's", r"'it'\''s'"),
            ("-x", "'-x'"),
        ] {
            assert_eq!(shell_word(&HostId::parse(id).unwrap()), word);
        }
    }
}
