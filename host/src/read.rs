//! The kernel's directories, and files in them that are read again and again.
//!
//! The only place of this crate that opens files; what their bytes mean is the parsers' matter. A
//! file that is read at every sample stays open and is read with `pread` at offset 0 into the one
//! buffer all files share, so that reading it costs one system call. A `seq_file` hands out at most
//! about a page of whole records a read: a read far from a full page has seen the end, which saves
//! the read that would return nothing.
//!
//! Nobody waits for what may not answer: files behind which there is a device are read by a thread
//! of their own (`background.rs`), by the same calls; it asks by netlink too (`netlink.rs`).

pub(crate) mod background;
mod buffer;
#[cfg(feature = "smart")]
pub(crate) mod disk;
mod errors;
#[cfg(feature = "custom")]
pub(crate) mod folder;
mod hot;
mod inside;
mod memory;
#[cfg(feature = "router")]
pub(crate) mod netlink;
#[cfg(any(feature = "containers", feature = "units"))]
pub(crate) mod socket;

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use crate::kernel::text;
#[cfg(feature = "containers")]
use crate::limits::FOLDER_ENTRIES_MAX;
use background::Background;
pub(crate) use buffer::Buffer;
use buffer::is_short;
use errors::trouble;
pub(crate) use errors::words;
pub(crate) use hot::HotFile;

/// A directory that holds kernel files: `/proc`, `/sys`, or where the host's are mounted.
#[derive(Debug, Clone)]
pub(crate) struct Root {
    path: PathBuf,
    /// Who reads the files in it that are not the kernel's memory; `None` where all answer at once.
    background: Option<(Background, IsMemory)>,
}

/// Whether a file below a root is the kernel's own memory.
type IsMemory = fn(&Path) -> bool;

/// Each number that something right below a root has for its name.
#[cfg(feature = "processes")]
#[derive(Debug)]
pub(crate) struct Numbers(fs::ReadDir);

#[cfg(feature = "processes")]
impl Iterator for Numbers {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        let number = |entry: fs::DirEntry| entry.file_name().to_str()?.parse().ok();
        self.0.by_ref().flatten().find_map(number)
    }
}

impl Root {
    /// The root at `path`, of files that answer at once.
    pub(crate) fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), background: None }
    }

    /// The host's `/proc`.
    pub(crate) fn proc(path: impl Into<PathBuf>, background: &Background) -> Self {
        Self { path: path.into(), background: Some((background.clone(), memory::of_proc)) }
    }

    /// The host's `/proc/net`.
    pub(crate) fn net(path: impl Into<PathBuf>, background: &Background) -> Self {
        Self { path: path.into(), background: Some((background.clone(), memory::of_net)) }
    }

    /// The host's `/sys`.
    pub(crate) fn sys(path: impl Into<PathBuf>, background: &Background) -> Self {
        Self { path: path.into(), background: Some((background.clone(), memory::of_sys)) }
    }

    /// The root at `path`, of files that may all keep their reader.
    pub(crate) fn slow(path: impl Into<PathBuf>, background: &Background) -> Self {
        Self { path: path.into(), background: Some((background.clone(), |_| false)) }
    }

    /// Who reads this file; `None` where it answers at once.
    fn behind(&self, name: &Path) -> Option<&Background> {
        let (background, is_memory) = self.background.as_ref()?;
        (!is_memory(name)).then_some(background)
    }

    /// Where `name` lies.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.path.join(name)
    }

    /// A file that will be read often. Opens nothing yet.
    pub(crate) fn file(&self, name: impl AsRef<Path>) -> HotFile {
        let path = self.path(&name);
        match self.behind(name.as_ref()) {
            Some(background) => HotFile::behind(background, path),
            None => HotFile::new(path),
        }
    }

    /// Whether `name` exists.
    pub(crate) fn exists(&self, name: impl AsRef<Path>) -> bool {
        self.path(name).exists()
    }

    /// How many links the root itself has, and its inode.
    pub(crate) fn links(&self) -> Option<(u64, u64)> {
        let meta = fs::metadata(&self.path).ok()?;
        Some((meta.nlink(), meta.ino()))
    }

    /// Where the link `name` points to.
    pub(crate) fn link(&self, name: &str) -> Option<String> {
        fs::read_link(self.path(name)).ok()?.into_os_string().into_string().ok()
    }

    /// How many folders right below the root have such a name.
    pub(crate) fn count_folders(&self, is_counted: fn(&str) -> bool) -> u64 {
        let Ok(entries) = fs::read_dir(&self.path) else { return 0 };
        let is_one = |entry: &fs::DirEntry| {
            entry.file_name().to_str().is_some_and(is_counted)
                && entry.file_type().is_ok_and(|kind| kind.is_dir())
        };
        entries.flatten().filter(is_one).fold(0, |count, _| count + 1)
    }

    /// What lies right below the root, to be listed bit by bit.
    #[cfg(feature = "processes")]
    pub(crate) fn numbers(&self) -> Option<Numbers> {
        fs::read_dir(&self.path).ok().map(Numbers)
    }

    /// The folders in a directory, in any order; empty when it cannot be read.
    #[cfg(feature = "containers")]
    pub(crate) fn folders(&self, directory: impl AsRef<Path>) -> Vec<String> {
        let path = self.path(directory);
        // Two links are its own: what has no more has no folder, and need not be listed.
        if fs::metadata(&path).is_ok_and(|meta| meta.nlink() == 2) {
            return Vec::new();
        }
        let Ok(entries) = fs::read_dir(path) else { return Vec::new() };
        let is_folder = |entry: &fs::DirEntry| entry.file_type().is_ok_and(|kind| kind.is_dir());
        let folders = entries.flatten().take(FOLDER_ENTRIES_MAX).filter(is_folder);
        folders.filter_map(|entry| entry.file_name().into_string().ok()).collect()
    }

    /// What tells a file from any other of its file system; `None` where there is none.
    #[cfg(feature = "containers")]
    pub(crate) fn inode(&self, name: impl AsRef<Path>) -> Option<u64> {
        fs::metadata(self.path(name)).ok().map(|meta| meta.ino())
    }

    /// Whether `name` can be opened: another's files in `/proc` may be there and closed to us.
    pub(crate) fn is_readable(&self, name: impl AsRef<Path>) -> bool {
        File::open(self.path(name)).is_ok()
    }

    /// Reads a file once; `None` when it cannot be read.
    pub(crate) fn read<'b>(
        &self,
        name: impl AsRef<Path>,
        buffer: &'b mut Buffer,
    ) -> Option<&'b [u8]> {
        read_at(self.path(&name), self.behind(name.as_ref()), buffer)
    }

    /// The end of a file, of at most this length; `None` when it cannot be read.
    #[cfg(feature = "alerts")]
    pub(crate) fn tail(&self, name: impl AsRef<Path>, length: u64) -> Option<Vec<u8>> {
        let file = File::open(self.path(name)).ok()?;
        let whole = file.metadata().ok()?.len();
        let mut bytes = vec![0; usize::try_from(whole.min(length)).ok()?];
        file.read_exact_at(&mut bytes, whole.saturating_sub(length)).ok()?;
        Some(bytes)
    }

    /// When a file was written, in seconds since 1970.
    #[cfg(feature = "alerts")]
    pub(crate) fn written_at(&self, name: impl AsRef<Path>) -> Option<u64> {
        u64::try_from(fs::metadata(self.path(name)).ok()?.mtime()).ok()
    }

    /// Where `name` lies when links on the way begin at this root and not at ours; `None` when they
    /// go round in circles.
    pub(crate) fn inside(&self, name: &str) -> Option<PathBuf> {
        let name = Path::new(name);
        if self.path == Path::new("/") {
            return Some(self.path(name));
        }
        Some(self.path(inside::resolve(&self.path, name)?))
    }

    /// Reads a file once, with links taken from this root.
    pub(crate) fn read_inside<'b>(&self, name: &str, buffer: &'b mut Buffer) -> Option<&'b [u8]> {
        read_at(self.inside(name)?, self.behind(Path::new(name)), buffer)
    }

    /// Reads a file once as trimmed text; `None` when it cannot be read or is empty.
    pub(crate) fn text(&self, name: impl AsRef<Path>, buffer: &mut Buffer) -> Option<String> {
        self.read(name, buffer).map(text::owned).filter(|text| !text.is_empty())
    }

    /// Reads a file once as one number.
    pub(crate) fn number(&self, name: impl AsRef<Path>, buffer: &mut Buffer) -> Option<u64> {
        self.read(name, buffer).and_then(|bytes| text::number(text::trim(bytes)))
    }

    /// What a link points to; `None` for what is no link.
    pub(crate) fn target(&self, link: impl AsRef<Path>) -> Option<PathBuf> {
        fs::read_link(self.path(link)).ok()
    }

    /// The names in a directory, sorted; empty when it cannot be read.
    pub(crate) fn names(&self, directory: impl AsRef<Path>) -> Vec<String> {
        let names = self.raw_names(directory).into_iter();
        let mut names: Vec<String> = names.filter_map(|name| name.into_string().ok()).collect();
        names.sort_unstable();
        names
    }

    /// The same as bytes and in any order, for names that users give.
    pub(crate) fn raw_names(&self, directory: impl AsRef<Path>) -> Vec<OsString> {
        let Ok(entries) = fs::read_dir(self.path(directory)) else { return Vec::new() };
        entries.flatten().map(|entry| entry.file_name()).collect()
    }
}

/// Reads a file once, here or behind us.
fn read_at<'b>(
    path: PathBuf,
    background: Option<&Background>,
    buffer: &'b mut Buffer,
) -> Option<&'b [u8]> {
    if let Some(background) = background {
        return background.read_once(path, buffer);
    }
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) => {
            buffer.note(&path, trouble(&error));
            return None;
        }
    };
    buffer.fill_with(&path, |bytes, offset| file.read_at(bytes, offset), &mut is_short).ok()
}
