//! The filter of large messages for `fuzz/`.

use super::HEADER_LONGEST;
use super::filter::Filter;

/// What a client's bytes become when they come in pieces of this size.
pub fn filtered(bytes: &[u8], piece: usize, cap: u64) -> Vec<u8> {
    let mut filter = Filter::new(cap);
    let mut out = Vec::new();
    for part in bytes.chunks(piece.max(1)) {
        let mut room = part.to_vec();
        room.resize(part.len() + HEADER_LONGEST, 0xaa);
        let count = filter.pass(&mut room, part.len());
        out.extend_from_slice(room.get(..count).unwrap_or_default());
        let waiting = filter.waiting();
        out.extend_from_slice(waiting);
        let count = waiting.len();
        filter.advance(count);
    }
    out
}
