//! When a server hears of alerts: as soon as it has greeted and the line is free, and again what it
//! is not known to have. What it hears is the [`Book`](crate::alert::book::Book)'s.

use super::Session;
use super::state::{Action, Frame, State};
use crate::alert::book::Known;
use crate::alert::{IS_BUILT, Watch};

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

    /// Plans the next news, if one can be told now: one at a time, for a report is more urgent.
    pub(super) fn flush_alerts(&mut self) {
        let State::Up { line, talk } = &self.state else { return };
        if !IS_BUILT {
            return;
        }
        let is_free = line.blocked_since.is_none() && talk.muted_until.is_none();
        let is_planned = |action: &Action| matches!(action, Action::Frame(Frame::Alert));
        if is_free && self.alerts.next().is_some() && !self.actions.iter().any(is_planned) {
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
