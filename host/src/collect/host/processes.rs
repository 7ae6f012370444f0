//! How many processes there are, without looking at them one by one.
//!
//! The link count of `/proc` is two, its own folders, and the processes: one call, however many
//! they are, and no `hidepid` hides any. It has those of all pid namespaces, so a container, which
//! shows its own, is counted folder by folder, now and then: it has few. So is what only looks like
//! a `/proc`.

use kinglet_proto::time::Instant;

use crate::collect::schedule::Schedule;
use crate::limits::{INVENTORY_INTERVAL, SENSOR_INTERVAL};
use crate::read::{Buffer, Root};

/// The kernel's name for the pid namespace that it starts with (`PROC_PID_INIT_INO`).
const FIRST_NAMESPACE: &str = "pid:[4026531836]";
/// The inode of a `/proc` (`PROC_ROOT_INO`).
const PROC_INODE: u64 = 1;

/// Counts processes.
#[derive(Debug)]
pub(super) struct ProcessCounter {
    proc: Root,
    /// Links of `/proc` that are no processes, where the others are.
    own_links: Option<u64>,
    own_due: Schedule,
    counted: Option<u64>,
    count_due: Schedule,
}

impl ProcessCounter {
    pub(super) fn new(proc: &Root) -> Self {
        Self {
            proc: proc.clone(),
            own_links: None,
            own_due: Schedule::every(INVENTORY_INTERVAL),
            counted: None,
            count_due: Schedule::every(SENSOR_INTERVAL),
        }
    }

    /// Processes; `None` where there are none to be seen.
    pub(super) fn count(&mut self, now: Instant, buffer: &mut Buffer) -> Option<u64> {
        // A module that is loaded may bring a folder: `/proc/asound`.
        if self.own_due.is_due(now) {
            self.own_links = self.find_own_links(buffer);
        }
        if let Some(own) = self.own_links {
            return self.proc.links().map(|(links, _)| links.saturating_sub(own));
        }
        if self.count_due.is_due(now) {
            let count = self.proc.count_folders(is_process);
            self.counted = (count > 0).then_some(count);
        }
        self.counted
    }

    fn find_own_links(&self, buffer: &mut Buffer) -> Option<u64> {
        let (_, inode) = self.proc.links()?;
        // Of a host's /proc that is mounted in a container the first link says nothing: it is ours.
        let is_first = self.proc.link("self/ns/pid").as_deref() == Some(FIRST_NAMESPACE)
            || self.proc.text("2/comm", buffer).as_deref() == Some("kthreadd");
        let is_whole = inode == PROC_INODE && is_first;
        is_whole.then(|| self.proc.count_folders(|name| !is_process(name)) + 2)
    }
}

fn is_process(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    fn count(proc: &Path) -> Option<u64> {
        ProcessCounter::new(&Root::new(proc)).count(Instant::from_millis(1), &mut Buffer::default())
    }

    #[test]
    fn what_only_looks_like_proc_is_counted_by_its_folders() {
        let folder = std::env::temp_dir().join(format!("kinglet-procs-{}", std::process::id()));
        for name in ["1", "2", "340", "sys", "1x"] {
            fs::create_dir_all(folder.join(name)).unwrap();
        }
        fs::write(folder.join("2/comm"), "kthreadd\n").unwrap();
        fs::write(folder.join("77"), "a file").unwrap();
        assert_eq!(count(&folder), Some(3));
        assert_eq!(count(&folder.join("sys")), None);
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn the_links_of_a_real_proc_are_its_processes() {
        let folders = || Root::new("/proc").count_folders(is_process);
        // Others come and go between two looks; in ten tries there is a still moment.
        let agrees = (0..10).any(|_| {
            let (before, counted, after) = (folders(), count(Path::new("/proc")), folders());
            counted
                .is_some_and(|counted| (before.min(after)..=before.max(after)).contains(&counted))
        });
        assert!(agrees, "{:?} are not {}", count(Path::new("/proc")), folders());
    }
}
