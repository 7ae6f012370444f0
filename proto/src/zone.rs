//! Files of the tz database, as `/etc/localtime`: how far clocks on the wall are from UTC
//! (tzfile(5), RFC 9636).
//!
//! ```text
//! file   = header block [ header block newline rule newline ]   the second since version 2
//! header = "TZif" version 15*byte 6*count     UTC, standard, leap seconds, times, types, letters
//! block  = *time *type-of-time *type *letter *leap-second *standard *UTC
//! type   = offset is-dst letters              times: 4 bytes, in the second block 8
//!
//! 00000030  00 00 55 54 43 00 54 5a  69 66 32 00 00 00 00 00  |..UTC.TZif2.....|
//! 00000060  00 04 00 00 00 00 00 00  55 54 43 00 0a 55 54 43  |........UTC..UTC|
//! 00000070  30 0a                                             |0.|
//! ```
//! Routers without such files have the rule alone, in `/etc/TZ`.

mod rule;

/// How far local time is from UTC, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset {
    /// Seconds that local time is ahead.
    pub seconds: i64,
    /// The first second of which this is true, since 1970.
    pub from: i64,
    /// The first one after them.
    pub until: i64,
}

impl Offset {
    /// Where nobody says how far.
    pub const UTC: Self = Self::always(0);

    const fn always(seconds: i64) -> Self {
        Self { seconds, from: i64::MIN, until: i64::MAX }
    }
}

/// What a zone file, or a rule alone, says of a second since 1970, up to the year 9999; `None` when
/// it is neither.
pub fn parse(zone: &[u8], at: i64) -> Option<Offset> {
    if !zone.starts_with(b"TZif") {
        return rule::parse(zone.trim_ascii(), at);
    }
    let (first, behind) = Block::split(zone, 4)?;
    if zone.get(4) == Some(&0) {
        return first.offset(at);
    }
    let (second, footer) = Block::split(behind, 8)?;
    let told = second.offset(at)?;
    // Behind the last time it is the rule that tells, where there is one.
    let rule = if told.until == i64::MAX { rule::parse(footer.trim_ascii(), at) } else { None };
    Some(rule.map_or(told, |rule| Offset { from: rule.from.max(told.from), ..rule }))
}

/// What stands behind one header.
struct Block<'a> {
    /// In this many bytes each.
    width: usize,
    times: &'a [u8],
    /// Of each time, the type that begins with it.
    kinds: &'a [u8],
    types: &'a [u8],
}

impl<'a> Block<'a> {
    const HEADER: usize = 44;
    const TYPE: usize = 6;

    /// The block at the beginning of `bytes`, and what is behind it.
    fn split(bytes: &'a [u8], width: usize) -> Option<(Self, &'a [u8])> {
        let (header, rest) = bytes.split_at_checked(Self::HEADER)?;
        let count = |which: usize| usize::try_from(number(&header[20 + which * 4..][..4])).ok();
        let (utc, standard, leaps) = (count(0)?, count(1)?, count(2)?);
        let (times, types, letters) = (count(3)?, count(4)?, count(5)?);
        let (times, rest) = rest.split_at_checked(times.checked_mul(width)?)?;
        let (kinds, rest) = rest.split_at_checked(times.len() / width)?;
        let (types, rest) = rest.split_at_checked(types.checked_mul(Self::TYPE)?)?;
        let ends = [letters, leaps.checked_mul(width + 4)?, standard, utc];
        let end = ends.into_iter().try_fold(0_usize, usize::checked_add)?;
        Some((Self { width, times, kinds, types }, rest.get(end..)?))
    }

    fn offset(&self, at: i64) -> Option<Offset> {
        let mut times = self.times.chunks_exact(self.width).map(number);
        let before = times.clone().take_while(|time| *time <= at).count();
        let kind = before.checked_sub(1).map_or(Some(0), |last| self.kinds.get(last).copied())?;
        let of_kind = self.types.chunks_exact(Self::TYPE).nth(usize::from(kind))?;
        let from = before.checked_sub(1).and_then(|last| times.clone().nth(last));
        Some(Offset {
            seconds: number(&of_kind[..4]),
            from: from.unwrap_or(i64::MIN),
            until: times.nth(before).unwrap_or(i64::MAX),
        })
    }
}

/// A signed number of four or eight bytes, the highest first.
fn number(bytes: &[u8]) -> i64 {
    let sign = if bytes.first().is_some_and(|first| *first >= 0x80) { -1 } else { 0 };
    bytes.iter().fold(sign, |number, byte| number << 8 | i64::from(*byte))
}

#[cfg(test)]
mod tests;
