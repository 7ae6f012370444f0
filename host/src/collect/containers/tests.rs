use std::fs;
use std::path::{Path, PathBuf};

use kinglet_proto::percent::Percent;

use super::*;
use crate::limits::CGROUP_DEPTH_MAX;
use crate::setup::Wanted;

pub(super) const WEB: &str = "3f4e9b1c0d2a5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f";
pub(super) const DB: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90";
const DEV: &str = "  face |bytes\n lo: 9 1 0 0 0 0 0 0 9 1 0 0 0 0 0 0\n";

/// A host that exists in files; gone when the test is.
pub(super) struct Host {
    pub(super) path: PathBuf,
    pub(super) collector: ContainerCollector,
    pub(super) sample: Sample,
    pub(super) seconds: u64,
}

impl Host {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        Self::with_engine(name, files, "")
    }

    /// The same with an engine to be asked at this socket.
    pub(super) fn with_engine(name: &str, files: &[(&str, &str)], engine: &str) -> Self {
        let path = std::env::temp_dir().join(format!("kinglet-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        for (name, text) in files {
            write(&path, name, text);
        }
        let wanted = Wanted { containers: true, engine: engine.into(), ..Wanted::default() };
        let collector = ContainerCollector::new(&Setup { wanted, ..Setup::of(&path) });
        let mut sample = Sample::default();
        sample.cpu.cores = Some(4);
        Self { path, collector, sample, seconds: 1000 }
    }

    pub(super) fn write(&self, name: &str, text: &str) {
        write(&self.path, name, text);
    }

    /// Ten seconds pass.
    pub(super) fn collect(&mut self) -> &[Container] {
        self.seconds += 10;
        let now = Instant::from_millis(self.seconds * 1000);
        self.collector.collect(now, &mut Buffer::default(), &mut self.sample);
        &self.sample.containers
    }

    pub(super) fn names(&mut self) -> Vec<String> {
        self.collect().iter().map(|row| row.name.clone()).collect()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn dev(rx: u64, tx: u64) -> String {
    format!("{DEV}eth0: {rx} 1 0 0 0 0 0 0 {tx} 1 0 0 0 0 0 0\n")
}

/// Where Docker on systemd has a container.
pub(super) fn docker(id: &str, file: &str) -> String {
    format!("fs/cgroup/system.slice/docker-{id}.scope/{file}")
}

#[test]
fn a_container_of_version_two_has_its_shares_and_speeds() {
    let mut host = Host::new(
        "containers-two",
        &[
            ("fs/cgroup/cgroup.controllers", "cpu memory\n"),
            ("fs/cgroup/cgroup.stat", "nr_descendants 2\n"),
            (&docker(WEB, "cpu.stat"), "usage_usec 1000000\nuser_usec 9\n"),
            (&docker(WEB, "memory.current"), "50000000\n"),
            (&docker(WEB, "memory.stat"), "anon 1\ninactive_file 10000000\n"),
            (&docker(WEB, "memory.max"), "80000000\n"),
            (&docker(WEB, "cgroup.freeze"), "0\n"),
            (&docker(WEB, "cgroup.procs"), ""),
            (&docker(WEB, "init/cgroup.procs"), "77\n78\n"),
            ("77/net/dev", &dev(1000, 500)),
            ("net/dev", &dev(1, 1)),
        ],
    );
    let first = host.collect()[0].clone();
    assert_eq!((&*first.name, &*first.engine), (&WEB[..12], "docker"));
    assert_eq!((first.memory_used, first.memory_limit), (Some(40_000_000), Some(80_000_000)));
    assert_eq!(first.memory_percent, Some(Percent::of(1, 2)));
    assert_eq!((first.rx_bytes, first.tx_bytes), (Some(1000), Some(500)), "of eth0 alone");
    assert_eq!((first.cpu_percent, first.cpu_cores, first.rx_speed), (None, None, None));

    host.write(&docker(WEB, "cpu.stat"), "usage_usec 21000000\nuser_usec 9\n");
    host.write(&docker(WEB, "cgroup.freeze"), "1\n");
    host.write("77/net/dev", &dev(3000, 500));
    let second = host.collect()[0].clone();
    assert_eq!((second.cpu_percent, second.cpu_cores), (Some(Percent::of(1, 2)), Some(2.0)));
    assert_eq!((second.rx_speed, second.tx_speed), (Some(200), Some(0)));
    assert!(second.frozen && !first.frozen);
    assert_eq!(host.sample.containers_running, Some(1));
}

#[test]
fn version_one_says_the_same_in_other_words() {
    let file = |tree: &str, name: &str| format!("fs/cgroup/{tree}/docker/{WEB}/{name}");
    let mut host = Host::new(
        "containers-one",
        &[
            (&file("cpuacct", "cpuacct.usage"), "1000000000\n"),
            (&file("cpuacct", "cgroup.procs"), "77\n"),
            (&file("memory", "memory.usage_in_bytes"), "50000000\n"),
            (&file("memory", "memory.stat"), "inactive_file 7\ntotal_inactive_file 10000000\n"),
            (&file("memory", "memory.limit_in_bytes"), "9223372036854771712\n"),
            (&file("freezer", "freezer.state"), "FROZEN\n"),
            ("net/dev", &dev(1, 1)),
        ],
    );
    // It has the host's interfaces.
    fs::create_dir_all(host.path.join("77/net")).unwrap();
    fs::hard_link(host.path.join("net/dev"), host.path.join("77/net/dev")).unwrap();
    host.collect();
    host.write(&file("cpuacct", "cpuacct.usage"), "6000000000\n");
    let row = host.collect()[0].clone();
    assert_eq!((row.cpu_cores, row.cpu_percent), (Some(0.5), Some(Percent::of(1, 8))));
    assert_eq!((row.memory_used, row.memory_limit), (Some(40_000_000), None));
    assert!(row.frozen && row.rx_bytes.is_none() && row.memory_percent.is_none());
}

#[test]
fn who_comes_and_goes_is_seen_and_who_stays_keeps_its_rates() {
    let stat = "usage_usec 1000000\n";
    let mut host = Host::new(
        "containers-change",
        &[
            ("fs/cgroup/cgroup.controllers", "cpu\n"),
            ("fs/cgroup/cgroup.stat", "nr_descendants 1\n"),
            (&docker(WEB, "cpu.stat"), stat),
        ],
    );
    assert_eq!(host.names(), [&WEB[..12]]);
    // Nothing says that there is another yet.
    host.write(&docker(DB, "cpu.stat"), stat);
    assert_eq!(host.names(), [&WEB[..12]]);
    host.write("fs/cgroup/cgroup.stat", "nr_descendants 2\nnr_dying_descendants 0\n");
    assert_eq!(host.names(), [&WEB[..12], &DB[..12]]);
    let kept: Vec<_> = host.sample.containers.iter().map(|row| row.cpu_cores).collect();
    assert_eq!(kept, [Some(0.0), None], "the new one has no rate yet");
    // One goes and another comes: the number is the same. What is open of a group that is gone
    // says nothing.
    host.write(&docker(WEB, "cpu.stat"), "");
    fs::remove_dir_all(host.path.join(docker(WEB, ""))).unwrap();
    host.write("fs/cgroup/lxc.payload.web/cpu.stat", stat);
    assert_eq!(host.names().len(), 2, "it did not answer just now");
    assert_eq!(host.names(), [&DB[..12], "web"]);
}

#[test]
fn a_host_without_groups_has_no_containers_and_one_without_wish_costs_nothing() {
    let mut none = Host::new("containers-none", &[("net/dev", DEV)]);
    assert!(none.collect().is_empty() && none.sample.containers_running.is_none());
    let mut empty = Host::new(
        "containers-empty",
        &[("fs/cgroup/cgroup.controllers", "\n"), ("fs/cgroup/init.scope/cpu.stat", "\n")],
    );
    assert!(empty.collect().is_empty());
    assert_eq!(empty.sample.containers_running, Some(0));
    empty.collector.is_on = false;
    empty.write("fs/cgroup/lxc.payload.web/cpu.stat", "usage_usec 1\n");
    assert!(empty.collect().is_empty());
}

#[test]
fn the_walk_has_an_end() {
    let mut host = Host::new("containers-many", &[("fs/cgroup/cgroup.controllers", "\n")]);
    let deep = "a/".repeat(CGROUP_DEPTH_MAX + 2);
    host.write(&format!("fs/cgroup/{deep}lxc.payload.deep/cpu.stat"), "\n");
    for at in 0..CONTAINERS_MAX + 9 {
        host.write(&format!("fs/cgroup/lxc.payload.c{at:03}/cpu.stat"), "usage_usec 1\n");
    }
    let names = host.names();
    assert_eq!((names.len(), names.contains(&"deep".to_owned())), (CONTAINERS_MAX, false));
    let running = host.sample.containers_running;
    assert_eq!(running, u64::try_from(CONTAINERS_MAX + 9).ok(), "all are counted");
    assert_eq!(names, host.names());
}
