//! A stream whose writes must make progress: how long all of it takes does not matter, but where
//! nothing at all leaves for a while nobody reads.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// The stream, and what is given back with it. It fails a write that had to wait for too long.
pub(super) struct Patient<S, P> {
    stream: S,
    _places: P,
    stall: Duration,
    /// There while a write waits.
    gives_up: Option<Pin<Box<Sleep>>>,
}

impl<S, P> Patient<S, P> {
    /// A stream on which a write may wait for this long; it holds these places to its end.
    pub(super) fn new(stream: S, stall: Duration, places: P) -> Self {
        Self { stream, _places: places, stall, gives_up: None }
    }

    /// What becomes of a step of writing: one that waits fails in the end.
    fn judge<T>(
        &mut self,
        step: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if step.is_ready() {
            self.gives_up = None;
            return step;
        }
        let stall = self.stall;
        ready!(self.gives_up.get_or_insert_with(|| Box::pin(sleep(stall))).as_mut().poll(context));
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, "nobody reads what is written")))
    }
}

impl<S: AsyncRead + Unpin, P: Unpin> AsyncRead for Patient<S, P> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, out)
    }
}

impl<S: AsyncWrite + Unpin, P: Unpin> AsyncWrite for Patient<S, P> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let step = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.judge(step, context)
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
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const STALL: Duration = Duration::from_millis(200);

    #[tokio::test]
    async fn who_reads_slowly_gets_all_and_who_reads_nothing_is_given_up() {
        let (theirs, mut reader) = duplex(16);
        let writer = tokio::spawn(async move {
            let mut stream = Patient::new(theirs, STALL, ());
            (stream.write_all(&[7; 160]).await, stream)
        });
        // Ten steps of a quarter of the limit each: longer than it all together.
        for _ in 0..10 {
            sleep(STALL / 4).await;
            reader.read_exact(&mut [0; 16]).await.unwrap();
        }
        let (written, mut stream) = writer.await.unwrap();
        written.unwrap();
        let error = stream.write_all(&[7; 160]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    }
}
