//! What the last attempts at a target say together.

use crate::limits::TARGET_ATTEMPTS;
use crate::percent::Percent;

/// The last [`TARGET_ATTEMPTS`] attempts, each with its latency in microseconds; and how many there
/// ever were.
#[derive(Debug, Clone)]
pub struct Window {
    /// In the order of time from `next` on, around the end; what is not there yet is not counted.
    attempts: [u32; TARGET_ATTEMPTS],
    next: usize,
    sent: u64,
    lost: u64,
}

/// In place of the latency of an attempt that was not answered.
const LOST: u32 = u32::MAX;

impl Default for Window {
    fn default() -> Self {
        Self { attempts: [LOST; TARGET_ATTEMPTS], next: 0, sent: 0, lost: 0 }
    }
}

impl Window {
    /// Takes in an attempt; `None` when it was not answered.
    pub fn push(&mut self, micros: Option<u32>) {
        self.attempts[self.next] = micros.unwrap_or(LOST);
        self.next = (self.next + 1) % TARGET_ATTEMPTS;
        self.sent += 1;
        self.lost += u64::from(micros.is_none());
    }

    /// Attempts since the beginning.
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// Those of them that were not answered.
    pub const fn lost(&self) -> u64 {
        self.lost
    }

    /// The latency of the last attempt, in milliseconds; `None` when it was not answered.
    pub fn latency(&self) -> Option<f64> {
        self.all().last().and_then(answered).map(|micros| millis(u64::from(micros)))
    }

    /// Share of the last attempts that was not answered.
    pub fn loss(&self) -> Percent {
        let lost = self.all().filter(|micros| *micros == LOST).count();
        Percent::of(lost as u64, self.all().count() as u64)
    }

    /// The least latency of the last attempts, in milliseconds.
    pub fn min(&self) -> Option<f64> {
        self.all().filter_map(answered).min().map(|micros| millis(u64::from(micros)))
    }

    /// The mean latency of the last attempts, in milliseconds.
    pub fn mean(&self) -> Option<f64> {
        mean(self.all().filter_map(answered))
    }

    /// The mean change from one answer to the next, in milliseconds; `None` below two answers.
    pub fn jitter(&self) -> Option<f64> {
        let (former, later) = (self.all().filter_map(answered), self.all().filter_map(answered));
        mean(former.zip(later.skip(1)).map(|(one, other)| one.abs_diff(other)))
    }

    /// The last attempts, in the order of time.
    fn all(&self) -> impl Iterator<Item = u32> {
        let count = usize::try_from(self.sent).unwrap_or(TARGET_ATTEMPTS).min(TARGET_ATTEMPTS);
        let first = self.next + TARGET_ATTEMPTS - count;
        (first..first + count).map(|at| self.attempts[at % TARGET_ATTEMPTS])
    }
}

fn answered(micros: u32) -> Option<u32> {
    (micros != LOST).then_some(micros)
}

fn mean(micros: impl Iterator<Item = u32>) -> Option<f64> {
    let (sum, count) =
        micros.fold((0, 0), |(sum, count), micros| (sum + u64::from(micros), count + 1));
    (count > 0).then(|| millis(sum / count))
}

/// With two decimals, as much as a loop that has other work can tell.
fn millis(micros: u64) -> f64 {
    // An hour has 3.6e8 hundredths.
    #[expect(clippy::cast_precision_loss)]
    let hundredths = ((micros + 5) / 10) as f64;
    hundredths / 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(attempts: &[Option<u32>]) -> Window {
        let mut window = Window::default();
        attempts.iter().for_each(|micros| window.push(*micros));
        window
    }

    #[test]
    fn nothing_is_known_before_the_first_attempt() {
        let window = Window::default();
        assert_eq!((window.sent(), window.lost()), (0, 0));
        assert_eq!(
            (window.latency(), window.min(), window.mean(), window.jitter()),
            (None, None, None, None)
        );
        assert_eq!(window.loss(), Percent::default());
    }

    #[test]
    fn attempts_are_counted_and_weighed() {
        let window = window(&[Some(10_004), None, Some(12_005), Some(11_000)]);
        assert_eq!((window.sent(), window.lost()), (4, 1));
        assert_eq!(window.latency(), Some(11.0));
        assert_eq!(window.min(), Some(10.0));
        assert_eq!(window.mean(), Some(11.0));
        // 2001 and 1005 microseconds from answer to answer.
        assert_eq!(window.jitter(), Some(1.5));
        assert_eq!(window.loss(), Percent::new(25.0));
    }

    #[test]
    fn a_lost_attempt_has_no_latency_and_is_no_zero() {
        let window = window(&[Some(500), None]);
        assert_eq!((window.latency(), window.min(), window.mean()), (None, Some(0.5), Some(0.5)));
        assert_eq!(window.jitter(), None, "one answer does not change");
    }

    #[test]
    fn only_the_last_attempts_are_weighed_and_all_are_counted() {
        let mut window = window(&[None; TARGET_ATTEMPTS]);
        assert_eq!(window.loss(), Percent::new(100.0));
        for at in 0..TARGET_ATTEMPTS {
            window.push(Some(1000 * u32::try_from(at).unwrap()));
        }
        assert_eq!((window.loss(), window.min()), (Percent::default(), Some(0.0)));
        assert_eq!(window.jitter(), Some(1.0), "in the order of time");
        assert_eq!((window.sent(), window.lost()), (40, 20));
        window.push(None);
        assert_eq!((window.loss(), window.min()), (Percent::new(5.0), Some(1.0)));
        assert_eq!(window.jitter(), Some(1.0));
    }
}
