//! From counters to rates: what a counter that goes backwards means, in one place.
//!
//! A counter lower than before was reset (a replaced `ppp0`, a driver reloaded, a disk unplugged)
//! or wrapped at 2^32. A reset has no difference to tell, so the rate is absent for one interval:
//! never negative, never a petabyte. Only where the kernel is known to count in 32 bits is the
//! wrap made good.

use std::time::Duration;

use kinglet_proto::percent::scaled;

/// How wide a counter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// 64 bits: it never wraps in practice.
    Wide,
    /// 32 bits: it may wrap.
    Narrow,
}

impl Width {
    /// Of byte and sector counters: `unsigned long` in many drivers.
    pub(super) const NATIVE: Self =
        if cfg!(target_pointer_width = "32") { Self::Narrow } else { Self::Wide };
}

/// What a counter grew by; `None` when it was reset.
pub(super) fn growth(before: u64, after: u64, width: Width) -> Option<u64> {
    if after >= before {
        return Some(after - before);
    }
    // A wrap comes from the last quarter and ends in the first: 1 GB within one interval at least
    // would be needed for another. A reset looks like that only by chance.
    let wrapped = width == Width::Narrow && before >> 30 == 3 && after >> 30 == 0;
    wrapped.then(|| after + (1 << 32) - before)
}

/// `amount` a second, rounded down; `None` when no time has passed.
pub(super) fn per_second(amount: u64, elapsed: Duration) -> Option<u64> {
    let ms = u64::try_from(elapsed.as_millis()).ok().filter(|ms| *ms > 0)?;
    Some(scaled(amount, 1000, ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_that_goes_back_is_a_wrap_or_a_reset() {
        let (near, gib) = ((1 << 32) - 10, 1 << 30);
        for (before, after, width, grown) in [
            (5, 9, Width::Wide, Some(4)),
            (5, 5, Width::Wide, Some(0)),
            (9, 5, Width::Wide, None),
            (near, 5, Width::Wide, None),
            (near, 5, Width::Narrow, Some(15)),
            (near, 2 * gib, Width::Narrow, None),
            (gib, 5, Width::Narrow, None),
            (1 << 33, 5, Width::Narrow, None),
            (u64::MAX, 0, Width::Narrow, None),
        ] {
            assert_eq!(growth(before, after, width), grown, "{before} {after} {width:?}");
        }
    }

    #[test]
    fn a_rate_needs_time() {
        assert_eq!(per_second(1000, Duration::from_millis(200)), Some(5000));
        assert_eq!(per_second(1, Duration::ZERO), None);
        assert_eq!(per_second(u64::MAX, Duration::from_millis(1)), Some(u64::MAX));
    }
}
