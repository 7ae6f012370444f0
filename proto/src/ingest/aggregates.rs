//! `aggregated_metrics` of vStats as it ships: sums per bucket, in several granularities.

use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de};

use super::{Bucket, DecodeError, Spread};
use crate::limits::INGEST_BUCKETS_MAX;

#[derive(Deserialize)]
struct Frame {
    granularities: Vec<Granularity>,
}

/// Buckets of one length. Probe results beside them are not read.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Granularity {
    /// Seconds.
    interval: Number,
    /// `null` for none.
    metrics: Option<Vec<Sums>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Sums {
    /// Its beginning by its length.
    bucket: Number,
    sample_count: Number,
    cpu_sum: Number,
    cpu_max: Number,
    memory_sum: Number,
    memory_max: Number,
    disk_sum: Number,
    net_rx: Number,
    net_tx: Number,
}

/// The buckets of a message, [`INGEST_BUCKETS_MAX`] at most, in its order.
pub(super) fn decode(text: &str) -> Result<Vec<Bucket>, DecodeError> {
    let Frame { granularities } =
        serde_json::from_str(text).map_err(|_| DecodeError::WrongShape("granularities"))?;
    let buckets = granularities.into_iter().flat_map(|granularity| {
        let length_s = granularity.interval.whole().and_then(|length| length.try_into().ok());
        let sums = granularity.metrics.unwrap_or_default();
        sums.into_iter().filter_map(move |sums| bucket(&sums, length_s?))
    });
    Ok(buckets.take(INGEST_BUCKETS_MAX).collect())
}

/// `None` for one without a place in time or readings.
fn bucket(sums: &Sums, length_s: u32) -> Option<Bucket> {
    let samples = sums.sample_count.whole().and_then(|count| count.try_into().ok());
    let samples = samples.filter(|count| *count > 0 && length_s > 0)?;
    let start_s = sums.bucket.whole()?.checked_mul(u64::from(length_s))?;
    let spread = |sum: &Number, max: &Number| {
        let percent = |value: f64| value.clamp(0.0, 100.0);
        let mean = percent(sum.0? / f64::from(samples));
        Some(Spread { mean, min: None, max: max.0.map(percent) })
    };
    Some(Bucket {
        start_s,
        length_s,
        samples,
        cpu_usage: spread(&sums.cpu_sum, &sums.cpu_max),
        memory_usage: spread(&sums.memory_sum, &sums.memory_max),
        disk_usage: spread(&sums.disk_sum, &Number(None)),
        total_rx: sums.net_rx.whole(),
        total_tx: sums.net_tx.whole(),
    })
}

/// A number; `None` for anything else, so that one odd member costs itself only.
#[derive(Default)]
struct Number(Option<f64>);

impl Number {
    /// Without its fraction; `None` below zero.
    fn whole(&self) -> Option<u64> {
        // Above 2^53 the last digits are lost, as in any program with one kind of number.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
        self.0.filter(|number| (0.0..1.8e19).contains(number)).map(|number| number as u64)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNumber)
    }
}

struct AnyNumber;

impl<'de> Visitor<'de> for AnyNumber {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    // Above 2^53 the last digits are lost.
    #[expect(clippy::cast_precision_loss)]
    fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
        Ok(Number(Some(number as f64)))
    }

    #[expect(clippy::cast_precision_loss)]
    fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
        Ok(Number(Some(number as f64)))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Number, E> {
        Ok(Number(number.is_finite().then_some(number)))
    }

    fn visit_unit<E>(self) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<Number, E> {
        Ok(Number(None))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Number, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Number(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Number, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Number(None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_become_means_with_their_place_in_time() {
        let text = r#"{"type":"aggregated_metrics","granularities":[
            {"granularity":"15min","interval":900,"metrics":[
                {"bucket":2000000,"cpu_sum":300,"cpu_max":95.5,"memory_sum":100.0,
                 "memory_max":60,"disk_sum":40,"net_rx":123,"net_tx":456,"ping_sum":1,
                 "ping_count":1,"sample_count":4},
                {"bucket":2000001,"cpu_sum":"many","cpu_max":[1,{}],"sample_count":2},
                {"bucket":2000002,"sample_count":0},{"bucket":-1,"sample_count":3}],"ping":[7]},
            {"granularity":"daily","interval":86400,"metrics":null},
            {"granularity":"odd","interval":0,"metrics":[{"bucket":1,"sample_count":1}]}],
            "last_metrics":{}}"#;
        let spread = |mean, max| Some(Spread { mean, min: None, max });
        let whole = Bucket {
            start_s: 1_800_000_000,
            length_s: 900,
            samples: 4,
            cpu_usage: spread(75.0, Some(95.5)),
            memory_usage: spread(25.0, Some(60.0)),
            disk_usage: spread(10.0, None),
            total_rx: Some(123),
            total_tx: Some(456),
        };
        let odd = Bucket { start_s: 1_800_000_900, length_s: 900, samples: 2, ..Bucket::default() };
        assert_eq!(decode(text), Ok(vec![whole, odd]));
    }

    #[test]
    fn a_megabyte_of_them_is_bounded_and_what_is_no_list_is_refused() {
        let many = vec![r#"{"bucket":1,"sample_count":1}"#; INGEST_BUCKETS_MAX + 1].join(",");
        let text = format!(r#"{{"granularities":[{{"interval":5,"metrics":[{many}]}}]}}"#);
        assert_eq!(decode(&text).map(|buckets| buckets.len()), Ok(INGEST_BUCKETS_MAX));
        for text in ["{}", r#"{"granularities":{}}"#, r#"{"granularities":[{"metrics":7}]}"#] {
            assert_eq!(decode(text), Err(DecodeError::WrongShape("granularities")), "{text}");
        }
    }
}
