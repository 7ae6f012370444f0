//! Values of `/sys/class/hwmon` and `/sys/class/thermal` (Documentation/hwmon/sysfs-interface.rst),
//! and of the Raspberry Pi firmware.
//!
//! ```text
//! temp1_input    48312        millidegrees Celsius
//! temp1_crit     100000       too hot for the chip; temp1_max where it is only much
//! temp1_fault    0            1: the diode is open or shorted, and its value none
//! fan1_input     1840         revolutions a minute
//! temp           48000        millidegrees of a zone; whole degrees of some vendors' kernels
//! trip_point_0_type critical  what a zone does about it: hot, passive, active; and at how much,
//! trip_point_0_temp 110000    in a file beside it
//! get_throttled  50005        hexadecimal, without 0x
//! in0_lcrit_alarm 1           undervoltage, where a kernel has no get_throttled
//! ```

use super::text;
use crate::limits::{MILLIDEGREES, OPEN_DIODE, RPM_MAX, WHOLE_DEGREES_MAX};

/// What a one-wire thermometer has in its register until it has measured, millidegrees.
const ONE_WIRE_POWER_ON: i64 = 85_000;

/// Where a temperature comes from; that decides what of it is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thermometer {
    /// hwmon.
    Chip,
    /// hwmon, by the driver of one-wire thermometers.
    OneWire,
    /// A thermal zone: it lies in a processor, which is warmer than its surroundings.
    Zone,
}

/// A temperature in millidegrees Celsius; `None` when absurd: -273 °C, an open diode, a value from
/// before the first measurement. The 0 of a dead zone is kept, since winter has it too.
pub fn parse_millidegrees(value: &[u8], thermometer: Thermometer) -> Option<i64> {
    let value = text::signed(text::trim(value))?;
    let is_whole = value != 0 && value.unsigned_abs() <= WHOLE_DEGREES_MAX;
    let degrees = match thermometer {
        Thermometer::Zone if is_whole => value * 1000,
        Thermometer::OneWire if value == ONE_WIRE_POWER_ON => return None,
        Thermometer::Chip | Thermometer::OneWire | Thermometer::Zone => value,
    };
    (MILLIDEGREES.contains(&degrees) && !OPEN_DIODE.contains(&degrees)).then_some(degrees)
}

/// A temperature that is too much for a chip, likewise; `None` where it cannot be that.
pub fn parse_limit(value: &[u8], thermometer: Thermometer) -> Option<i64> {
    parse_millidegrees(value, thermometer).filter(|limit| *limit > 0)
}

/// Whether a sensor says of itself that its value is none.
pub fn parse_fault(value: &[u8]) -> bool {
    text::number(text::trim(value)).is_some_and(|fault| fault != 0)
}

/// Revolutions a minute.
pub fn parse_rpm(value: &[u8]) -> Option<u64> {
    text::number(text::trim(value)).filter(|rpm| *rpm <= RPM_MAX)
}

/// One of the firmware's flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flag {
    /// It is so now.
    pub now: bool,
    /// It was so since boot.
    pub before: bool,
}

/// Parses `get_throttled`: below 4.63 V, clock capped, throttled, soft temperature limit.
pub fn parse_throttled(value: &[u8]) -> Option<[Flag; 4]> {
    let bits = text::hexadecimal(text::trim(value))?;
    let bit = |number: usize| bits >> number & 1 == 1;
    Some([0, 1, 2, 3].map(|number| Flag { now: bit(number), before: bit(number + 16) }))
}

/// Parses the driver's `in0_lcrit_alarm`: undervoltage since it looked last, two seconds ago.
pub fn parse_alarm(value: &[u8]) -> Option<Flag> {
    let now = text::number(text::trim(value))? != 0;
    Some(Flag { now, before: now })
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
            ("-128000", None),
            ("-40000", None),
            ("126900", Some(126_900)),
            ("127000", None),
            ("127875", None),
            ("127937", None),
            ("128000", None),
            ("255000", None),
            ("", None),
            ("N/A", None),
        ] {
            let parsed = parse_millidegrees(text.as_bytes(), Thermometer::Chip);
            assert_eq!(parsed, value, "{text}");
        }
        assert_eq!(parse_rpm(b"1840\n"), Some(1840));
        assert_eq!(parse_rpm(b"4294967295"), None);
        assert_eq!(parse_rpm(b"-1"), None);
    }

    #[test]
    fn a_limit_is_one_that_a_chip_can_have() {
        for (text, limit) in [
            ("100000\n", Some(100_000)),
            ("84850", Some(84_850)),
            ("0", None),
            ("-273150", None),
            ("-1000", None),
            ("127000", None), // a register that nobody has set
            ("210000", None),
            ("65261850", None),
            ("", None),
        ] {
            assert_eq!(parse_limit(text.as_bytes(), Thermometer::Chip), limit, "{text}");
        }
        assert_eq!(parse_limit(b"110", Thermometer::Zone), Some(110_000));
    }

    #[test]
    fn what_a_value_means_depends_on_the_thermometer() {
        use Thermometer::{Chip, OneWire, Zone};
        for (text, thermometer, value) in [
            ("54", Zone, Some(54_000)),
            ("-7\n", Zone, Some(-7000)),
            ("127", Zone, None),
            ("-128", Zone, None),
            ("0", Zone, Some(0)),
            ("54000", Zone, Some(54_000)),
            ("62", OneWire, Some(62)), // a sixteenth of a degree, in the garden
            ("62", Chip, Some(62)),
            ("85000", OneWire, None),
            ("85062", OneWire, Some(85_062)),
            ("85000", Chip, Some(85_000)),
            ("85000", Zone, Some(85_000)),
        ] {
            let parsed = parse_millidegrees(text.as_bytes(), thermometer);
            assert_eq!(parsed, value, "{text} {thermometer:?}");
        }
        assert!(parse_fault(b"1\n") && !parse_fault(b"0\n") && !parse_fault(b""));
    }

    #[test]
    fn firmware_bits_are_hexadecimal_with_or_without_a_prefix() {
        let bits = |text: &[u8]| {
            let flags = parse_throttled(text).unwrap();
            (flags.map(|flag| flag.now), flags.map(|flag| flag.before))
        };
        let (no, yes) = (false, true);
        assert_eq!(bits(b"50000\n"), ([no; 4], [yes, no, yes, no]));
        assert_eq!(bits(b"0x20002"), ([no, yes, no, no], [no, yes, no, no]));
        assert_eq!(bits(b"80008"), ([no, no, no, yes], [no, no, no, yes]));
        assert_eq!(bits(b"0\n"), ([no; 4], [no; 4]));
        assert!(parse_alarm(b"1\n").unwrap().now && !parse_alarm(b"0").unwrap().now);
        assert_eq!(parse_alarm(b""), None);
        assert_eq!(parse_throttled(b""), None);
    }
}
