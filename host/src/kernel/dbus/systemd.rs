//! What systemd is asked on the bus, and what it says (org.freedesktop.systemd1(5),
//! `src/core/dbus-manager.c`).
//!
//! ```text
//! figure = "v": one value
//! list   = "a(ssssssouso)": name description load active sub following path job type job_path
//!
//! NFailedUnits       u 2
//! SystemState        s "degraded"
//! ListUnitsFiltered  [("nginx.service", "A web server", "loaded", "failed", "failed", "", …)]
//! ```

use super::call::{Arguments, Call, write};
use super::{Kind, Message};
use crate::limits::{UNIT_NAME_MAX, UNIT_STATE_MAX};

/// What can be asked; each is a number to tell its answer by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Units that have failed.
    Failed,
    /// `running`, `degraded` and so on; since version 213.
    State,
    /// Names of units that systemd has in memory.
    Loaded,
    /// Which have failed; since version 209.
    List,
}

/// All of them, in the order of their numbers.
pub const QUESTIONS: [Question; 4] =
    [Question::Failed, Question::State, Question::Loaded, Question::List];

const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const SYSTEMD: Call<'_> = Call {
    destination: "org.freedesktop.systemd1",
    path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.DBus.Properties",
    member: "Get",
    arguments: Arguments::Nothing,
};

/// The bus gives us a name: without this it passes nothing on ("Message Bus Messages").
pub fn write_hello(out: &mut Vec<u8>, serial: u32) {
    let hello = Call {
        destination: "org.freedesktop.DBus",
        path: "/org/freedesktop/DBus",
        interface: "org.freedesktop.DBus",
        member: "Hello",
        arguments: Arguments::Nothing,
    };
    write(out, serial, &hello);
}

impl Question {
    /// Writes the question.
    pub fn write(self, out: &mut Vec<u8>, serial: u32) {
        let get = |property| Call { arguments: Arguments::Two(property), ..SYSTEMD };
        let call = match self {
            Self::Failed => get([MANAGER, "NFailedUnits"]),
            Self::State => get([MANAGER, "SystemState"]),
            Self::Loaded => get([MANAGER, "NNames"]),
            Self::List => Call {
                interface: MANAGER,
                member: "ListUnitsFiltered",
                arguments: Arguments::List(&["failed"]),
                ..SYSTEMD
            },
        };
        write(out, serial, &call);
    }
}

/// The number in an answer.
pub fn parse_number(message: &Message<'_>) -> Option<u64> {
    let mut body = message.body;
    let is_one = message.kind == Kind::Return && message.signature == b"v";
    (is_one && body.signature()? == b"u").then_some(())?;
    body.word().map(u64::from)
}

/// The state of the whole, a word.
pub fn parse_state<'a>(message: &Message<'a>) -> Option<&'a str> {
    let mut body = message.body;
    let is_one = message.kind == Kind::Return && message.signature == b"v";
    (is_one && body.signature()? == b"s").then_some(())?;
    let is_word = |text: &&str| {
        (1..=UNIT_STATE_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    body.text().filter(is_word)
}

/// Says each name in a list of units; `None` where the list is none, or cut.
///
/// What systemd itself would not take for a name is left out.
pub fn parse_names(message: &Message<'_>, mut say: impl FnMut(&str)) -> Option<()> {
    let is_list = message.kind == Kind::Return && message.signature == b"a(ssssssouso)";
    is_list.then_some(())?;
    let mut body = message.body;
    let len = usize::try_from(body.word()?).ok()?;
    body.align(8)?;
    let end = body.at.checked_add(len).filter(|end| *end == body.bytes.len())?;
    while body.at < end {
        body.align(8)?;
        let name = body.text()?;
        b"sssssouso".iter().try_for_each(|kind| body.skip(*kind))?;
        if (1..=UNIT_NAME_MAX).contains(&name.len()) && name.bytes().all(is_of_name) {
            say(name);
        }
    }
    Some(())
}

/// Whether a unit's name may have it (systemd.unit(5)).
fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b":-_.\\@".contains(&byte)
}

#[cfg(test)]
mod tests;
