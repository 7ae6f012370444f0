//! What an ATA disk tells of its health: SMART READ DATA, 512 bytes, little-endian, and registers
//! (ATA/ATAPI Command Set, INCITS 482; the attributes are their makers', by custom as here). The
//! kernel hands registers on as sense data (SAT, "ATA Status Return"; drivers/ata/libata-scsi.c).
//!
//! ```text
//! data      = revision:2 30 * attribute { vendor's own } checksum:1      { the sum of all is 0 }
//! attribute = id:1 flags:2 value:1 worst:1 raw:6 1
//! sense     = 72 key:1 0:1 0:1 3 length:1 { type:1 length:1 ... }   { type 09 has registers }
//!           | 70 2 error:1 status:1 device:1 count:1 2 low:1 mid:1 high:1 ...
//!
//! 05 33 00 64 64 08 00 00 00 00 00 00        8 sectors reallocated
//! 09 32 00 5f 5f 6a 4e 00 00 00 00 00        20,074 hours
//! 72 01 00 1d 00 00 00 0e 09 0c 00 00 00 ff 00 00 00 4f 00 c2 00 50       active; or passed
//! ```

/// What the attributes say that matter; `None` for what the disk does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Attributes {
    /// 5: sectors that others stand for.
    pub reallocated: Option<u64>,
    /// 9: hours it was on.
    pub power_on_hours: Option<u64>,
    /// 12: how often it was switched on.
    pub power_cycles: Option<u64>,
    /// 187: what it could neither read nor mend.
    pub uncorrectable: Option<u64>,
    /// 197: sectors that wait to be mended or replaced.
    pub pending: Option<u64>,
    /// 198: sectors that its own scan could not read.
    pub offline_uncorrectable: Option<u64>,
    /// 199: errors on the way, most by a cable.
    pub crc_errors: Option<u64>,
    /// What is left of the life of flash, percent: 231, 177, 202 or 233.
    pub life_left: Option<u8>,
}

/// Registers of a disk behind a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Registers {
    /// Of the sector count: the power mode.
    pub count: u8,
    /// Of the address, middle and high: whether it is well.
    pub lba: [u8; 2],
}

/// Reads the attributes; `None` for data that are short, damaged or of no disk. Those of wear mean
/// something else where the medium rotates.
pub fn parse_attributes(data: &[u8], is_flash: bool) -> Option<Attributes> {
    let data = data.first_chunk::<512>()?;
    let sum = data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    let find = |id: u8| data[2..362].as_chunks::<12>().0.iter().find(|row| row[0] == id);
    let raw = |id, bytes: usize| {
        let row = find(id)?;
        Some(row[5..5 + bytes].iter().rev().fold(0, |raw, byte| raw << 8 | u64::from(*byte)))
    };
    let left = |id| Some(find(id)?[3]).filter(|left| (1..=100).contains(left));
    // Others count gigabytes under this one.
    let intel = || left(233).filter(|_| raw(233, 6) == Some(0));
    let life_left = || left(231).or_else(|| left(177)).or_else(|| left(202)).or_else(intel);
    // The bytes above these are used for something else by some.
    let found = Attributes {
        reallocated: raw(5, 2),
        power_on_hours: raw(9, 3),
        power_cycles: raw(12, 4),
        uncorrectable: raw(187, 2),
        pending: raw(197, 4),
        offline_uncorrectable: raw(198, 4),
        crc_errors: raw(199, 4),
        life_left: if is_flash { life_left() } else { None },
    };
    (sum == 0 && found != Attributes::default()).then_some(found)
}

/// Takes the registers out of sense data; `None` where the disk has refused the command.
pub fn parse_registers(sense: &[u8]) -> Option<Registers> {
    let (code, rest) = sense.split_first()?;
    let (status, registers) = match code & 0x7f {
        0x72 => {
            let mut descriptors = rest.get(7..)?;
            let found = loop {
                let length = usize::from(*descriptors.get(1)?) + 2;
                let (found, behind) = descriptors.split_at_checked(length)?;
                if found[0] == 0x09 {
                    break found.first_chunk::<14>()?;
                }
                descriptors = behind;
            };
            (found[13], Registers { count: found[5], lba: [found[9], found[11]] })
        }
        0x70 => {
            let rest = rest.first_chunk::<17>()?;
            // Only with this do its fields hold registers.
            let is_ours = rest[11..13] == [0x00, 0x1d];
            is_ours.then_some((rest[3], Registers { count: rest[5], lba: [rest[9], rest[10]] }))?
        }
        _ => return None,
    };
    (status & 0x21 == 0).then_some(registers)
}

impl Registers {
    /// Behind CHECK POWER MODE: whether it spins or is ready; `None` where that is no such answer.
    pub fn is_awake(self) -> Option<bool> {
        match self.count {
            0x00..=0x01 => Some(false),
            0x40..=0x41 | 0x80..=0x83 | 0xff => Some(true),
            _ => None,
        }
    }

    /// Behind SMART RETURN STATUS: whether its own check has failed.
    pub fn has_failed(self) -> Option<bool> {
        match self.lba {
            [0x4f, 0xc2] => Some(false),
            [0xf4, 0x2c] => Some(true),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
