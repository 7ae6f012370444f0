//! The only reader of clocks.
//!
//! Elapsed time is `CLOCK_BOOTTIME`, so a suspended host wakes up to deadlines that have passed;
//! the wall clock is read for labels and for certificates.

use std::time::{Duration, SystemTime};

use kinglet_proto::time::{Instant, Now, WallTime};
use nix::time::{ClockId, clock_gettime};
use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;

/// When this version was made (2026-11-01 UTC), unless the build says so by `SOURCE_DATE_EPOCH`.
const BUILT_UNIX_SECONDS: u64 = 1_793_491_200;

/// What both clocks say now.
pub fn now() -> Now {
    Now { instant: boottime(), wall: wall() }
}

/// Microseconds since boot, for what is shorter than an [`Instant`] can tell.
#[cfg(feature = "probe")]
pub(crate) fn micros() -> u64 {
    let elapsed = clock_gettime(ClockId::CLOCK_BOOTTIME).map(Duration::from).unwrap_or_default();
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}

/// Whether the wall clock is behind the day this program was built, so it cannot be right: a board
/// without a battery begins in 1970 until it has asked a time server.
pub fn is_unset() -> bool {
    wall() < built()
}

/// The day this program was built.
pub fn built() -> WallTime {
    WallTime::from_unix_millis(built_unix_seconds().saturating_mul(1000))
}

fn boottime() -> Instant {
    let elapsed = clock_gettime(ClockId::CLOCK_BOOTTIME)
        .or_else(|_| clock_gettime(ClockId::CLOCK_MONOTONIC))
        .map(Duration::from)
        .unwrap_or_default();
    Instant::from_millis(u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX))
}

#[expect(clippy::disallowed_methods, reason = "this module owns the clocks")]
fn wall() -> WallTime {
    let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    WallTime::from_unix_millis(u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX))
}

fn built_unix_seconds() -> u64 {
    option_env!("SOURCE_DATE_EPOCH")
        .and_then(|text| text.parse().ok())
        .unwrap_or(BUILT_UNIX_SECONDS)
}

/// The time certificates are checked against: never before this program was built.
///
/// A clock that begins in 1970 would refuse every certificate as "not valid yet"; the build date is
/// the latest moment that has surely passed, but for the day a certificate was issued since.
#[derive(Debug)]
pub(crate) struct CertificateClock;

impl TimeProvider for CertificateClock {
    fn current_time(&self) -> Option<UnixTime> {
        let seconds = wall().max(built()).unix_seconds();
        Some(UnixTime::since_unix_epoch(Duration::from_secs(seconds)))
    }
}
