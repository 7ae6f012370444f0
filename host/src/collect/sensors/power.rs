//! The Raspberry Pi firmware's power flags.

use kinglet_proto::sample::{Power, Sample};
use kinglet_proto::time::Instant;

use crate::collect::Collector;
use crate::kernel::sensor::{self, Throttled};
use crate::read::{Buffer, HotFile, Root};

/// Reads power flags at every sample: a dip lasts less than a second.
#[derive(Debug)]
pub(super) struct PowerCollector {
    file: Option<HotFile>,
    counts: Counts,
}

/// Flags of the last sample and how often each set in.
#[derive(Debug, Default)]
struct Counts {
    last: Throttled,
    power: Power,
}

impl PowerCollector {
    pub(super) fn new(sys: &Root) -> Self {
        Self { file: find_firmware(sys), counts: Counts::default() }
    }

    fn read(&mut self, now: Instant, buffer: &mut Buffer) -> Option<Power> {
        let value = self.file.as_mut()?.read(now, buffer)?;
        Some(self.counts.update(sensor::parse_throttled(value)?))
    }
}

impl Collector for PowerCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        sample.power = self.read(now, buffer);
    }
}

impl Counts {
    fn update(&mut self, flags: Throttled) -> Power {
        let last = std::mem::replace(&mut self.last, flags);
        let power = &mut self.power;
        (power.undervoltage, power.throttled) = (flags.undervoltage, flags.throttled);
        power.frequency_capped = flags.frequency_capped;
        let count = |count: &mut u64, was: bool, is: bool, before: bool| {
            *count += u64::from(is && !was);
            // It happened, but between two samples or before the agent started.
            if before && *count == 0 {
                *count = 1;
            }
        };
        count(
            &mut power.undervoltage_count,
            last.undervoltage,
            flags.undervoltage,
            flags.undervoltage_before,
        );
        count(&mut power.throttled_count, last.throttled, flags.throttled, flags.throttled_before);
        count(
            &mut power.frequency_capped_count,
            last.frequency_capped,
            flags.frequency_capped,
            flags.frequency_capped_before,
        );
        *power
    }
}

/// The firmware's place in sysfs: `soc/soc:firmware` up to the Pi 4, with an address on later ones.
fn find_firmware(sys: &Root) -> Option<HotFile> {
    let platform = "devices/platform";
    for soc in sys.names(platform).iter().filter(|name| name.starts_with("soc")) {
        let at = format!("{platform}/{soc}");
        for firmware in sys.names(&at).iter().filter(|name| name.ends_with(":firmware")) {
            let file = format!("{at}/{firmware}/get_throttled");
            if sys.exists(&file) {
                return Some(sys.file(file));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_onset_counts_once_and_what_was_before_counts_one() {
        let mut counts = Counts::default();
        let mut counted = |bits: &str| {
            let power = counts.update(sensor::parse_throttled(bits.as_bytes()).unwrap());
            (power.undervoltage, power.undervoltage_count, power.throttled_count)
        };
        assert_eq!(counted("0"), (false, 0, 0));
        assert_eq!(counted("10001"), (true, 1, 0));
        assert_eq!(counted("10001"), (true, 1, 0), "it lasts");
        assert_eq!(counted("10000"), (false, 1, 0));
        assert_eq!(counted("50001"), (true, 2, 1), "throttled between two samples");
    }

    #[test]
    fn what_happened_before_the_agent_started_counts_one() {
        let mut counts = Counts::default();
        let power = counts.update(sensor::parse_throttled(b"50000").unwrap());
        assert_eq!((power.undervoltage_count, power.throttled_count), (1, 1));
        assert_eq!(power.frequency_capped_count, 0);
    }
}
