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

/// Lines that few ask for, in the order of [`MORE`].
pub type More = [Option<u64>; MORE.len()];

/// Their names. Slab is since Linux 2.6, its two parts since 2.6.19, `Shmem` since 2.6.32.
pub const MORE: [&[u8]; 14] = [
    b"Active:",
    b"Inactive:",
    b"Slab:",
    b"SReclaimable:",
    b"SUnreclaim:",
    b"Shmem:",
    b"Mapped:",
    b"PageTables:",
    b"Dirty:",
    b"Writeback:",
    b"WritebackTmp:",
    b"CommitLimit:",
    b"Committed_AS:",
    b"SwapCached:",
];

/// Parses those lines, in bytes.
pub fn parse_more(meminfo: &[u8], places: &mut [Place; MORE.len()]) -> More {
    let mut more = [None; MORE.len()];
    for ((found, place), name) in more.iter_mut().zip(places).zip(MORE) {
        *found = place.value(name, meminfo).and_then(bytes);
    }
    more
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
    fn more_lines_are_found_by_their_whole_names() {
        let text = b"SwapCached: 9 kB\nActive: 1 kB\nInactive: 2 kB\nActive(anon): 7 kB\n\
            Writeback: 3 kB\nShmem: 4 kB\nWritebackTmp: 5 kB\nCommitted_AS: 6 kB\n";
        let more = parse_more(text, &mut Default::default());
        let kib = |at: usize| more[at].map(|bytes| bytes / 1024);
        assert_eq!((kib(0), kib(1), kib(2), kib(5)), (Some(1), Some(2), None, Some(4)));
        assert_eq!((kib(9), kib(10), kib(12), kib(13)), (Some(3), Some(5), Some(6), Some(9)));
    }

    #[test]
    fn malformed_lines_are_absent() {
        for text in ["", "MemTotal", "MemTotal:", "MemTotal: kB", "MemTotal: -1 kB", ":::\n\0"] {
            assert_eq!(parsed(text), Meminfo::default(), "{text}");
        }
        assert_eq!(parsed("MemTotal: 18446744073709551615 kB").total, None, "does not fit bytes");
    }
}
