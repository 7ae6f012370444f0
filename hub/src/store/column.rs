//! One figure over time, in about a byte a value: what stays the same costs nothing, what moves
//! costs its difference, and what moves steadily the difference of differences.

use super::decimal::{DECIMALS, decimals, scaled, unscaled};
use super::varint::{Damaged, Reader, put, put_signed};

/// One value of a row; `None` where there was none.
pub(super) type Cell = Option<f64>;

/// How the values follow each other; the byte a column begins with, beside its decimals.
const CONSTANT: u8 = 0;
const STEPS: u8 = 1;
const STEPS_OF_STEPS: u8 = 2;
const RAW: u8 = 3;
/// Set when values are missing: where, comes first.
const SPARSE: u8 = 0x80;

/// Appends a column.
pub(super) fn put_column(into: &mut Vec<u8>, cells: &[Cell]) {
    let values: Vec<f64> = cells.iter().copied().flatten().collect();
    let sparse = if values.len() == cells.len() { 0 } else { SPARSE };
    let (kind, payload) = pack(&values);
    into.push(kind | sparse);
    if sparse != 0 {
        put_presence(into, cells);
    }
    into.extend_from_slice(&payload);
}

/// Reads a column of so many rows.
pub(super) fn column(mut reader: Reader<'_>, rows: usize) -> Result<Vec<Cell>, Damaged> {
    let kind = reader.byte()?;
    if kind & SPARSE == 0 {
        return Ok(unpack(kind, &mut reader, rows)?.into_iter().map(Some).collect());
    }
    let present = presence(&mut reader, rows)?;
    let count = present.iter().filter(|is_there| **is_there).count();
    let mut values = unpack(kind & !SPARSE, &mut reader, count)?.into_iter();
    Ok(present.into_iter().map(|is_there| if is_there { values.next() } else { None }).collect())
}

/// How many are there, how many are not, and so on to the last row.
fn put_presence(into: &mut Vec<u8>, cells: &[Cell]) {
    let (mut is_there, mut count) = (true, 0);
    for cell in cells {
        if cell.is_some() != is_there {
            put(into, count);
            (is_there, count) = (!is_there, 0);
        }
        count += 1;
    }
    put(into, count);
}

fn presence(reader: &mut Reader<'_>, rows: usize) -> Result<Vec<bool>, Damaged> {
    let mut present = Vec::with_capacity(rows);
    let mut is_there = true;
    while present.len() < rows {
        let count = reader.count()?;
        if count > rows - present.len() || (count == 0 && !present.is_empty()) {
            return Err(Damaged);
        }
        present.resize(present.len() + count, is_there);
        is_there = !is_there;
    }
    Ok(present)
}

/// The kind with its decimals above it, and the bytes.
fn pack(values: &[f64]) -> (u8, Vec<u8>) {
    let mut bytes = Vec::new();
    let Some(wholes) = wholes(values) else {
        values.iter().for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
        return (RAW, bytes);
    };
    let (decimals, wholes) = wholes;
    let scale = decimals << 2;
    let Some(&first) = wholes.first() else { return (CONSTANT, bytes) };
    put_signed(&mut bytes, first);
    if wholes.iter().all(|whole| *whole == first) {
        return (CONSTANT | scale, bytes);
    }
    let steps = steps(&wholes);
    let mut by_steps = bytes.clone();
    put_run(&mut by_steps, &steps);
    put_run(&mut bytes, &self::steps_from_zero(&steps));
    if by_steps.len() <= bytes.len() {
        (STEPS | scale, by_steps)
    } else {
        (STEPS_OF_STEPS | scale, bytes)
    }
}

/// All values as whole numbers with the same decimals; `None` when one has too many.
fn wholes(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    let most = values.iter().try_fold(0, |most, value| decimals(*value).map(|d| d.max(most)))?;
    let wholes: Option<Vec<i64>> = values.iter().map(|value| scaled(*value, most)).collect();
    Some((u8::try_from(most).ok()?, wholes?))
}

/// From each to the next. Differences wrap, and come back by wrapping.
fn steps(wholes: &[i64]) -> Vec<i64> {
    wholes.windows(2).map(|pair| pair[1].wrapping_sub(pair[0])).collect()
}

/// The same with a zero before the first.
fn steps_from_zero(numbers: &[i64]) -> Vec<i64> {
    let before = std::iter::once(&0).chain(numbers);
    before.zip(numbers).map(|(before, number)| number.wrapping_sub(*before)).collect()
}

/// Appends numbers of which many are zero: a zero is followed by how many more there are.
fn put_run(into: &mut Vec<u8>, numbers: &[i64]) {
    let mut numbers = numbers.iter().peekable();
    while let Some(number) = numbers.next() {
        put_signed(into, *number);
        if *number == 0 {
            let mut more = 0;
            while numbers.next_if(|next| **next == 0).is_some() {
                more += 1;
            }
            put(into, more);
        }
    }
}

fn run(reader: &mut Reader<'_>, count: usize) -> Result<Vec<i64>, Damaged> {
    let mut numbers = Vec::with_capacity(count);
    while numbers.len() < count {
        let number = reader.signed()?;
        numbers.push(number);
        if number == 0 {
            let more = reader.count()?;
            if more > count - numbers.len() {
                return Err(Damaged);
            }
            numbers.resize(numbers.len() + more, 0);
        }
    }
    Ok(numbers)
}

fn unpack(kind: u8, reader: &mut Reader<'_>, count: usize) -> Result<Vec<f64>, Damaged> {
    if kind & 3 == RAW {
        return (0..count).map(|_| reader.float()).collect();
    }
    let decimals = usize::from(kind >> 2);
    if decimals > DECIMALS {
        return Err(Damaged);
    }
    if count == 0 {
        return Ok(Vec::new());
    }
    let first = reader.signed()?;
    let steps = match kind & 3 {
        CONSTANT => vec![0; count - 1],
        STEPS => run(reader, count - 1)?,
        _ => sums(0, &run(reader, count - 1)?),
    };
    let wholes = std::iter::once(first).chain(sums(first, &steps));
    Ok(wholes.map(|whole| unscaled(whole, decimals)).collect())
}

/// Where each step leads to, from `first` on.
fn sums(first: i64, steps: &[i64]) -> Vec<i64> {
    let mut at = first;
    let add = |step: &i64| {
        at = at.wrapping_add(*step);
        at
    };
    steps.iter().map(add).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn there_and_back(cells: &[Cell]) -> usize {
        let mut bytes = Vec::new();
        put_column(&mut bytes, cells);
        let read = column(Reader::new(&bytes), cells.len()).unwrap();
        let bits = |cells: &[Cell]| Vec::from_iter(cells.iter().map(|c| c.map(f64::to_bits)));
        assert_eq!(bits(&read), bits(cells));
        bytes.len()
    }

    #[test]
    fn what_goes_in_comes_out() {
        there_and_back(&[]);
        there_and_back(&[None, None]);
        there_and_back(&[Some(1.5)]);
        there_and_back(&[None, Some(1.0), None, None, Some(-2.25), Some(3.0), None]);
        there_and_back(&[Some(1.0 / 3.0), Some(2.0)]);
        there_and_back(&[Some(-0.0), Some(f64::MAX), None]);
        there_and_back(&[Some(9e15), Some(-9e15), Some(9e15)]);
    }

    #[test]
    fn what_does_not_move_costs_nothing() {
        assert!(there_and_back(&[Some(4_123_456_789.0); 720]) <= 6);
        assert!(there_and_back(&[None; 720]) <= 4);
    }

    #[test]
    fn what_moves_steadily_costs_next_to_nothing() {
        let steady: Vec<Cell> = (0..720).map(|at| Some(f64::from(at) * 5000.0)).collect();
        assert!(there_and_back(&steady) <= 12);
    }

    #[test]
    fn a_busy_percentage_costs_about_two_bytes() {
        let noisy = |at: u32| f64::from(at.wrapping_mul(2_654_435_761) % 1000) / 10.0;
        let cells: Vec<Cell> = (0..720).map(|at| Some(noisy(at))).collect();
        assert!(there_and_back(&cells) < 720 * 2 + 8);
    }

    #[test]
    fn what_makes_no_sense_is_damaged_and_never_a_panic() {
        let mut bytes = Vec::new();
        put_column(&mut bytes, &[Some(1.0), None, Some(7.0), Some(8.5), Some(8.5)]);
        for cut in 0..bytes.len() {
            assert_eq!(column(Reader::new(&bytes[..cut]), 5), Err(Damaged), "{cut}");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut wrong = bytes.clone();
                wrong[at] ^= 1 << bit;
                let _ = column(Reader::new(&wrong), 5);
            }
        }
    }
}
