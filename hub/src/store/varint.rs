//! Numbers in as few bytes as they need: seven bits a byte, the lowest first (LEB128), and signed
//! ones with their sign in the lowest bit (zigzag). And the reader of what was written so.

/// What was read makes no sense: it was cut short, or not written by us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// Appends a number.
pub(super) fn put(into: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        into.push(low_byte(number) | 0x80);
        number >>= 7;
    }
    into.push(low_byte(number));
}

/// Appends a signed number.
pub(super) fn put_signed(into: &mut Vec<u8>, number: i64) {
    put(into, zigzag(number));
}

/// 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4.
pub(super) const fn zigzag(number: i64) -> u64 {
    (number.cast_unsigned() << 1) ^ (number >> 63).cast_unsigned()
}

/// The opposite of [`zigzag`].
pub(super) const fn unzigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

const fn low_byte(number: u64) -> u8 {
    number.to_le_bytes()[0]
}

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All that is left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// What this one would read before it is where the other is.
    pub(super) fn until(mut self, other: &Self) -> Result<Self, Damaged> {
        let count = self.0.len().checked_sub(other.0.len()).ok_or(Damaged)?;
        self.take(count).map(Self)
    }

    /// The next so many bytes.
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Damaged> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or(Damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn byte(&mut self) -> Result<u8, Damaged> {
        let (&byte, rest) = self.0.split_first().ok_or(Damaged)?;
        self.0 = rest;
        Ok(byte)
    }

    /// Goes past this one byte, if it is the next.
    pub(super) fn skip(&mut self, byte: u64) -> bool {
        let rest = self.0.split_first().filter(|(first, _)| u64::from(**first) == byte);
        rest.map(|(_, rest)| self.0 = rest).is_some()
    }

    pub(super) fn number(&mut self) -> Result<u64, Damaged> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Damaged)
    }

    pub(super) fn signed(&mut self) -> Result<i64, Damaged> {
        self.number().map(unzigzag)
    }

    /// A number that counts something in memory.
    pub(super) fn count(&mut self) -> Result<usize, Damaged> {
        self.number().and_then(|number| usize::try_from(number).map_err(|_| Damaged))
    }

    /// A number written as it lies in memory.
    pub(super) fn float(&mut self) -> Result<f64, Damaged> {
        let bytes = self.take(8)?.try_into().map_err(|_| Damaged)?;
        Ok(f64::from_le_bytes(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let mut bytes = Vec::new();
        let numbers = [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX];
        let signed = [0, -1, 1, 63, -64, 64, i64::MIN, i64::MAX];
        numbers.iter().for_each(|number| put(&mut bytes, *number));
        signed.iter().for_each(|number| put_signed(&mut bytes, *number));
        let mut reader = Reader::new(&bytes);
        assert_eq!(numbers.map(|_| reader.number().unwrap()), numbers);
        assert_eq!(signed.map(|_| reader.signed().unwrap()), signed);
        assert!(reader.is_empty());
        assert_eq!(reader.number(), Err(Damaged));
    }

    #[test]
    fn small_numbers_of_either_sign_are_one_byte() {
        for number in -64..64 {
            let mut bytes = Vec::new();
            put_signed(&mut bytes, number);
            assert_eq!(bytes.len(), 1, "{number}");
        }
    }

    #[test]
    fn what_has_no_end_is_no_number() {
        assert_eq!(Reader::new(&[0xff; 11]).number(), Err(Damaged));
        assert_eq!(Reader::new(&[0x80]).number(), Err(Damaged));
    }
}
