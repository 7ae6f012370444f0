//! Sensors: temperature, fans, battery, power.

use serde::{Deserialize, Serialize};

use super::lenient;
use crate::percent::Percent;

/// One temperature sensor.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Temperature {
    /// `<chip> <label>` of hwmon, or the thermal zone's type.
    #[serde(deserialize_with = "lenient")]
    pub label: String,
    /// Degrees Celsius, one decimal.
    #[serde(deserialize_with = "lenient")]
    pub celsius: f64,
}

/// One fan.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Fan {
    /// `<chip> <label>` of hwmon.
    #[serde(deserialize_with = "lenient")]
    pub label: String,
    /// Revolutions a minute.
    #[serde(deserialize_with = "lenient")]
    pub rpm: u64,
}

/// The battery that feeds the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Battery {
    /// Charge left.
    pub percent: Percent,
    /// On mains, charging or full.
    #[serde(deserialize_with = "lenient")]
    pub charging: bool,
}

/// What the Raspberry Pi firmware says of its power supply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Power {
    /// The supply is below 4.63 V now.
    #[serde(deserialize_with = "lenient")]
    pub undervoltage: bool,
    /// The cores are throttled now.
    #[serde(deserialize_with = "lenient")]
    pub throttled: bool,
    /// The clock is capped now.
    #[serde(deserialize_with = "lenient")]
    pub frequency_capped: bool,
    /// How often undervoltage set in since the agent started; one more if before that.
    #[serde(deserialize_with = "lenient")]
    pub undervoltage_count: u64,
    /// The same for throttling.
    #[serde(deserialize_with = "lenient")]
    pub throttled_count: u64,
    /// The same for the capped clock.
    #[serde(deserialize_with = "lenient")]
    pub frequency_capped_count: u64,
}
