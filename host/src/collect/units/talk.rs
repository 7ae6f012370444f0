//! What is said with systemd over one connection.

use std::io;
use std::path::Path;
use std::time::Duration;

use kinglet_proto::sample::Units;
use kinglet_proto::time::Instant;
use nix::errno::Errno;

use super::super::set_text;
use crate::kernel::dbus::greeting::{self, Answer, GREETING};
use crate::kernel::dbus::systemd::{self, QUESTIONS, Question};
use crate::kernel::dbus::{self, Kind, Message, Parsed};
use crate::limits::{BUS_GREETING_MAX, BUS_MESSAGE_MAX, UNITS_TOLD};
use crate::read::socket::Socket;

/// Why a connection is of no use.
#[derive(Debug)]
pub(super) enum Fault {
    /// The kernel says so.
    Io(io::Error),
    /// The bus does not let us in.
    Refused,
    /// What it says is none of the protocol.
    Garbled,
    /// It says nothing.
    Silent,
    /// The bus is there, and systemd is not on it.
    NoSystemd,
}

impl Fault {
    /// What kind of trouble that is.
    pub(super) fn errno(&self) -> Errno {
        match self {
            Self::Io(error) => Errno::from_raw(error.raw_os_error().unwrap_or(Errno::EIO as i32)),
            Self::Refused => Errno::EACCES,
            Self::Garbled | Self::NoSystemd => Errno::EPROTO,
            Self::Silent => Errno::ETIMEDOUT,
        }
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                f.write_str("the bus hung up")
            }
            Self::Io(error) => error.fmt(f),
            Self::Refused => f.write_str("the bus does not let this user in"),
            Self::Garbled => f.write_str("the bus says what is no message of D-Bus"),
            Self::Silent => f.write_str("the bus does not answer"),
            Self::NoSystemd => f.write_str("systemd does not say how many units have failed"),
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A connection, and what was asked on it last.
#[derive(Debug)]
pub(super) struct Talk {
    bus: Socket,
    /// The bus let us in.
    is_in: bool,
    /// What is sent next; kept for its room.
    out: Vec<u8>,
    round: Round,
}

/// Questions that were asked at one time, and what was said to them.
#[derive(Debug, Default)]
struct Round {
    asked_at: Instant,
    /// When the last of them was.
    sent_at: Instant,
    /// The number of the first of them.
    first: u32,
    /// Those that are not answered yet, a bit each.
    open: u8,
    is_list_asked: bool,
    failed: Option<u64>,
    loaded: Option<u64>,
    state: String,
    names: Vec<String>,
}

/// The number of the first message, in which we say that we are there.
const HELLO: u32 = 1;
/// What each round asks; which have failed, only where some have.
const FIGURES: [Question; 3] = [Question::Failed, Question::State, Question::Loaded];

impl Talk {
    /// Connects, and asks for the first time; nothing is waited for in between.
    pub(super) fn dial(path: &Path, now: Instant) -> Result<Self, Fault> {
        let round = Round { first: HELLO, ..Round::default() };
        let out = GREETING.to_vec();
        let mut talk =
            Self { bus: Socket::connect(path, BUS_MESSAGE_MAX)?, is_in: false, out, round };
        systemd::write_hello(&mut talk.out, HELLO);
        talk.ask(now)?;
        Ok(talk)
    }

    /// Asks how many have failed.
    pub(super) fn ask(&mut self, now: Instant) -> Result<(), Fault> {
        let round = &mut self.round;
        (round.asked_at, round.sent_at) = (now, now);
        // Zero is no number of a message.
        let count = u32::try_from(QUESTIONS.len()).unwrap_or_default();
        round.first = round.first.checked_add(count).unwrap_or(HELLO);
        (round.is_list_asked, round.failed, round.loaded) = (false, None, None);
        round.state.clear();
        round.names.clear();
        FIGURES.iter().for_each(|question| self.write(*question));
        self.send()
    }

    /// Since when an answer is waited for.
    pub(super) fn waits_since(&self) -> Option<Instant> {
        (self.round.open != 0).then_some(self.round.sent_at)
    }

    /// When what it said last was asked for.
    pub(super) fn asked_at(&self) -> Instant {
        self.round.asked_at
    }

    /// Waits for more to come, so long at most; whether it came.
    pub(super) fn wait(&self, limit: Duration) -> bool {
        self.bus.wait(limit)
    }

    /// Takes in what was said; `true` when that was the last of an answer.
    pub(super) fn listen(&mut self, now: Instant) -> Result<bool, Fault> {
        self.bus.receive()?;
        if !self.is_in {
            match greeting::parse(self.bus.received(), BUS_GREETING_MAX) {
                Answer::Cut => return Ok(false),
                Answer::Refused => return Err(Fault::Refused),
                Answer::In(len) => self.bus.take(len),
            }
            self.is_in = true;
        }
        let was_open = self.round.open != 0;
        let mut at = 0;
        loop {
            match dbus::parse(&self.bus.received()[at..], BUS_MESSAGE_MAX) {
                Parsed::Cut => break,
                Parsed::Bad => return Err(Fault::Garbled),
                Parsed::Message(message, len) => {
                    self.round.take(&message).ok_or(Fault::Garbled)?;
                    at += len;
                }
            }
        }
        self.bus.take(at);
        if !was_open || self.round.open != 0 {
            return Ok(false);
        }
        let failed = self.round.failed.ok_or(Fault::NoSystemd)?;
        if failed > 0 && !self.round.is_list_asked {
            (self.round.is_list_asked, self.round.sent_at) = (true, now);
            self.write(Question::List);
            self.send()?;
            return Ok(false);
        }
        Ok(true)
    }

    /// Writes the answer where it is told.
    pub(super) fn fill(&self, units: &mut Units) {
        let Round { failed, loaded, state, names, .. } = &self.round;
        set_text(&mut units.state, state);
        if units.failed_names != *names {
            units.failed_names.clone_from(names);
        }
        (units.failed, units.loaded) = (failed.unwrap_or_default(), *loaded);
    }

    fn write(&mut self, question: Question) {
        let at = place(question);
        self.round.open |= 1 << at;
        question.write(&mut self.out, self.round.first.wrapping_add(at));
    }

    fn send(&mut self) -> Result<(), Fault> {
        self.bus.send(&self.out)?;
        self.out.clear();
        Ok(())
    }
}

impl Round {
    /// Takes in a message, if it answers a question; `None` where it does so with nonsense.
    fn take(&mut self, message: &Message<'_>) -> Option<()> {
        let at = message.reply_to.and_then(|number| number.checked_sub(self.first));
        let asked = QUESTIONS.iter().find(|question| Some(place(**question)) == at);
        let Some(question) = asked else { return Some(()) };
        let bit = 1 << place(*question);
        if self.open & bit == 0 || message.kind == Kind::Other {
            return Some(());
        }
        self.open &= !bit;
        // What it will not tell it does not have: an older one, or one with rules of its owner's.
        if message.kind == Kind::Error {
            return Some(());
        }
        match question {
            Question::Failed => self.failed = Some(systemd::parse_number(message)?),
            Question::Loaded => self.loaded = Some(systemd::parse_number(message)?),
            Question::State => self.state.push_str(systemd::parse_state(message)?),
            Question::List => systemd::parse_names(message, |name| keep(&mut self.names, name))?,
        }
        Some(())
    }
}

fn place(question: Question) -> u32 {
    let at = QUESTIONS.iter().position(|other| *other == question);
    at.and_then(|at| u32::try_from(at).ok()).unwrap_or_default()
}

/// Keeps the first names, in order.
fn keep(names: &mut Vec<String>, name: &str) {
    let at = names.partition_point(|other| other.as_str() < name);
    if at < UNITS_TOLD && names.get(at).is_none_or(|other| other != name) {
        names.truncate(UNITS_TOLD - 1);
        names.insert(at, name.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_names_are_kept_in_order_each_once() {
        let mut names = Vec::new();
        for number in [5, 30, 5, 10, 25].into_iter().chain(11..40) {
            keep(&mut names, &format!("{number}.service"));
        }
        assert_eq!(names.len(), UNITS_TOLD);
        assert!(names.is_sorted());
        assert_eq!(names.last().unwrap(), "25.service");
    }
}
