//! How a client is let in: its first frame, and what it may do here.

use kinglet_proto::host::HostId;
use kinglet_proto::limits::{AUTH_TIMEOUT, STOMP_FRAME_MAX};
use kinglet_proto::wire::stomp::{ACCEPT_VERSION, Command, Reader, Version, Writer};
use tokio::time::timeout;

use super::line::{Incoming, Line};
use super::request::{Ask, Connect, Request};
use crate::auth::Grant;
use crate::fleet::Reason;
use crate::hub::Hub;
use crate::server::caller::Caller;

/// Who comes, as far as its WebSocket's request says.
pub(super) struct Guest {
    pub(super) caller: Caller,
    pub(super) token: Option<String>,
    pub(super) id: Option<String>,
}

/// Who was let in.
pub(super) struct Admitted {
    pub(super) version: Version,
    pub(super) connect: Connect,
    /// What may be its token.
    pub(super) tokens: Vec<String>,
    /// It may look.
    pub(super) is_viewer: bool,
    pub(super) receipt: Option<String>,
    /// With what came behind the first frame.
    pub(super) reader: Reader,
}

/// Why somebody is not let in.
struct Refusal {
    code: u16,
    words: String,
}

/// Hears the first frame and judges it; whoever is refused is told why, and closed.
pub(super) async fn admit(hub: &Hub, mut line: Line, guest: Guest) -> Option<(Line, Admitted)> {
    line.open().await.ok()?;
    let mut reader = Reader::new(STOMP_FRAME_MAX);
    let heard = match timeout(AUTH_TIMEOUT, hear(&mut line, &mut reader)).await {
        Ok(heard) => heard?,
        Err(_) => Err(Refusal::of(Reason::NoCredentials)),
    };
    let refusal = match heard.and_then(|(connect, receipt)| judge(hub, connect, receipt, &guest)) {
        Ok((version, connect, tokens, is_viewer, receipt)) => {
            reader.set_version(version);
            return Some((line, Admitted { version, connect, tokens, is_viewer, receipt, reader }));
        }
        Err(refusal) => refusal,
    };
    hub.complain(format_args!("stomp client at {} was refused: {}", guest.caller, refusal.words));
    // Whoever does not hear it is closed all the same.
    let _ = line.feed(error(&refusal.words, Version::V10, None)).await;
    line.close(refusal.code, &refusal.words).await;
    None
}

/// The first frame; `None` when the client is gone.
async fn hear(
    line: &mut Line,
    reader: &mut Reader,
) -> Option<Result<(Connect, Option<String>), Refusal>> {
    loop {
        match reader.next_frame() {
            Ok(None) => {}
            Ok(Some(frame)) => {
                let Request { asks, receipt } = Request::read(&frame, Version::V10);
                return Some(match asks {
                    Ask::Connect(connect) => Ok((connect, receipt)),
                    Ask::Fault(words) => Err(Refusal::fault(words)),
                    Ask::Subscribe { .. }
                    | Ask::Unsubscribe { .. }
                    | Ask::Send { .. }
                    | Ask::Disconnect
                    | Ask::Nothing
                    | Ask::Refused(_) => Err(Refusal::fault("the first frame must be CONNECT")),
                });
            }
            Err(fault) => return Some(Err(Refusal::fault(&fault.to_string()))),
        }
        match line.next().await {
            Incoming::Message(bytes) => reader.push(&bytes),
            Incoming::Sign => {}
            Incoming::TooLarge => return Some(Err(Refusal::fault("message too large"))),
            Incoming::NotSockJs => return Some(Err(Refusal::fault("not a frame of SockJS"))),
            Incoming::Closed | Incoming::Lost => return None,
        }
    }
}

type Judged = (Version, Connect, Vec<String>, bool, Option<String>);

fn judge(
    hub: &Hub,
    mut connect: Connect,
    receipt: Option<String>,
    guest: &Guest,
) -> Result<Judged, Refusal> {
    let Some(version) = connect.version else {
        return Err(Refusal::fault("no version in common: 1.2, 1.1 and 1.0 are spoken here"));
    };
    let mut tokens = std::mem::take(&mut connect.tokens);
    tokens.extend(guest.token.clone());
    let id = guest.id.as_deref().and_then(|id| HostId::parse(id).ok());
    let is_viewer =
        hub.auth.viewer(None) || tokens.iter().any(|token| hub.auth.viewer(Some(token)));
    let is_agent = tokens.iter().any(|token| hub.auth.agent(token, id.as_ref()) != Grant::Refused);
    if is_agent {
        guest.caller.vouch();
    }
    if is_viewer || is_agent {
        Ok((version, connect, tokens, is_viewer, receipt))
    } else {
        Err(Refusal::of(Reason::NotAllowed))
    }
}

impl Refusal {
    fn of(reason: Reason) -> Self {
        Self { code: reason.code(), words: reason.to_string() }
    }

    fn fault(words: &str) -> Self {
        Self { code: PROTOCOL_ERROR, words: words.to_owned() }
    }
}

/// The close code of what is against the protocol.
pub(super) const PROTOCOL_ERROR: u16 = 1002;

/// An ERROR with these words; its receipt is that of the frame that led to it.
pub(super) fn error(words: &str, version: Version, receipt: Option<&str>) -> String {
    let mut out = String::new();
    let mut writer = Writer::new(&mut out, version, Command::Error)
        .header("message", words)
        // What the protocol wants where no version is agreed on does no harm elsewhere.
        .header("version", ACCEPT_VERSION_RISING);
    if let Some(receipt) = receipt {
        writer = writer.header("receipt-id", receipt);
    }
    writer.body("text/plain", words);
    out
}

/// The versions as the protocol lists them in an ERROR.
const ACCEPT_VERSION_RISING: &str = "1.0,1.1,1.2";

const _: () = assert!(ACCEPT_VERSION_RISING.len() == ACCEPT_VERSION.len());
