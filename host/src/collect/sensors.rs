//! Temperatures, fans, the batteries and the power flags: a file each.

mod battery;
mod chips;
mod choice;
mod pack;
mod power;
mod thermal;

use std::time::Duration;

use kinglet_proto::sample::Sample;
use kinglet_proto::time::Instant;

use super::{Change, Collector};
use crate::limits::SENSOR_INTERVAL;
use crate::read::Buffer;
use crate::setup::Setup;

/// Reads the sensors.
#[derive(Debug)]
pub(super) struct SensorCollector {
    thermal: thermal::ThermalCollector,
    battery: battery::BatteryCollector,
    power: power::PowerCollector,
}

impl SensorCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        let sys = &setup.sys;
        Self {
            thermal: thermal::ThermalCollector::new(sys),
            battery: battery::BatteryCollector::new(sys),
            power: power::PowerCollector::new(sys),
        }
    }
}

impl Collector for SensorCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        self.thermal.collect(now, buffer, sample);
        self.battery.collect(now, buffer, sample);
        self.power.collect(now, buffer, sample);
    }

    fn handle_change(&mut self, change: Change) {
        self.thermal.handle_change(change);
        self.battery.handle_change(change);
    }

    fn apart(&self) -> Option<Duration> {
        self.power.apart().map(|_| SENSOR_INTERVAL)
    }
}
