//! Values of `/sys/class/hwmon` and `/sys/class/thermal` (Documentation/hwmon/sysfs-interface.rst),
//! and of the Raspberry Pi firmware.
//!
//! ```text
//! temp1_input    48312        millidegrees Celsius
//! fan1_input     1840         revolutions a minute
//! get_throttled  50005        hexadecimal, without 0x
//! ```

use super::text;
use crate::limits::{MILLIDEGREES, RPM_MAX};

/// A temperature in millidegrees Celsius; `None` when absurd (-273 °C, or the 0 of a dead zone is
/// kept, since winter has it too).
pub fn parse_millidegrees(value: &[u8]) -> Option<i64> {
    text::signed(text::trim(value)).filter(|degrees| MILLIDEGREES.contains(degrees))
}

/// Revolutions a minute.
pub fn parse_rpm(value: &[u8]) -> Option<u64> {
    text::number(text::trim(value)).filter(|rpm| *rpm <= RPM_MAX)
}

/// What the firmware says of the power supply, now (`true` first) and since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Throttled {
    /// Below 4.63 V now.
    pub undervoltage: bool,
    /// The clock is capped now.
    pub frequency_capped: bool,
    /// Throttled now.
    pub throttled: bool,
    /// Undervoltage happened since boot.
    pub undervoltage_before: bool,
    /// The clock was capped since boot.
    pub frequency_capped_before: bool,
    /// Throttling happened since boot.
    pub throttled_before: bool,
}

/// Parses `get_throttled`.
pub fn parse_throttled(value: &[u8]) -> Option<Throttled> {
    let bits = text::hexadecimal(text::trim(value))?;
    let bit = |number: u32| bits >> number & 1 == 1;
    Some(Throttled {
        undervoltage: bit(0),
        frequency_capped: bit(1),
        throttled: bit(2),
        undervoltage_before: bit(16),
        frequency_capped_before: bit(17),
        throttled_before: bit(18),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absurd_values_are_absent() {
        for (text, value) in [
            ("48312\n", Some(48_312)),
            ("-5000", Some(-5000)),
            ("-273000", None),
            ("-44000", None),
            ("65535000", None),
            ("", None),
            ("N/A", None),
        ] {
            assert_eq!(parse_millidegrees(text.as_bytes()), value, "{text}");
        }
        assert_eq!(parse_rpm(b"1840\n"), Some(1840));
        assert_eq!(parse_rpm(b"4294967295"), None);
        assert_eq!(parse_rpm(b"-1"), None);
    }

    #[test]
    fn firmware_bits_are_hexadecimal_with_or_without_a_prefix() {
        let earlier = parse_throttled(b"50000\n").unwrap();
        assert!(earlier.undervoltage_before && earlier.throttled_before);
        assert!(!earlier.undervoltage && !earlier.frequency_capped_before);
        let now = parse_throttled(b"0x20002").unwrap();
        assert!(now.frequency_capped && now.frequency_capped_before && !now.throttled);
        assert_eq!(parse_throttled(b"0\n"), Some(Throttled::default()));
        assert_eq!(parse_throttled(b""), None);
    }
}
