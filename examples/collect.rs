//! Takes samples of this host in a row, for measuring: `collect [samples] [interval ms] [--print]`.
#![expect(clippy::print_stdout, reason = "an example prints")]

use kinglet::collect::{Collector, Options, Roots};
use kinglet_proto::time::{Instant, Now, WallTime};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse().ok());
    let (samples, step_ms) = (numbers.next().unwrap_or(2), numbers.next().unwrap_or(5000));
    let mut collector = Collector::new(&Roots::default(), &Options::default());
    for sample in 0..samples {
        let instant = Instant::from_millis(1_000_000 + sample * step_ms);
        collector.collect(Now { instant, wall: WallTime::default() });
    }
    if std::env::args().any(|argument| argument == "--print") {
        collector.wait_filesystems(std::time::Duration::from_millis(250));
        let json = serde_json::to_string_pretty(collector.sample_mut());
        println!("{}", json.unwrap_or_default());
    }
}
