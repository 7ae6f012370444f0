//! Numbers, names and kinds of the host's links, for collectors to whom netlink tells numbers.

use super::schedule::{Allowance, Schedule};
use crate::filter::Filter;
use crate::kernel::link;
use crate::limits::INVENTORY_INTERVAL;
use crate::read::Buffer;
use crate::read::netlink::{Dump, Question, Whom};
use crate::setup::Setup;
use kinglet_proto::time::Instant;

/// The links as they were told last.
pub(super) struct Links {
    dump: Dump,
    filter: Filter,
    due: Schedule,
    is_changed: bool,
    allowance: Allowance,
    known: Vec<Link>,
}

/// One of them.
pub(super) struct Link {
    index: u32,
    pub(super) name: String,
    /// Its owner does not leave it out.
    pub(super) is_shown: bool,
    pub(super) is_wireguard: bool,
}

impl Links {
    pub(super) fn new(setup: &Setup) -> Self {
        let question =
            Question { whom: Whom::Route, bytes: link::links_question(), tell: link::tell };
        Self {
            dump: Dump::new(&setup.background, "links", question),
            filter: setup.filters.interfaces.clone(),
            due: Schedule::every(INVENTORY_INTERVAL),
            is_changed: false,
            allowance: Allowance::default(),
            known: Vec::new(),
        }
    }

    /// There may be others.
    pub(super) fn change(&mut self) {
        self.is_changed = true;
    }

    /// Asks for them, where there may be others.
    pub(super) fn look(&mut self, now: Instant, buffer: &mut Buffer) {
        if !(self.due.is_due(now) || self.is_changed && self.allowance.take(now)) {
            return;
        }
        self.dump.ask();
        let lines = self.dump.answer(buffer);
        self.is_changed = lines.is_none();
        let filter = &self.filter;
        self.known.clear();
        self.known.extend(link::parse(lines.unwrap_or_default()).map(|link| Link {
            index: link.index,
            name: link.name.to_owned(),
            is_shown: filter.allows(link.name),
            is_wireguard: link.kind == "wireguard",
        }));
    }

    /// The link with this number; one that is not known is looked for.
    pub(super) fn find(&mut self, index: u32) -> Option<&Link> {
        let found = self.known.iter().find(|link| link.index == index);
        self.is_changed |= found.is_none();
        found
    }

    /// WireGuard's, but for those left out.
    pub(super) fn wireguards(&self) -> impl Iterator<Item = &str> {
        let wanted = self.known.iter().filter(|link| link.is_wireguard && link.is_shown);
        wanted.map(|link| link.name.as_str())
    }
}
