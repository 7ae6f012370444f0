//! The tree of control groups, in both versions: how it is walked, and where its files lie.

use crate::kernel::cgroup::{self, Group};
use crate::limits::{CGROUP_DEPTH_MAX, CGROUPS_MAX, CONTAINERS_MAX};
use crate::read::{Buffer, Root};

/// Which of both a host has; of a host with both, version 1 has the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Version {
    /// A tree for each controller: the name of the one that is walked.
    One(&'static str),
    /// One tree.
    Two,
}

/// A container that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) engine: &'static str,
    pub(super) name: String,
    /// Where it lies in the tree: `/system.slice/docker-3f4e...scope`.
    pub(super) path: String,
}

/// What is read of a group.
#[derive(Debug, Clone, Copy)]
pub(super) enum File {
    Cpu,
    Memory,
    MemoryDetail,
    MemoryLimit,
    Freezer,
    Processes,
}

impl Version {
    /// The host's; `None` where it has no control groups.
    pub(super) fn of(sys: &Root) -> Option<Self> {
        if sys.exists("fs/cgroup/cgroup.controllers") {
            return Some(Self::Two);
        }
        // A Raspberry Pi may be without the one for memory.
        let trees = ["cpuacct", "memory"].into_iter();
        trees.map(Self::One).find(|version| sys.exists(version.tree()))
    }

    /// The folder at the top of the tree that is walked.
    fn tree(self) -> String {
        match self {
            Self::One(tree) => format!("fs/cgroup/{tree}"),
            Self::Two => "fs/cgroup".to_owned(),
        }
    }

    /// Where a file of a group lies.
    pub(super) fn file(self, file: File, path: &str) -> String {
        let (tree, name) = match (self, file) {
            (Self::One(tree), File::Processes) => (tree, "cgroup.procs"),
            (Self::One(_), File::Cpu) => ("cpuacct", "cpuacct.usage"),
            (Self::One(_), File::Memory) => ("memory", "memory.usage_in_bytes"),
            (Self::One(_), File::MemoryDetail) => ("memory", "memory.stat"),
            (Self::One(_), File::MemoryLimit) => ("memory", "memory.limit_in_bytes"),
            (Self::One(_), File::Freezer) => ("freezer", "freezer.state"),
            (Self::Two, File::Cpu) => ("", "cpu.stat"),
            (Self::Two, File::Memory) => ("", "memory.current"),
            (Self::Two, File::MemoryDetail) => ("", "memory.stat"),
            (Self::Two, File::MemoryLimit) => ("", "memory.max"),
            (Self::Two, File::Freezer) => ("", "cgroup.freeze"),
            (Self::Two, File::Processes) => ("", "cgroup.procs"),
        };
        format!("fs/cgroup/{tree}{path}/{name}")
    }

    /// All containers, in any order: no more groups are looked at than their bound.
    pub(super) fn walk(self, sys: &Root) -> Vec<Found> {
        let top = self.tree();
        let (mut found, mut looked) = (Vec::new(), 0);
        let mut waiting = vec![(String::new(), 0)];
        while let Some((path, depth)) = waiting.pop() {
            let parent = path.rsplit('/').next().unwrap_or_default();
            looked += 1;
            for folder in sys.folders(format!("{top}{path}")) {
                let below = format!("{path}/{folder}");
                match cgroup::recognise(parent, &folder) {
                    Group::Container { engine, name } => {
                        found.push(Found { engine, name, path: below });
                    }
                    Group::Inside if depth < CGROUP_DEPTH_MAX => waiting.push((below, depth + 1)),
                    Group::Inside | Group::Passed => {}
                }
            }
            if looked == CGROUPS_MAX || found.len() >= CONTAINERS_MAX {
                break;
            }
        }
        found
    }

    /// A process of a container: of its group, or of one inside, as podman and systemd have them.
    pub(super) fn first_process(self, sys: &Root, path: &str, buffer: &mut Buffer) -> Option<u64> {
        let mut waiting = vec![path.to_owned()];
        for _ in 0..CGROUP_DEPTH_MAX {
            let path = waiting.pop()?;
            let file = sys.read(self.file(File::Processes, &path), buffer);
            let process = file.and_then(cgroup::parse_first_process);
            if process.is_some() {
                return process;
            }
            let folders = sys.folders(format!("{}{path}", self.tree()));
            waiting.extend(folders.iter().map(|folder| format!("{path}/{folder}")));
        }
        None
    }
}
