//! What this program has used of processors since it started, as the kernel accounts it. That is
//! no clock, though the call is that of clocks: it stands still while others run.
//!
//! getrusage(2) has it as well, but of a thread only as far as the last tick or sleep: what takes
//! less than a tick, a few milliseconds, has taken nothing by it.

use std::time::Duration;

use nix::time::{ClockId, clock_gettime};

/// Time of all threads, user and kernel; `None` where the kernel does not say.
pub(crate) fn of_program() -> Option<Duration> {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).ok().map(Duration::from)
}

/// Time of the thread that asks.
#[cfg_attr(
    not(any(feature = "budget", feature = "processes")),
    expect(dead_code, reason = "nothing asks what it costs")
)]
pub(crate) fn of_thread() -> Option<Duration> {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).ok().map(Duration::from)
}

#[cfg(test)]
#[cfg(any(feature = "budget", feature = "processes"))]
mod tests {
    use super::*;

    #[test]
    fn what_takes_less_than_a_tick_is_seen() {
        // By ticks it would be nothing until it is one, now and then cut short by a sleep.
        let seen = (0..50).filter(|_| {
            let begun = of_thread().unwrap();
            let used = || of_thread().unwrap().saturating_sub(begun);
            let first = (0..1_000_000).map(|_| used()).find(|used| !used.is_zero());
            first.is_some_and(|first| first < Duration::from_micros(200))
        });
        assert!(seen.count() > 25);
        assert!(of_program() >= of_thread());
    }
}
