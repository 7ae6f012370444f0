//! Bounds of what viewers are written.

use std::time::Duration;

/// Updates written to a viewer before its socket is flushed and read again.
pub const VIEWER_BATCH: usize = 64;
/// Rows of all hosts that have reported are told together so often: one message for 200 of the
/// largest fleet's, and no later than a person sees.
pub const ROWS_EVERY: Duration = Duration::from_millis(50);
/// The same where more than [`ROWS_CROWD`] look: each message is written to each of them.
pub const ROWS_EVERY_OF_CROWD: Duration = Duration::from_millis(200);
/// Viewers of rows that are many.
pub const ROWS_CROWD: usize = 200;
/// Messages a viewer of rows may be behind before it is told all hosts anew: 25 s of rows, which
/// are 1 MB of 2,000 hosts.
pub const ROWS_QUEUE_MAX: usize = 512;
/// Hosts that a viewer of rows is told of with one message when it comes: 20 kB.
pub const ROWS_AT_ONCE: usize = 64;
