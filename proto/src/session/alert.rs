//! When a server hears of alerts and of what else happened: as soon as it has greeted and the line
//! is free, and again what it is not known to have. What it hears is the
//! [`Book`](crate::alert::book::Book)'s.

use super::Session;
use super::state::{Action, Frame, State};
use crate::alert::book::Known;
use crate::alert::{IS_BUILT, Watch};
use crate::limits::NEWS_AT_ONCE;
use crate::occurrence::Occurrence;

impl Session {
    /// A look was taken: what follows from it is news for servers that hear of alerts.
    pub(super) fn handle_watch(&mut self, watch: &Watch) {
        if !IS_BUILT || matches!(self.state, State::Stopped) {
            return;
        }
        self.output.handle_watch(watch);
        if self.output.tells_alerts() {
            self.alerts.observe(watch, self.now);
        }
    }

    /// Something happened: news for the same servers.
    pub(super) fn handle_occurrences(&mut self, occurrences: &[Occurrence]) {
        if IS_BUILT && !matches!(self.state, State::Stopped) && self.output.tells_alerts() {
            self.alerts.note(occurrences, self.now);
        }
    }

    /// Plans the next news, if some can be told now: a few at a time, for a report is more urgent.
    pub(super) fn flush_alerts(&mut self) {
        let State::Up { line, talk } = &self.state else { return };
        let is_free = line.blocked_since.is_none() && talk.muted_until.is_none();
        if !IS_BUILT || !is_free {
            return;
        }
        let is_planned = |action: &&Action| matches!(action, Action::Frame(Frame::Alert));
        let planned = self.actions.iter().filter(is_planned).count();
        for _ in planned..self.alerts.waiting().min(NEWS_AT_ONCE) {
            self.actions.push_back(Action::Frame(Frame::Alert));
        }
    }

    pub(super) fn encode_alert(&mut self) {
        let State::Up { talk, .. } = &self.state else { return };
        let reports = talk.frames;
        if let Some(telling) = self.alerts.next() {
            self.output.encode_alert(&telling, self.now, &mut self.frame);
            self.alerts.handle_sent(reports);
        }
    }

    /// The alerts that the server holds to be open, for who watches to take over.
    pub(super) fn take_alerts(&mut self) -> &[Known] {
        self.alerts.take_said()
    }
}
