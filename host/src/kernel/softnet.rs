//! `/proc/net/softnet_stat`: what each processor did with packets on their way in
//! (Documentation/admin-guide/sysctl/net.rst, net/core/net-procfs.c).
//!
//! A line for each processor, of 9 to 15 columns by kernel; only the first three are the same in
//! all. Each is 32 bits wide and begins anew behind them.
//!
//! ```text
//! line = processed dropped time_squeeze { hexadecimal }
//!
//! 00049279 00000000 00000001 00000000 00000000 00000000 00000000 00000000 00000000
//! 000dfb82 00000029 0000000a 00000000 00000000 00000000 00000000 00000000 00000000 00000000
//! 00551c3f 00000000 00000055 00000000 00000000 00000000 00000000 00000000 00000000 00000000
//! ```

use super::text;

/// Sums over all processors, since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Softnet {
    /// Packets dropped because the backlog was full.
    pub drops: u64,
    /// Times that packets were left because the time or the budget for them was over.
    pub squeezes: u64,
}

/// Adds them up; `None` where no line has three columns.
pub fn parse(softnet_stat: &[u8]) -> Option<Softnet> {
    let mut sums: Option<Softnet> = None;
    for line in text::lines(softnet_stat) {
        let mut columns = text::fields(line);
        let mut next = || columns.next().and_then(text::hexadecimal);
        let Some((drops, squeezes)) = next().and_then(|_| next().zip(next())) else { continue };
        let sums = sums.get_or_insert_default();
        sums.drops = sums.drops.saturating_add(drops);
        sums.squeezes = sums.squeezes.saturating_add(squeezes);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_are_added_up_however_many_columns_there_are() {
        let text = b"00049279 00000000 00000001 00000000 00000000\n\
                     000dfb82 00000029 0000000A\n\
                     00551c3f ffffffff 00000055 00000000 00000000 00000000 00000000 00000000\n";
        let due = Softnet { drops: 0x29 + 0xffff_ffff, squeezes: 0x60 };
        assert_eq!(parse(text), Some(due));
        assert_eq!(parse(&text[..text.len() - 1]), Some(due), "without the last line's end");
    }

    #[test]
    fn what_is_no_such_line_is_left_out() {
        for text in [&b""[..], b"\n", b"00000001 00000002", b"1 2 x", b"x 2 3", b"1 -2 3\n"] {
            assert_eq!(parse(text), None, "{}", String::from_utf8_lossy(text));
        }
        let torn = b"00000001 00000002\n00000001 00000002 00000003\n";
        assert_eq!(parse(torn), Some(Softnet { drops: 2, squeezes: 3 }));
    }
}
