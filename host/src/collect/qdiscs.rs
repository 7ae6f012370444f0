//! What waits in front of interfaces, and what was dropped there, where the owner calls this host a
//! router. Never of another host whose roots are seen: netlink speaks of our own network.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use kinglet_proto::sample::{Qdisc, Sample};
use kinglet_proto::time::Instant;

use super::schedule::Schedule;
use super::{Change, Collector, set_text};
use crate::kernel::qdisc;
use crate::limits::{NETLINK_INTERVAL, QDISCS_MAX};
use crate::links::Links;
use crate::read::Buffer;
use crate::read::netlink::{Dump, Question, Whom};
use crate::setup::Setup;

/// Asks for them.
pub(super) struct QdiscCollector {
    is_on: bool,
    due: Schedule,
    dump: Dump,
    links: Rc<RefCell<Links>>,
}

impl QdiscCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        let question =
            Question { whom: Whom::Route, bytes: qdisc::qdiscs_question(), tell: qdisc::tell };
        Self {
            is_on: setup.router.is_some() && setup.roots.are_own(),
            due: Schedule::every(NETLINK_INTERVAL),
            dump: Dump::new(&setup.background, "qdiscs", question),
            links: setup.numbered.clone(),
        }
    }
}

impl Collector for QdiscCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if !self.is_on || !self.due.is_due(now) {
            return;
        }
        self.dump.ask();
        let mut links = self.links.borrow_mut();
        links.look(now, buffer);
        let lines = self.dump.answer(buffer);
        if lines.is_none() {
            self.due.hurry();
        }
        let (rows, mut count) = (&mut sample.qdiscs, 0);
        for found in qdisc::parse(lines.unwrap_or_default()) {
            let link = links.find(found.link).filter(|link| link.is_shown);
            let Some(link) = link.filter(|_| count < QDISCS_MAX) else { continue };
            if count == rows.len() {
                rows.push(Qdisc::default());
            }
            let row = &mut rows[count];
            set_text(&mut row.interface, &link.name);
            set_text(&mut row.kind, found.kind);
            (row.dropped, row.overlimits) = (found.drops, found.overlimits);
            (row.requeues, row.backlog) = (found.requeues, found.backlog);
            count += 1;
        }
        rows.truncate(count);
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Network {
            self.links.borrow_mut().change();
        }
    }

    fn apart(&self) -> Option<Duration> {
        self.is_on.then_some(NETLINK_INTERVAL)
    }
}
