//! What viewers decide: that they know of an alert, and what they do not want to hear of.

use kinglet_proto::host::HostId;
use kinglet_proto::time::{Now, WallTime};

use super::super::entry::{Acknowledged, Entry};
use super::super::silence::Silence;
use super::super::{Scope, Window};
use super::{Change, Desk};
use crate::limits::SILENCES_MAX;

impl Desk {
    /// Notes who knows of an open alert, or that nobody does; the alert, or `None` where it is not
    /// open.
    pub fn acknowledge(
        &mut self,
        host: &HostId,
        id: &str,
        by: Option<&str>,
        now: Now,
    ) -> Option<Entry> {
        let entry = self.open.get_mut(host)?.get_mut(id)?;
        entry.said.acknowledged = by.map(|by| Acknowledged { by: by.to_owned(), at: now.wall });
        let entry = entry.clone();
        self.change(Change::Alert(entry.clone()));
        Some(entry)
    }

    /// Adds a silence; it comes back with its number, or not at all when there are too many.
    pub fn silence(&mut self, mut silence: Silence) -> Option<Silence> {
        if self.silences.len() >= SILENCES_MAX {
            return None;
        }
        self.last_silence += 1;
        silence.id = self.last_silence;
        self.silences.push(silence.clone());
        self.change(Change::Silence(silence.clone()));
        Some(silence)
    }

    /// Ends a silence; whether there was one.
    pub fn end_silence(&mut self, id: u64) -> bool {
        let before = self.silences.len();
        self.silences.retain(|silence| silence.id != id);
        let was_there = self.silences.len() < before;
        if was_there {
            self.change(Change::NoSilence(id));
        }
        was_there
    }

    /// Every silence that is not over.
    pub fn silences(&self) -> &[Silence] {
        &self.silences
    }

    /// Every window of maintenance that is open, and until when.
    pub fn windows_open(&self, now: WallTime) -> Vec<(&Scope, WallTime)> {
        let windows = self.settings.windows.iter();
        windows
            .filter_map(|window: &Window| Some((window.scope(), window.until_at(now)?)))
            .collect()
    }

    pub(super) fn drop_silences(&mut self, now: Now) {
        let over: Vec<u64> = self
            .silences
            .iter()
            .filter(|silence| silence.until <= now.wall)
            .map(|silence| silence.id)
            .collect();
        for id in over {
            self.end_silence(id);
        }
    }
}
