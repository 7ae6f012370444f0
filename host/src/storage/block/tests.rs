use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use super::*;

fn node(name: &str, minor: u64, shares: Vec<Share>) -> Node {
    Node { name: name.into(), sectors: 0, mapper: None, device: (8, minor), shares }
}

fn volume(device: (u64, u64), storage: &str, fstype: &str) -> Volume {
    Volume {
        mount_point: "/".into(),
        source: storage.into(),
        fstype: fstype.into(),
        read_only: false,
        device,
        storage: storage.into(),
        is_view: false,
        path: c"/".into(),
        group: 0,
        may_move: false,
    }
}

fn whole(disk: usize) -> Share {
    Share { disk, part: 1, of: 1 }
}

#[test]
fn a_mirror_holds_everything_twice_and_a_stripe_a_part_each() {
    assert_eq!(level_share(Some("raid1"), 2), (1, 1));
    assert_eq!(level_share(Some("raid5"), 4), (1, 3));
    assert_eq!(level_share(Some("raid6"), 4), (1, 2));
    assert_eq!(level_share(Some("raid10"), 4), (2, 4));
    assert_eq!(level_share(Some("raid5"), 1), (1, 1));
    assert_eq!(level_share(None, 3), (1, 3));
}

#[test]
fn a_volume_is_found_by_number_name_members_or_pool() {
    let map = BlockMap {
        disks: Vec::new(),
        nodes: vec![
            node("sda1", 1, vec![whole(0)]),
            node("sdb1", 17, vec![whole(1)]),
            Node { mapper: Some("vg-lv".into()), ..node("dm-0", 99, vec![whole(1)]) },
            node("cciss!c0d0p1", 50, vec![whole(0)]),
        ],
        btrfs: vec![vec!["sda1".into(), "sdb1".into()]],
        zfs: vec![("tank".into(), 0), ("tank".into(), 1)],
    };
    let half = |disk| Share { disk, part: 1, of: 2 };
    for (device, storage, fstype, shares) in [
        ((8, 17), "/dev/root", "ext4", vec![half(0), half(1)]), // a member of the btrfs
        ((8, 99), "/dev/root", "ext4", vec![whole(1)]),
        ((0, 30), "/dev/mapper/vg-lv", "btrfs", vec![whole(1)]),
        ((0, 30), "/dev/sda1", "btrfs", vec![half(0), half(1)]),
        ((0, 30), "/dev/sda1:/dev/sdb1", "bcachefs", vec![half(0), half(1)]),
        ((0, 30), "/dev/cciss/c0d0p1", "ext4", vec![whole(0)]),
        ((0, 30), "tank/home", "zfs", vec![half(0), half(1)]),
        ((0, 30), "dozer", "zfs", vec![]),
        ((0, 30), "nas:/export", "nfs4", vec![]),
    ] {
        assert_eq!(map.shares(&volume(device, storage, fstype)), shares, "{storage}");
    }
}

/// A host of block devices, as sysfs shows them.
struct Sys {
    folder: PathBuf,
    minor: u64,
}

impl Sys {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("kinglet-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("block")).unwrap();
        Self { folder, minor: 0 }
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A device of so many sectors on these members.
    fn add(&mut self, name: &str, sectors: u64, members: &[&str]) {
        self.minor += 1;
        self.write(&format!("block/{name}/dev"), &format!("8:{}\n", self.minor));
        self.write(&format!("block/{name}/size"), &format!("{sectors}\n"));
        for member in members {
            fs::create_dir_all(self.folder.join(format!("block/{name}/slaves/{member}"))).unwrap();
        }
    }

    fn add_disk(&mut self, name: &str, sectors: u64) {
        self.add(name, sectors, &[]);
        fs::create_dir_all(self.folder.join(format!("block/{name}/device"))).unwrap();
    }

    fn map(&mut self, name: &str, sectors: u64, mapper: &str, members: &[&str]) {
        self.add(name, sectors, members);
        self.write(&format!("block/{name}/dm/name"), mapper);
    }

    /// Names of the disks, and where each source lies: `disk part/of`.
    fn read(&self, sources: &[&str]) -> (Vec<String>, Vec<String>) {
        let root = Root::new(&self.folder);
        let filter = Filter::default();
        let host = Host { proc: &root, sys: &root, root: &root, filter: &filter };
        let map = BlockMap::read(host, false, &mut Buffer::default());
        let lies_on = |source: &&str| {
            let volume = volume((0, 999), source, "ext4");
            let shares = map.shares(&volume).into_iter();
            let mut lies_on: Vec<String> =
                shares.map(|s| format!("{} {}/{}", map.disks[s.disk].name, s.part, s.of)).collect();
            if map.is_in_a_file(&volume) {
                lies_on.push("in a file".into());
            }
            lies_on.join(", ")
        };
        let names = map.disks.iter().map(|disk| disk.name.clone()).collect();
        (names, sources.iter().map(lies_on).collect())
    }
}

impl Drop for Sys {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn the_paths_of_a_multipath_device_are_one_disk() {
    let mut sys = Sys::new("block-mpath");
    for path in ["sda", "sdb", "sdc", "sdd"] {
        sys.add_disk(path, 5000);
        sys.write(&format!("block/{path}/device/model"), "LUN\n");
    }
    sys.add_disk("sde", 300);
    sys.map("dm-0", 5000, "mpathb", &["sda", "sdb", "sdc", "sdd"]);
    sys.write("block/dm-0/dm/uuid", "mpath-3600d0230\n");
    sys.map("dm-1", 4000, "mpathb-part1", &["dm-0"]);
    sys.map("dm-2", 3000, "vg-root", &["dm-1"]);
    let (disks, lie_on) = sys.read(&["/dev/mapper/vg-root", "/dev/sdc", "/dev/sde"]);
    assert_eq!(disks, ["dm-0", "sde"]);
    assert_eq!(lie_on, ["dm-0 1/1", "dm-0 1/1", "sde 1/1"]);
}

#[test]
fn what_lies_on_nothing_here_is_a_disk_with_or_without_hardware() {
    let mut sys = Sys::new("block-lonely");
    sys.add_disk("sda", 900);
    sys.add_disk("sr0", 900);
    for (name, sectors) in [
        ("drbd0", 800),
        ("rbd0", 700),
        ("nbd0", 600),
        ("nbd1", 0),
        ("etherd!e1.0", 500),
        ("loop0", 9),
        ("zram0", 9),
        ("zd16", 9),
        ("dm-3", 9),
    ] {
        sys.add(name, sectors, &[]);
    }
    sys.add("drbd1", 800, &["sda"]);
    let (disks, lie_on) = sys.read(&["/dev/rbd0", "/dev/drbd0", "/dev/drbd1", "/dev/zd16"]);
    assert_eq!(disks, ["sda", "drbd0", "etherd/e1.0", "nbd0", "rbd0"]);
    assert_eq!(lie_on, ["rbd0 1/1", "drbd0 1/1", "sda 1/1", ""]);
}

#[test]
fn a_cache_carries_nothing_and_unraid_names_its_disks_elsewhere() {
    let mut sys = Sys::new("block-cache");
    for disk in ["nvme0n1", "sda", "sdb", "sdc"] {
        sys.add_disk(disk, 9000);
    }
    sys.add("bcache0", 8999, &["nvme0n1", "sda"]);
    sys.write("block/bcache0/bcache/backing_dev_name", "sda\n");
    sys.add("bcache1", 8999, &["nvme0n1", "sdb"]);
    fs::create_dir_all(sys.folder.join("devices/sdb/bcache")).unwrap();
    symlink("../../devices/sdb/bcache", sys.folder.join("block/bcache1/bcache")).unwrap();
    sys.add("md1", 8990, &[]);
    sys.add("md1/md1p1", 8980, &[]);
    sys.write("block/md1/md1p1/partition", "1\n");
    sys.write("mdstat", "diskName.1=md1p1\nrdevName.1=sdc\n");
    let (disks, lie_on) = sys.read(&["/dev/bcache0", "/dev/bcache1", "/dev/md1p1"]);
    assert_eq!(disks, ["nvme0n1", "sda", "sdb", "sdc"]);
    assert_eq!(lie_on, ["sda 1/1", "sdb 1/1", "sdc 1/1"]);
}

#[test]
fn helpers_of_lvm_carry_nothing_and_its_mirrors_everything_twice() {
    let mut sys = Sys::new("block-lvm");
    for disk in ["nvme0n1", "sda", "sdb", "sdc"] {
        sys.add_disk(disk, 9000);
    }
    sys.map("dm-0", 4000, "vg-home_corig", &["sda"]);
    sys.map("dm-1", 500, "vg-fast_cdata", &["nvme0n1"]);
    sys.map("dm-2", 5, "vg-fast_cmeta", &["nvme0n1"]);
    sys.map("dm-3", 4000, "vg-home", &["dm-0", "dm-1", "dm-2"]);
    for (at, disk) in [(0, "sda"), (1, "sdb"), (2, "sdc")] {
        sys.map(&format!("dm-1{at}"), 2, &format!("vg-five_rmeta_{at}"), &[disk]);
        sys.map(&format!("dm-2{at}"), 1000, &format!("vg-five_rimage_{at}"), &[disk]);
    }
    sys.map("dm-30", 2000, "vg-five", &["dm-10", "dm-20", "dm-11", "dm-21", "dm-12", "dm-22"]);
    sys.map("dm-31", 1000, "vg-two", &["dm-10", "dm-20", "dm-11", "dm-21"]);
    sys.map("dm-4", 100, "vg-pool_tdata", &["sdb"]);
    sys.map("dm-5", 100, "vg-pool_tmeta", &["sda"]);
    sys.map("dm-6", 100, "vg-pool-tpool", &["dm-4", "dm-5"]);
    sys.map("dm-7", 70, "vg-thin", &["dm-6"]);
    let mapped = ["home", "five", "two", "thin"].map(|name| format!("/dev/mapper/vg-{name}"));
    let (_, lie_on) = sys.read(&mapped.each_ref().map(String::as_str));
    let five = "sda 1000/2000, sdb 1000/2000, sdc 1000/2000";
    assert_eq!(lie_on, ["sda 1/1", five, "sda 1000/1000, sdb 1000/1000", "sdb 1/1"]);
}

#[test]
fn what_lies_in_a_file_is_told_through_its_layers() {
    let mut sys = Sys::new("block-file");
    sys.add_disk("sda", 9000);
    sys.add("loop5", 100, &[]);
    sys.map("dm-0", 90, "safe", &["loop5"]);
    sys.map("dm-1", 90, "vg-safe", &["dm-0"]);
    let (disks, lie_on) = sys.read(&["/dev/mapper/vg-safe", "/dev/sda"]);
    assert_eq!(disks, ["sda"]);
    assert_eq!(lie_on, ["in a file", "sda 1/1"]);
}
