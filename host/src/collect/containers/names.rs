//! What containers are called, told by the engine whose socket the owner names.
//!
//! It is asked at one sample and heard at a later, as systemd is (`collect/units.rs`): nobody waits
//! for it. Only where a container would be told by its id the sample lends a moment. One question
//! is all that is ever sent: what else an engine would do for who asks is no matter of ours.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kinglet_proto::time::Instant;
use nix::errno::Errno;

use super::watched::Watched;
use crate::kernel::engine::http::{Parsed, parse};
use crate::kernel::engine::{self, Listed, QUESTION};
use crate::limits::{
    ENGINE_ANSWER_MAX, ENGINE_PATIENCE, ENGINE_TIMEOUT, ENGINE_WAITS, NAMES_INTERVAL,
    NAMES_REFRESH, NAMES_TRIES,
};
use crate::read::socket::{self, Socket};
use crate::read::{Buffer, Root};
use crate::setup::{Faults, Setup};

/// Asks for them.
#[derive(Debug)]
pub(super) struct Names {
    /// Empty where nobody is to be asked.
    socket: PathBuf,
    root: Root,
    faults: Faults,
    asked: Option<Asked>,
    /// When it may be asked again, and when it is because a name may be another.
    ask_at: Instant,
    refresh_at: Instant,
    /// The fault that the owner knows of, and what kind it is.
    told: Option<(String, Errno)>,
}

/// A question that is not answered yet.
#[derive(Debug)]
struct Asked {
    socket: Socket,
    at: Instant,
}

/// Why there are no names.
#[derive(Debug)]
enum Fault {
    /// The kernel says so.
    Io(io::Error),
    /// It belongs to this group, and we do not.
    Denied(Option<String>),
    /// It says so, with this status.
    Refused(u64),
    /// It ends before its answer does.
    HungUp,
    /// Its answer is longer than any that is waited for.
    Long,
    /// It says what is no list of containers.
    Garbled,
    /// It says nothing.
    Silent,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Denied(None) => f.write_str("the agent's user may not open it"),
            Self::Denied(Some(group)) => {
                write!(f, "the agent's user may not open it, only root and the group {group}")
            }
            Self::Refused(status) => write!(f, "the engine answers with status {status}"),
            Self::HungUp => f.write_str("the engine hung up"),
            Self::Long => f.write_str("the engine's answer is too long"),
            Self::Garbled => f.write_str("what the engine says is no list of containers"),
            Self::Silent => f.write_str("the engine does not answer"),
        }
    }
}

impl Fault {
    /// What kind of trouble that is.
    fn errno(&self) -> Errno {
        match self {
            Self::Io(error) => Errno::from_raw(error.raw_os_error().unwrap_or(Errno::EIO as i32)),
            Self::Denied(_) => Errno::EACCES,
            Self::Refused(_) | Self::HungUp | Self::Long | Self::Garbled => Errno::EPROTO,
            Self::Silent => Errno::ETIMEDOUT,
        }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        let kind = error.kind();
        if kind == io::ErrorKind::PermissionDenied {
            Self::Denied(None)
        } else if kind == io::ErrorKind::InvalidData {
            Self::Long // of our own: a socket's bound
        } else {
            Self::Io(error)
        }
    }
}

impl Names {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            socket: setup.wanted.engine.clone(),
            root: setup.root.clone(),
            faults: setup.faults.clone(),
            asked: None,
            ask_at: Instant::default(),
            refresh_at: Instant::default(),
            told: None,
        }
    }

    /// Hears what was asked for and asks what is wanted; whether names were told.
    pub(super) fn look(
        &mut self,
        now: Instant,
        known: &mut [Watched],
        buffer: &mut Buffer,
    ) -> bool {
        if self.socket.as_os_str().is_empty() {
            return false;
        }
        let mut is_told = self.listen(now, known);
        let is_missing = known.iter().any(Watched::lacks_name);
        let is_old = now >= self.refresh_at && known.iter().any(Watched::has_id);
        if self.asked.is_some() || now < self.ask_at || !(is_missing || is_old) {
            return is_told;
        }
        (self.ask_at, self.refresh_at) = (now.plus(NAMES_INTERVAL), now.plus(NAMES_REFRESH));
        match self.ask(now) {
            Err(Fault::Denied(_)) => {
                let group = self.group(buffer);
                self.tell(&Fault::Denied(group));
            }
            Err(fault) => self.tell(&fault),
            Ok(()) if is_missing => is_told |= self.lend(ENGINE_PATIENCE, now, known),
            Ok(()) => {}
        }
        is_told
    }

    /// Waits for what was asked, so long at most for each piece; whether names were told.
    pub(super) fn lend(&mut self, limit: Duration, now: Instant, known: &mut [Watched]) -> bool {
        let mut is_told = false;
        for _ in 0..ENGINE_WAITS {
            if !self.asked.as_ref().is_some_and(|asked| asked.socket.wait(limit)) {
                break;
            }
            is_told |= self.listen(now, known);
        }
        is_told
    }

    fn ask(&mut self, now: Instant) -> Result<(), Fault> {
        let path = self.socket.to_str().and_then(|socket| self.root.inside(socket));
        let path = path.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        let mut socket = Socket::connect(&path, ENGINE_ANSWER_MAX)?;
        socket.send(QUESTION)?;
        self.asked = Some(Asked { socket, at: now });
        Ok(())
    }

    /// Takes in what was said; whether that was all of it.
    fn listen(&mut self, now: Instant, known: &mut [Watched]) -> bool {
        let Some(asked) = &mut self.asked else { return false };
        match asked.hear(now, known) {
            Ok(false) => return false,
            Ok(true) => self.told = None,
            Err(fault) => self.tell(&fault),
        }
        self.asked = None;
        self.told.is_none()
    }

    /// What keeps the engine from telling.
    pub(super) fn trouble(&self) -> Option<(&Path, Errno)> {
        self.told.as_ref().map(|(_, errno)| (self.socket.as_path(), *errno))
    }

    /// Says once what is wrong.
    fn tell(&mut self, fault: &Fault) {
        let told = (fault.to_string(), fault.errno());
        if self.told.as_ref() != Some(&told) {
            let (socket, why) = (self.socket.display(), &told.0);
            self.faults
                .tell(format!("containers: {socket}: {why}; containers are called by their ids"));
            self.told = Some(told);
        }
    }

    /// The group that may open the socket.
    fn group(&self, buffer: &mut Buffer) -> Option<String> {
        let number = socket::group(&self.root.inside(self.socket.to_str()?)?)?;
        let file = self.root.read_inside("etc/group", buffer);
        let name = file.and_then(|file| engine::parse_group(file, number));
        Some(name.unwrap_or_else(|| number.to_string()))
    }
}

impl Asked {
    /// Gives these the names in the answer, once all of it is here.
    fn hear(&mut self, now: Instant, known: &mut [Watched]) -> Result<bool, Fault> {
        let mut is_end = self.receive()?;
        if !is_end && parse(self.socket.received(), false) == Parsed::Cut {
            // That nothing is behind a piece is seen only behind it.
            is_end = self.receive()?;
        }
        match parse(self.socket.received(), is_end) {
            Parsed::Answer(200, body) => {
                name(known, engine::parse(&body).ok_or(Fault::Garbled)?);
                Ok(true)
            }
            Parsed::Answer(status, _) => Err(Fault::Refused(status)),
            Parsed::Bad if is_end => Err(Fault::HungUp),
            Parsed::Bad => Err(Fault::Garbled),
            Parsed::Cut if now.since(self.at) >= ENGINE_TIMEOUT => Err(Fault::Silent),
            Parsed::Cut => Ok(false),
        }
    }

    /// Takes in what has come; whether that is the end.
    fn receive(&mut self) -> io::Result<bool> {
        match self.socket.receive() {
            Ok(()) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(true),
            Err(error) => Err(error),
        }
    }
}

/// Gives these their names; who is not in the list has been looked for in vain.
fn name(known: &mut [Watched], listed: Listed<'_>) {
    for each in known.iter_mut().filter(|each| each.has_id()) {
        each.tries = each.tries.saturating_add(1).min(NAMES_TRIES);
    }
    for entry in listed {
        let Some(id) = entry.id() else { continue };
        let is_it = |each: &&mut Watched| each.has_id() && id.starts_with(&each.found.name);
        let found = known.iter_mut().find(is_it);
        if let (Some(each), Some(name)) = (found, entry.name()) {
            each.name = Some(name);
        }
    }
}

#[cfg(test)]
mod tests;
