//! `/proc/net/wireless`: radio links (wireless extensions; Linux has it without them no more).
//!
//! ```text
//! line = name ":" status link level noise ...
//!
//! Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
//!  face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
//!  wlan0: 0000   58.  -52.  -256        0      0      0     15     18        0
//! ```
//! A dot behind a number says that the driver renewed it. A level in dBm is negative; a positive
//! one is on a scale of the driver's own.

use super::text;

/// The link of one interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// Interface name.
    pub name: &'a [u8],
    /// Link quality on the driver's own scale.
    pub quality: u64,
    /// Signal level in dBm, -200 to -1; `None` when the driver has none or another scale.
    pub level_dbm: Option<i64>,
}

/// The links in the kernel's order, lines that do not parse left out.
pub fn parse(wireless: &[u8]) -> impl Iterator<Item = Link<'_>> {
    text::lines(wireless).filter_map(|line| {
        let (name, values) = text::split_once(b':', line)?;
        let mut fields = text::fields(values).skip(1);
        let mut next = || fields.next().map(|field| field.strip_suffix(b".").unwrap_or(field));
        let quality = text::number(next()?)?;
        let level = text::signed(next()?)?;
        let level_dbm = (-200..0).contains(&level).then_some(level);
        Some(Link { name: text::fields(name).next()?, quality, level_dbm })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_decibels_or_nothing() {
        let text = b"Inter-| sta-|   Quality        |   Discarded packets\n \
            face | tus | link level noise |  nwid  crypt\n\
            wlan0: 0000   58.  -52.  -256        0      0\n\
            wlan1: 0000   40   60    0        0      0\n wlan2: 0000 0 -256 -256 0\n";
        let all: Vec<_> = parse(text).map(|link| (link.quality, link.level_dbm)).collect();
        assert_eq!(all, [(58, Some(-52)), (40, None), (0, None)]);
    }

    #[test]
    fn malformed_lines_are_left_out() {
        for line in ["", "wlan0", "wlan0:", "wlan0: 0000", "wlan0: 0000 58.", "wlan0: 0000 a. b."] {
            assert_eq!(parse(line.as_bytes()).count(), 0, "{line}");
        }
    }
}
