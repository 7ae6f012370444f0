//! The long charts of vStats as it ships: samples summed into buckets of the wall clock.
//!
//! A bucket is sent once it is complete, and again after a reconnect when the server's
//! `last_buckets` says that it does not have it.

use std::collections::VecDeque;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

use crate::limits::{BUCKETS_MAX, BUCKETS_SENT_MAX};
use crate::percent::Percent;
use crate::sample::Sample;
use crate::time::WallTime;
use crate::wire::vstats::LastBuckets;

/// All granularities of one host.
#[derive(Debug)]
pub(super) struct Aggregates {
    grains: [Grain; 3],
    /// Traffic since boot at the sample before, for the difference.
    traffic: Option<(u64, u64)>,
}

/// Buckets of one length.
#[derive(Debug)]
struct Grain {
    name: &'static str,
    seconds: u64,
    current: Option<Bucket>,
    complete: VecDeque<Bucket>,
    /// The newest bucket the server has, as far as we know.
    known: u64,
}

/// The sums of one bucket, under the server's names.
#[derive(Debug, Clone, Default, Serialize)]
struct Bucket {
    bucket: u64,
    cpu_sum: f64,
    cpu_max: Percent,
    memory_sum: f64,
    memory_max: Percent,
    disk_sum: f64,
    net_rx: u64,
    net_tx: u64,
    ping_sum: f64,
    ping_count: u64,
    sample_count: u64,
}

/// The buckets the server does not have, as the message lists them.
pub(super) struct Due<'a>(&'a Aggregates);

impl Default for Aggregates {
    fn default() -> Self {
        let grain = |name, seconds| Grain {
            name,
            seconds,
            current: None,
            complete: VecDeque::new(),
            known: 0,
        };
        Self {
            grains: [grain("15min", 900), grain("hourly", 3600), grain("daily", 86_400)],
            traffic: None,
        }
    }
}

impl Aggregates {
    /// Adds a sample to the bucket of each granularity that the wall clock says.
    pub(super) fn handle_sample(&mut self, sample: &Sample, wall: WallTime) {
        let traffic = sample.network.total_rx.zip(sample.network.total_tx);
        let since = match (self.traffic, traffic) {
            // A total that went back belongs to another interface or boot: no difference.
            (Some((rx, tx)), Some((rx_now, tx_now))) => {
                (rx_now.saturating_sub(rx), tx_now.saturating_sub(tx))
            }
            _ => (0, 0),
        };
        self.traffic = traffic.or(self.traffic);
        for grain in &mut self.grains {
            grain.open(wall.unix_seconds() / grain.seconds).add(sample, since);
        }
    }

    /// The server says what it has.
    pub(super) fn handle_known(&mut self, last: LastBuckets) {
        for (grain, known) in self.grains.iter_mut().zip([last.quarter, last.hourly, last.daily]) {
            grain.known = known.unwrap_or(grain.known);
        }
    }

    /// Whether a complete bucket is newer than what the server has.
    pub(super) fn is_due(&self) -> bool {
        self.grains.iter().any(|grain| grain.due().next().is_some())
    }

    /// What the message lists.
    pub(super) const fn due(&self) -> Due<'_> {
        Due(self)
    }

    /// Those were sent.
    pub(super) fn handle_sent(&mut self) {
        for grain in &mut self.grains {
            grain.known = grain.due().last().map_or(grain.known, |newest| newest.bucket);
        }
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

    /// The oldest buckets the server does not have, as many as one message takes.
    fn due(&self) -> impl Iterator<Item = &Bucket> + Clone {
        self.complete.iter().filter(|bucket| bucket.bucket > self.known).take(BUCKETS_SENT_MAX)
    }
}

impl Bucket {
    fn add(&mut self, sample: &Sample, (rx, tx): (u64, u64)) {
        let cpu = sample.cpu.usage.unwrap_or_default();
        let memory = sample.memory.usage_percent.unwrap_or_default();
        let disk = sample.disks.first().and_then(|disk| disk.usage_percent).unwrap_or_default();
        self.cpu_sum += cpu.get();
        self.cpu_max = self.cpu_max.max(cpu);
        self.memory_sum += memory.get();
        self.memory_max = self.memory_max.max(memory);
        self.disk_sum += disk.get();
        self.net_rx = self.net_rx.saturating_add(rx);
        self.net_tx = self.net_tx.saturating_add(tx);
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
        let mut list = serializer.serialize_seq(None)?;
        for grain in self.0.grains.iter().filter(|grain| grain.due().next().is_some()) {
            list.serialize_element(&Granularity {
                granularity: grain.name,
                interval: grain.seconds,
                metrics: crate::wire::frame::List(grain.due()),
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

    fn feed(aggregates: &mut Aggregates, samples: &[(u64, f64, u64)]) {
        for &(second, cpu, total_rx) in samples {
            let wall = WallTime::from_unix_millis((DAY + second) * 1000);
            aggregates.handle_sample(&sample(cpu, total_rx), wall);
        }
    }

    fn due(aggregates: &Aggregates) -> String {
        serde_json::to_string(&aggregates.due()).unwrap()
    }

    #[test]
    fn a_complete_bucket_carries_sums_maxima_and_traffic() {
        let mut aggregates = Aggregates::default();
        feed(&mut aggregates, &[(0, 10.0, 1000), (300, 30.5, 1500), (600, 20.0, 1400)]);
        assert!(!aggregates.is_due(), "{}", due(&aggregates));
        feed(&mut aggregates, &[(900, 1.0, 1410)]);
        assert_eq!(
            due(&aggregates),
            concat!(
                r#"[{"granularity":"15min","interval":900,"metrics":[{"bucket":1920000,"#,
                r#""cpu_sum":60.5,"cpu_max":30.5,"memory_sum":150.0,"memory_max":50.0,"#,
                r#""disk_sum":31.5,"net_rx":500,"net_tx":0,"ping_sum":0.0,"ping_count":0,"#,
                r#""sample_count":3}],"ping":[]}]"#
            )
        );
        aggregates.handle_sent();
        assert!(!aggregates.is_due());
    }

    #[test]
    fn hours_and_days_have_their_own_buckets() {
        let mut aggregates = Aggregates::default();
        feed(&mut aggregates, &[(0, 1.0, 0), (3600, 1.0, 0), (86_400, 1.0, 0)]);
        let due = due(&aggregates);
        for part in [
            r#""granularity":"15min","interval":900,"metrics":[{"bucket":1920000"#,
            r#""granularity":"hourly","interval":3600,"metrics":[{"bucket":480000"#,
            r#""granularity":"daily","interval":86400,"metrics":[{"bucket":20000"#,
        ] {
            assert!(due.contains(part), "{part} in {due}");
        }
    }

    #[test]
    fn only_what_the_server_does_not_have_is_sent() {
        let mut aggregates = Aggregates::default();
        feed(&mut aggregates, &[(0, 1.0, 0), (900, 1.0, 0), (1800, 1.0, 0), (2700, 1.0, 0)]);
        aggregates.handle_sent();
        // The connection broke before it arrived: the server still has only the first.
        let last = LastBuckets { quarter: Some(1_920_000), ..LastBuckets::default() };
        aggregates.handle_known(last);
        let text = due(&aggregates);
        assert!(!text.contains("1920000") && text.contains("1920001") && text.contains("1920002"));
        aggregates.handle_known(LastBuckets { quarter: Some(u64::MAX), ..last });
        assert!(!aggregates.is_due());
    }

    #[test]
    fn a_wall_clock_set_back_does_not_silence_the_charts() {
        let mut aggregates = Aggregates::default();
        feed(&mut aggregates, &[(90_000, 1.0, 0), (91_000, 1.0, 0)]);
        aggregates.handle_sent();
        feed(&mut aggregates, &[(0, 1.0, 0), (900, 1.0, 0)]);
        let text = due(&aggregates);
        assert!(text.contains("1920000") && !text.contains("19201"), "{text}");
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
