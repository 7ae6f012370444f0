//! Of what owners decide of hosts.

use std::time::Duration;

/// Between two looks at the files of hosts.
pub const DECISIONS_PAUSE: Duration = Duration::from_secs(1);
/// Every so many looks all files are read, changed in their place or not.
pub const DECISIONS_THOROUGH_EVERY: u64 = 30;
/// Bytes of what an owner calls a host, its group or its place.
pub const LABEL_BYTES_MAX: usize = 128;
/// Bytes of a request that decides something.
pub const DECISION_BYTES_MAX: usize = 4 * 1024;
