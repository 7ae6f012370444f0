//! `/proc/cpuinfo`: what the processor is called (proc_cpuinfo(5)); every architecture has its own
//! words.
//!
//! ```text
//! line = key blanks ":" [" " value]
//!
//! model name : Intel(R) Celeron(R) J4125 CPU @ 2.00GHz
//! system type  : MediaTek MT7621 ver:1 eco:3
//! cpu  : POWER9 (architected), altivec supported
//! CPU part        : 0xd03
//! ```

use super::text;

/// Names and clock of the first processor; each is `None` where the architecture has no such line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cpuinfo<'a> {
    /// `model name` (x86, 32-bit ARM, LoongArch), `cpu model` (MIPS), `uarch` (RISC-V), or `cpu`
    /// (POWER, SPARC).
    pub model: Option<&'a [u8]>,
    /// The system around it: `system type` (MIPS), `Hardware` (ARM), or `machine`.
    pub system: Option<&'a [u8]>,
    /// Clock in MHz, cut; x86 and POWER.
    pub mhz: Option<u64>,
    /// Who designed the core, a number; ARM.
    pub implementer: Option<u64>,
    /// Which core of theirs it is, a number; ARM.
    pub part: Option<u64>,
}

/// Parses up to what there is of the first processor.
pub fn parse(cpuinfo: &[u8]) -> Cpuinfo<'_> {
    let mut found = Cpuinfo::default();
    for line in text::lines(cpuinfo) {
        let Some((key, value)) = text::split_once(b':', line) else { continue };
        // A processor without a name is "unknown" to x86.
        let value = Some(text::trim(value)).filter(|value| !matches!(*value, b"" | b"unknown"));
        let slot = match text::trim(key) {
            b"model name" | b"Model Name" | b"cpu model" | b"uarch" => &mut found.model,
            // A number stands here on some architectures.
            b"cpu" if value.is_some_and(|value| text::number(value).is_none()) => &mut found.model,
            b"system type" | b"Hardware" | b"machine" => &mut found.system,
            b"cpu MHz" | b"CPU MHz" | b"clock" => {
                found.mhz = found.mhz.or_else(|| value.and_then(parse_mhz));
                continue;
            }
            b"CPU implementer" => {
                found.implementer = found.implementer.or_else(|| value.and_then(text::hexadecimal));
                continue;
            }
            b"CPU part" => {
                found.part = found.part.or_else(|| value.and_then(text::hexadecimal));
                continue;
            }
            _ => continue,
        };
        *slot = slot.or(value);
    }
    found
}

fn parse_mhz(value: &[u8]) -> Option<u64> {
    let number = value.strip_suffix(b"MHz").unwrap_or(value);
    text::hundredths(number).map(|hundredths| hundredths / 100).filter(|mhz| *mhz > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_core_is_known_by_two_numbers() {
        let info = "processor : 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd03\n\n\
                    processor : 1\nCPU implementer\t: 0x51\nCPU part\t: 0x800\n";
        let found = parse(info.as_bytes());
        assert_eq!((found.implementer, found.part), (Some(0x41), Some(0xd03)));
        let found = parse(b"CPU implementer : ?\nCPU part :\n");
        assert_eq!((found.implementer, found.part), (None, None));
    }

    #[test]
    fn each_architecture_names_itself_in_its_own_words() {
        for (text, model, system, mhz) in [
            (
                "processor\t: 0\nmodel\t\t: 122\nmodel name\t: Celeron J4125\ncpu MHz\t\t: 1996.8\n\n\
                 processor\t: 1\nmodel name\t: other\ncpu MHz\t\t: 800.0\n",
                Some("Celeron J4125"),
                None,
                Some(1996),
            ),
            (
                "system type\t\t: MediaTek MT7621 ver:1 eco:3\nmachine\t\t\t: Some Router\n\
                 processor\t\t: 0\ncpu model\t\t: MIPS 1004Kc V2.15",
                Some("MIPS 1004Kc V2.15"),
                Some("MediaTek MT7621 ver:1 eco:3"),
                None,
            ),
            (
                "system type\t\t: generic\n\nprocessor\t\t: 0\nModel Name\t\t: Loongson-3A5000\n\
                 CPU MHz\t\t\t: 2500.00\n",
                Some("Loongson-3A5000"),
                Some("generic"),
                Some(2500),
            ),
            (
                "processor\t: 0\nisa\t: rv64\nuarch\t: sifive,u74-mc\n",
                Some("sifive,u74-mc"),
                None,
                None,
            ),
            ("cpu\t\t: POWER9\nclock\t\t: 3550.000000MHz\n", Some("POWER9"), None, Some(3550)),
            (
                "processor\t: 0\nCPU part\t: 0xd03\nHardware\t: BCM2835\n",
                None,
                Some("BCM2835"),
                None,
            ),
            ("", None, None, None),
            ("vendor_id\t: unknown\nmodel name\t: unknown\n", None, None, None),
            ("model name\nmodel name :\ncpu MHz : ?\ncpu : 3\n:\n", None, None, None),
        ] {
            let found = parse(text.as_bytes());
            assert_eq!(found.model, model.map(str::as_bytes), "{text}");
            assert_eq!(found.system, system.map(str::as_bytes), "{text}");
            assert_eq!(found.mhz, mhz, "{text}");
        }
    }
}
