//! Sensors: temperature, fans, battery, power.

use super::part::part;
use crate::percent::Percent;

part! {
    /// One temperature sensor.
    pub struct Temperature in "temperatures.{sensor}" {
        /// `<chip> <label>` of hwmon, or the thermal zone's type.
        pub label: String => key("sensor"), public;
        /// Temperature at one sensor, with one decimal.
        pub celsius: f64 => gauge(Celsius, "temperatures.{sensor}"), public;
    }
}

part! {
    /// One fan.
    #[derive(Eq)]
    pub struct Fan in "fans.{fan}" {
        /// `<chip> <label>` of hwmon.
        pub label: String => key("fan"), public;
        /// Speed of one fan.
        pub rpm: u64 => gauge(RevolutionsPerMinute, "fans.{fan}"), public;
    }
}

part! {
    /// The battery that feeds the host; several packs are one, by the energy they hold.
    #[derive(Copy, Eq)]
    pub struct Battery in "battery" {
        /// Charge left in the battery.
        pub percent: Percent => gauge(Percent), public;
        /// Whether it is on mains, charging or full.
        pub charging: bool => gauge(Switch), public;
    }
}

part! {
    /// What the Raspberry Pi firmware says of its power supply.
    #[derive(Copy, Eq)]
    pub struct Power in "power" {
        /// Whether the supply is below 4.63 V now.
        pub undervoltage: bool => gauge(Switch), public;
        /// Whether the cores are throttled now.
        pub throttled: bool => gauge(Switch), public;
        /// Whether the clock is capped now.
        pub frequency_capped: bool => gauge(Switch), public;
        /// How often undervoltage set in since the agent started; one more if before that.
        pub undervoltage_count: u64 => counter(Count), public;
        /// How often throttling set in since the agent started; one more if before that.
        pub throttled_count: u64 => counter(Count), public;
        /// How often the clock was capped since the agent started; one more if before that.
        pub frequency_capped_count: u64 => counter(Count), public;
    }
}
