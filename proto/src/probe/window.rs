//! What the last attempts at a target say together.

use crate::limits::TARGET_ATTEMPTS;
use crate::percent::Percent;
use crate::sample::Probe;

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

    /// What is told of it, in the probe of a sample.
    pub fn tell(&self, probe: &mut Probe) {
        let count = usize::try_from(self.sent).unwrap_or(TARGET_ATTEMPTS).min(TARGET_ATTEMPTS);
        let (mut sum, mut answered, mut min, mut changes, mut former) = (0, 0, LOST, 0, None);
        // In the order of time.
        for after in 0..count {
            let at = (self.next + TARGET_ATTEMPTS - count + after) % TARGET_ATTEMPTS;
            let micros = self.attempts[at];
            if micros != LOST {
                changes += u64::from(former.map_or(0, |former| micros.abs_diff(former)));
                (sum, answered, min) = (sum + u64::from(micros), answered + 1, min.min(micros));
                former = Some(micros);
            }
        }
        let last = self.attempts[(self.next + TARGET_ATTEMPTS - 1) % TARGET_ATTEMPTS];
        probe.latency = (last != LOST).then(|| millis(u64::from(last)));
        probe.latency_min = (answered > 0).then(|| millis(u64::from(min)));
        probe.latency_mean = sum.checked_div(answered).map(millis);
        probe.jitter =
            answered.checked_sub(1).and_then(|steps| changes.checked_div(steps)).map(millis);
        probe.loss_percent = Some(Percent::of(count as u64 - answered, count as u64));
        (probe.sent, probe.lost) = (self.sent, self.lost);
    }
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

    fn told(window: &Window) -> Probe {
        let mut probe = Probe::default();
        window.tell(&mut probe);
        probe
    }

    #[test]
    fn nothing_is_known_before_the_first_attempt() {
        let probe = told(&Window::default());
        assert_eq!((probe.sent, probe.lost), (0, 0));
        assert_eq!((probe.latency, probe.latency_min, probe.latency_mean), (None, None, None));
        assert_eq!((probe.jitter, probe.loss_percent), (None, Some(Percent::default())));
    }

    #[test]
    fn attempts_are_counted_and_weighed() {
        let probe = told(&window(&[Some(10_004), None, Some(12_005), Some(11_000)]));
        assert_eq!((probe.sent, probe.lost), (4, 1));
        assert_eq!(probe.latency, Some(11.0));
        assert_eq!(probe.latency_min, Some(10.0));
        assert_eq!(probe.latency_mean, Some(11.0));
        // 2001 and 1005 microseconds from answer to answer.
        assert_eq!(probe.jitter, Some(1.5));
        assert_eq!(probe.loss_percent, Some(Percent::new(25.0)));
    }

    #[test]
    fn a_lost_attempt_has_no_latency_and_is_no_zero() {
        let probe = told(&window(&[Some(500), None]));
        assert_eq!((probe.latency, probe.latency_min), (None, Some(0.5)));
        assert_eq!(probe.latency_mean, Some(0.5));
        assert_eq!(probe.jitter, None, "one answer does not change");
    }

    #[test]
    fn only_the_last_attempts_are_weighed_and_all_are_counted() {
        let mut window = window(&[None; TARGET_ATTEMPTS]);
        assert_eq!(told(&window).loss_percent, Some(Percent::new(100.0)));
        for at in 0..TARGET_ATTEMPTS {
            window.push(Some(1000 * u32::try_from(at).unwrap()));
        }
        let probe = told(&window);
        assert_eq!((probe.loss_percent, probe.latency_min), (Some(Percent::default()), Some(0.0)));
        assert_eq!(probe.jitter, Some(1.0), "in the order of time");
        assert_eq!((probe.sent, probe.lost), (40, 20));
        window.push(None);
        let probe = told(&window);
        assert_eq!((probe.loss_percent, probe.latency_min), (Some(Percent::new(5.0)), Some(1.0)));
        assert_eq!(probe.jitter, Some(1.0));
    }
}
