//! The host's half of an enrolment: show the code, wait for the answer, leave. Once, since the code
//! is gone with the first attempt that reaches the hub.

use std::collections::VecDeque;
use std::fmt;

use super::{Enrolled, decode, request};
use crate::limits::EXCHANGE_TIMEOUT;
use crate::output::Request;
use crate::secret::Secret;
use crate::session::{Command, Conversation, Input, Reason};
use crate::time::{Instant, Now};

/// One enrolment.
#[derive(Debug)]
pub struct Exchange {
    request: Request,
    state: State,
    actions: VecDeque<Action>,
    outcome: Option<Result<Enrolled, NoToken>>,
}

/// Why the hub gave no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoToken {
    /// The connection ended before the answer; the link says why.
    Lost,
    /// The answer was no token.
    Nonsense,
    /// No answer came in time.
    TimedOut,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// Before the first tick.
    New,
    /// The code is on its way or there.
    Asking { answer_by: Instant },
    /// Whatever came of it: a code is shown once.
    Over,
}

#[derive(Debug)]
enum Action {
    Dial,
    HangUp,
}

impl Exchange {
    /// Shows `code` as the host `id`; `prefix` is the path before the hub's own.
    pub fn new(code: &Secret, id: &str, prefix: &str) -> Self {
        let request = request(code, id, prefix);
        Self { request, state: State::New, actions: VecDeque::new(), outcome: None }
    }

    /// What became of it; `None` while it is under way.
    pub fn take_outcome(&mut self) -> Option<Result<Enrolled, NoToken>> {
        self.outcome.take()
    }

    fn end(&mut self, outcome: Result<Enrolled, NoToken>) {
        if outcome != Err(NoToken::Lost) {
            self.actions.push_back(Action::HangUp);
        }
        self.state = State::Over;
        self.outcome = Some(outcome);
    }
}

impl Conversation for Exchange {
    fn handle_input(&mut self, input: Input<'_>, now: Now) {
        match (self.state, input) {
            (State::New, Input::Tick) => {
                let answer_by = now.instant.plus(EXCHANGE_TIMEOUT);
                self.state = State::Asking { answer_by };
                self.actions.push_back(Action::Dial);
            }
            (State::Asking { .. }, Input::Text(text)) => {
                self.end(decode(text).ok_or(NoToken::Nonsense));
            }
            (State::Asking { .. }, Input::Closed(_)) => self.end(Err(NoToken::Lost)),
            (State::Asking { answer_by }, _) if answer_by <= now.instant => {
                self.end(Err(NoToken::TimedOut));
            }
            (State::New | State::Asking { .. } | State::Over, _) => {}
        }
    }

    fn poll_command(&mut self) -> Command<'_> {
        match (self.actions.pop_front(), self.state) {
            (Some(Action::Dial), _) => Command::Dial(self.request.clone()),
            (Some(Action::HangUp), _) => Command::HangUp(Reason::Done),
            (None, State::Asking { answer_by }) => Command::Wait(Some(answer_by)),
            (None, State::New | State::Over) => Command::Wait(None),
        }
    }
}

impl fmt::Display for NoToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("the connection ended before the hub had answered the code"),
            Self::Nonsense => f.write_str("the server answered the code with something else"),
            Self::TimedOut => {
                write!(f, "no answer to the code within {} s", EXCHANGE_TIMEOUT.as_secs())
            }
        }
    }
}

impl std::error::Error for NoToken {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Loss;

    fn now(seconds: u64) -> Now {
        Now { instant: Instant::from_millis(seconds * 1000), ..Now::default() }
    }

    /// An exchange whose code is on its way.
    fn dialled() -> Exchange {
        let mut exchange = Exchange::new(&Secret::new("c-1"), "pi", "");
        assert_eq!(exchange.poll_command(), Command::Wait(None));
        exchange.handle_input(Input::Tick, now(1));
        let Command::Dial(request) = exchange.poll_command() else { panic!("it dials") };
        assert_eq!(request.path_and_query, "/ws/enroll");
        exchange.handle_input(Input::Opened, now(1));
        assert_eq!(exchange.poll_command(), Command::Wait(Some(now(46).instant)));
        exchange
    }

    fn outcome(mut exchange: Exchange, goodbye: bool) -> Result<Enrolled, NoToken> {
        let outcome = exchange.take_outcome().expect("it is over");
        assert_eq!(exchange.poll_command() == Command::HangUp(Reason::Done), goodbye);
        assert_eq!(exchange.poll_command(), Command::Wait(None));
        exchange.handle_input(Input::Tick, now(1000));
        assert_eq!(exchange.poll_command(), Command::Wait(None), "never twice");
        outcome
    }

    #[test]
    fn a_token_ends_it_well() {
        let mut exchange = dialled();
        let answer = r#"{"type":"enrolled","data":{"token":"t"}}"#;
        exchange.handle_input(Input::Text(answer), now(2));
        assert_eq!(outcome(exchange, true).unwrap().token.expose(), "t");
    }

    #[test]
    fn anything_else_ends_it_too() {
        let mut exchange = dialled();
        exchange.handle_input(Input::Text("{}"), now(2));
        assert_eq!(outcome(exchange, true), Err(NoToken::Nonsense));
        let mut exchange = dialled();
        exchange.handle_input(Input::Closed(Loss::Refused), now(2));
        assert_eq!(outcome(exchange, false), Err(NoToken::Lost));
        let mut exchange = dialled();
        exchange.handle_input(Input::Tick, now(45));
        assert_eq!(exchange.take_outcome(), None);
        exchange.handle_input(Input::Pong, now(46));
        assert_eq!(outcome(exchange, true), Err(NoToken::TimedOut));
    }
}
