//! `/proc/<pid>/stat`: one process (proc_pid_stat(5)).
//!
//! ```text
//! stat = pid " (" name ") " state { " " number }      the 22nd field: ticks from boot to its start
//!
//! 1042 (sshd) S 1 1042 1042 0 -1 4194560 1223 0 12 0 3 1 0 0 20 0 1 0 60321 9457664 ...
//! ```
//! A name may hold anything, brackets and blanks too.

use std::time::Duration;

use super::text;
use crate::limits::TICKS_PER_SECOND;

/// What a process is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs, or would.
    Running,
    /// It waits for something, as an idle thread of the kernel does.
    Sleeping,
    /// It waits for a device and cannot be interrupted.
    Blocked,
    /// It was halted, or is traced.
    Stopped,
    /// It has ended.
    Zombie,
}

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PidStat<'a> {
    /// The first 15 bytes of its program's name.
    pub name: &'a [u8],
    /// What it is at.
    pub state: State,
    /// Ticks of processors it has used, by itself and for it in the kernel.
    pub ticks: u64,
    /// Ticks from boot to its start.
    pub start: u64,
    /// Pages of it that are resident.
    pub pages: u64,
}

/// Reads one; `None` for what is none.
pub fn parse(stat: &[u8]) -> Option<PidStat<'_>> {
    let name_begin = stat.iter().position(|byte| *byte == b'(')? + 1;
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let name = stat.get(name_begin..name_end)?;
    let mut fields = text::fields(text::trim(stat.get(name_end + 1..)?));
    let state = match fields.next()? {
        b"R" => State::Running,
        b"D" => State::Blocked,
        b"T" | b"t" => State::Stopped,
        b"Z" | b"X" | b"x" => State::Zombie,
        _ => State::Sleeping,
    };
    // The next is the fourth; used in user space is the 14th, in the kernel the 15th.
    fields.pass(10)?;
    let ticks = fields.number()?.saturating_add(fields.number()?);
    fields.pass(6)?;
    let start = fields.number()?;
    fields.pass(1)?;
    Some(PidStat { name, state, ticks, start, pages: fields.number()? })
}

/// How long after boot the process began, to a hundredth of a second.
pub fn parse_start(stat: &[u8]) -> Option<Duration> {
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    let mut fields = text::fields(text::trim(&stat[name_end + 1..]));
    // The state is the third field.
    fields.pass(19)?;
    let ticks = fields.number()?;
    Some(Duration::from_millis(ticks.saturating_mul(1000 / TICKS_PER_SECOND)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let rest = "1 1042 1042 0 -1 4194560 1223 0 12 0 30 12 5 6 20 0 1 0 60321 9457664 731 1844";
        for (name, letter, state) in [
            ("sshd", "S", State::Sleeping),
            ("a) R 1 (b", "D", State::Blocked),
            ("kworker/0:1-ev", "I", State::Sleeping),
            ("", "R", State::Running),
            ("cat", "T", State::Stopped),
            ("gdb", "t", State::Stopped),
            ("gone", "Z", State::Zombie),
        ] {
            let text = format!("1042 ({name}) {letter} {rest}\n");
            let name = name.as_bytes();
            let due = PidStat { name, state, ticks: 42, start: 60_321, pages: 731 };
            assert_eq!(parse(text.as_bytes()), Some(due));
            for end in 0..text.len() - " 1844\n".len() - 2 {
                assert_eq!(parse(&text.as_bytes()[..end]), None, "cut short at {end}");
            }
        }
        for text in [") S 1 (", "1 ()", "((((", "1 (a) S x y z"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn the_start_is_found_behind_any_name() {
        let rest = "S 1 1042 1042 0 -1 4194560 1223 0 12 0 3 1 0 0 20 0 1 0 60321 9457664 1";
        for name in ["sshd", "a) S 1 (b", "x y", ""] {
            let text = format!("1042 ({name}) {rest}\n");
            assert_eq!(
                parse_start(text.as_bytes()),
                Some(Duration::from_millis(603_210)),
                "{name}"
            );
        }
        for text in ["", "1042 sshd S 1", "1042 (sshd) S 1 2", "1 (a)", ")"] {
            assert_eq!(parse_start(text.as_bytes()), None, "{text}");
        }
    }
}
