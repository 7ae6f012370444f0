//! A WebSocket client's bytes with every frame over a limit emptied on the way.
//!
//! A frame that is too large costs its sender that frame and nobody any memory: its header is
//! passed on with length zero and its payload is read and dropped, so the protocol above goes on
//! undisturbed. (A decoder that is merely told a limit can only give up on the connection.)

use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The longest frame header of a client: two bytes, length in eight, mask in four.
const HEADER_LONGEST: usize = 14;
/// With less room than this, bytes go through a buffer of our own: a header held back earlier
/// must find a place beside what is read.
const ROOM_SMALLEST: usize = 4 * HEADER_LONGEST;

/// A stream whose large frames arrive empty.
pub(crate) struct Capped<S> {
    stream: S,
    cap: u64,
    filter: Filter,
    /// Filtered bytes that found no room yet.
    spill: [u8; ROOM_SMALLEST],
    spilled: Range<usize>,
}

/// Where in a frame the stream stands.
#[derive(Debug, Default)]
struct Filter {
    head: [u8; HEADER_LONGEST],
    head_len: usize,
    payload_left: u64,
    dropping: bool,
}

impl<S> Capped<S> {
    /// A stream at the beginning of a frame.
    pub(crate) fn new(stream: S, cap: usize) -> Self {
        let cap = u64::try_from(cap).unwrap_or(u64::MAX);
        let (filter, spill) = (Filter::default(), [0; ROOM_SMALLEST]);
        Self { stream, cap, filter, spill, spilled: 0..0 }
    }

    /// Sets the limit for the frames to come.
    pub(crate) fn raise(&mut self, cap: usize) {
        self.cap = u64::try_from(cap).unwrap_or(u64::MAX);
    }
}

impl Filter {
    /// Filters `bytes[..len]` in place and returns how many are left. There must be room for
    /// [`HEADER_LONGEST`] bytes more than `len`: a header held back earlier comes on top.
    fn pass(&mut self, bytes: &mut [u8], len: usize, cap: u64) -> usize {
        // Everything is moved up first, so that what is written never overtakes what is read.
        bytes.copy_within(..len, HEADER_LONGEST);
        let (mut read, end, mut written) = (HEADER_LONGEST, HEADER_LONGEST + len, 0);
        while read < end {
            if self.payload_left > 0 {
                let left = usize::try_from(self.payload_left).unwrap_or(usize::MAX);
                let part = left.min(end - read);
                if !self.dropping {
                    bytes.copy_within(read..read + part, written);
                    written += part;
                }
                read += part;
                self.payload_left -= u64::try_from(part).unwrap_or(u64::MAX);
                continue;
            }
            let (Some(slot), Some(byte)) = (self.head.get_mut(self.head_len), bytes.get(read))
            else {
                return written;
            };
            *slot = *byte;
            self.head_len += 1;
            read += 1;
            if let Some((header, header_len)) = self.finish_header(cap)
                && let (Some(room), Some(header)) =
                    (bytes.get_mut(written..written + header_len), header.get(..header_len))
            {
                room.copy_from_slice(header);
                written += header_len;
            }
        }
        written
    }

    /// The header to pass on, when all of it is here.
    fn finish_header(&mut self, cap: u64) -> Option<([u8; HEADER_LONGEST], usize)> {
        let [first, second, extended @ ..] = self.head;
        if self.head_len < 2 {
            return None;
        }
        let (extended_len, mask_len) = match second & 0x7f {
            126 => (2, 4 * usize::from(second >> 7)),
            127 => (8, 4 * usize::from(second >> 7)),
            _ => (0, 4 * usize::from(second >> 7)),
        };
        let header_len = 2 + extended_len + mask_len;
        if self.head_len < header_len {
            return None;
        }
        let length = extended.iter().take(extended_len).fold(0_u64, |n, b| n << 8 | u64::from(*b));
        self.payload_left = if extended_len == 0 { u64::from(second & 0x7f) } else { length };
        self.dropping = self.payload_left > cap;
        let header = self.head;
        self.head_len = 0;
        if !self.dropping {
            return Some((header, header_len));
        }
        let mut empty = [0; HEADER_LONGEST];
        (empty[0], empty[1]) = (first, second & 0x80);
        Some((empty, 2 + mask_len))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Capped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, cap, filter, spill, spilled } = &mut *self;
        loop {
            if let Some(waiting) = spill.get(spilled.clone()).filter(|bytes| !bytes.is_empty()) {
                let part = waiting.len().min(out.remaining());
                out.put_slice(&waiting[..part]);
                spilled.start += part;
                return Poll::Ready(Ok(()));
            }
            let direct = out.remaining() >= ROOM_SMALLEST;
            let room = if direct { out.initialize_unfilled() } else { &mut spill[..] };
            let limit = room.len() - HEADER_LONGEST;
            let mut bytes = ReadBuf::new(&mut room[..limit]);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut bytes))?;
            let len = bytes.filled().len();
            if len == 0 {
                return Poll::Ready(Ok(()));
            }
            let written = filter.pass(room, len, *cap);
            if !direct {
                *spilled = 0..written;
            } else if written > 0 {
                out.advance(written);
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Capped<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame with a mask of zeros, so that the payload stands in clear.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut bytes = vec![first];
        match payload.len() {
            len @ 0..126 => bytes.push(0x80 | u8::try_from(len).unwrap()),
            len @ 126..65_536 => {
                bytes.push(0x80 | 126);
                bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
            }
            len => {
                bytes.push(0x80 | 127);
                bytes.extend(u64::try_from(len).unwrap().to_be_bytes());
            }
        }
        bytes.extend([0; 4]);
        bytes.extend(payload);
        bytes
    }

    fn filtered(bytes: &[u8], chunk: usize, cap: u64) -> Vec<u8> {
        let mut filter = Filter::default();
        let mut out = Vec::new();
        for part in bytes.chunks(chunk) {
            let mut room = part.to_vec();
            room.resize(part.len() + HEADER_LONGEST, 0xaa);
            let len = filter.pass(&mut room, part.len(), cap);
            out.extend_from_slice(&room[..len]);
        }
        out
    }

    #[test]
    fn large_frames_arrive_empty_and_the_others_whole_however_they_are_cut() {
        let sizes = [0, 1, 125, 126, 127, 1000, 1001, 65_535, 65_536, 100_000];
        let bodies: Vec<Vec<u8>> = sizes.iter().map(|&len| vec![7; len]).collect();
        let sent: Vec<u8> = bodies.iter().flat_map(|body| frame(0x81, body)).collect();
        let due: Vec<u8> = bodies
            .iter()
            .flat_map(|body| frame(0x81, if body.len() > 1000 { &[] } else { body }))
            .collect();
        for chunk in [1, 2, 3, 7, 13, 14, 15, 64, 4096, sent.len()] {
            assert!(filtered(&sent, chunk, 1000) == due, "cut at {chunk}");
            assert!(filtered(&sent, chunk, u64::MAX) == sent, "cut at {chunk}, no limit");
        }
    }

    #[test]
    fn a_frame_that_claims_the_whole_address_space_is_dropped_as_it_comes() {
        let mut bytes = vec![0x82, 0xff];
        bytes.extend(u64::MAX.to_be_bytes());
        bytes.extend([0; 100_000]);
        assert_eq!(filtered(&bytes, 4096, 65_536), [0x82, 0x80, 0, 0, 0, 0]);
    }
}
