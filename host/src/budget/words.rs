//! What the owner reads of his budget, a line each.

use std::time::Duration;

/// A hundredth of a percent of a processor, in microseconds a second.
pub(super) const HUNDREDTH: u64 = 100;

/// What the program took of a processor and what it may take, in microseconds a second.
#[derive(Debug, Clone, Copy)]
pub(super) struct Whole {
    pub(super) took: u64,
    pub(super) may: u64,
}

impl Whole {
    /// These collectors, which took so much of it, are read so far apart instead of as before.
    pub(super) fn rarer(self, names: &str, cost: u64, after: Duration, before: Duration) -> String {
        let (took, may, cost) = (percent(self.took), percent(self.may), percent(cost));
        let (after, before) = (seconds(after), seconds(before));
        format!(
            "budget: the agent took {took} of a processor, more than {may}; read every {after} \
             instead of every {before} from now on: {names}, which took {cost}"
        )
    }

    /// These are read so far apart again.
    pub(super) fn again(self, names: &str, apart: Duration) -> String {
        let (took, may, apart) = (percent(self.took), percent(self.may), seconds(apart));
        format!(
            "budget: the agent took {took} of a processor, well below {may}; read every {apart} \
             again: {names}"
        )
    }

    /// Nothing can be done.
    pub(super) fn helpless(self) -> String {
        let (took, may) = (percent(self.took), percent(self.may));
        format!(
            "budget: the agent took {took} of a processor, more than {may}, and nothing that could \
             be read less often takes much of it; a longer interval or fewer servers help"
        )
    }
}

/// So many bytes of memory are more than there may be.
pub(super) fn too_large(rss: u64, may: u64) -> String {
    let (rss, may) = (rss / 1000, may / 1000);
    format!(
        "budget: the agent has {rss} kB of memory, more than {may} kB; reading less often frees \
         none: fewer servers, probes or collectors do, from the next start on"
    )
}

/// They are no more than that again.
pub(super) fn small_again(rss: u64, may: u64) -> String {
    format!("budget: the agent has {} kB of memory, within {} kB", rss / 1000, may / 1000)
}

fn percent(micros: u64) -> String {
    let (whole, part) = (micros / HUNDREDTH / 100, micros / HUNDREDTH % 100);
    match part {
        0 => format!("{whole} %"),
        part if part % 10 == 0 => format!("{whole}.{} %", part / 10),
        part => format!("{whole}.{part:02} %"),
    }
}

fn seconds(time: Duration) -> String {
    format!("{} s", (time.as_millis() + 500) / 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_have_two_decimals_at_most() {
        let told = [0, 99, 100, 1000, 10_000, 14_250, 20_599, 1_000_000].map(percent);
        let expected = ["0 %", "0 %", "0.01 %", "0.1 %", "1 %", "1.42 %", "2.05 %", "100 %"];
        assert_eq!(told, expected);
    }
}
