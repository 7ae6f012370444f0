//! What stands in for the budget in a build without the feature `budget`: there never is one.

use std::time::Duration;

use kinglet_proto::sample::Sample;
use kinglet_proto::time::Instant;

use crate::setup::{Budget, Faults};

/// Never there.
pub(crate) enum Throttle {}

/// What it would know of a collector.
#[expect(dead_code, reason = "nobody asks")]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) in_step: &'static str,
    pub(crate) apart: Option<Duration>,
}

impl Throttle {
    pub(crate) fn new(
        _: Option<Budget>,
        _: Duration,
        _: impl Iterator<Item = Member>,
    ) -> Option<Self> {
        None
    }

    pub(crate) fn begin(&mut self) {
        match *self {}
    }

    pub(crate) fn is_due(&self, _: usize) -> bool {
        match *self {}
    }

    pub(crate) fn handle_asked(&mut self, _: usize) {
        match *self {}
    }

    pub(crate) fn end(&mut self, _: Instant, _: &mut Sample, _: &Faults) {
        match *self {}
    }

    pub(crate) fn take_notes(&mut self) -> Vec<String> {
        match *self {}
    }
}
