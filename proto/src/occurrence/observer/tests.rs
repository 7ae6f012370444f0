use super::*;
use crate::sample::{Filesystem, Kernel, Power, Temperature};
use crate::time::WallTime;

/// Looks at samples, ten seconds apart.
#[derive(Default)]
struct Eyes {
    observer: Observer,
    second: u64,
    trouble: Option<&'static str>,
}

impl Eyes {
    fn look(&mut self, sample: &Sample) -> Vec<Occurrence> {
        self.second += 10;
        if let Some(reason) = self.trouble {
            self.observer.note_trouble("sensors", &reason);
        }
        let instant = Instant::from_millis(self.second * 1000);
        let wall = WallTime::from_unix_millis(self.second * 1000);
        self.observer.observe(sample, Now { instant, wall }).to_vec()
    }

    /// What so many looks at the same see, and at which of them.
    fn look_often(&mut self, times: usize, sample: &Sample) -> Vec<(usize, String)> {
        let mut seen = Vec::new();
        for time in 1..=times {
            for occurrence in self.look(sample) {
                let Occurrence::Status(status) = occurrence else { panic!("{occurrence:?}") };
                seen.push((time, status.to_string()));
            }
        }
        seen
    }
}

fn counts(kills: Option<u64>, undervoltage_count: u64, throttled_count: Option<u64>) -> Sample {
    Sample {
        kernel: Some(Kernel { oom_kills: kills, ..Kernel::default() }),
        power: Some(Power { undervoltage_count, throttled_count, ..Power::default() }),
        ..Sample::default()
    }
}

fn mounts(list: &[(&str, bool)]) -> Sample {
    let mount = |(name, read_only): &(&str, bool)| Filesystem {
        mount_point: (*name).to_owned(),
        read_only: *read_only,
        ..Filesystem::default()
    };
    Sample { filesystems: list.iter().map(mount).collect(), ..Sample::default() }
}

fn warm() -> Sample {
    let temperature = Temperature { label: "cpu".to_owned(), ..Temperature::default() };
    Sample { temperatures: vec![temperature], ..Sample::default() }
}

#[test]
fn what_a_counter_grew_by_is_told_once_and_what_was_before_never() {
    let mut eyes = Eyes::default();
    assert_eq!(eyes.look(&counts(Some(7), 1, Some(1))), []);
    assert_eq!(eyes.look(&counts(Some(9), 1, Some(1))), [Occurrence::OomKill(2)]);
    assert_eq!(eyes.look(&counts(Some(9), 1, Some(1))), []);
    let both = [Occurrence::Undervoltage, Occurrence::Throttled];
    assert_eq!(eyes.look(&counts(Some(9), 4, Some(2))), both);
    // A pause, and a counter that begins anew.
    assert_eq!(eyes.look(&Sample::default()), []);
    assert_eq!(eyes.look(&counts(None, 5, None)), [Occurrence::Undervoltage]);
    assert_eq!(
        eyes.look(&counts(Some(10), 5, Some(3))),
        [Occurrence::OomKill(1), Occurrence::Throttled]
    );
    assert_eq!(eyes.look(&counts(Some(0), 0, Some(0))), []);
    assert_eq!(eyes.look(&counts(Some(1), 0, Some(0))), [Occurrence::OomKill(1)]);
}

#[test]
fn a_mount_that_turns_read_only_is_told_and_one_that_always_was_is_not() {
    let mut eyes = Eyes::default();
    let gone = |name: &str| [Occurrence::ReadOnly(name.to_owned())];
    assert_eq!(eyes.look(&mounts(&[("/", false), ("/boot", true)])), []);
    assert_eq!(eyes.look(&mounts(&[("/", true), ("/boot", true)])), gone("/"));
    assert_eq!(eyes.look(&mounts(&[("/", true), ("/boot", true)])), []);
    assert_eq!(eyes.look(&mounts(&[("/", false), ("/usb", false)])), []);
    assert_eq!(eyes.look(&mounts(&[("/", true), ("/usb", false)])), gone("/"));
    // Another stick, and one that is protected.
    assert_eq!(eyes.look(&mounts(&[("/", true)])), []);
    assert_eq!(eyes.look(&mounts(&[("/", true), ("/usb", true)])), []);
}

#[test]
fn a_collector_has_another_state_when_it_has_held_for_a_minute() {
    let mut eyes = Eyes::default();
    // What is there within the first minute was there from the start.
    assert_eq!(eyes.look_often(3, &Sample::default()), []);
    assert_eq!(eyes.look_often(20, &warm()), []);
    // A stick that is pulled for a moment, then for good, then comes again.
    assert_eq!(eyes.look_often(5, &Sample::default()), []);
    assert_eq!(eyes.look_often(1, &warm()), []);
    assert_eq!(eyes.look_often(20, &Sample::default()), [(7, "sensors: absent".to_owned())]);
    assert_eq!(eyes.look_often(20, &warm()), [(7, "sensors: running".to_owned())]);
}

#[test]
fn a_collector_in_trouble_says_what_it_is() {
    let mut eyes = Eyes { trouble: Some("/sys/x: no answer"), ..Eyes::default() };
    let told = [(7, "sensors: degraded: /sys/x: no answer".to_owned())];
    assert_eq!(eyes.look_often(20, &warm()), told, "from the start, too");
    eyes.trouble = None;
    assert_eq!(eyes.look_often(20, &warm()), [(7, "sensors: running".to_owned())]);
    // The reason is the one of now, and trouble matters more than a part that is missing.
    eyes.trouble = Some("/sys/y: refused");
    let told = [(7, "sensors: degraded: /sys/y: refused".to_owned())];
    assert_eq!(eyes.look_often(20, &Sample::default()), told);
}

#[test]
fn looks_that_are_rare_must_be_several() {
    let mut eyes = Eyes::default();
    let rare = |eyes: &mut Eyes, sample: &Sample| {
        eyes.second += 3600;
        eyes.look(sample).len()
    };
    assert_eq!([rare(&mut eyes, &warm()), rare(&mut eyes, &warm())], [0, 0]);
    assert_eq!([0; 3].map(|_| rare(&mut eyes, &Sample::default())), [0, 0, 1]);
}
