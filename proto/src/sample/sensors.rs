//! Sensors: temperature, fans, battery, power.

use super::part::part;
use crate::percent::Percent;

part! {
    /// One temperature sensor.
    pub struct Temperature in "temperatures.{sensor}" {
        /// `<chip> <label>` of hwmon, or the thermal zone's type.
        pub label: String => key("sensor"), public;
        /// Degrees, one decimal.
        pub celsius: f64 => gauge(Celsius, "temperatures.{sensor}"), public;
    }
}

part! {
    /// One fan.
    #[derive(Eq)]
    pub struct Fan in "fans.{fan}" {
        /// `<chip> <label>` of hwmon.
        pub label: String => key("fan"), public;
        /// Revolutions a minute.
        pub rpm: u64 => gauge(RevolutionsPerMinute, "fans.{fan}"), public;
    }
}

part! {
    /// The battery that feeds the host.
    #[derive(Copy, Eq)]
    pub struct Battery in "battery" {
        /// Charge left.
        pub percent: Percent => gauge(Percent), public;
        /// On mains, charging or full.
        pub charging: bool => gauge(Switch), public;
    }
}

part! {
    /// What the Raspberry Pi firmware says of its power supply.
    #[derive(Copy, Eq)]
    pub struct Power in "power" {
        /// The supply is below 4.63 V now.
        pub undervoltage: bool => gauge(Switch), public;
        /// The cores are throttled now.
        pub throttled: bool => gauge(Switch), public;
        /// The clock is capped now.
        pub frequency_capped: bool => gauge(Switch), public;
        /// How often undervoltage set in since the agent started; one more if before that.
        pub undervoltage_count: u64 => counter(Count), public;
        /// How often throttling set in, counted like undervoltage.
        pub throttled_count: u64 => counter(Count), public;
        /// How often the clock was capped, counted like undervoltage.
        pub frequency_capped_count: u64 => counter(Count), public;
    }
}
