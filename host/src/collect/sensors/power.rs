//! The Raspberry Pi's power supply: the firmware's flags, and a diary of them.

use std::time::Duration;

use kinglet_proto::sample::{Power, Sample};
use kinglet_proto::time::{Instant, Now};

use crate::collect::Collector;
use crate::kernel::sensor::{self, Flag};
use crate::read::{Buffer, HotFile, Root};

/// Reads power flags at every sample: a dip lasts less than a second.
#[derive(Debug)]
pub(super) struct PowerCollector {
    source: Option<Source>,
    before_at: Instant,
    /// Undervoltage, clock capped, throttled, soft limit.
    diary: [Entry; 4],
}

/// Where it is told.
#[derive(Debug)]
enum Source {
    /// By the Pi's own kernel, whole.
    Flags(HotFile),
    /// By others: undervoltage alone.
    Alarm(HotFile),
}

/// What is known of one flag.
#[derive(Debug, Clone, Copy, Default)]
struct Entry {
    is_on: bool,
    /// How often it set in.
    count: u64,
    on_ms: u64,
    last: Option<Instant>,
}

impl PowerCollector {
    pub(super) fn new(sys: &Root) -> Self {
        let (before_at, diary) = (Instant::default(), Default::default());
        Self { source: find_firmware(sys), before_at, diary }
    }

    fn read(&mut self, now: Now, buffer: &mut Buffer) -> Option<Power> {
        let (flags, is_whole) = match self.source.as_mut()? {
            Source::Flags(file) => {
                (sensor::parse_throttled(file.read(now.instant, buffer)?)?, true)
            }
            Source::Alarm(file) => {
                let alarm = sensor::parse_alarm(file.read(now.instant, buffer)?)?;
                ([alarm, Flag::default(), Flag::default(), Flag::default()], false)
            }
        };
        Some(self.note(flags, is_whole, now))
    }

    /// Writes into the diary what the flags are now.
    fn note(&mut self, flags: [Flag; 4], is_whole: bool, now: Now) -> Power {
        let elapsed = now.instant.since(self.before_at).as_millis();
        self.before_at = now.instant;
        for (entry, flag) in self.diary.iter_mut().zip(flags) {
            entry.note(flag, u64::try_from(elapsed).unwrap_or_default(), now.instant);
        }
        let [undervoltage, capped, throttled, soft] = self.diary;
        let whole = |value| is_whole.then_some(value);
        let last = |entry: Entry| {
            // The clock may have been set since.
            let ago = now.instant.since(entry.last?).as_secs();
            Some(now.wall.unix_seconds().saturating_sub(ago))
        };
        Power {
            undervoltage: undervoltage.is_on,
            throttled: is_whole.then_some(throttled.is_on),
            frequency_capped: is_whole.then_some(capped.is_on),
            soft_limit: is_whole.then_some(soft.is_on),
            undervoltage_count: undervoltage.count,
            throttled_count: whole(throttled.count),
            frequency_capped_count: whole(capped.count),
            soft_limit_count: whole(soft.count),
            undervoltage_seconds: undervoltage.on_ms / 1000,
            throttled_seconds: whole(throttled.on_ms / 1000),
            frequency_capped_seconds: whole(capped.on_ms / 1000),
            soft_limit_seconds: whole(soft.on_ms / 1000),
            undervoltage_last: last(undervoltage),
            throttled_last: last(throttled),
            frequency_capped_last: last(capped),
            soft_limit_last: last(soft),
        }
    }
}

impl Collector for PowerCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        sample.power = self.read(Now { instant: now, wall: sample.timestamp }, buffer);
    }

    fn apart(&self) -> Option<Duration> {
        self.source.is_none().then_some(Duration::ZERO)
    }
}

impl Entry {
    /// What it is now, this long after it was noted last: it was all that time what it was then.
    fn note(&mut self, flag: Flag, elapsed_ms: u64, now: Instant) {
        if self.is_on {
            self.on_ms += elapsed_ms;
        }
        self.count += u64::from(flag.now && !self.is_on);
        // It happened, but between two samples or before the agent started.
        if flag.before && self.count == 0 {
            self.count = 1;
        }
        self.is_on = flag.now;
        if flag.now {
            self.last = Some(now);
        }
    }
}

/// The firmware's place in sysfs: `soc/soc:firmware` up to the Pi 4, with an address on later ones.
fn find_firmware(sys: &Root) -> Option<Source> {
    let platform = "devices/platform";
    for soc in sys.names(platform).iter().filter(|name| name.starts_with("soc")) {
        let at = format!("{platform}/{soc}");
        for firmware in sys.names(&at).iter().filter(|name| name.ends_with(":firmware")) {
            let file = format!("{at}/{firmware}/get_throttled");
            if sys.exists(&file) {
                return Some(Source::Flags(sys.file(file)));
            }
            let driver = format!("{at}/{firmware}/raspberrypi-hwmon/hwmon");
            if let Some(chip) = sys.names(&driver).first() {
                return Some(Source::Alarm(sys.file(format!("{driver}/{chip}/in0_lcrit_alarm"))));
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs;

    use kinglet_proto::time::WallTime;

    use super::*;

    /// A Pi whose clock is 1,000,000 s ahead of the time since boot.
    struct Pi {
        collector: PowerCollector,
    }

    impl Pi {
        fn new() -> Self {
            let (before_at, diary) = (Instant::default(), Default::default());
            Self { collector: PowerCollector { source: None, before_at, diary } }
        }

        fn note(&mut self, seconds: u64, bits: &str) -> Power {
            let wall = WallTime::from_unix_millis((1_000_000 + seconds) * 1000);
            let now = Now { instant: Instant::from_millis(seconds * 1000), wall };
            let flags = sensor::parse_throttled(bits.as_bytes()).unwrap();
            self.collector.note(flags, true, now)
        }
    }

    #[test]
    fn each_onset_counts_once_and_what_was_before_counts_one() {
        let mut pi = Pi::new();
        let mut counted = |bits: &str| {
            let power = pi.note(0, bits);
            (power.undervoltage, power.undervoltage_count, power.throttled_count)
        };
        assert_eq!(counted("0"), (false, 0, Some(0)));
        assert_eq!(counted("10001"), (true, 1, Some(0)));
        assert_eq!(counted("10001"), (true, 1, Some(0)), "it lasts");
        assert_eq!(counted("10000"), (false, 1, Some(0)));
        assert_eq!(counted("50001"), (true, 2, Some(1)), "throttled between two samples");
    }

    #[test]
    fn what_happened_before_the_agent_started_counts_one() {
        let power = Pi::new().note(5, "50000");
        assert_eq!((power.undervoltage_count, power.throttled_count), (1, Some(1)));
        assert_eq!(power.frequency_capped_count, Some(0));
        assert_eq!((power.undervoltage_seconds, power.undervoltage_last), (0, None));
    }

    #[test]
    fn the_diary_tells_how_long_and_when_last() {
        let mut pi = Pi::new();
        pi.note(10, "0");
        pi.note(15, "80008");
        let power = pi.note(20, "80008");
        assert_eq!((power.soft_limit, power.soft_limit_seconds), (Some(true), Some(5)));
        let power = pi.note(25, "80000");
        assert_eq!((power.soft_limit, power.soft_limit_seconds), (Some(false), Some(10)));
        assert_eq!((power.soft_limit_count, power.soft_limit_last), (Some(1), Some(1_000_020)));
        let power = pi.note(60, "80009");
        assert_eq!((power.soft_limit_seconds, power.soft_limit_count), (Some(10), Some(2)));
        assert_eq!((power.undervoltage_seconds, power.undervoltage_last), (0, Some(1_000_060)));
    }

    #[test]
    fn a_kernel_without_the_flags_tells_of_undervoltage_alone() {
        let path = std::env::temp_dir().join(format!("kinglet-power-{}", std::process::id()));
        let chip = path.join("devices/platform/soc/soc:firmware/raspberrypi-hwmon/hwmon/hwmon1");
        fs::create_dir_all(&chip).unwrap();
        fs::write(chip.join("in0_lcrit_alarm"), "1\n").unwrap();
        let mut collector = PowerCollector::new(&Root::new(&path));
        let mut sample = Sample::default();
        collector.collect(Instant::from_millis(5000), &mut Buffer::default(), &mut sample);
        let power = sample.power.unwrap();
        assert_eq!((power.undervoltage, power.undervoltage_count), (true, 1));
        assert_eq!((power.throttled, power.throttled_count, power.soft_limit), (None, None, None));
        fs::remove_dir_all(&path).unwrap();
        assert!(PowerCollector::new(&Root::new(&path)).source.is_none());
    }
}
