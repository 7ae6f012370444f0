//! One reading as it waits in the log.

use super::decimal::{number, put_number};
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

/// Reads figures, those that are wanted.
pub(super) fn unpack(
    bytes: &[u8],
    wanted: impl Fn(SeriesId) -> bool,
) -> Result<Vec<(SeriesId, f64)>, Damaged> {
    let mut reader = Reader::new(bytes);
    let mut figures = Vec::new();
    let mut id = 0_u32;
    while !reader.is_empty() {
        let further = u32::try_from(reader.number()?).map_err(|_| Damaged)?;
        id = id.checked_add(further).ok_or(Damaged)?;
        let value = number(&mut reader)?;
        if wanted(SeriesId(id)) {
            figures.push((SeriesId(id), value));
        }
    }
    Ok(figures)
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
}
