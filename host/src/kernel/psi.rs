//! `/proc/pressure/{cpu,memory,io}`: pressure stall information (Documentation/accounting/psi.rst).
//!
//! ```text
//! line = ("some" | "full") "avg10=" percent "avg60=" percent "avg300=" percent "total=" us
//!
//! some avg10=0.12 avg60=0.30 avg300=0.05 total=4729120
//! full avg10=0.00 avg60=0.00 avg300=0.00 total=1329120
//! ```
//! Since Linux 4.20; `cpu` has no `full` line before 5.13. The file may exist and answer
//! `EOPNOTSUPP` when the kernel was started with psi off.

use super::text;

/// Shares of the last ten seconds, in hundredths of a percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Psi {
    /// Some task waited.
    pub some_avg10: Option<u64>,
    /// Every task waited.
    pub full_avg10: Option<u64>,
}

/// Parses one file; a line of another kind is passed over.
pub fn parse(psi: &[u8]) -> Psi {
    let mut stall = Psi::default();
    for line in text::lines(psi) {
        let mut fields = text::fields(line);
        let average = match fields.next() {
            Some(b"some") => &mut stall.some_avg10,
            Some(b"full") => &mut stall.full_avg10,
            _ => continue,
        };
        *average = fields.find_map(|field| text::hundredths(field.strip_prefix(b"avg10=")?));
    }
    stall
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_optional() {
        let both = b"some avg10=0.12 avg60=9.00 avg300=9.00 total=1\nfull avg10=100.00 total=2\n";
        assert_eq!(parse(both), Psi { some_avg10: Some(12), full_avg10: Some(10_000) });
        let some = b"some avg10=3.50 avg60=0.00 avg300=0.00 total=1";
        assert_eq!(parse(some), Psi { some_avg10: Some(350), full_avg10: None });
        for text in ["", "some", "some avg10=", "some avg10=x", "most avg10=1.00", "avg10=1.00"] {
            assert_eq!(parse(text.as_bytes()), Psi::default(), "{text}");
        }
    }
}
