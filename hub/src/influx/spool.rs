//! The queue on the disk: what is to be sent, in files that are appended to, the oldest first out.
//!
//! A file is a row of gzip members, one for each commit, so that several files one after the other
//! are one body. One is closed when it is large enough or when it is being sent; it goes when it
//! was. A member that was cut short by a power cut is cut off at the next start.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::bufread::{GzDecoder, MultiGzDecoder};
use flate2::write::GzEncoder;
use nix::fcntl::{Flock, FlockArg};

use crate::limits::{SPOOL_FILE_BYTES, SPOOL_TEXT_BYTES_MAX};

/// How a file of the queue ends.
const END: &str = "lp.gz";

/// The queue.
pub(super) struct Spool {
    folder: PathBuf,
    bytes_max: u64,
    /// The oldest first.
    files: VecDeque<Entry>,
    /// The newest one, while it is appended to.
    open: Option<File>,
    bytes: u64,
    next: u64,
    /// Nobody else writes here.
    _lock: Flock<File>,
}

/// One file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    number: u64,
    /// Of whole members.
    bytes: u64,
}

/// What is sent together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Batch {
    /// Files, to be removed once they are safe.
    numbers: Vec<u64>,
    /// Where they are, and how much of each counts.
    parts: Vec<(PathBuf, u64)>,
}

impl Spool {
    /// Opens the queue of a folder, or makes a new one.
    pub(super) fn open(folder: &Path, bytes_max: u64) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let lock = File::options().create(true).append(true).open(folder.join("lock"))?;
        let lock = Flock::lock(lock, FlockArg::LockExclusiveNonblock)
            .map_err(|(_, error)| io::Error::other(format!("another hub has it: {error}")))?;
        let mut numbers = Vec::new();
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            let number = name.to_str().and_then(|name| name.split_once('.'));
            let number = number.filter(|(_, end)| *end == END);
            numbers.extend(number.and_then(|(number, _)| number.parse::<u64>().ok()));
        }
        numbers.sort_unstable();
        let next = numbers.last().map_or(0, |last| last + 1);
        let mut spool = Self {
            folder: folder.to_owned(),
            bytes_max,
            files: VecDeque::new(),
            open: None,
            bytes: 0,
            next,
            _lock: lock,
        };
        if let Some(last) = numbers.last() {
            cut_off_torn_end(&spool.path(*last))?;
        }
        for number in numbers {
            let bytes = fs::metadata(spool.path(number))?.len();
            if bytes == 0 {
                fs::remove_file(spool.path(number))?;
                continue;
            }
            spool.files.push_back(Entry { number, bytes });
            spool.bytes += bytes;
        }
        Ok(spool)
    }

    /// Bytes that wait.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Puts a member at the end, on the disk before it returns; how many lines of the oldest files
    /// went for it. After an error nothing of it is there.
    pub(super) fn append(&mut self, member: &[u8]) -> io::Result<u64> {
        let size = member.len() as u64;
        let mut dropped = 0;
        while self.bytes + size > self.bytes_max
            && let Some(oldest) = self.files.front().copied()
        {
            dropped += lines_of(&self.path(oldest.number)).unwrap_or(0);
            self.remove(&[oldest.number])?;
        }
        if self.files.back().is_none_or(|newest| newest.bytes >= SPOOL_FILE_BYTES) {
            self.open = None;
        }
        let mut file = match self.open.take() {
            Some(file) => file,
            None => self.begin()?,
        };
        let written = file.write_all(member).and_then(|()| file.sync_data());
        let Some(newest) = self.files.back_mut() else { return written.map(|()| dropped) };
        match written {
            Ok(()) => {
                newest.bytes += size;
                self.bytes += size;
                self.open = Some(file);
                Ok(dropped)
            }
            Err(error) => {
                // Where that fails too, the file is closed, and only its whole members count.
                self.open = file.set_len(newest.bytes).ok().map(|()| file);
                Err(error)
            }
        }
    }

    fn begin(&mut self) -> io::Result<File> {
        let number = self.next;
        let path = self.path(number);
        let file = File::options().create_new(true).append(true).mode(0o600).open(path)?;
        // The name is on the disk before anything is promised.
        File::open(&self.folder)?.sync_all()?;
        self.next += 1;
        self.files.push_back(Entry { number, bytes: 0 });
        Ok(file)
    }

    /// The oldest files, so many that they have not more bytes together; one at least. `None` when
    /// nothing waits.
    pub(super) fn oldest(&mut self, bytes_max: usize) -> Option<Batch> {
        let mut batch = Batch { numbers: Vec::new(), parts: Vec::new() };
        let (mut bytes, bytes_max) = (0, bytes_max as u64);
        for entry in self.files.iter().filter(|entry| entry.bytes > 0) {
            bytes += entry.bytes;
            if bytes > bytes_max && !batch.numbers.is_empty() {
                break;
            }
            batch.numbers.push(entry.number);
            batch.parts.push((self.path(entry.number), entry.bytes));
        }
        let newest = self.files.back().map(|newest| newest.number);
        if batch.numbers.last().copied() == newest {
            // What comes now is of the next one.
            self.open = None;
        }
        (!batch.numbers.is_empty()).then_some(batch)
    }

    /// The batch is safe elsewhere, or of no use.
    pub(super) fn forget(&mut self, batch: &Batch) -> io::Result<()> {
        self.remove(&batch.numbers)
    }

    fn remove(&mut self, numbers: &[u64]) -> io::Result<()> {
        for number in numbers {
            // It may have made room for newer ones meanwhile.
            let Some(at) = self.files.iter().position(|file| file.number == *number) else {
                continue;
            };
            fs::remove_file(self.path(*number))?;
            if at + 1 == self.files.len() {
                self.open = None;
            }
            if let Some(gone) = self.files.remove(at) {
                self.bytes -= gone.bytes;
            }
        }
        Ok(())
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{number:020}.{END}"))
    }
}

impl Batch {
    /// Its bytes. A file that made room meanwhile is left out.
    pub(super) fn read(&self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        for (path, bytes) in &self.parts {
            match File::open(path) {
                Ok(file) => drop(file.take(*bytes).read_to_end(&mut all)?),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

/// Lines as a member.
pub(super) fn pack(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(text.as_bytes());
    encoder.finish().unwrap_or_default()
}

/// The lines of members, up to the first damage.
pub(super) fn unpack(members: &[u8]) -> String {
    let mut text = Vec::new();
    // What could be read before it is there.
    let _ = MultiGzDecoder::new(members).take(SPOOL_TEXT_BYTES_MAX).read_to_end(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

fn lines_of(path: &Path) -> io::Result<u64> {
    Ok(unpack(&fs::read(path)?).lines().count() as u64)
}

/// A commit that was under way when the power went leaves a part of a member.
fn cut_off_torn_end(path: &Path) -> io::Result<()> {
    let bytes = fs::read(path)?;
    let mut rest = bytes.as_slice();
    let mut whole = 0;
    while !rest.is_empty() {
        let mut member = GzDecoder::new(rest);
        if io::copy(&mut member, &mut io::sink()).is_err() {
            break;
        }
        rest = member.into_inner();
        whole = bytes.len() - rest.len();
    }
    if whole < bytes.len() {
        File::options().write(true).open(path)?.set_len(whole as u64)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder =
            std::env::temp_dir().join(format!("kinglet-spool-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        folder
    }

    fn all(spool: &mut Spool) -> String {
        let mut text = String::new();
        while let Some(batch) = spool.oldest(1) {
            text += &unpack(&batch.read().unwrap());
            spool.forget(&batch).unwrap();
        }
        text
    }

    #[test]
    fn what_was_queued_comes_out_in_its_order_over_a_restart() {
        let folder = folder("order");
        let mut spool = Spool::open(&folder, u64::MAX).unwrap();
        assert!(Spool::open(&folder, u64::MAX).is_err(), "another has it");
        for text in ["a 1\n", "b 2\n"] {
            assert_eq!(spool.append(&pack(text)).unwrap(), 0);
        }
        let first = spool.oldest(1).unwrap();
        assert_eq!(unpack(&first.read().unwrap()), "a 1\nb 2\n");
        spool.append(&pack("c 3\n")).unwrap();
        assert_eq!(first, spool.oldest(1).unwrap(), "what is being sent does not grow");
        drop(spool);
        let mut spool = Spool::open(&folder, u64::MAX).unwrap();
        spool.append(&pack("d 4\n")).unwrap();
        let both = spool.oldest(usize::MAX).unwrap();
        assert_eq!(unpack(&both.read().unwrap()), "a 1\nb 2\nc 3\nd 4\n");
        assert_eq!(all(&mut spool), "a 1\nb 2\nc 3\nd 4\n");
        assert_eq!((spool.bytes(), spool.oldest(1)), (0, None));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_torn_end_is_cut_off_and_what_comes_next_is_whole() {
        let folder = folder("torn");
        let mut spool = Spool::open(&folder, u64::MAX).unwrap();
        spool.append(&pack("a 1\n")).unwrap();
        let path = spool.path(0);
        drop(spool);
        let mut file = File::options().append(true).open(&path).unwrap();
        let member = pack("lost 2\n");
        file.write_all(&member[..member.len() - 3]).unwrap();
        let mut spool = Spool::open(&folder, u64::MAX).unwrap();
        spool.append(&pack("c 3\n")).unwrap();
        assert_eq!(all(&mut spool), "a 1\nc 3\n");
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_full_queue_drops_its_oldest_and_counts_the_lines() {
        let folder = folder("full");
        let member = pack("a 1\nb 2\nc 3\n");
        let mut spool = Spool::open(&folder, member.len() as u64 * 2).unwrap();
        let mut dropped = 0;
        for _ in 0..5 {
            dropped += spool.append(&member).unwrap();
            // Each in a file of its own.
            spool.oldest(usize::MAX);
        }
        assert_eq!((dropped, spool.bytes()), (9, member.len() as u64 * 2));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_batch_that_made_room_meanwhile_is_no_fault() {
        let folder = folder("gone");
        let member = pack("a 1\n");
        let mut spool = Spool::open(&folder, member.len() as u64).unwrap();
        spool.append(&member).unwrap();
        let batch = spool.oldest(1).unwrap();
        assert_eq!(spool.append(&pack("b 2\n")).unwrap(), 1);
        assert_eq!(batch.read().unwrap(), b"");
        spool.forget(&batch).unwrap();
        assert_eq!(all(&mut spool), "b 2\n");
        fs::remove_dir_all(folder).unwrap();
    }
}
