//! A file that is read again and again, and stays open.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use kinglet_proto::time::Instant;
use nix::errno::Errno;

use super::background::{Background, Reading};
use super::buffer::{Buffer, is_short};
use super::errors::{trouble, will_not_answer};
use crate::limits::ABSENT_RETRY;

/// A file that stays open; absent ones are looked for again only now and then.
#[derive(Debug)]
pub(crate) struct HotFile(Kind);

#[derive(Debug)]
enum Kind {
    /// Read by whoever asks.
    Here { path: PathBuf, file: Option<File>, absent_until: Instant, trouble: Option<Errno> },
    /// Read in the background.
    Behind(Background, Reading),
}

impl HotFile {
    /// The file at `path`, which answers at once. Opens nothing yet.
    pub(crate) fn new(path: PathBuf) -> Self {
        let absent_until = Instant::default();
        Self(Kind::Here { path, file: None, absent_until, trouble: None })
    }

    /// The file at `path`, which may keep its reader: it is read in the background.
    pub(super) fn behind(background: &Background, path: PathBuf) -> Self {
        Self(Kind::Behind(background.clone(), Reading::new(path)))
    }

    /// It is about to be read: several that may have to be waited for are waited for at once.
    pub(crate) fn ask(&mut self) {
        if let Kind::Behind(background, reading) = &mut self.0 {
            background.ask(reading);
        }
    }

    /// Reads the file whole; `None` when the host does not have it or will not say.
    pub(crate) fn read<'b>(&mut self, now: Instant, buffer: &'b mut Buffer) -> Option<&'b [u8]> {
        self.fill(now, buffer, &mut is_short)
    }

    /// The same for a file whose records may be longer than 1 kB: reads until nothing comes.
    pub(crate) fn read_whole<'b>(
        &mut self,
        now: Instant,
        buffer: &'b mut Buffer,
    ) -> Option<&'b [u8]> {
        self.fill(now, buffer, &mut |_, _| false)
    }

    /// Reads no more of the file than is needed, page by page: `is_enough` is shown all so far,
    /// whose last line may be cut.
    pub(crate) fn read_until(
        &mut self,
        now: Instant,
        buffer: &mut Buffer,
        is_enough: &mut dyn FnMut(&[u8]) -> bool,
    ) {
        self.fill(now, buffer, &mut |text, count| is_enough(text) || is_short(text, count));
    }

    /// Reads only the first `len` bytes, with one call; for files of one record.
    pub(crate) fn read_head<'b>(
        &mut self,
        now: Instant,
        buffer: &'b mut Buffer,
        len: usize,
    ) -> Option<&'b [u8]> {
        if matches!(self.0, Kind::Behind(..)) {
            return self.read(now, buffer);
        }
        let (path, file) = self.open(now, buffer)?;
        buffer.fill_head(path, len, |bytes| file.read_at(bytes, 0)).ok()
    }

    /// Keeps it open no longer: it is opened again when it is read.
    #[cfg(feature = "containers")]
    pub(crate) fn close(&mut self) {
        if let Kind::Here { file, absent_until, .. } = &mut self.0 {
            (*file, *absent_until) = (None, Instant::default());
        }
    }

    /// Looks for the file again at the next read, even if it was absent a moment ago.
    pub(crate) fn look_again(&mut self) {
        match &mut self.0 {
            Kind::Here { absent_until, .. } => *absent_until = Instant::default(),
            Kind::Behind(_, reading) => reading.look_again(),
        }
    }

    fn fill<'b>(
        &mut self,
        now: Instant,
        buffer: &'b mut Buffer,
        is_end: &mut dyn FnMut(&[u8], usize) -> bool,
    ) -> Option<&'b [u8]> {
        if let Kind::Behind(background, reading) = &mut self.0 {
            return background.read(reading, buffer);
        }
        let (path, file) = self.open(now, buffer)?;
        let read = |bytes: &mut [u8], offset| file.read_at(bytes, offset);
        let result = buffer.fill_with(path, read, is_end);
        if let (Err(error), Kind::Here { file, absent_until, .. }) = (&result, &mut self.0)
            && will_not_answer(error)
        {
            (*file, *absent_until) = (None, now.plus(ABSENT_RETRY));
        }
        result.ok()
    }

    /// Where it is, and the file: what keeps it closed is noted at each look.
    fn open(&mut self, now: Instant, buffer: &mut Buffer) -> Option<(&Path, &File)> {
        let Kind::Here { path, file, absent_until, trouble } = &mut self.0 else { return None };
        if file.is_none() && *absent_until <= now {
            *absent_until = now.plus(ABSENT_RETRY);
            let opened = File::open(&*path);
            *trouble = opened.as_ref().err().and_then(self::trouble);
            *file = opened.ok();
        }
        if file.is_none() {
            buffer.note(path, *trouble);
        }
        file.as_ref().map(|file| (path.as_path(), file))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::Root;
    use super::*;

    #[test]
    fn an_absent_file_is_looked_for_again_later() {
        let folder = std::env::temp_dir().join(format!("kinglet-root-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let root = Root::new(&folder);
        let mut file = root.file("later");
        let mut buffer = Buffer::default();
        let start = Instant::from_millis(1000);
        assert_eq!(file.read(start, &mut buffer), None);
        fs::write(folder.join("later"), "here").unwrap();
        assert_eq!(file.read(start, &mut buffer), None, "not yet");
        assert_eq!(file.read(start.plus(ABSENT_RETRY), &mut buffer), Some(&b"here"[..]));
        fs::remove_dir_all(&folder).unwrap();
    }
}
