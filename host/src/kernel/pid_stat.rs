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
