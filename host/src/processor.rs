//! What this program has used of processors since it started, as the kernel accounts it:
//! getrusage(2). That is no clock: it stands still while others run.

use std::time::Duration;

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

/// Time of all threads, user and kernel; `None` where the kernel does not say.
pub(crate) fn of_program() -> Option<Duration> {
    used(UsageWho::RUSAGE_SELF)
}

/// Time of the thread that asks.
#[cfg_attr(
    not(any(feature = "budget", feature = "processes")),
    expect(dead_code, reason = "nothing asks what it costs")
)]
pub(crate) fn of_thread() -> Option<Duration> {
    used(UsageWho::RUSAGE_THREAD)
}

fn used(who: UsageWho) -> Option<Duration> {
    let usage = getrusage(who).ok()?;
    let sum = usage.user_time() + usage.system_time();
    u64::try_from(sum.num_microseconds()).ok().map(Duration::from_micros)
}
