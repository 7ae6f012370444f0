//! Names of ARM cores, by the two numbers `/proc/cpuinfo` has where it has no `model name`.
//!
//! The numbers are those of the main ID register in each implementer's manuals, the names those
//! that lscpu(1) shows. Cores that run no Linux (Cortex-M and -R) are left out.
//!
//! ```text
//! CPU implementer : 0x41
//! CPU part        : 0xd03
//! ```

/// The name of a core; `None` for one that is newer than this list.
pub fn core_name(implementer: u64, part: u64) -> Option<&'static str> {
    let (_, cores) = CORES.iter().find(|(of, _)| u64::from(*of) == implementer)?;
    cores.split(',').find_map(|core| {
        let (number, name) = core.split_once(' ')?;
        (u64::from_str_radix(number, 16) == Ok(part)).then_some(name)
    })
}

/// Part and name of each core by its implementer: a text, which weighs a third of what an array of
/// numbers and names does.
const CORES: [(u8, &str); 17] = [
    // ARM
    (
        0x41,
        "810 ARM810,920 ARM920,922 ARM922,926 ARM926,940 ARM940,946 ARM946,966 ARM966,\
         a20 ARM1020,a22 ARM1022,a26 ARM1026,b02 ARM11 MPCore,b36 ARM1136,b56 ARM1156,\
         b76 ARM1176,c05 Cortex-A5,c07 Cortex-A7,c08 Cortex-A8,c09 Cortex-A9,c0d Cortex-A17,\
         c0e Cortex-A17,c0f Cortex-A15,d01 Cortex-A32,d02 Cortex-A34,d03 Cortex-A53,\
         d04 Cortex-A35,d05 Cortex-A55,d06 Cortex-A65,d07 Cortex-A57,d08 Cortex-A72,\
         d09 Cortex-A73,d0a Cortex-A75,d0b Cortex-A76,d0c Neoverse-N1,d0d Cortex-A77,\
         d0e Cortex-A76AE,d40 Neoverse-V1,d41 Cortex-A78,d42 Cortex-A78AE,d43 Cortex-A65AE,\
         d44 Cortex-X1,d46 Cortex-A510,d47 Cortex-A710,d48 Cortex-X2,d49 Neoverse-N2,\
         d4a Neoverse-E1,d4b Cortex-A78C,d4c Cortex-X1C,d4d Cortex-A715,d4e Cortex-X3,\
         d4f Neoverse-V2,d80 Cortex-A520,d81 Cortex-A720,d82 Cortex-X4,d83 Neoverse-V3AE,\
         d84 Neoverse-V3,d85 Cortex-X925,d87 Cortex-A725,d8e Neoverse-N3",
    ),
    // Broadcom
    (0x42, "00f Brahma-B15,100 Brahma-B53,516 ThunderX2"),
    // Cavium
    (
        0x43,
        "0a0 ThunderX,0a1 ThunderX-88XX,0a2 ThunderX-81XX,0a3 ThunderX-83XX,\
         0af ThunderX2-99xx,0b0 OcteonTX2,0b1 OcteonTX2-98XX,0b2 OcteonTX2-96XX,\
         0b3 OcteonTX2-95XX,0b8 ThunderX3-T110",
    ),
    // DEC
    (0x44, "a10 SA110,a11 SA1100"),
    // FUJITSU
    (0x46, "001 A64FX"),
    // HiSilicon
    (0x48, "d01 Kunpeng-920,d40 Cortex-A76"),
    // NVIDIA
    (0x4e, "000 Denver,003 Denver 2,004 Carmel,010 Olympus"),
    // APM
    (0x50, "000 X-Gene"),
    // Qualcomm
    (
        0x51,
        "001 Oryon,00f Scorpion,02d Scorpion,04d Krait,06f Krait,201 Kryo,205 Kryo,211 Kryo,\
         800 Falkor-V1/Kryo,801 Kryo-V2,802 Kryo-3XX-Gold,803 Kryo-3XX-Silver,\
         804 Kryo-4XX-Gold,805 Kryo-4XX-Silver,c00 Falkor,c01 Saphira",
    ),
    // Samsung
    (0x53, "001 exynos-m1,002 exynos-m3,003 exynos-m4,004 exynos-m5"),
    // Marvell
    (0x56, "131 Feroceon-88FR131,581 PJ4/PJ4b,584 PJ4B-MP"),
    // Apple
    (
        0x61,
        "020 Icestorm-A14,021 Firestorm-A14,022 Icestorm-M1,023 Firestorm-M1,\
         024 Icestorm-M1-Pro,025 Firestorm-M1-Pro,028 Icestorm-M1-Max,029 Firestorm-M1-Max,\
         030 Blizzard-A15,031 Avalanche-A15,032 Blizzard-M2,033 Avalanche-M2",
    ),
    // Faraday
    (0x66, "526 FA526,626 FA626"),
    // Intel
    (
        0x69,
        "200 i80200,210 PXA250A,212 PXA210A,242 i80321-400,243 i80321-600,\
         290 PXA250B/PXA26x,292 PXA210B,2c2 i80321-400-B0,2c3 i80321-600-B0,\
         2d0 PXA250C/PXA255/PXA26x,2d2 PXA210C,411 PXA27x,41c IPX425-533,41d IPX425-400,\
         41f IPX425-266,682 PXA32x,683 PXA930/PXA935,688 PXA30x,689 PXA31x,b11 SA1110,\
         c12 IPX1200",
    ),
    // Microsoft
    (0x6d, "d49 Azure-Cobalt-100"),
    // Phytium
    (0x70, "303 FTC310,660 FTC660,661 FTC661,662 FTC662,663 FTC663,664 FTC664,862 FTC862"),
    // Ampere, by the name it sells them under: lscpu says Ampere-1 and so on.
    (0xc0, "ac3 AmpereOne,ac4 AmpereOne,ac5 AmpereOne"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_are_named_by_implementer_and_part() {
        for (implementer, part, name) in [
            (0x41, 0x810, Some("ARM810")),
            (0x41, 0xb02, Some("ARM11 MPCore")),
            (0x41, 0xb76, Some("ARM1176")),
            (0x41, 0xd03, Some("Cortex-A53")),
            (0x41, 0xd08, Some("Cortex-A72")),
            (0x41, 0xd8e, Some("Neoverse-N3")),
            (0x4e, 0x3, Some("Denver 2")),
            (0x56, 0x131, Some("Feroceon-88FR131")),
            (0x70, 0x663, Some("FTC663")),
            (0xc0, 0xac3, Some("AmpereOne")),
            (0xc0, 0xac4, Some("AmpereOne")),
            (0x6d, 0xd49, Some("Azure-Cobalt-100")),
            (0x41, 0x0, None),
            (0x41, 0xc24, None),
            (0x42, 0xd03, None),
            (0x141, 0xd03, None),
            (0x0, 0x0, None),
        ] {
            assert_eq!(core_name(implementer, part), name, "{implementer:#x} {part:#x}");
        }
    }

    #[test]
    fn every_entry_of_the_list_is_found_and_none_stands_twice() {
        for (implementer, cores) in CORES {
            let mut before = None;
            for core in cores.split(',') {
                let (number, name) = core.split_once(' ').unwrap();
                let part = u64::from_str_radix(number, 16).unwrap();
                assert!(before < Some(part), "{core} follows {before:x?}");
                before = Some(part);
                assert_eq!(core_name(implementer.into(), part), Some(name));
                assert_eq!(name, name.trim());
            }
        }
    }
}
