//! A sampler that runs for months: ten thousand samples of this host leave it as large as a
//! hundred did, with as many open files and threads.

use std::fs;
use std::time::Duration;

use kinglet_host::{Options, Roots, Router, Sampler};
use kinglet_proto::time::{Instant, Now, WallTime};

/// Growth allowed for what the allocator keeps: one page more, eight times over.
const SLACK_KIB: u64 = 32;

#[test]
fn ten_thousand_samples_leave_no_trace() {
    let mut options = Options::default();
    options.router = Some(Router::default());
    let mut sampler = Sampler::new(&Roots::default(), &options);
    let mut instant = Instant::from_millis(1000);
    let mut take = |samples: u32| {
        for _ in 0..samples {
            instant = instant.plus(Duration::from_millis(500));
            sampler.collect(Now { instant, wall: WallTime::default() });
            // Clocks run fast here: the helper gets its turn.
            sampler.wait(Duration::from_secs(5));
        }
        (anonymous_kib(), count("/proc/self/fd"), count("/proc/self/task"))
    };
    // Inventory is read anew after ten minutes, and once more before the allocator is settled.
    let before = take(5000);
    let after = take(10_000);
    assert!(after.0 <= before.0 + SLACK_KIB, "{} kB grew to {} kB", before.0, after.0);
    assert_eq!((before.1, before.2), (after.1, after.2), "open files and threads");
    assert!(before.1 < 64, "{} open files", before.1);
}

fn anonymous_kib() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("a process has a status");
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).expect("RssAnon, since Linux 4.5")
}

fn count(folder: &str) -> usize {
    fs::read_dir(folder).expect("a process has it").count()
}
