//! `/proc/stat`, read once a sample for every collector that needs it.

use std::time::Duration;

use kinglet_proto::time::Instant;

use crate::kernel::stat::{self, Places, Stat, Times};
use crate::limits::{KERNEL_FILE_MAX, STAT_BYTES};
use crate::read::{Buffer, HotFile, Root};

/// The file, and what it said at the last two samples.
#[derive(Debug)]
pub(crate) struct StatFile {
    file: HotFile,
    /// What a read asks for: more than the file has.
    bytes: usize,
    read_at: Option<Instant>,
    places: Places,
    /// What passed between the two.
    pub(crate) elapsed: Duration,
    /// At the sample before this one.
    pub(crate) before: Stat,
    /// At this sample.
    pub(crate) after: Stat,
}

impl StatFile {
    pub(crate) fn new(proc: &Root) -> Self {
        Self {
            file: proc.file("stat"),
            bytes: STAT_BYTES,
            read_at: None,
            places: Places::default(),
            elapsed: Duration::ZERO,
            before: Stat::default(),
            after: Stat::default(),
        }
    }

    /// What the core with this number said at the sample before this one, where it was there; `at`
    /// is its place now, almost always the same as before.
    pub(crate) fn core_before(&self, at: usize, id: u64) -> Option<&Times> {
        let cores = &self.before.cores;
        let same = cores.get(at).filter(|core| core.0 == id);
        same.or_else(|| cores.iter().find(|core| core.0 == id)).map(|core| &core.1)
    }

    /// Reads the file, unless another collector has done so for this sample.
    pub(crate) fn read(&mut self, now: Instant, buffer: &mut Buffer) {
        let before = self.read_at.replace(now);
        if before == Some(now) {
            return;
        }
        self.elapsed = before.map(|before| now.since(before)).unwrap_or_default();
        std::mem::swap(&mut self.before, &mut self.after);
        // The kernel makes the whole file at each read from its start: all of it costs what a part
        // does, and what was cut is made again.
        loop {
            let text = self.file.read_head(now, buffer, self.bytes).unwrap_or_default();
            if text.len() < self.bytes || self.bytes >= KERNEL_FILE_MAX {
                return stat::parse(text, &mut self.after, &mut self.places);
            }
            self.bytes *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_sample_reads_the_file_once_and_whole() {
        let folder = std::env::temp_dir().join(format!("kinglet-stat-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let write = |forks: u64| {
            let text = format!("intr 5{}\nprocesses {forks}\n", " 0".repeat(3 * STAT_BYTES));
            fs::write(folder.join("stat"), text).unwrap();
        };
        let mut file = StatFile::new(&Root::new(&folder));
        let mut buffer = Buffer::default();
        let mut read = |ms: u64| {
            file.read(Instant::from_millis(ms), &mut buffer);
            (file.before.forks, file.after.forks)
        };
        write(1);
        assert_eq!(read(1000), (None, Some(1)));
        write(2);
        assert_eq!(read(1000), (None, Some(1)), "another collector of the same sample");
        assert_eq!(read(2000), (Some(1), Some(2)));
        fs::remove_dir_all(&folder).unwrap();
    }
}
