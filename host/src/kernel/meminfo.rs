//! `/proc/meminfo`: memory (proc_meminfo(5)).
//!
//! ```text
//! meminfo = { key ":" number [" kB"] }
//!
//! MemTotal:         425856 kB
//! MemAvailable:     211744 kB
//! HugePages_Total:       0
//! ```
//! Ancient kernels print a table of bytes before these lines (`        total:    used: ...`); its
//! rows have keys of their own and are passed over.

use super::named::Place;
use super::text;

/// The lines that count, in bytes; each is `None` where the kernel does not print it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meminfo {
    /// Memory the kernel manages.
    pub total: Option<u64>,
    /// Unused.
    pub free: Option<u64>,
    /// What new work can get without swapping. Since Linux 3.14.
    pub available: Option<u64>,
    /// Block device buffers.
    pub buffers: Option<u64>,
    /// Page cache, shared memory included.
    pub cached: Option<u64>,
    /// Shared memory: in `cached`, and not reclaimable. Since Linux 2.6.32.
    pub shmem: Option<u64>,
    /// Slab the kernel gives back under pressure. Since Linux 2.6.19.
    pub slab_reclaimable: Option<u64>,
    /// Swap space.
    pub swap_total: Option<u64>,
    /// Swap space unused.
    pub swap_free: Option<u64>,
}

/// Where these lines stood in the last text.
#[derive(Debug, Clone, Default)]
pub struct Places {
    total: Place,
    free: Place,
    available: Place,
    buffers: Place,
    cached: Place,
    shmem: Place,
    slab_reclaimable: Place,
    swap_total: Place,
    swap_free: Place,
}

/// Parses the whole file.
pub fn parse(meminfo: &[u8], places: &mut Places) -> Meminfo {
    let find = |place: &mut Place, name| place.value(name, meminfo).and_then(bytes);
    Meminfo {
        total: find(&mut places.total, b"MemTotal:"),
        free: find(&mut places.free, b"MemFree:"),
        available: find(&mut places.available, b"MemAvailable:"),
        buffers: find(&mut places.buffers, b"Buffers:"),
        cached: find(&mut places.cached, b"Cached:"),
        shmem: find(&mut places.shmem, b"Shmem:"),
        slab_reclaimable: find(&mut places.slab_reclaimable, b"SReclaimable:"),
        swap_total: find(&mut places.swap_total, b"SwapTotal:"),
        swap_free: find(&mut places.swap_free, b"SwapFree:"),
    }
}

fn bytes(value: &[u8]) -> Option<u64> {
    text::fields(value).number()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Meminfo {
        parse(text.as_bytes(), &mut Places::default())
    }

    #[test]
    fn lines_of_every_kernel_parse() {
        let modern = parsed(
            "MemTotal: 10 kB\nMemFree: 4 kB\nMemAvailable: 6 kB\nBuffers: 1 kB\nCached: 2 kB\n\
              SwapCached: 9 kB\nSwapTotal: 8 kB\nSwapFree: 7 kB\nShmem: 1 kB\nSReclaimable: 3 kB\n",
        );
        assert_eq!(modern.total, Some(10_240));
        assert_eq!(modern.available, Some(6144));
        assert_eq!(modern.cached, Some(2048));
        assert_eq!(modern.slab_reclaimable, Some(3072));
        let old = parsed(
            "        total:    used:    free:  shared: buffers:  cached:\n\
              Mem:  64000 32000 32000 0 100 200\nSwap: 0 0 0\nMemTotal: 62 kB\nMemFree: 31 kB",
        );
        assert_eq!((old.total, old.free, old.available), (Some(63_488), Some(31_744), None));
    }

    #[test]
    fn malformed_lines_are_absent() {
        for text in ["", "MemTotal", "MemTotal:", "MemTotal: kB", "MemTotal: -1 kB", ":::\n\0"] {
            assert_eq!(parsed(text), Meminfo::default(), "{text}");
        }
        assert_eq!(parsed("MemTotal: 18446744073709551615 kB").total, None, "does not fit bytes");
    }
}
