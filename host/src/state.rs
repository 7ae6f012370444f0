//! A small file in which something counted survives a reboot: the one thing that is written here,
//! where the owner names it and nowhere else.
//!
//! It is read once, at the start, as the configuration is, and replaced by rename, so that a power
//! cut leaves the old one or the new one, in a thread of its own: a card may take seconds.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crate::limits::{STATE_BYTES_MAX, STATE_STACK};

/// The file.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    /// What it holds, as far as we know.
    text: String,
    writing: Option<JoinHandle<io::Result<()>>>,
    is_failing: bool,
}

impl StateFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, text: String::new(), writing: None, is_failing: false }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its text; empty while there is no such file.
    pub(crate) fn read(&mut self) -> io::Result<&str> {
        self.text.clear();
        match File::open(&self.path) {
            Ok(file) => file.take(STATE_BYTES_MAX).read_to_string(&mut self.text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(&self.text)
    }

    /// Begins to write it, if that is not what it holds; not while it is being written.
    pub(crate) fn write(&mut self, text: String) {
        if self.writing.is_some() || text == self.text {
            return;
        }
        let (path, written) = (self.path.clone(), text.clone());
        let thread = thread::Builder::new().name("state".into()).stack_size(STATE_STACK);
        self.writing = thread.spawn(move || replace(&path, &written)).ok();
        self.text = text;
    }

    /// What went wrong with the last writing, once until it goes well again.
    pub(crate) fn poll_fault(&mut self) -> Option<io::Error> {
        let ended = self.writing.take_if(|thread| thread.is_finished())?;
        let fault = ended.join().ok()?.err();
        if fault.is_some() {
            self.text.clear(); // it is to be tried again
        }
        let was_failing = std::mem::replace(&mut self.is_failing, fault.is_some());
        fault.filter(|_| !was_failing)
    }

    /// Waits until it is written.
    #[cfg(test)]
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        self.writing.take().map_or(Ok(()), |thread| thread.join().expect("it does not panic"))
    }
}

/// Puts a new file in the place of the old one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let mut file = File::create(&draft)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_a_fault_is_told_once() {
        let folder = std::env::temp_dir().join(format!("kinglet-state-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        let mut state = StateFile::new(folder.join("traffic"));
        assert_eq!(state.read().unwrap(), "");
        let fault = |state: &mut StateFile| {
            state.write("one\n".to_owned());
            let thread = state.writing.as_ref().expect("it is tried again");
            while !thread.is_finished() {
                thread::yield_now();
            }
            state.poll_fault().map(|error| error.kind())
        };
        assert_eq!(fault(&mut state), Some(io::ErrorKind::NotFound), "no folder");
        assert_eq!(fault(&mut state), None, "known");
        fs::create_dir_all(&folder).unwrap();
        assert_eq!(fault(&mut state), None);
        assert_eq!(StateFile::new(folder.join("traffic")).read().unwrap(), "one\n");
        state.write("one\n".to_owned());
        assert!(state.writing.is_none(), "it holds that already");
        state.write("two\n".to_owned());
        state.finish().unwrap();
        assert_eq!(StateFile::new(folder.join("traffic")).read().unwrap(), "two\n");
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "no draft is left");
        fs::remove_dir_all(&folder).unwrap();
    }
}
