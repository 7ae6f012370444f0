//! Numbers, names and kinds of the host's links, for collectors to whom netlink tells numbers. They
//! are asked for once, by whoever needs them first.

use kinglet_proto::time::Instant;

use crate::filter::Filter;
use crate::kernel::link;
use crate::limits::INVENTORY_INTERVAL;
use crate::read::Buffer;
use crate::read::background::Background;
use crate::read::netlink::{Dump, Question, Whom};
use crate::schedule::{Allowance, Schedule};

/// The links as they were told last.
pub(crate) struct Links {
    dump: Dump,
    filter: Filter,
    due: Schedule,
    looked_at: Option<Instant>,
    is_changed: bool,
    allowance: Allowance,
    known: Vec<Link>,
}

/// One of them.
pub(crate) struct Link {
    index: u32,
    pub(crate) name: String,
    /// Its owner does not leave it out.
    pub(crate) is_shown: bool,
    pub(crate) is_wireguard: bool,
}

impl Links {
    /// Asks for nothing yet; `filter` is its owner's for interfaces.
    pub(crate) fn new(background: &Background, filter: &Filter) -> Self {
        let question =
            Question { whom: Whom::Route, bytes: link::links_question(), tell: link::tell };
        Self {
            dump: Dump::new(background, "links", question),
            filter: filter.clone(),
            due: Schedule::every(INVENTORY_INTERVAL),
            looked_at: None,
            is_changed: false,
            allowance: Allowance::default(),
            known: Vec::new(),
        }
    }

    /// There may be others.
    pub(crate) fn change(&mut self) {
        self.is_changed = true;
    }

    /// Asks for them, where there may be others and nobody has done so for this sample.
    pub(crate) fn look(&mut self, now: Instant, buffer: &mut Buffer) {
        if self.looked_at.replace(now) == Some(now) {
            return;
        }
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
    pub(crate) fn find(&mut self, index: u32) -> Option<&Link> {
        let found = self.known.iter().find(|link| link.index == index);
        self.is_changed |= found.is_none();
        found
    }

    /// WireGuard's, but for those left out.
    pub(crate) fn wireguards(&self) -> impl Iterator<Item = &str> {
        let wanted = self.known.iter().filter(|link| link.is_wireguard && link.is_shown);
        wanted.map(|link| link.name.as_str())
    }

    /// How often they were asked for.
    #[cfg(test)]
    pub(crate) fn asked(&self) -> u32 {
        self.dump.asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_not_known_is_looked_for_with_the_next_sample() {
        let background = Background::default();
        let mut links = Links::new(&background, &Filter::default());
        let mut asked = |second: u64| {
            let now = Instant::from_millis(second * 1000);
            background.begin(now);
            links.look(now, &mut Buffer::default());
            assert!(links.find(u32::MAX).is_none());
            links.asked()
        };
        assert_eq!([10, 10, 20, 20].map(&mut asked), [1, 1, 2, 2]);
    }
}
