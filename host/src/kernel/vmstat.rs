//! `/proc/vmstat`: what memory management counts (Documentation/filesystems/proc.rst; the names are
//! in mm/vmstat.c).
//!
//! ```text
//! vmstat = { name " " number }
//!
//! nr_free_pages 9172
//! pswpin 0
//! oom_kill 2
//! ```
//! Some two hundred lines, others on each kernel; these three are in the first page of them, and
//! missing from a kernel without `CONFIG_VM_EVENT_COUNTERS`.

use super::named::Place;
use super::text;

/// The lines that count; each is `None` where the kernel does not print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Vmstat {
    /// Pages read from swap since boot.
    pub swapped_in: Option<u64>,
    /// Pages written to swap since boot.
    pub swapped_out: Option<u64>,
    /// Processes killed for want of memory since boot. Since Linux 4.13.
    pub oom_kills: Option<u64>,
}

/// Where these lines stood in the last text.
#[derive(Debug, Clone, Default)]
pub struct Places {
    swapped_in: Place,
    swapped_out: Place,
    oom_kills: Place,
}

/// Parses the file, or as much of it as was read: a last line without an end is left out.
pub fn parse(vmstat: &[u8], places: &mut Places) -> Vmstat {
    let text = text::whole_lines(vmstat);
    let number = |place: &mut Place, name| place.value(name, text).and_then(text::number);
    Vmstat {
        swapped_in: number(&mut places.swapped_in, b"pswpin "),
        swapped_out: number(&mut places.swapped_out, b"pswpout "),
        oom_kills: number(&mut places.oom_kills, b"oom_kill "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Vmstat {
        parse(text.as_bytes(), &mut Places::default())
    }

    #[test]
    fn the_lines_of_every_kernel_parse() {
        let old = parsed("nr_dirty 5\npgpgin 7\npswpin 11\npswpout 12\npgfault 9\n");
        let swapped = Vmstat { swapped_in: Some(11), swapped_out: Some(12), oom_kills: None };
        assert_eq!(old, swapped);
        let new =
            parsed("pswpin 11\npswpout 12\nallocstall 1\noom_kill 3\nnuma_hit 1\npswpin 99\n");
        assert_eq!(new, Vmstat { oom_kills: Some(3), ..swapped });
        assert_eq!(parsed("oom_kill 0\n").oom_kills, Some(0));
    }

    #[test]
    fn malformed_lines_are_absent() {
        for text in [
            "",
            "\n",
            "pswpin\n",
            "pswpin \n",
            "pswpin x\n",
            "pswpin -1\n",
            "pswpout 99999999999999999999\n",
            "oom_kill  2\n",
            "oom_kills 2\n",
            "xpswpin 2\n",
            "oom_kill 12", // cut: it may have been 120
        ] {
            assert_eq!(parsed(text), Vmstat::default(), "{text}");
        }
    }
}
