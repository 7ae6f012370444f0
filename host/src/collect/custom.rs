//! Figures of the owner's own: `*.prom` files that his scripts write, in node_exporter's textfile
//! format and by its rules.
//!
//! A script writes another file and renames it: what is read is whole. The folder is looked at now
//! and then, and only what was written since is read; both in the background, for it may lie
//! anywhere. A bad file costs itself, and is named once until it is good again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use kinglet_proto::limits::CUSTOM_SERIES_MAX;
use kinglet_proto::sample::{Custom, Sample};
use kinglet_proto::time::{Instant, WallTime};
use kinglet_proto::wire::exposition::{self, Fault};

use super::Collector;
use super::schedule::Schedule;
use crate::limits::{CUSTOM_AGE_MAX, CUSTOM_FILE_BYTES_MAX, CUSTOM_INTERVAL};
use crate::read::folder::{self, Entry, Stamp};
use crate::read::{Buffer, HotFile, Root};
use crate::setup::{Faults, Setup};

/// Reads them, where the owner has named a folder.
#[derive(Debug)]
pub(super) struct CustomCollector {
    folder: Option<Folder>,
}

#[derive(Debug)]
struct Folder {
    path: PathBuf,
    root: Root,
    list: HotFile,
    /// By name.
    files: Vec<File>,
    due: Schedule,
    faults: Faults,
    /// Looks in a row that the folder did not answer.
    misses: u32,
}

/// A file of it.
#[derive(Debug)]
struct File {
    name: String,
    stamp: Stamp,
    is_here: bool,
    is_read: bool,
    is_old: bool,
    /// Looks in a row that it did not answer.
    misses: u32,
    /// What it says, or what is wrong with it.
    series: Result<Vec<Custom>, Fault>,
    /// What was told of it last; `None` while it is good.
    told: Option<Fault>,
}

impl CustomCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        let path = setup.custom.clone();
        let root = Root::slow(&path, &setup.background);
        let folder = (!path.as_os_str().is_empty()).then(|| Folder {
            list: root.file(""),
            root,
            path,
            files: Vec::new(),
            due: Schedule::every(CUSTOM_INTERVAL),
            faults: setup.faults.clone(),
            misses: 0,
        });
        Self { folder }
    }
}

impl Collector for CustomCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if let Some(folder) = &mut self.folder
            && folder.due.is_due(now)
            && folder.look(now, sample.timestamp, buffer)
        {
            folder.fill(&mut sample.custom);
        }
    }

    fn apart(&self) -> Option<Duration> {
        self.folder.as_ref().map(|_| CUSTOM_INTERVAL)
    }
}

impl Folder {
    /// Looks what is there, and reads what is new; whether anything is another than before.
    fn look(&mut self, now: Instant, wall: WallTime, buffer: &mut Buffer) -> bool {
        for file in &mut self.files {
            file.is_here = false;
        }
        let Some(list) = self.list.read_whole(now, buffer) else { return self.miss() };
        self.misses = 0;
        for entry in folder::entries(list).filter(|entry| entry.name.ends_with(".prom")) {
            let at = match self.files.binary_search_by(|file| file.name.as_str().cmp(entry.name)) {
                Ok(at) => at,
                Err(at) => {
                    self.files.insert(at, File::new(entry));
                    at
                }
            };
            let file = &mut self.files[at];
            file.is_here = true;
            file.is_read &= file.stamp == entry.stamp;
            file.stamp = entry.stamp;
        }
        let count = self.files.len();
        self.files.retain(|file| file.is_here);
        let mut is_other = self.files.len() < count;
        for file in &mut self.files {
            let is_old = file.age(wall) > CUSTOM_AGE_MAX;
            if !file.is_read || file.is_old != is_old {
                file.is_old = is_old;
                file.read(&self.root, buffer);
                is_other = true;
            }
        }
        is_other
    }

    /// The folder does not answer: once that may be only late.
    fn miss(&mut self) -> bool {
        self.misses = self.misses.saturating_add(1);
        if self.misses == 2 {
            self.files.clear();
            self.faults.tell(words(&self.path, about_all("the folder cannot be read")));
        }
        self.misses == 2
    }

    /// All series of good files, while there is room: a file that has none, or a series that is
    /// there already, costs itself.
    fn fill(&mut self, custom: &mut Vec<Custom>) {
        custom.clear();
        for file in &mut self.files {
            let is_there = |one: &Custom| custom.iter().any(|other| other.series == one.series);
            let fault = match &file.series {
                Err(fault) => Some(*fault),
                Ok(series) if custom.len() + series.len() > CUSTOM_SERIES_MAX => {
                    Some(about_all("with it there are more than 64 series"))
                }
                Ok(series) if series.iter().any(is_there) => {
                    Some(about_all("it has a series of another file"))
                }
                Ok(series) => {
                    custom.extend_from_slice(series);
                    None
                }
            };
            if let Some(fault) = fault.filter(|fault| file.told != Some(*fault)) {
                self.faults.tell(words(&self.path.join(&file.name), fault));
            }
            file.told = fault;
        }
    }
}

impl File {
    fn new(entry: Entry<'_>) -> Self {
        Self {
            name: entry.name.to_owned(),
            stamp: entry.stamp,
            is_here: true,
            is_read: false,
            is_old: false,
            misses: 0,
            series: Ok(Vec::new()),
            told: None,
        }
    }

    /// By the clock on the wall, which may be behind.
    fn age(&self, wall: WallTime) -> Duration {
        let now = Duration::from_millis(wall.unix_millis());
        now.saturating_sub(Duration::from_nanos(self.stamp.modified))
    }

    fn read(&mut self, root: &Root, buffer: &mut Buffer) {
        self.is_read = true;
        if self.is_old {
            self.series = Err(about_all("nobody has written it for two days"));
        } else if self.stamp.bytes > CUSTOM_FILE_BYTES_MAX {
            self.series = Err(about_all("it has more than 64 KiB"));
        } else if let Some(text) = root.read(&self.name, buffer) {
            (self.series, self.misses) = (exposition::parse(text), 0);
        } else {
            // Once that may be only late.
            (self.is_read, self.misses) = (false, self.misses.saturating_add(1));
            if self.misses > 1 {
                self.series = Err(about_all("it cannot be read"));
            }
        }
    }
}

const fn about_all(what: &'static str) -> Fault {
    Fault { line: 0, what }
}

fn words(path: &Path, Fault { line, what }: Fault) -> String {
    let path = path.display();
    match line {
        0 => format!("{path}: {what}; left out"),
        line => format!("{path}, line {line}: {what}; the file is left out"),
    }
}

#[cfg(test)]
mod tests;
