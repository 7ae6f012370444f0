//! What one viewer of rows looks at, and what of all that is told it is sent.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use kinglet_proto::host::HostId;
use kinglet_proto::viewer::{Choice, Fields, Watch, WatchError, round_of_hosts};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::notice::{added_with, whole_of};
use crate::clock;
use crate::limits::viewers::ROWS_AT_ONCE;
use crate::server::viewer::{Audience, HostRow, Notice};
use crate::sink::broadcast::{Broadcast, Live, PastRow, message, row_notice};

/// One viewer's look at the hosts. It looks at nothing before it has said at what.
pub(super) struct Watching {
    broadcast: Arc<Broadcast>,
    watch: Option<Watch>,
    /// Whether it knows of every host there is, if not of its figures.
    knows_all: bool,
}

impl Watching {
    pub(super) fn new(broadcast: Arc<Broadcast>) -> Self {
        Self { broadcast, watch: None, knows_all: false }
    }

    /// Takes what is watched from now on; adds to `past` whose figures this viewer has to be told.
    pub(super) fn change(
        &mut self,
        hosts: &BTreeMap<String, String>,
        live: &Live,
        past: &mut VecDeque<HostId>,
    ) -> Result<(), WatchError> {
        let new = Watch::new(hosts)?;
        let old = self.watch.replace(new.clone());
        let (is_first, old) = (old.is_none(), old.unwrap_or_default());
        self.broadcast.watch_whole(new.whole(), old.whole());
        if is_first || (new.is_every() && !old.is_every()) {
            *past = live.hosts().into();
            return Ok(());
        }
        for id in new.named().filter(|id| new.fields(id) > old.fields(id)) {
            if !past.contains(id) {
                past.push_back(id.clone());
            }
        }
        Ok(())
    }

    /// What this viewer is sent of a message.
    pub(super) fn pick(&self, notice: &Notice, choice: &Choice) -> Option<Utf8Bytes> {
        let watch = self.watch.as_ref()?;
        let is_sent = match &notice.audience {
            Audience::Chosen => choice.takes(&notice.topic),
            Audience::Whole(id) => watch.fields(id) == Some(Fields::All),
            Audience::Rows(_) if watch.is_every() => true,
            Audience::Rows(rows) => return own(watch, rows),
        };
        is_sent.then(|| notice.text.clone())
    }

    /// Whether it is yet to hear that it knows of every host, be there none.
    pub(super) fn is_behind(&self) -> bool {
        self.watch.is_some() && !self.knows_all
    }

    /// What is told of the next hosts of the past, as far as nothing else goes first.
    pub(super) fn past(&mut self, live: &Live, past: &mut VecDeque<HostId>) -> Vec<Notice> {
        let (mut notices, mut rows) = (Vec::new(), Vec::new());
        let Some(watch) = &self.watch else { return notices };
        for _ in 0..ROWS_AT_ONCE {
            let Some(id) = past.front() else { break };
            let (host, number, row) = match live.past_row(id) {
                PastRow::Later => break,
                PastRow::Gone => {
                    past.pop_front();
                    continue;
                }
                PastRow::State(host, number, row) => (host, number, row),
            };
            past.pop_front();
            if !self.knows_all {
                notices.push(added_with(&host, number, &self.broadcast));
            }
            let fields = watch.fields(&host.id);
            rows.extend(row.filter(|_| fields.is_some()));
            let whole = host.sample.as_ref().filter(|_| fields == Some(Fields::All));
            notices.extend(whole.map(|sample| whole_of(&host, sample, &self.broadcast)));
        }
        if !rows.is_empty() {
            notices.push(row_notice(rows, clock::now().wall));
        }
        if past.is_empty() && !self.knows_all {
            self.knows_all = true;
            notices.push(word("synced", &self.broadcast));
        }
        notices
    }

    /// It has missed something: all is told anew.
    pub(super) fn resync(&mut self, live: &Live, past: &mut VecDeque<HostId>) -> String {
        self.knows_all = false;
        *past = live.hosts().into();
        round_of_hosts("resync", self.broadcast.head())
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(watch) = &self.watch {
            self.broadcast.watch_whole([].into_iter(), watch.whole());
        }
    }
}

/// The rows of those hosts that it looks at, in a message of its own.
fn own(watch: &Watch, rows: &[HostRow]) -> Option<Utf8Bytes> {
    let own = || rows.iter().filter(|row| watch.fields(&row.id).is_some());
    own().next()?;
    Some(message(clock::now().wall, own()).into())
}

fn word(kind: &'static str, broadcast: &Broadcast) -> Notice {
    let text = round_of_hosts(kind, broadcast.head()).into();
    let topic = kinglet_proto::viewer::Topic::new(kind, Vec::new());
    Notice { text, topic, audience: Audience::Chosen }
}
