//! One reading as it waits in the log: whole, or what is different in it from an earlier one of its
//! hour.

use std::collections::BTreeMap;

use super::decimal::{number, packed_number, put_number};
use super::series::SeriesId;
use super::varint::{Damaged, Reader, put};

/// A reading: when it was taken, its number, its figures.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Row {
    /// When it was taken by the hub's clock, milliseconds since 1970.
    pub(super) at: u64,
    /// Its number and the boot it counts in; `None` in protocols that do not count.
    pub(super) place: Option<Seat>,
    /// In the order of the series.
    pub(super) figures: Vec<(SeriesId, f64)>,
}

/// The number of a boot, and the number of a reading in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Seat {
    pub(super) boot: u32,
    pub(super) seq: u64,
}

/// Figures as bytes; they are put into the order of their series.
pub(super) fn pack(figures: &mut [(SeriesId, f64)]) -> Vec<u8> {
    figures.sort_by_key(|(id, _)| *id);
    let mut bytes = Vec::with_capacity(figures.len() * 4);
    let mut last = 0;
    for (id, value) in figures {
        put(&mut bytes, u64::from(id.0 - last));
        put_number(&mut bytes, *value);
        last = id.0;
    }
    bytes
}

/// In place of a number: this series of the base is not in the row.
const GONE: u64 = 6;

/// What is different in `figures` from `base`, both packed. Numbers are compared and copied as they
/// are packed: one number is always packed the same.
pub(super) fn difference(base: &[u8], figures: &[u8]) -> Result<Vec<u8>, Damaged> {
    let (mut base, mut new) = (Figures::new(base), Figures::new(figures));
    let (mut before, mut now) = (base.next_series()?, new.next_series()?);
    let (mut bytes, mut last) = (Vec::with_capacity(figures.len()), 0);
    while let Some(id) = [before, now].into_iter().flatten().map(|(id, _)| id).min() {
        let value = |figure: Option<(u32, _)>| figure.filter(|(of, _)| *of == id);
        let (was, is) = (value(before), value(now));
        if was != is {
            put(&mut bytes, u64::from(id - last));
            match is {
                Some((_, value)) => bytes.extend_from_slice(value),
                None => put(&mut bytes, GONE),
            }
            last = id;
        }
        if was.is_some() {
            before = base.next_series()?;
        }
        if is.is_some() {
            now = new.next_series()?;
        }
    }
    Ok(bytes)
}

/// The figures, packed, that are different from `base` by this.
pub(super) fn apply(base: &[u8], difference: &[u8]) -> Result<Vec<u8>, Damaged> {
    let mut figures: BTreeMap<SeriesId, f64> = unpack(base, |_| true)?.into_iter().collect();
    let mut reader = Reader::new(difference);
    let mut id = 0_u32;
    while !reader.is_empty() {
        let further = u32::try_from(reader.number()?).map_err(|_| Damaged)?;
        id = id.checked_add(further).ok_or(Damaged)?;
        if reader.skip(GONE) {
            figures.remove(&SeriesId(id));
        } else {
            figures.insert(SeriesId(id), number(&mut reader)?);
        }
    }
    Ok(pack(&mut Vec::from_iter(figures)))
}

/// Reads figures, those that are wanted.
pub(super) fn unpack(
    bytes: &[u8],
    wanted: impl Fn(SeriesId) -> bool,
) -> Result<Vec<(SeriesId, f64)>, Damaged> {
    let mut all = Figures::new(bytes);
    let mut figures = Vec::new();
    while let Some((id, mut value)) = all.next()? {
        if wanted(SeriesId(id)) {
            figures.push((SeriesId(id), number(&mut value)?));
        }
    }
    Ok(figures)
}

/// Packed figures, one after the other.
struct Figures<'a> {
    reader: Reader<'a>,
    id: u32,
}

impl<'a> Figures<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self { reader: Reader::new(bytes), id: 0 }
    }

    /// The next one's series and its number; `None` behind the last.
    fn next(&mut self) -> Result<Option<(u32, Reader<'a>)>, Damaged> {
        if self.reader.is_empty() {
            return Ok(None);
        }
        let further = u32::try_from(self.reader.number()?).map_err(|_| Damaged)?;
        self.id = self.id.checked_add(further).ok_or(Damaged)?;
        Ok(Some((self.id, packed_number(&mut self.reader)?)))
    }

    /// The next series and its number as it is packed: of two with one name the last counts.
    fn next_series(&mut self) -> Result<Option<(u32, &'a [u8])>, Damaged> {
        let mut figure = self.next()?;
        while !self.reader.is_empty() && self.reader.skip(0) {
            figure = Some((self.id, packed_number(&mut self.reader)?));
        }
        Ok(figure.map(|(id, number)| (id, number.rest())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_come_back_in_the_order_of_their_series() {
        let mut figures = vec![(SeriesId(300), 1.0 / 3.0), (SeriesId(1), 12.5), (SeriesId(2), 0.0)];
        let bytes = pack(&mut figures);
        assert_eq!(figures[0].0, SeriesId(1));
        assert_eq!(unpack(&bytes, |_| true), Ok(figures));
        assert_eq!(unpack(&bytes, |id| id == SeriesId(2)), Ok(vec![(SeriesId(2), 0.0)]));
        assert_eq!(unpack(&bytes[..bytes.len() - 1], |_| true), Err(Damaged));
    }

    #[test]
    fn a_difference_makes_of_the_base_what_it_was_made_of() {
        let packed = |figures: &[(u32, f64)]| {
            pack(&mut Vec::from_iter(figures.iter().map(|(id, value)| (SeriesId(*id), *value))))
        };
        let base = packed(&[(1, 1.0), (2, 2.5), (3, 3.0), (9, 1.0 / 3.0)]);
        for other in [
            packed(&[(1, 1.0), (2, 2.5), (3, 3.0), (9, 1.0 / 3.0)]),
            packed(&[(1, 1.5), (3, 3.0), (4, -0.0), (9, 1.0 / 7.0), (70_000, 8e15)]),
            packed(&[(10, 1.0)]),
            packed(&[]),
        ] {
            let difference = difference(&base, &other).unwrap();
            assert_eq!(apply(&base, &difference), Ok(other));
        }
        assert_eq!(difference(&base, &base), Ok(Vec::new()));
        assert_eq!(difference(&base[..base.len() - 1], &base), Err(Damaged));
        // Of two figures of one series the last counts.
        let (once, twice) =
            (packed(&[(2, 7.0), (5, 1.0)]), packed(&[(2, 6.0), (2, 7.0), (5, 1.0)]));
        for (base, other) in [(&once, &twice), (&twice, &once), (&twice, &twice)] {
            assert_eq!(difference(base, other), Ok(Vec::new()));
        }
        assert_eq!(apply(&base, &[0x80]), Err(Damaged));
    }
}
