//! A WebSocket client's bytes with every message over a limit emptied on the way, be it one frame
//! or many.
//!
//! A message that is too large costs its sender that message and nobody any memory: it arrives as
//! an empty one, and its payload is read and dropped, so the protocol above goes on undisturbed. (A
//! decoder that is merely told a limit can only give up on the connection.)

mod filter;
#[cfg(fuzzing)]
pub(super) mod fuzz;

use std::io;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use filter::Filter;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Semaphore;

use crate::limits::READ_BUFFER_BYTES;

/// The longest frame header of a client: two bytes, length in eight, mask in four.
const HEADER_LONGEST: usize = 14;

/// A stream whose large messages arrive empty.
pub(crate) struct Capped<S> {
    stream: S,
    filter: Filter,
    /// Nothing was passed on yet of what was read last.
    is_fresh: bool,
}

impl<S> Capped<S> {
    /// A stream at the beginning of a frame.
    pub(crate) fn new(stream: S, cap: usize) -> Self {
        Self { stream, filter: Filter::new(u64::try_from(cap).unwrap_or(u64::MAX)), is_fresh: true }
    }

    /// Sets the limit for the messages to come. With `places` one above it, of at most
    /// [`MESSAGE_LARGE_MAX`](crate::limits::MESSAGE_LARGE_MAX) bytes, is taken when it finds a
    /// place, which it keeps until it is handled.
    pub(crate) fn set_cap(&mut self, cap: usize, places: Option<Arc<Semaphore>>) {
        self.filter.set_cap(u64::try_from(cap).unwrap_or(u64::MAX), places);
    }

    /// Bytes of the last message that was skipped; told once.
    pub(crate) fn take_skipped(&mut self) -> Option<u64> {
        self.filter.take_skipped()
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Capped<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let Self { stream, filter, is_fresh } = &mut *self;
        loop {
            let waiting = filter.waiting();
            if !waiting.is_empty() {
                // A frame's header first: tungstenite makes room for the whole frame behind what it
                // has, and what is then left over keeps that room from being given back.
                let most = if mem::take(is_fresh) { HEADER_LONGEST } else { usize::MAX };
                let part = waiting.len().min(out.remaining()).min(most);
                out.put_slice(waiting.get(..part).unwrap_or_default());
                filter.advance(part);
                return Poll::Ready(Ok(()));
            }
            // Into room of the moment: the buffer of a connection is no larger than what waits.
            let mut room = [0; READ_BUFFER_BYTES];
            let limit = room.len() - HEADER_LONGEST;
            let mut bytes = ReadBuf::new(&mut room[..limit]);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut bytes))?;
            let len = bytes.filled().len();
            if len == 0 {
                return Poll::Ready(Ok(()));
            }
            let written = filter.pass(&mut room, len);
            filter.put_first(room.get(..written).unwrap_or_default());
            *is_fresh = true;
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
