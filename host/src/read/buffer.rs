//! The buffer that files are read into, when a reading is at its end, and what went wrong with it.

use std::io;
use std::path::{Path, PathBuf};

use nix::errno::Errno;

use super::errors::trouble;
use crate::limits::{KERNEL_FILE_MAX, READ_AHEAD, SHORT_READ};

/// The one buffer every kernel file is read into; it grows to the largest of them and stays.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    account: Account,
}

/// How reading went since somebody asked.
#[derive(Debug, Default)]
pub(crate) struct Account {
    /// Something was looked at.
    pub(crate) has_looked: bool,
    /// The first thing that went wrong.
    pub(crate) trouble: Option<Errno>,
    /// With this file; its room is kept.
    pub(crate) place: PathBuf,
}

impl Buffer {
    /// A new account begins.
    pub(crate) const fn begin(&mut self) {
        (self.account.has_looked, self.account.trouble) = (false, None);
    }

    /// How reading went since it began.
    pub(crate) const fn account(&self) -> &Account {
        &self.account
    }

    /// Something was looked at, and how that went: `None` for what is nobody's matter.
    pub(crate) fn note(&mut self, path: &Path, trouble: Option<Errno>) {
        self.account.has_looked = true;
        if trouble.is_some() && self.account.trouble.is_none() {
            self.account.trouble = trouble;
            let place = self.account.place.as_mut_os_string();
            place.clear();
            place.push(path);
        }
    }

    /// Fills with the file at `path`, and notes how that went.
    pub(super) fn fill_with(
        &mut self,
        path: &Path,
        read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
        is_end: &mut dyn FnMut(&[u8], usize) -> bool,
    ) -> io::Result<&[u8]> {
        let count = self.take_in(read, is_end);
        self.note(path, count.as_ref().err().and_then(trouble));
        count.map(|count| &self.bytes[..count])
    }

    /// The same with no more than its first `len` bytes, by one call.
    pub(super) fn fill_head(
        &mut self,
        path: &Path,
        len: usize,
        read: impl FnOnce(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<&[u8]> {
        if self.bytes.len() < len {
            self.bytes.resize(len, 0);
        }
        let count = read(&mut self.bytes[..len]);
        self.note(path, count.as_ref().err().and_then(trouble));
        count.map(|count| &self.bytes[..count])
    }

    /// Fills from `read` (bytes, offset) until `is_end` (all so far, the last count) says so,
    /// nothing comes, or `KERNEL_FILE_MAX`.
    pub(super) fn fill(
        &mut self,
        read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
        is_end: &mut dyn FnMut(&[u8], usize) -> bool,
    ) -> io::Result<&[u8]> {
        self.take_in(read, is_end).map(|count| &self.bytes[..count])
    }

    /// How many bytes there are then.
    fn take_in(
        &mut self,
        mut read: impl FnMut(&mut [u8], u64) -> io::Result<usize>,
        is_end: &mut dyn FnMut(&[u8], usize) -> bool,
    ) -> io::Result<usize> {
        let mut len = 0;
        while len < KERNEL_FILE_MAX {
            if self.bytes.len() < len + READ_AHEAD {
                self.bytes.resize(len + READ_AHEAD, 0);
            }
            let offset = u64::try_from(len).unwrap_or(u64::MAX);
            let count = match read(&mut self.bytes[len..], offset) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            len += count;
            if count == 0 || is_end(&self.bytes[..len], count) {
                break;
            }
        }
        Ok(len)
    }

    /// Holds what was read elsewhere.
    pub(super) fn copy(&mut self, bytes: &[u8]) -> &[u8] {
        if self.bytes.len() < bytes.len() {
            self.bytes.resize(bytes.len(), 0);
        }
        self.bytes[..bytes.len()].copy_from_slice(bytes);
        &self.bytes[..bytes.len()]
    }
}

/// A read far from a full page has seen the end of a file of short records.
pub(super) fn is_short(_: &[u8], count: usize) -> bool {
    count < SHORT_READ
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A reader that hands out at most `page` bytes a call, as a `seq_file` does.
    fn paged(text: &[u8], page: usize) -> impl FnMut(&mut [u8], u64) -> io::Result<usize> + '_ {
        move |bytes, offset| {
            let rest = &text[usize::try_from(offset).unwrap().min(text.len())..];
            let count = rest.len().min(page).min(bytes.len());
            bytes[..count].copy_from_slice(&rest[..count]);
            Ok(count)
        }
    }

    #[test]
    fn a_file_is_read_whole_whatever_its_size() {
        let mut buffer = Buffer::default();
        for size in [0, 1, 3071, 3072, 4095, 4096, 4097, 43_000] {
            let text: Vec<u8> = (0..=255).cycle().take(size).collect();
            let read = buffer.fill(paged(&text, 4000), &mut is_short).unwrap();
            assert_eq!(read, text, "{size}");
        }
    }

    #[test]
    fn a_read_ends_when_its_reader_says() {
        let count = |text: &[u8], is_end: &mut dyn FnMut(&[u8], usize) -> bool| {
            let mut calls = 0;
            let mut read = paged(text, 4096);
            let counted = |bytes: &mut [u8], offset| {
                calls += 1;
                read(bytes, offset)
            };
            Buffer::default().fill(counted, is_end).unwrap();
            calls
        };
        assert_eq!(count(b"short", &mut is_short), 1);
        assert_eq!(count(b"short", &mut |_, _| false), 2);
        let long = [b'x'; 9000];
        assert_eq!(count(&long, &mut |text, _| text.len() > 4096), 2);
        assert_eq!(count(&long, &mut |_, _| true), 1);
    }

    #[test]
    fn a_file_without_end_is_cut() {
        let mut buffer = Buffer::default();
        let endless = |bytes: &mut [u8], _| Ok(bytes.len());
        assert!(buffer.fill(endless, &mut is_short).unwrap().len() <= KERNEL_FILE_MAX + READ_AHEAD);
    }
}
