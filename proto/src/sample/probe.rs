//! Latency probes.

use super::part::part;
use crate::percent::Percent;

part! {
    /// What the attempts at one target say. Lost are those that were not answered within 3 s.
    pub struct Probe in "probes.{probe}" {
        /// What its owner calls it.
        pub name: String => key("probe"), public;
        /// How it is asked: `icmp`, `tcp`, `http`, `https`.
        pub kind: String => plain, public;
        /// Its name or address.
        pub target: String => plain;
        /// Where it listens; absent for a ping.
        pub port: Option<u32> => plain;
        /// Milliseconds until the last attempt was answered; absent when it was not.
        pub latency: Option<f64> => gauge(Milliseconds), public;
        /// Least latency of the last 20 attempts.
        pub latency_min: Option<f64> => gauge(Milliseconds), public;
        /// Mean latency of the last 20 attempts.
        pub latency_mean: Option<f64> => gauge(Milliseconds), public;
        /// Mean change from one answer to the next, of the last 20 attempts.
        pub jitter: Option<f64> => gauge(Milliseconds), public;
        /// Share of the last 20 attempts that was lost.
        pub loss_percent: Option<Percent> => gauge(Percent), public;
        /// Attempts since the target is probed.
        pub sent: u64 => counter(Count), public;
        /// Attempts of these that were lost.
        pub lost: u64 => counter(Count), public;
        /// Days until the certificate of a page ends; below zero when it has.
        pub certificate_days: Option<i32> => gauge(Count), public;
        /// Why the last attempt could not be made, or was refused, in words.
        pub fault: String => plain, sparse;
    }
}
