//! The long charts of vStats as it ships: samples summed into buckets of the wall clock.
//!
//! The server prefers these sums to its own rows, and a bucket that comes again replaces the one
//! that it has. So a bucket is sent only if this process has been there from its beginning: what it
//! missed of the others the server has, and we do not. The bucket under way is sent every minute,
//! because without it the present quarter, hour and day are missing; a complete one is sent once,
//! and again after a reconnect when the server's `last_buckets` says that it lacks it.

use std::collections::VecDeque;
use std::time::Duration;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::limits::{BUCKET_INTERVAL, BUCKETS_MAX, BUCKETS_SENT_MAX};
use crate::percent::Percent;
use crate::sample::Sample;
use crate::time::{Instant, Now};
use crate::wire::vstats::LastBuckets;

/// All granularities of one host.
pub(super) struct Aggregates {
    grains: [Grain; 3],
    /// The first sample of this process; `None` before it.
    began: Option<Instant>,
    /// The newest one.
    now: Instant,
    /// When buckets were sent last; `None` before they ever were.
    sent_at: Option<Instant>,
}

/// Buckets of one length.
struct Grain {
    name: &'static str,
    seconds: u64,
    current: Option<Bucket>,
    complete: VecDeque<Bucket>,
    /// The first bucket this process has seen whole, by the wall clock as it is now.
    first: u64,
    /// The newest complete bucket the server has, as far as we know.
    known: u64,
}

/// The sums of one bucket, under the server's names.
#[derive(Clone, Default, Serialize)]
struct Bucket {
    bucket: u64,
    cpu_sum: f64,
    cpu_max: Percent,
    memory_sum: f64,
    memory_max: Percent,
    disk_sum: f64,
    /// The counter at its end, as the server's own agent has it.
    net_rx: u64,
    net_tx: u64,
    ping_sum: f64,
    ping_count: u64,
    sample_count: u64,
}

/// The buckets to send, as the message lists them.
pub(super) struct Due<'a>(&'a Aggregates);

impl Default for Aggregates {
    fn default() -> Self {
        let grain = |name, seconds| Grain {
            name,
            seconds,
            current: None,
            complete: VecDeque::new(),
            first: 0,
            known: 0,
        };
        Self {
            grains: [grain("15min", 900), grain("hourly", 3600), grain("daily", 86_400)],
            began: None,
            now: Instant::default(),
            sent_at: None,
        }
    }
}

impl Aggregates {
    /// Adds a sample to the bucket of each granularity that the wall clock says.
    pub(super) fn handle_sample(&mut self, sample: &Sample, now: Now) {
        self.now = now.instant;
        let seconds = now.wall.unix_seconds();
        // The beginning by the clock as it is now, should it have been set since.
        let age = now.instant.since(*self.began.get_or_insert(now.instant));
        let began = seconds.saturating_sub(age.as_secs());
        for grain in &mut self.grains {
            grain.first = began.div_ceil(grain.seconds);
            grain.open(seconds / grain.seconds).add(sample);
        }
    }

    /// The server says what it has. The newest of that may have been under way.
    pub(super) fn handle_known(&mut self, last: LastBuckets) {
        for (grain, known) in self.grains.iter_mut().zip([last.quarter, last.hourly, last.daily]) {
            grain.known = known.map_or(grain.known, |known| known.saturating_sub(1));
        }
        self.sent_at = None;
    }

    /// Whether a complete bucket is newer than what the server has, or one under way should be
    /// told again.
    pub(super) fn is_due(&self) -> bool {
        let is_time = self.is_time();
        self.grains.iter().any(|grain| grain.due(is_time).next().is_some())
    }

    /// What the message lists.
    pub(super) const fn due(&self) -> Due<'_> {
        Due(self)
    }

    /// Those were sent.
    pub(super) fn handle_sent(&mut self) {
        if self.is_time() {
            self.sent_at = Some(self.now);
        }
        for grain in &mut self.grains {
            grain.known = grain.complete().last().map_or(grain.known, |newest| newest.bucket);
        }
    }

    fn is_time(&self) -> bool {
        // A sample that comes a moment early must not wait for the one after it.
        let nearly = BUCKET_INTERVAL - Duration::from_millis(500);
        self.sent_at.is_none_or(|at| self.now.since(at) >= nearly)
    }
}

impl Grain {
    /// The current bucket, after the one before it was put away if its time is over.
    fn open(&mut self, bucket: u64) -> &mut Bucket {
        match self.current.take_if(|current| current.bucket != bucket) {
            Some(over) if over.bucket < bucket => {
                if self.complete.len() == BUCKETS_MAX {
                    self.complete.pop_front();
                }
                self.complete.push_back(over);
            }
            Some(_) => {
                // The wall clock went back: what it dated into the future is worth nothing.
                self.complete.retain(|complete| complete.bucket < bucket);
                self.known = self.known.min(bucket.saturating_sub(1));
            }
            None => {}
        }
        self.current.get_or_insert_with(|| Bucket { bucket, ..Bucket::default() })
    }

    /// The oldest complete buckets the server does not have, as many as one message takes.
    fn complete(&self) -> impl Iterator<Item = &Bucket> + Clone {
        let is_due = |bucket: &&Bucket| bucket.bucket > self.known && bucket.bucket >= self.first;
        self.complete.iter().filter(is_due).take(BUCKETS_SENT_MAX)
    }

    /// The same, with the one under way if its time has come.
    fn due(&self, is_time: bool) -> impl Iterator<Item = &Bucket> + Clone {
        let is_due = move |bucket: &&Bucket| is_time && bucket.bucket >= self.first;
        self.complete().chain(self.current.iter().filter(is_due))
    }
}

impl Bucket {
    fn add(&mut self, sample: &Sample) {
        let cpu = sample.cpu.usage.unwrap_or_default();
        let memory = sample.memory.usage_percent.unwrap_or_default();
        let disk = sample.disks.first().and_then(|disk| disk.usage_percent).unwrap_or_default();
        self.cpu_sum += cpu.get();
        self.cpu_max = self.cpu_max.max(cpu);
        self.memory_sum += memory.get();
        self.memory_max = self.memory_max.max(memory);
        self.disk_sum += disk.get();
        self.net_rx = sample.network.total_rx.unwrap_or(self.net_rx);
        self.net_tx = sample.network.total_tx.unwrap_or(self.net_tx);
        for latency in sample.probes.iter().filter_map(|probe| probe.latency) {
            self.ping_sum += latency;
            self.ping_count += 1;
        }
        self.sample_count += 1;
    }
}

impl Serialize for Due<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(bound = "")]
        struct Granularity<'a, I: Iterator<Item = &'a Bucket> + Clone> {
            granularity: &'a str,
            interval: u64,
            metrics: crate::wire::frame::List<I>,
            ping: [(); 0],
        }
        let is_time = self.0.is_time();
        let mut list = serializer.serialize_seq(None)?;
        for grain in self.0.grains.iter().filter(|grain| grain.due(is_time).next().is_some()) {
            list.serialize_element(&Granularity {
                granularity: grain.name,
                interval: grain.seconds,
                metrics: crate::wire::frame::List(grain.due(is_time)),
                ping: [],
            })?;
        }
        list.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Cpu, Disk, Memory, Network};
    use crate::time::WallTime;

    fn sample(cpu: f64, total_rx: u64) -> Sample {
        Sample {
            cpu: Cpu { usage: Some(Percent::new(cpu)), ..Cpu::default() },
            memory: Memory { usage_percent: Some(Percent::new(50.0)), ..Memory::default() },
            disks: vec![Disk { usage_percent: Some(Percent::new(10.5)), ..Disk::default() }],
            network: Network { total_rx: Some(total_rx), total_tx: Some(7), ..Network::default() },
            ..Sample::default()
        }
    }

    /// Unix seconds of an even day, for readable buckets.
    const DAY: u64 = 20_000 * 86_400;

    /// Samples at seconds of that day, with their processor time and counter; boottime goes along
    /// with the wall clock.
    fn feed(aggregates: &mut Aggregates, samples: &[(u64, f64, u64)]) {
        for &(second, cpu, total_rx) in samples {
            feed_at(aggregates, second, second, &sample(cpu, total_rx));
        }
    }

    fn feed_at(aggregates: &mut Aggregates, boottime: u64, second: u64, sample: &Sample) {
        let wall = WallTime::from_unix_millis((DAY + second) * 1000);
        let instant = Instant::from_millis(boottime * 1000);
        aggregates.handle_sample(sample, Now { instant, wall });
    }

    fn due(aggregates: &Aggregates) -> String {
        serde_json::to_string(&aggregates.due()).unwrap()
    }

    /// The buckets of the quarters in the message, and how many samples each has.
    fn quarters(aggregates: &Aggregates) -> Vec<(u64, u64)> {
        let grain = &aggregates.grains[0];
        let due = grain.due(aggregates.is_time());
        due.map(|bucket| (bucket.bucket - DAY / 900, bucket.sample_count)).collect()
    }

    #[test]
    fn a_bucket_carries_sums_maxima_and_the_counter_at_its_end() {
        let mut aggregates = Aggregates::default();
        feed(&mut aggregates, &[(0, 10.0, 1000), (300, 30.5, 1500), (600, 20.0, 1600)]);
        let quarter = concat!(
            r#"[{"granularity":"15min","interval":900,"metrics":[{"bucket":1920000,"#,
            r#""cpu_sum":60.5,"cpu_max":30.5,"memory_sum":150.0,"memory_max":50.0,"#,
            r#""disk_sum":31.5,"net_rx":1600,"net_tx":7,"ping_sum":0.0,"ping_count":0,"#,
            r#""sample_count":3}],"ping":[]},{"granularity":"hourly","interval":3600,"#
        );
        assert!(due(&aggregates).starts_with(quarter), "{}", due(&aggregates));
        assert!(
            due(&aggregates).contains(r#""granularity":"daily","interval":86400,"metrics":[{"#)
        );
    }

    #[test]
    fn what_began_before_this_process_is_never_sent() {
        let mut aggregates = Aggregates::default();
        feed(&mut aggregates, &[(10, 1.0, 0), (800, 1.0, 0)]);
        assert!(!aggregates.is_due(), "{}", due(&aggregates));
        feed(&mut aggregates, &[(905, 1.0, 0)]);
        assert_eq!(quarters(&aggregates), [(1, 1)]);
        assert!(!due(&aggregates).contains("hourly"), "the hour began without us");
        feed(&mut aggregates, &[(3605, 1.0, 0)]);
        assert!(
            due(&aggregates).contains(r#""hourly","interval":3600,"metrics":[{"bucket":480001"#)
        );
        assert!(!due(&aggregates).contains("daily"));
    }

    #[test]
    fn one_under_way_is_told_every_minute_and_when_complete() {
        let mut aggregates = Aggregates::default();
        let mut told = Vec::new();
        for second in (0..=960).step_by(5) {
            feed(&mut aggregates, &[(second, 1.0, 0)]);
            if aggregates.is_due() {
                told.push((second, quarters(&aggregates)));
                aggregates.handle_sent();
            }
        }
        let seconds: Vec<_> = told.iter().map(|(second, _)| *second).collect();
        assert_eq!(seconds, (0..=16).map(|minute| minute * 60).collect::<Vec<_>>());
        assert_eq!(told[14].1, [(0, 169)]);
        assert_eq!(told[15].1, [(0, 180), (1, 1)], "whole, and the next");
        assert_eq!(told[16].1, [(1, 13)]);
    }

    #[test]
    fn only_what_the_server_does_not_have_is_sent() {
        let mut aggregates = Aggregates::default();
        feed(&mut aggregates, &[(0, 1.0, 0), (900, 1.0, 0), (1800, 1.0, 0), (2700, 1.0, 0)]);
        aggregates.handle_sent();
        assert!(!aggregates.is_due());
        // The connection broke before it arrived: the server still has only the second, and that
        // perhaps as it was under way.
        let last = LastBuckets { quarter: Some(1_920_001), ..LastBuckets::default() };
        aggregates.handle_known(last);
        assert_eq!(quarters(&aggregates), [(1, 1), (2, 1), (3, 1)]);
        aggregates.handle_known(LastBuckets { quarter: Some(u64::MAX), ..last });
        assert_eq!(quarters(&aggregates), [(3, 1)], "what is under way");
    }

    #[test]
    fn a_wall_clock_set_back_does_not_silence_the_charts() {
        let mut aggregates = Aggregates::default();
        feed_at(&mut aggregates, 1000, 90_000, &sample(1.0, 0));
        feed_at(&mut aggregates, 2000, 91_000, &sample(1.0, 0));
        aggregates.handle_sent();
        feed_at(&mut aggregates, 3000, 2000, &sample(1.0, 0));
        feed_at(&mut aggregates, 3900, 2900, &sample(1.0, 0));
        assert_eq!(quarters(&aggregates), [(2, 1), (3, 1)]);
    }

    #[test]
    fn a_wall_clock_put_right_does_not_make_a_part_whole() {
        let mut aggregates = Aggregates::default();
        // A board without a battery: an hour on, in 1970, before the time is known.
        for second in (0..=7200).step_by(60) {
            let wall = WallTime::from_unix_millis(second * 1000);
            let instant = Instant::from_millis(second * 1000);
            aggregates.handle_sample(&sample(1.0, 0), Now { instant, wall });
        }
        feed_at(&mut aggregates, 7260, 400, &sample(1.0, 0));
        assert_eq!(quarters(&aggregates), [(0, 1)], "nothing of 1970, and it ran all this quarter");
        let mut started_late = Aggregates::default();
        feed_at(&mut started_late, 100, 0, &sample(1.0, 0));
        feed_at(&mut started_late, 110, 1300, &sample(1.0, 0));
        assert_eq!(quarters(&started_late), [], "the clock went forward into the middle");
    }

    #[test]
    fn a_month_offline_keeps_a_bounded_number() {
        let mut aggregates = Aggregates::default();
        for quarter in 0..3000 {
            feed(&mut aggregates, &[(quarter * 900, 1.0, 0)]);
        }
        for grain in &aggregates.grains {
            assert!(grain.complete.len() <= BUCKETS_MAX);
        }
        let mut messages = 0;
        while aggregates.is_due() {
            assert!(due(&aggregates).len() < crate::limits::FRAME_OUT_MAX / 4);
            aggregates.handle_sent();
            messages += 1;
        }
        assert_eq!(messages, BUCKETS_MAX.div_ceil(BUCKETS_SENT_MAX), "one after the other");
    }
}
