//! Sensors: temperature, fans, battery, power.

use super::part::part;
use crate::percent::Percent;

part! {
    /// One temperature sensor.
    pub struct Temperature in "temperatures.{sensor}" {
        /// `<chip> <label>` of hwmon, or the thermal zone's type.
        pub label: String => key("sensor"), public;
        /// Temperature that is too much for the chip, as its driver says; absent where it does not.
        /// It stands before the one there is: rules know it when they see that.
        pub critical: Option<f64> => gauge(Celsius), inventory, public;
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
    /// What the Raspberry Pi firmware says of its power supply, and how it has been since the agent
    /// started: how often, how long, when last. Other kernels than the Pi's tell of undervoltage
    /// alone.
    #[derive(Copy, Eq)]
    pub struct Power in "power" {
        /// Whether the supply is below 4.63 V now.
        pub undervoltage: bool => gauge(Switch), public;
        /// Whether the cores are throttled now.
        pub throttled: Option<bool> => gauge(Switch), public;
        /// Whether the clock is capped now.
        pub frequency_capped: Option<bool> => gauge(Switch), public;
        /// Whether the soft temperature limit slows it down now.
        pub soft_limit: Option<bool> => gauge(Switch), public;
        /// How often undervoltage set in since the agent started; one more if before that.
        pub undervoltage_count: u64 => counter(Count), public;
        /// How often throttling set in since the agent started; one more if before that.
        pub throttled_count: Option<u64> => counter(Count), public;
        /// How often the clock was capped since the agent started; one more if before that.
        pub frequency_capped_count: Option<u64> => counter(Count), public;
        /// How often the soft limit set in since the agent started; one more if before that.
        pub soft_limit_count: Option<u64> => counter(Count), public;
        /// How long there was undervoltage since the agent started.
        pub undervoltage_seconds: u64 => counter(Seconds), public;
        /// How long the cores were throttled since the agent started.
        pub throttled_seconds: Option<u64> => counter(Seconds), public;
        /// How long the clock was capped since the agent started.
        pub frequency_capped_seconds: Option<u64> => counter(Seconds), public;
        /// How long the soft limit held since the agent started.
        pub soft_limit_seconds: Option<u64> => counter(Seconds), public;
        /// When undervoltage was seen last; absent while it was not since the agent started.
        pub undervoltage_last: Option<u64> => gauge(UnixSeconds), public;
        /// When throttling was seen last, likewise.
        pub throttled_last: Option<u64> => gauge(UnixSeconds), public;
        /// When the clock was seen capped last, likewise.
        pub frequency_capped_last: Option<u64> => gauge(UnixSeconds), public;
        /// When the soft limit was seen last, likewise.
        pub soft_limit_last: Option<u64> => gauge(UnixSeconds), public;
    }
}
