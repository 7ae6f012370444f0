//! An errand as a conversation of its own: one request, or one word on a WebSocket.

use std::collections::VecDeque;

use super::{Command, Conversation, Input, Reason};
use crate::limits::ERRAND_TIMEOUT;
use crate::output::Errand;
use crate::time::{Instant, Now};

/// An errand that is run.
#[derive(Debug)]
pub struct Run {
    errand: Errand,
    state: State,
    actions: VecDeque<Action>,
    /// What came of it, once it is over.
    outcome: Option<Outcome>,
}

/// The status of the answer; `None` where there was none.
type Outcome = Option<u16>;

#[derive(Debug, Clone, Copy)]
enum State {
    New,
    UnderWay { give_up_at: Instant },
    Over,
}

#[derive(Debug)]
enum Action {
    Dial,
    Text,
    HangUp,
}

impl Run {
    /// Before the first tick.
    pub const fn new(errand: Errand) -> Self {
        Self { errand, state: State::New, actions: VecDeque::new(), outcome: None }
    }

    /// What came of it, once it is over: the status of the answer, `None` where there was none.
    pub fn take_outcome(&mut self) -> Option<Option<u16>> {
        self.outcome.take()
    }

    fn end(&mut self, outcome: Outcome) {
        self.actions.push_back(Action::HangUp);
        self.state = State::Over;
        self.outcome = Some(outcome);
    }
}

impl Conversation for Run {
    fn handle_input(&mut self, input: Input<'_>, now: Now) {
        match (self.state, input) {
            (State::New, Input::Tick) => {
                self.state = State::UnderWay { give_up_at: now.instant.plus(ERRAND_TIMEOUT) };
                self.actions.push_back(Action::Dial);
            }
            (State::UnderWay { .. }, Input::Opened) => {
                self.actions.push_back(Action::Text);
                self.end(None);
            }
            (State::UnderWay { .. }, Input::Answered(answer)) => self.end(Some(answer.status)),
            (State::UnderWay { .. }, Input::Closed(_) | Input::Stop) => self.end(None),
            (State::UnderWay { give_up_at }, _) if give_up_at <= now.instant => self.end(None),
            (State::New | State::UnderWay { .. } | State::Over, _) => {}
        }
    }

    fn poll_command(&mut self) -> Command<'_> {
        match (self.actions.pop_front(), self.state) {
            (Some(Action::Dial), _) => Command::Dial(self.errand.request.clone()),
            (Some(Action::Text), _) => {
                Command::Text(self.errand.text.as_deref().unwrap_or_default())
            }
            (Some(Action::HangUp), _) => Command::HangUp(Reason::Done),
            (None, State::UnderWay { give_up_at }) => Command::Wait(Some(give_up_at)),
            (None, State::New | State::Over) => Command::Wait(None),
        }
    }
}
