//! Bounds of a connection's buffers, of which there is one of each for each agent, and of what
//! goes into all of them at once.

use std::time::Duration;

/// Bytes that are read from a socket at once: an ordinary report.
pub const READ_BUFFER_BYTES: usize = 4 * 1024;
/// Bytes in which a WebSocket begins to read frames, and in which each longer one is handed over.
/// Below 1 KiB the buffer shrinks again behind a message: `bytes` keeps larger ones' size.
pub const FRAME_BUFFER_BYTES: usize = 1000;
/// Messages to a viewer are collected up to this before they are written; an agent's answers are
/// flushed one by one and never fill it.
pub const WRITE_BUFFER_BYTES: usize = 16 * 1024;
/// A viewer that stopped reading costs this much beside the queue it shares: the longest answer to
/// a question.
pub const WRITE_BUFFER_BYTES_MAX: usize = 512 * 1024;

/// Readings that are acknowledged at once. All 20,000 of a commit took a tenth of a second, in
/// which viewers heard nothing.
pub const ACKS_AT_ONCE: u64 = 256;
/// Steps in which those of one commit are acknowledged, be they a storm's: each waits.
pub const ACK_STEPS_MAX: u64 = 100;
/// How long each step but the first waits.
pub const ACK_PAUSE: Duration = Duration::from_millis(4);
