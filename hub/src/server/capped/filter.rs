//! The filter itself: a client's bytes in, frames of whole messages out. Pure, but for the places
//! of large messages, which all connections share.
//!
//! A message that comes in one frame is passed on as it is read. One that comes in fragments is
//! held until its last fragment is here, and then passed on as one frame: only so can it still be
//! dropped when it turns out too large. Control frames may stand between fragments, and pass.

use std::mem;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::HEADER_LONGEST;
use crate::limits::MESSAGE_LARGE_MAX;

const FIN: u8 = 0x80;
const RESERVED: u8 = 0x70;
const OPCODE: u8 = 0x0f;
const MASKED: u8 = 0x80;

/// What a connection's bytes become.
#[derive(Debug)]
pub(super) struct Filter {
    cap: u64,
    /// Where a message above `cap` finds a place; `None` where none is taken.
    places: Option<Arc<Semaphore>>,
    place: Option<OwnedSemaphorePermit>,
    head: [u8; HEADER_LONGEST],
    head_len: usize,
    payload: Payload,
    payload_left: u64,
    message: Option<Message>,
    /// What goes out before anything else, from `out_at` on.
    out: Vec<u8>,
    out_at: usize,
    skipped: Option<u64>,
}

/// What becomes of the payload under way.
#[derive(Debug, Clone, Copy)]
enum Payload {
    Passed,
    Dropped,
    /// Of a fragment: it joins its message, unmasked.
    Held {
        mask: [u8; 4],
        at: usize,
        last: bool,
    },
}

/// A message of which a fragment came and the last did not.
#[derive(Debug)]
struct Message {
    /// Opcode and reserved bits.
    first: u8,
    length: u64,
    /// Room for a header, and what came so far; `None` when it is too large.
    held: Option<Vec<u8>>,
}

/// A frame's header, as it is read and as it is passed on.
struct Header {
    first: u8,
    mask: Option<[u8; 4]>,
    length: u64,
    bytes: [u8; HEADER_LONGEST],
    len: usize,
}

impl Filter {
    /// At the beginning of a frame; messages of at most `cap` bytes pass.
    pub(super) fn new(cap: u64) -> Self {
        Self {
            cap,
            places: None,
            place: None,
            head: [0; HEADER_LONGEST],
            head_len: 0,
            payload: Payload::Passed,
            payload_left: 0,
            message: None,
            out: Vec::new(),
            out_at: 0,
            skipped: None,
        }
    }

    /// Sets the limit for the messages to come, and where larger ones find a place.
    pub(super) fn set_cap(&mut self, cap: u64, places: Option<Arc<Semaphore>>) {
        (self.cap, self.places) = (cap, places);
    }

    /// Bytes of the last message that was skipped; told once.
    pub(super) fn take_skipped(&mut self) -> Option<u64> {
        self.skipped.take()
    }

    /// What is to be passed on before more is read. Whoever asks has handled all messages before.
    pub(super) fn waiting(&mut self) -> &[u8] {
        if self.out_at == self.out.len() && self.message.is_none() && self.payload_left == 0 {
            self.place = None;
        }
        self.out.get(self.out_at..).unwrap_or_default()
    }

    /// So much of that was passed on.
    pub(super) fn advance(&mut self, count: usize) {
        self.out_at += count;
        if self.out_at >= self.out.len() {
            (self.out, self.out_at) = (Vec::new(), 0);
        }
    }

    /// These go out before what waits.
    pub(super) fn put_first(&mut self, bytes: &[u8]) {
        let at = self.out_at;
        self.out.splice(at..at, bytes.iter().copied());
    }

    /// Filters `bytes[..len]` in place and returns how many are left; what is [`Self::waiting`]
    /// then comes behind them. There must be room for [`HEADER_LONGEST`] bytes more than `len`: a
    /// header held back earlier comes on top.
    pub(super) fn pass(&mut self, bytes: &mut [u8], len: usize) -> usize {
        // Everything is moved up first, so that what is written never overtakes what is read.
        bytes.copy_within(..len, HEADER_LONGEST);
        let (mut read, end, mut written) = (HEADER_LONGEST, HEADER_LONGEST + len, 0);
        while read < end {
            if self.payload_left > 0 {
                let left = usize::try_from(self.payload_left).unwrap_or(usize::MAX);
                let part = left.min(end - read);
                self.take_payload(bytes, read..read + part, &mut written);
                read += part;
                continue;
            }
            let (Some(slot), Some(byte)) = (self.head.get_mut(self.head_len), bytes.get(read))
            else {
                return written;
            };
            *slot = *byte;
            self.head_len += 1;
            read += 1;
            if let Some(header) = self.finish_header() {
                self.head_len = 0;
                self.take_header(header, bytes, &mut written);
            }
        }
        written
    }

    /// The header, when all of it is here.
    fn finish_header(&self) -> Option<Header> {
        let [first, second, rest @ ..] = self.head;
        if self.head_len < 2 {
            return None;
        }
        let extended = match second & !MASKED {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let len = 2 + extended + if second & MASKED == 0 { 0 } else { 4 };
        if self.head_len < len {
            return None;
        }
        let (length, rest) = rest.split_at_checked(extended)?;
        let number = length.iter().fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let length = if extended == 0 { u64::from(second & !MASKED) } else { number };
        let mask = if second & MASKED == 0 { None } else { rest.first_chunk().copied() };
        Some(Header { first, mask, length, bytes: self.head, len })
    }

    fn take_header(&mut self, header: Header, bytes: &mut [u8], written: &mut usize) {
        self.payload_left = header.length;
        self.payload = match (header.first & OPCODE, header.mask) {
            // The first fragment of a message. What is not masked the decoder refuses itself.
            (1 | 2, Some(mask)) if header.first & FIN == 0 && self.message.is_none() => {
                let first = header.first & !FIN;
                self.message = Some(Message { first, length: 0, held: Some(Vec::new()) });
                self.take_fragment(&header, mask)
            }
            (0, Some(mask)) if self.message.is_some() => self.take_fragment(&header, mask),
            (kind, _) if self.fits(header.length) => {
                // To begin a message in the middle of another is a fault: as a continuation of
                // none it is one to the decoder.
                let breaks_off = self.message.is_some() && kind < 8;
                let first = if breaks_off { header.first & !OPCODE } else { header.first };
                self.pass_header(Header { first, ..header }, bytes, written);
                Payload::Passed
            }
            (..) => {
                self.skipped = Some(header.length);
                self.pass_header(header.emptied(), bytes, written);
                Payload::Dropped
            }
        };
        if self.payload_left == 0 {
            self.finish_payload();
        }
    }

    /// Makes room for a fragment, or gives up its message.
    fn take_fragment(&mut self, header: &Header, mask: [u8; 4]) -> Payload {
        let Some(mut message) = self.message.take() else { return Payload::Dropped };
        message.first |= header.first & RESERVED;
        message.length = message.length.saturating_add(header.length);
        if !self.fits(message.length) {
            (message.held, self.place) = (None, None);
        } else if let Some(held) = &mut message.held
            && held.is_empty()
        {
            held.resize(HEADER_LONGEST, 0);
        }
        self.message = Some(message);
        Payload::Held { mask, at: 0, last: header.first & FIN != 0 }
    }

    /// Whether a message of this length is taken. A place it needs is kept until it is handled.
    fn fits(&mut self, length: u64) -> bool {
        if length <= self.cap {
            return true;
        }
        let large = u64::try_from(MESSAGE_LARGE_MAX).unwrap_or(u64::MAX);
        if let (None, Some(places)) = (&self.place, &self.places)
            && length <= large
        {
            self.place = places.clone().try_acquire_owned().ok();
        }
        self.place.is_some() && length <= large
    }

    fn take_payload(
        &mut self,
        bytes: &mut [u8],
        part: std::ops::Range<usize>,
        written: &mut usize,
    ) {
        let count = part.len();
        match &mut self.payload {
            Payload::Passed if self.out.is_empty() => {
                bytes.copy_within(part, *written);
                *written += count;
            }
            Payload::Passed => self.out.extend_from_slice(bytes.get(part).unwrap_or_default()),
            Payload::Dropped => {}
            Payload::Held { mask, at, last: _ } => {
                let held = self.message.as_mut().and_then(|message| message.held.as_mut());
                if let Some(held) = held {
                    let masked = bytes.get(part).unwrap_or_default().iter();
                    let key = mask.iter().cycle().skip(*at % 4);
                    held.extend(masked.zip(key).map(|(byte, key)| byte ^ key));
                }
                *at = (*at + count) % 4;
            }
        }
        self.payload_left -= u64::try_from(count).unwrap_or(u64::MAX);
        if self.payload_left == 0 {
            self.finish_payload();
        }
    }

    /// Passes a message on when this was the last of its fragments.
    fn finish_payload(&mut self) {
        let Payload::Held { last: true, .. } = mem::replace(&mut self.payload, Payload::Passed)
        else {
            return;
        };
        let Some(Message { first, length, held }) = self.message.take() else { return };
        // A length in eight bytes and a mask of zeros: the header has one size.
        let mut header = [0; HEADER_LONGEST];
        header[..2].copy_from_slice(&[FIN | first, MASKED | 127]);
        let mut frame = held.unwrap_or_else(|| {
            self.skipped = Some(length);
            header.to_vec()
        });
        let payload = u64::try_from(frame.len().saturating_sub(HEADER_LONGEST)).unwrap_or_default();
        header[2..10].copy_from_slice(&payload.to_be_bytes());
        if let Some(room) = frame.first_chunk_mut() {
            *room = header;
        }
        if self.out.is_empty() {
            (self.out, self.out_at) = (frame, 0);
        } else {
            self.out.append(&mut frame);
        }
    }

    fn pass_header(&mut self, header: Header, bytes: &mut [u8], written: &mut usize) {
        let Header { first, bytes: mut head, len, .. } = header;
        head[0] = first;
        let head = head.get(..len).unwrap_or_default();
        if !self.out.is_empty() {
            self.out.extend_from_slice(head);
        } else if let Some(room) = bytes.get_mut(*written..*written + len) {
            room.copy_from_slice(head);
            *written += len;
        }
    }
}

impl Header {
    /// The same of a frame without a payload.
    fn emptied(self) -> Self {
        let mut bytes = [0; HEADER_LONGEST];
        let mask = if self.mask.is_some() { MASKED } else { 0 };
        bytes[..2].copy_from_slice(&[self.first, mask]);
        Self { bytes, len: if mask == 0 { 2 } else { 6 }, ..self }
    }
}

#[cfg(test)]
mod tests;
