//! Temperatures, fans, the battery and the power flags: a file each.

pub(super) mod battery;
pub(super) mod power;
pub(super) mod thermal;
