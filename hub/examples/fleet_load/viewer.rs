//! Viewers: those of the documented paths, who are told whole objects, and those who have rows, as
//! the hub's page does.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use super::{Bench, Fault};

/// Viewers behind one address: where anyone may look, an address that is not known has 100 seats.
const VIEWERS_OF_AN_ADDRESS: usize = 50;
/// What the hub's page asks for.
const ROWS: &str = "kinglet.page.v1";
const WATCH: &str = r#"{"type":"watch","data":{"hosts":{"*":"list"}}}"#;
/// Where the load average is in a row.
const LOAD_COLUMN: &str = "4";

/// What a viewer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Messages of `/ws`.
    Panel,
    /// Objects of `/ws-frontend`.
    Frontend,
    /// Rows of all hosts.
    Rows,
}

/// What came while it was measured.
#[derive(Default)]
pub(crate) struct Seen {
    /// Latencies in microseconds.
    pub(crate) latencies: Vec<u32>,
    /// Bytes of all messages.
    pub(crate) bytes: u64,
}

/// Looks until the measurement is over.
pub(crate) async fn run(bench: Arc<Bench>, number: usize, kind: Kind) -> Result<Seen, Fault> {
    let (path, protocol) = match kind {
        Kind::Panel => ("/ws", None),
        Kind::Frontend => ("/ws-frontend", None),
        Kind::Rows => ("/ws", Some(ROWS)),
    };
    let from = [127, 2, u8::try_from(number / VIEWERS_OF_AN_ADDRESS)?, 1];
    let mut socket = bench.open(path, from, protocol).await?;
    if kind == Kind::Rows {
        socket.send(Message::text(WATCH)).await?;
    }
    bench.looking.fetch_add(1, Ordering::Relaxed);
    let mut seen = Seen::default();
    let mut begun = false;
    loop {
        let message = socket.next().await.ok_or("closed")??;
        let measuring = bench.measuring.load(Ordering::Relaxed);
        match (begun, measuring) {
            (true, false) => return Ok(seen),
            (_, measuring) => begun = measuring,
        }
        let Message::Text(text) = message else {
            if let Message::Close(frame) = message {
                return Err(format!("{frame:?}").into());
            }
            continue;
        };
        if measuring {
            let now = bench.micros();
            let late = |sent: u64| u32::try_from(now.saturating_sub(sent)).unwrap_or(u32::MAX);
            seen.bytes += u64::try_from(text.len())?;
            match kind {
                Kind::Rows => seen.latencies.extend(rows_sent_at(&text).map(late)),
                Kind::Panel | Kind::Frontend => seen.latencies.extend(sent_at(&text).map(late)),
            }
        }
    }
}

fn sent_at(text: &str) -> Option<u64> {
    let (_, rest) = text.rsplit_once("\"uptime\":")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// When the rows of a message were sent, of those that say what changed: they have numbers alone.
fn rows_sent_at(text: &str) -> impl Iterator<Item = u64> {
    let changed = text.split_once(r#""changed":[["#).map_or("", |(_, rows)| rows);
    changed.split("],[").filter_map(|row| {
        let mut parts = row.split(',').skip(1);
        while let (Some(column), Some(value)) = (parts.next(), parts.next()) {
            if column == LOAD_COLUMN {
                return hundredths(value.trim_end_matches([']', '}']));
            }
        }
        None
    })
}

fn hundredths(value: &str) -> Option<u64> {
    let (whole, part) = value.split_once('.').unwrap_or((value, "0"));
    let part = part.parse::<u64>().ok()? * if part.len() == 1 { 10 } else { 1 };
    Some(whole.parse::<u64>().ok()? * 100 + part)
}
