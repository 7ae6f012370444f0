use super::*;

/// Data with these attributes, and a good checksum.
fn data(attributes: &[[u8; 12]]) -> Vec<u8> {
    let mut data = vec![0x10, 0x00];
    data.extend(attributes.as_flattened());
    data.resize(512, 0);
    let sum = data.iter().fold(0_u8, |sum, byte| sum.wrapping_add(*byte));
    data[511] = sum.wrapping_neg();
    data
}

const REALLOCATED: &[u8; 12] = b"\x05\x33\0\x64\x64\x08\0\x02\0\0\0\0";
const HOURS: &[u8; 12] = b"\x09\x32\0\x5f\x5f\x6a\x4e\0\x7b\0\0\0";

fn life(id: u8, value: u8, raw: u8) -> [u8; 12] {
    [id, 0x32, 0, value, value, raw, 0, 0, 0, 0, 0, 0]
}

#[test]
fn attributes_are_found_wherever_they_stand() {
    let rows = [
        *HOURS,
        [0; 12],
        *REALLOCATED,
        *b"\x0c\x32\0\x64\x64\x39\x05\0\0\0\0\0",
        *b"\xbb\x32\0\x64\x64\x03\0\0\0\0\0\0",
        *b"\xc5\x12\0\x64\x64\x10\0\0\0\0\0\0",
        *b"\xc6\x10\0\x64\x64\x11\0\0\0\0\0\0",
        *b"\xc7\x3e\0\xc8\xc8\xff\xff\xff\xff\x01\x02\0",
        *b"\xe7\x22\0\x28\x3a\x28\0\0\0\x12\0\0", // the temperature of an old disk
    ];
    let due = Attributes {
        reallocated: Some(8),
        power_on_hours: Some(20_074),
        power_cycles: Some(1337),
        uncorrectable: Some(3),
        pending: Some(16),
        offline_uncorrectable: Some(17),
        crc_errors: Some(u32::MAX.into()),
        life_left: None,
    };
    assert_eq!(parse_attributes(&data(&rows), false), Some(due));
    let last = [[0; 12]; 29].iter().copied().chain([*REALLOCATED]).collect::<Vec<_>>();
    let due = Attributes { reallocated: Some(8), ..Attributes::default() };
    assert_eq!(parse_attributes(&data(&last), false), Some(due));
}

#[test]
fn what_is_left_of_flash_is_the_makers_to_say() {
    for (rows, due) in [
        (&[life(231, 95, 9)][..], Some(95)), // Kingston, SandForce
        (&[life(177, 0, 0), life(231, 90, 0)], Some(90)), // SandForce
        (&[life(177, 98, 40), life(202, 100, 0)], Some(98)), // Samsung
        (&[life(202, 94, 6)], Some(94)),     // Crucial
        (&[life(233, 97, 0)], Some(97)),     // Intel
        (&[life(233, 100, 77)], None),       // SanDisk: gigabytes
        (&[life(202, 0, 0), *REALLOCATED], None),
        (&[life(177, 253, 0), *REALLOCATED], None),
    ] {
        let found = parse_attributes(&data(rows), true).and_then(|found| found.life_left);
        assert_eq!(found, due, "{rows:?}");
        let rotating = parse_attributes(&data(rows), false);
        assert_eq!(rotating.and_then(|found| found.life_left), None);
    }
}

#[test]
fn damaged_data_are_none() {
    let good = data(&[*REALLOCATED, *HOURS]);
    assert!(parse_attributes(&good, false).is_some());
    let mut damaged = good.clone();
    damaged[7] ^= 4;
    for bad in [&damaged[..], &good[..511], &[], &[0; 512], &[0xff; 512], &data(&[[1; 12]; 30])] {
        assert_eq!(parse_attributes(bad, true), None);
    }
}

/// Sense data with the descriptor of registers, behind another.
fn sense(count: u8, lba: [u8; 2], status: u8) -> [u8; 32] {
    let mut sense = [0; 32];
    sense[..10].copy_from_slice(b"\x72\x01\0\x1d\0\0\0\x12\x02\x02");
    sense[12..14].copy_from_slice(b"\x09\x0c");
    (sense[17], sense[21], sense[23], sense[25]) = (count, lba[0], lba[1], status);
    sense
}

#[test]
fn registers_come_in_two_forms() {
    let due = Some(Registers { count: 0xff, lba: [0x4f, 0xc2] });
    let head = b"\x72\x01\0\x1d\0\0\0\x0e\x09\x0c\0\0\0\xff\0\0\0\x4f\0\xc2\0\x50";
    assert_eq!(parse_registers(head), due);
    assert_eq!(parse_registers(&sense(0xff, [0x4f, 0xc2], 0x50)), due);
    let fixed = b"\x70\0\x01\0\x50\0\xff\x0a\0\0\x4f\xc2\0\x1d\0\0\0\0";
    assert_eq!(parse_registers(fixed), due);
    assert_eq!(parse_registers(b"\xf0\0\x05\0\0\0\0\x0a\0\0\0\0\x20\0\0\0\0\0"), None, "no ATA");
}

#[test]
fn what_is_refused_or_cut_is_none() {
    assert_eq!(parse_registers(&sense(0, [0, 0], 0x51)), None, "aborted");
    assert_eq!(parse_registers(&sense(0, [0, 0], 0x70)), None, "a fault of the device");
    let whole = sense(0xff, [0x4f, 0xc2], 0x50);
    for length in 0..26 {
        assert_eq!(parse_registers(&whole[..length]), None, "{length} bytes");
    }
    let endless = b"\x72\x05\x20\0\0\0\0\xff\x02\0\x02\0\x02\0\x02\0\x02\0";
    for bad in [&endless[..], &[0; 32], &[0xff; 32], &[0x72; 32], &[0x70; 18], b"\x72\x05\x20\0"] {
        assert_eq!(parse_registers(bad), None, "{bad:?}");
    }
}

#[test]
fn only_known_answers_are_believed() {
    let registers = |count, lba| Registers { count, lba };
    for (count, awake) in [
        (0x00, Some(false)),
        (0x01, Some(false)),
        (0x80, Some(true)),
        (0x83, Some(true)),
        (0xff, Some(true)),
        (0x02, None),
        (0x7f, None),
    ] {
        assert_eq!(registers(count, [0, 0]).is_awake(), awake, "{count:02x}");
    }
    for (lba, failed) in [
        ([0x4f, 0xc2], Some(false)),
        ([0xf4, 0x2c], Some(true)),
        ([0, 0], None),
        ([0x4f, 0x2c], None),
    ] {
        assert_eq!(registers(0, lba).has_failed(), failed, "{lba:02x?}");
    }
}
