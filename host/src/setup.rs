//! What a collector is made from: where the host's files lie, what the owner leaves out, and what
//! one collector finds and another needs.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::filter::Filter;
use crate::kernel::hostname;
use crate::limits::FAULTS_MAX;
use crate::read::background::Background;
use crate::read::{Buffer, Root};
use crate::stat_file::StatFile;
use crate::storage::mounts::Volumes;
use crate::storage::statfs::Ask;

/// Where the host's files lie; other than the defaults inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roots {
    /// `/proc` (`HOST_PROC`).
    pub proc: PathBuf,
    /// `/sys` (`HOST_SYS`).
    pub sys: PathBuf,
    /// `/` (`HOST_ROOT`): os-release, utmp, and the mount points.
    pub root: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self { proc: "/proc".into(), sys: "/sys".into(), root: "/".into() }
    }
}

impl Roots {
    /// Whether these are the agent's own, so that asking the system means asking the host.
    pub fn are_own(&self) -> bool {
        *self == Self::default()
    }

    /// The mount table: of PID 1 where that is allowed. Under a service manager's sandbox the
    /// agent's own mounts are read-only and say nothing of the host's.
    pub fn mount_table(&self) -> PathBuf {
        let proc = Root::new(&self.proc);
        let of_init = proc.is_readable("1/mountinfo");
        proc.path(if of_init { "1/mountinfo" } else { "self/mountinfo" })
    }

    /// Where a file of the host lies whose path may lead over links: `etc/machine-id`.
    pub fn inside(&self, name: &str) -> Option<PathBuf> {
        Root::new(&self.root).inside(name)
    }

    /// The host's name. Seen through other roots, the kernel would name our container.
    pub fn hostname(&self) -> Option<String> {
        let mut buffer = Buffer::default();
        let text = match self.are_own() {
            true => None,
            false => Root::new(&self.root).read_inside("etc/hostname", &mut buffer),
        };
        let written = text.and_then(hostname::parse).map(str::to_owned);
        written.or_else(|| Root::new(&self.proc).text("sys/kernel/hostname", &mut buffer))
    }

    /// `/proc/net` is the reader's own; of another host it is that of its first process.
    fn network(&self) -> PathBuf {
        let proc = Root::new(&self.proc);
        let of_init = self.proc != Path::new("/proc") && proc.is_readable("1/net/dev");
        proc.path(if of_init { "1/net" } else { "net" })
    }
}

/// What the owner leaves out of the lists of a sample.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filters {
    /// Disks by kernel name.
    pub disks: Filter,
    /// File systems by mount point.
    pub mounts: Filter,
    /// Interfaces by kernel name; totals count them all the same.
    pub interfaces: Filter,
}

/// The billing period of the host's traffic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meter {
    /// The day of the month it begins on, 1 to 31; the last one of a shorter month.
    pub reset_day: u64,
    /// Bytes that it has; `None` for no bound.
    pub quota: Option<u64>,
    /// Where what was counted survives a reboot; `None` for nowhere.
    pub state_file: Option<PathBuf>,
}

/// What a router is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Router {
    /// The file with the leases of its DHCP server; empty for where these usually are.
    pub leases: PathBuf,
}

/// What is read only where the owner asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wanted {
    /// Containers.
    pub containers: bool,
    /// The socket of the engine that tells their names; empty for nobody's.
    pub engine: PathBuf,
    /// What processes are at, and which take most.
    pub processes: bool,
    /// What disks tell of their health.
    pub smart: bool,
    /// Units of systemd that have failed.
    pub units: bool,
}

/// What the agent itself may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Budget {
    /// Of one processor, in hundredths of a percent; `None` for no bound.
    pub processor: Option<u32>,
    /// Bytes of resident memory; `None` for no bound.
    pub rss: Option<u64>,
}

/// What the owner should know of what he wrote; a clone is the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Rc<RefCell<Vec<String>>>);

impl Faults {
    #[cfg_attr(
        not(any(
            feature = "budget",
            feature = "containers",
            feature = "custom",
            feature = "processes",
            feature = "router",
            feature = "smart",
            feature = "traffic",
            feature = "units"
        )),
        expect(dead_code, reason = "nobody reads files of the owner's")
    )]
    pub(crate) fn tell(&self, fault: String) {
        let mut faults = self.0.borrow_mut();
        if faults.len() < FAULTS_MAX {
            faults.push(fault);
        }
    }

    /// All that were told since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}

/// What every collector is made from.
pub(crate) struct Setup {
    pub(crate) proc: Root,
    pub(crate) sys: Root,
    /// Who reads the files of `sys`.
    pub(crate) background: Background,
    /// The host's `/`.
    pub(crate) root: Root,
    /// The host's `/proc/net`.
    pub(crate) net: Root,
    pub(crate) mount_table: PathBuf,
    pub(crate) roots: Roots,
    pub(crate) filters: Filters,
    /// Whether a sample has its detail.
    pub(crate) detail: bool,
    /// How a mount is asked for its space.
    pub(crate) ask: Ask,
    /// `/proc/stat`, read once for all.
    pub(crate) stat: Rc<RefCell<StatFile>>,
    /// What is mounted: `filesystems` finds it, `disks` lays it on hardware.
    pub(crate) volumes: Rc<RefCell<Volumes>>,
    /// The folder with the owner's own figures; empty for none.
    #[cfg_attr(not(feature = "custom"), expect(dead_code, reason = "it is for that"))]
    pub(crate) custom: PathBuf,
    /// The billing period, where the owner says of one.
    #[cfg_attr(not(feature = "traffic"), expect(dead_code, reason = "it is for that"))]
    pub(crate) meter: Option<Meter>,
    /// What is asked of a router, where the owner says that this is one.
    #[cfg_attr(not(feature = "router"), expect(dead_code, reason = "it is for that"))]
    pub(crate) router: Option<Router>,
    /// What is read only where the owner asks for it.
    #[cfg_attr(
        not(any(
            feature = "containers",
            feature = "processes",
            feature = "smart",
            feature = "units"
        )),
        expect(dead_code, reason = "it is for those")
    )]
    pub(crate) wanted: Wanted,
    /// How a disk is asked of its health.
    #[cfg(feature = "smart")]
    pub(crate) ask_disk: crate::read::disk::Ask,
    /// What is to be told the owner.
    pub(crate) faults: Faults,
    /// What the numbers of links mean, asked once for all.
    #[cfg(feature = "router")]
    pub(crate) numbered: Rc<RefCell<crate::links::Links>>,
    /// Grows when `network` finds other links or routes: `ip_addresses` may be others too.
    pub(crate) links: Rc<Cell<u64>>,
}

impl Setup {
    pub(crate) fn new(roots: &Roots, filters: Filters, ask: Ask) -> Self {
        let background = Background::default();
        let proc = Root::proc(&roots.proc, &background);
        Self {
            #[cfg(feature = "router")]
            numbered: Rc::new(RefCell::new(crate::links::Links::new(
                &background,
                &filters.interfaces,
            ))),
            stat: Rc::new(RefCell::new(StatFile::new(&proc))),
            proc,
            net: Root::net(roots.network(), &background),
            mount_table: roots.mount_table(),
            sys: Root::sys(&roots.sys, &background),
            root: Root::slow(&roots.root, &background),
            roots: roots.clone(),
            filters,
            detail: false,
            custom: PathBuf::new(),
            meter: None,
            router: None,
            wanted: Wanted::default(),
            #[cfg(feature = "smart")]
            ask_disk: crate::read::disk::ask::kernel(),
            faults: Faults::default(),
            ask,
            volumes: Rc::default(),
            links: Rc::default(),
            background,
        }
    }
}

#[cfg(test)]
impl Setup {
    /// All of a host below one folder.
    pub(crate) fn of(folder: &Path) -> Self {
        let roots = Roots { proc: folder.into(), sys: folder.into(), root: folder.into() };
        Self::new(&roots, Filters::default(), std::sync::Arc::new(|_| None))
    }
}
