//! `/proc/loadavg`: run queue averages and tasks (proc_loadavg(5)).
//!
//! ```text
//! loadavg = one five fifteen running "/" total last-pid
//!
//! 0.20 0.18 0.12 1/80 11206
//! ```

use super::text;

/// The one line of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loadavg {
    /// Averages over one, five and fifteen minutes, in hundredths.
    pub hundredths: [u64; 3],
    /// Tasks running or ready to run.
    pub running: u64,
    /// All tasks.
    pub total: u64,
}

/// Parses the file; `None` when a field is missing.
pub fn parse(loadavg: &[u8]) -> Option<Loadavg> {
    let mut fields = text::fields(text::trim(loadavg));
    let mut average = || text::hundredths(fields.next()?);
    let hundredths = [average()?, average()?, average()?];
    let (running, total) = text::split_once(b'/', fields.next()?)?;
    Some(Loadavg { hundredths, running: text::number(running)?, total: text::number(total)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_parses_whole_or_not_at_all() {
        let parsed = parse(b"0.20 10.18 100.02 3/1480 11206\n").unwrap();
        assert_eq!(parsed.hundredths, [20, 1018, 10_002]);
        assert_eq!((parsed.running, parsed.total), (3, 1480));
        for text in ["", "0.1 0.2", "0.1 0.2 0.3 5 6", "a b c 1/2 3", "0.1 0.2 0.3 1/x 3"] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
