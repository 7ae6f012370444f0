//! How many are on each Wi-Fi interface and how well they are heard, where the owner calls this
//! host a router. Who they are is nobody's matter.

use std::time::Duration;

use kinglet_proto::sample::{Sample, Stations};
use kinglet_proto::time::Instant;

use super::schedule::{Allowance, Schedule};
use super::{Change, Collector, set_text};
use crate::filter::Filter;
use crate::kernel::nl80211::{self, FAMILY};
use crate::limits::{INVENTORY_INTERVAL, NETLINK_INTERVAL, WIRELESS_MAX};
use crate::read::background::Background;
use crate::read::netlink::{Dump, Question, Whom};
use crate::read::{Buffer, Root};
use crate::setup::Setup;

/// Asks for them.
pub(super) struct StationCollector {
    is_on: bool,
    sys: Root,
    background: Background,
    filter: Filter,
    due: Schedule,
    /// The question for interfaces, and when it is asked.
    interfaces: Dump,
    interfaces_due: Schedule,
    is_changed: bool,
    allowance: Allowance,
    radios: Vec<Radio>,
}

/// One interface.
struct Radio {
    index: u32,
    name: String,
    dump: Dump,
}

impl StationCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        let whom = Whom::Generic(FAMILY);
        let (bytes, tell) = (nl80211::interfaces_question(), nl80211::tell_interface);
        Self {
            is_on: setup.router.is_some() && setup.roots.are_own(),
            sys: setup.sys.clone(),
            background: setup.background.clone(),
            filter: setup.filters.interfaces.clone(),
            due: Schedule::every(NETLINK_INTERVAL),
            interfaces: Dump::new(&setup.background, "wifi", Question { whom, bytes, tell }),
            interfaces_due: Schedule::every(INVENTORY_INTERVAL),
            is_changed: false,
            allowance: Allowance::default(),
            radios: Vec::new(),
        }
    }

    /// Asks for the interfaces, where there may be others.
    fn look(&mut self, now: Instant, buffer: &mut Buffer) {
        let is_due = self.interfaces_due.is_due(now);
        if !(is_due || self.is_changed && self.allowance.take(now)) {
            return;
        }
        // To ask where there is no radio would load the module.
        let has_radio = self.sys.exists("class/ieee80211");
        if has_radio {
            self.interfaces.ask();
        }
        let lines = if has_radio { self.interfaces.answer(buffer) } else { None };
        self.is_changed = has_radio && lines.is_none();
        let mut old = std::mem::take(&mut self.radios);
        let found = nl80211::parse_interfaces(lines.unwrap_or_default());
        let shown = found.filter(|(_, name)| self.filter.allows(name));
        self.radios.extend(shown.take(WIRELESS_MAX).map(|(index, name)| {
            let known = old.iter().position(|radio| radio.index == index && radio.name == name);
            if let Some(at) = known {
                return old.swap_remove(at);
            }
            let (whom, bytes) = (Whom::Generic(FAMILY), nl80211::stations_question(index));
            let question = Question { whom, bytes, tell: nl80211::tell_station };
            let dump = Dump::new(&self.background, &format!("stations/{name}"), question);
            Radio { index, name: name.to_owned(), dump }
        }));
    }
}

impl Collector for StationCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if !self.is_on || !self.due.is_due(now) {
            return;
        }
        self.look(now, buffer);
        self.radios.iter_mut().for_each(|radio| radio.dump.ask());
        let (rows, mut count) = (&mut sample.stations, 0);
        for Radio { name, dump, .. } in &mut self.radios {
            let Some(lines) = dump.answer(buffer) else {
                self.is_changed = true; // it may be gone
                continue;
            };
            if count == rows.len() {
                rows.push(Stations::default());
            }
            fill(&mut rows[count], name, lines);
            count += 1;
        }
        rows.truncate(count);
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Network {
            self.is_changed = true;
        }
    }

    fn apart(&self) -> Option<Duration> {
        self.is_on.then_some(NETLINK_INTERVAL)
    }
}

/// Fills the row of an interface with these stations.
fn fill(row: &mut Stations, interface: &str, lines: &[u8]) {
    set_text(&mut row.interface, interface);
    (row.count, row.weakest_dbm, row.strongest_dbm) = (0, None, None);
    for signal in nl80211::parse_stations(lines) {
        row.count += 1;
        row.weakest_dbm = [row.weakest_dbm, signal].into_iter().flatten().min();
        row.strongest_dbm = row.strongest_dbm.max(signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stations_are_counted_whether_they_are_heard_or_not() {
        let mut row = Stations::default();
        for (lines, expected) in [
            (&b"-61\n-\n-40\n-72\n"[..], (4, Some(-72), Some(-40))),
            (b"-\n", (1, None, None)),
            (b"-55\n", (1, Some(-55), Some(-55))),
            (b"", (0, None, None)),
        ] {
            fill(&mut row, "wlan0", lines);
            assert_eq!((row.count, row.weakest_dbm, row.strongest_dbm), expected);
        }
        assert_eq!(row.interface, "wlan0");
    }
}
