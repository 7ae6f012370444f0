//! The only reader of clocks.

use kinglet_proto::time::{Instant, Now, WallTime};
use nix::time::{ClockId, clock_gettime};

/// Both times, now: boottime counts suspend, the wall clock is a label.
pub fn now() -> Now {
    let instant = Instant::from_millis(read(ClockId::CLOCK_BOOTTIME));
    Now { instant, wall: WallTime::from_unix_millis(read(ClockId::CLOCK_REALTIME)) }
}

/// Milliseconds of a clock; zero where it cannot be read or lies before its epoch.
fn read(clock: ClockId) -> u64 {
    let Ok(time) = clock_gettime(clock) else { return 0 };
    let seconds = u64::try_from(time.tv_sec()).unwrap_or(0);
    seconds.saturating_mul(1000) + u64::try_from(time.tv_nsec()).unwrap_or(0) / 1_000_000
}
