//! Space of the mounted file systems: the list from mountinfo, the figures from statfs.

use std::cell::RefCell;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Filesystem, Sample};
use kinglet_proto::time::Instant;
use nix::errno::Errno;

use super::schedule::Schedule;
use super::{Change, Collector, set_text};
use crate::filter::Filter;
use crate::limits::{FILESYSTEMS_MAX, STATFS_INTERVAL, STATFS_PATIENCE, TOPOLOGY_INTERVAL};
use crate::read::{Buffer, HotFile, Root};
use crate::setup::Setup;
use crate::storage::mounts::{self, Volume, Volumes};
use crate::storage::rows;
use crate::storage::statfs::{Answer, Space, Statfs};

/// Reads the mount table and the space of what is mounted.
pub(super) struct FilesystemCollector {
    file: HotFile,
    root: Root,
    filter: Filter,
    table: Vec<u8>,
    /// What is asked, in the order of the answers.
    asked: Vec<Volume>,
    /// For each of them the first one of its row, and the row.
    firsts: Vec<Option<usize>>,
    rows: Vec<Option<usize>>,
    /// Whether an answer can move one from row to row, and where they would be; kept for its room.
    is_open: bool,
    settled: Vec<Option<usize>>,
    settled_at: u64,
    /// The rows.
    volumes: Rc<RefCell<Volumes>>,
    statfs: Statfs,
    table_due: Schedule,
    space_due: Schedule,
}

impl FilesystemCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            file: HotFile::new(setup.mount_table.clone()),
            root: setup.root.clone(),
            filter: setup.filters.mounts.clone(),
            table: Vec::new(),
            asked: Vec::new(),
            firsts: Vec::new(),
            rows: Vec::new(),
            is_open: false,
            settled: Vec::new(),
            settled_at: 0,
            volumes: Rc::clone(&setup.volumes),
            statfs: Statfs::new(Arc::clone(&setup.ask)),
            table_due: Schedule::every(TOPOLOGY_INTERVAL),
            space_due: Schedule::every(STATFS_INTERVAL),
        }
    }

    /// Reads the mount table when it is time, and starts asking; does not wait.
    fn start(&mut self, now: Instant, buffer: &mut Buffer) {
        self.statfs.poll(now);
        // The list does not change under a helper; a stuck one is given up soon.
        let is_other =
            !self.statfs.is_running() && self.table_due.is_due(now) && self.read_table(now, buffer);
        if self.space_due.is_due(now) {
            self.statfs.start(now);
        } else if is_other {
            self.statfs.start_new(now);
        }
    }

    /// Whether other mounts are to be asked than before.
    fn read_table(&mut self, now: Instant, buffer: &mut Buffer) -> bool {
        let table = self.file.read_whole(now, buffer).unwrap_or_default();
        if table == self.table {
            return false;
        }
        self.table.clear();
        self.table.extend_from_slice(table);
        let asked = mounts::choose(&self.table, &self.filter);
        if asked == self.asked {
            return false; // as when a container comes or goes
        }
        self.statfs.set_paths(asked.iter().map(|volume| below(&self.root, &volume.path)).collect());
        self.is_open = asked.iter().any(|volume| volume.may_move);
        self.asked = asked;
        self.settle_anew();
        true
    }

    /// Moves what is asked to other rows when its answers say so.
    fn settle(&mut self) {
        if !self.is_open || self.settled_at == self.statfs.rounds() {
            return;
        }
        self.settled_at = self.statfs.rounds();
        rows::settle(&self.asked, self.statfs.answers(), &mut self.settled);
        if self.settled != self.firsts {
            self.settle_anew();
        }
    }

    fn settle_anew(&mut self) {
        rows::settle(&self.asked, self.statfs.answers(), &mut self.firsts);
        let rank = |at: usize| (!self.asked[at].is_root(), self.asked[at].mount_point.as_str());
        let mut order: Vec<usize> = Vec::new();
        for first in (0..self.asked.len()).filter(|at| self.firsts[*at] == Some(*at)) {
            order.insert(order.partition_point(|other| rank(*other) <= rank(first)), first);
        }
        order.truncate(FILESYSTEMS_MAX);
        let row = |first: &Option<usize>| order.iter().position(|at| Some(*at) == *first);
        self.rows = self.firsts.iter().map(row).collect();
        let list: Vec<Volume> = order.iter().map(|at| self.asked[*at].clone()).collect();
        let mut volumes = self.volumes.borrow_mut();
        if list != volumes.list {
            volumes.list = list;
            volumes.generation += 1;
        }
    }

    fn fill(&mut self, filesystems: &mut Vec<Filesystem>) {
        self.settle();
        let is_same = |(volume, row): (&Volume, &Filesystem)| volume.mount_point == row.mount_point;
        let volumes = &self.volumes.borrow().list;
        let rows = volumes.iter().zip(filesystems.iter());
        if filesystems.len() != volumes.len() || !rows.into_iter().all(is_same) {
            filesystems.clear();
            filesystems.resize(volumes.len(), Filesystem::default());
        }
        for (row, volume) in filesystems.iter_mut().zip(volumes) {
            set_text(&mut row.mount_point, &volume.mount_point);
            set_text(&mut row.device, &volume.source);
            set_text(&mut row.fstype, &volume.fstype);
            row.read_only = volume.read_only;
            row.view = volume.is_view;
        }
        // The first of a row is asked before the others.
        for (at, answer) in self.statfs.answers().iter().enumerate() {
            let place = self.rows.get(at).copied().flatten();
            let Some(row) = place.and_then(|row| filesystems.get_mut(row)) else { continue };
            let space = rows::space(&self.asked[at], answer);
            if self.firsts[at] == Some(at) {
                row.stuck = *answer == Answer::Stuck;
                fill_space(row, space);
            } else {
                add_dataset(row, space);
            }
        }
    }
}

impl Collector for FilesystemCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        self.start(now, buffer);
        // With a long interval the last round is as old as that: wait a moment for the new one.
        let is_old = |at: Instant| now.since(at) >= 2 * STATFS_INTERVAL;
        if self.statfs.is_running() && self.statfs.answered_at().is_none_or(is_old) {
            self.statfs.wait(STATFS_PATIENCE, now);
        }
        self.fill(&mut sample.filesystems);
        let stuck = sample.filesystems.iter().find(|row| row.stuck);
        let place = stuck.map_or("", |row| &row.mount_point);
        buffer.note(place.as_ref(), stuck.map(|_| Errno::ETIMEDOUT));
    }

    fn handle_change(&mut self, change: Change) {
        if change == Change::Mounts {
            self.table_due.hurry();
            self.file.look_again();
        }
    }

    /// What does not answer in time is stuck.
    fn wait(&mut self, limit: Duration, sample: &mut Sample) {
        let now = sample.taken;
        self.statfs.wait(limit, now);
        while self.statfs.is_running() {
            self.statfs.skip(now);
            self.statfs.wait(STATFS_PATIENCE, now);
        }
        self.fill(&mut sample.filesystems);
    }
}

fn fill_space(row: &mut Filesystem, space: Option<Space>) {
    let Some(Space { total, free, available, inodes, inodes_free, .. }) = space else {
        (row.total, row.used, row.free, row.usage_percent) = (None, None, None, None);
        (row.inodes_total, row.inodes_used) = (None, None);
        return;
    };
    let used = total.saturating_sub(free);
    row.total = Some(total);
    row.used = Some(used);
    row.free = Some(available);
    row.usage_percent = Some(Percent::of(used, used.saturating_add(available)));
    let has_inodes = inodes > 0;
    row.inodes_total = has_inodes.then_some(inodes);
    row.inodes_used = has_inodes.then(|| inodes.saturating_sub(inodes_free));
}

/// A further dataset of a pool: what it holds is used of the same space.
fn add_dataset(row: &mut Filesystem, space: Option<Space>) {
    let (Some(space), Some(used), Some(free)) = (space, row.used, row.free) else { return };
    let more = space.total.saturating_sub(space.free);
    row.used = Some(used.saturating_add(more));
    row.total = row.total.map(|total| total.saturating_add(more));
    row.usage_percent = row.used.map(|used| Percent::of(used, used.saturating_add(free)));
    (row.inodes_total, row.inodes_used) = (None, None);
}

/// A mount point as seen below the host's root.
fn below(root: &Root, mount_point: &CStr) -> CString {
    let inside = mount_point.to_bytes();
    let inside = OsStr::from_bytes(inside.strip_prefix(b"/").unwrap_or(inside));
    CString::new(root.path(inside).into_os_string().into_vec()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(total: u64, free: u64, available: u64, inodes: u64) -> Option<Space> {
        let inodes_free = inodes / 4;
        Some(Space { total, free, available, inodes, inodes_free, ..Space::default() })
    }

    #[test]
    fn usage_is_what_df_says() {
        let mut row = Filesystem::default();
        fill_space(&mut row, space(1000, 600, 500, 40));
        assert_eq!((row.total, row.used, row.free), (Some(1000), Some(400), Some(500)));
        assert_eq!(row.usage_percent, Some(Percent::of(400, 900)), "blocks kept for root left out");
        assert_eq!((row.inodes_total, row.inodes_used), (Some(40), Some(30)));
        // A FUSE daemon that makes numbers up, and a file system without a number of nodes.
        fill_space(&mut row, space(0, 600, 0, 0));
        assert_eq!((row.used, row.usage_percent), (Some(0), Some(Percent::default())));
        assert_eq!((row.inodes_total, row.inodes_used), (None, None));
        fill_space(&mut row, None);
        assert_eq!((row.total, row.used, row.usage_percent), (None, None, None));
    }

    #[test]
    fn datasets_add_up_and_share_what_is_free() {
        let mut row = Filesystem::default();
        fill_space(&mut row, space(1000, 900, 900, 8));
        add_dataset(&mut row, space(1200, 900, 900, 8));
        add_dataset(&mut row, None);
        assert_eq!((row.total, row.used, row.free), (Some(1300), Some(400), Some(900)));
        assert_eq!(row.usage_percent, Some(Percent::of(400, 1300)));
    }

    #[test]
    fn mount_points_are_asked_below_the_hosts_root() {
        let inside = |root: &str, mount_point: &CStr| {
            below(&Root::new(root), mount_point).into_string().unwrap()
        };
        assert_eq!(inside("/", c"/srv"), "/srv");
        assert_eq!(inside("/host", c"/srv/a b"), "/host/srv/a b");
        assert_eq!(inside("/host", c"/"), "/host/");
    }
}
