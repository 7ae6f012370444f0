use super::*;

fn chosen(mountinfo: &str) -> Vec<String> {
    let mut volumes = choose(mountinfo.as_bytes(), &Filter::default());
    volumes.sort_by(|one, other| one.mount_point.cmp(&other.mount_point));
    volumes.iter().map(|v| format!("{} {} {}", v.mount_point, v.source, v.fstype)).collect()
}

#[test]
fn each_device_counts_once_with_its_best_mount() {
    let table = r"
1 0 0:2 / / rw - rootfs rootfs rw
2 1 0:3 / /proc rw - proc proc rw
3 1 8:1 / /mnt/again rw - ext4 /dev/sda1 rw
4 1 8:1 / / rw - ext4 /dev/sda1 rw
5 1 8:1 /var/lib/x /srv rw - ext4 /dev/sda1 rw
6 1 0:40 /@home /home rw - btrfs /dev/sdb1 rw
7 1 0:40 /@snap /.snapshots rw - btrfs /dev/sdb1 rw
8 1 0:41 / /run rw - tmpfs tmpfs rw
9 1 7:3 / /snap/core/1 ro - squashfs /dev/loop3 ro
10 1 0:50 / /mnt/a\040b rw - nfs4 nas:/x rw
11 1 0:51 / /mnt/c rw - nfs4 nas:/x rw
12 1 0:52 / /var/lib/docker/overlay2/5/merged rw - overlay overlay rw
13 1 0:53 / /proc/stat rw - fuse.lxcfs lxcfs rw
14 1 0:54 / /mnt/ssh rw - fuse.sshfs me@host:/ rw
15 1 0:55 / /media/auto rw - autofs systemd-1 rw
";
    assert_eq!(
        chosen(table),
        [
            "/ /dev/sda1 ext4",
            "/home /dev/sdb1 btrfs",
            "/mnt/c nas:/x nfs4",
            "/mnt/ssh me@host:/ fuse.sshfs"
        ]
    );
}

#[test]
fn the_space_of_an_openwrt_root_is_its_overlays() {
    let table = "1 0 31:6 / /rom ro - squashfs /dev/root ro
2 0 0:14 / /overlay rw - ubifs /dev/ubi0_1 rw
3 0 0:15 / / rw - overlay overlayfs:/overlay rw,lowerdir=/
4 3 0:16 / /tmp rw - tmpfs tmpfs rw";
    let volumes = choose(table.as_bytes(), &Filter::default());
    assert_eq!(volumes.len(), 1);
    assert_eq!(volumes[0].source, "overlayfs:/overlay");
    assert_eq!((volumes[0].device, volumes[0].storage.as_str()), ((0, 14), "/dev/ubi0_1"));
}

#[test]
fn a_container_has_its_root_only() {
    let table = "1 0 0:90 / / rw - overlay overlay rw,lowerdir=/a
2 1 8:1 /d/hosts /etc/hosts rw - ext4 /dev/sda1 rw
3 1 8:1 /d/resolv.conf /etc/resolv.conf rw - ext4 /dev/sda1 rw";
    assert_eq!(chosen(table), ["/ overlay overlay"]);
}

#[test]
fn a_pool_is_one_group_and_asks_every_dataset_once() {
    let table = "1 0 0:30 / / rw - zfs rpool/ROOT/debian rw
2 1 0:31 / /home rw - zfs rpool/home rw
3 1 0:31 / /home2 rw - zfs rpool/home rw
4 1 0:32 / /home/.zfs/snapshot/a ro - zfs rpool/home@a ro
5 1 0:33 / /tank rw - zfs tank rw";
    let volumes = choose(table.as_bytes(), &Filter::default());
    let points: Vec<_> = volumes.iter().map(|v| (v.mount_point.as_str(), v.group)).collect();
    assert_eq!(points, [("/", 0), ("/home", 0), ("/tank", 1)]);
}

#[test]
fn a_mount_over_another_hides_it_and_the_owner_may_exclude() {
    let over = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /mnt rw - ext4 /dev/sda2 rw\n\
        3 1 8:3 / /mnt rw - ext4 /dev/sda3 rw";
    assert_eq!(chosen(over), ["/ /dev/sda1 ext4", "/mnt /dev/sda3 ext4"]);
    let filter = Filter { exclude: vec!["/mn*".into()], ..Filter::default() };
    assert_eq!(choose(over.as_bytes(), &filter).len(), 1);
}

#[test]
fn a_mount_below_a_later_one_is_hidden_unless_it_lies_on_it() {
    let table = r"26 31 0:5 / /mnt/early rw - nfs4 nas:/early rw
27 1 8:1 / / rw - ext4 /dev/sda1 rw
28 27 8:17 / /mnt/a rw - ext4 /dev/sdb1 rw
29 27 8:18 / /mnt/b/c rw - ext4 /dev/sdb2 rw
30 27 8:20 / /mntx rw - ext4 /dev/sdb4 rw
31 27 8:33 / /mnt rw - ext4 /dev/sdc1 rw
32 31 8:34 / /mnt/a/d rw - ext4 /dev/sdc2 rw";
    let volumes = choose(table.as_bytes(), &Filter::default());
    let mut points: Vec<_> = volumes.iter().map(|v| v.mount_point.as_str()).collect();
    points.sort_unstable();
    assert_eq!(points, ["/", "/mnt", "/mnt/a/d", "/mnt/early", "/mntx"]);
}

#[test]
fn a_drive_of_windows_counts_once_and_what_is_lent_of_it_never() {
    let table = r"1 0 8:32 / / rw - ext4 /dev/sdd rw
2 1 0:34 / /usr/lib/wsl/drivers ro - 9p none ro
3 1 0:60 / /mnt/c rw - 9p C:\ rw
4 1 0:61 / /home/ann/work rw - 9p C:\Users rw
5 1 0:62 / /mnt/e rw - 9p E:\ rw";
    let volumes = choose(table.as_bytes(), &Filter::default());
    let rows: Vec<_> = volumes.iter().map(|v| (v.mount_point.as_str(), v.is_view)).collect();
    let expected =
        [("/", false), ("/mnt/c", false), ("/mnt/e", false), ("/usr/lib/wsl/drivers", true)];
    assert_eq!(rows, expected);
}

#[test]
fn a_loop_is_a_view_but_for_a_host_that_lives_in_one() {
    let views = |table: &str| {
        let volumes = choose(table.as_bytes(), &Filter::default());
        volumes.iter().map(|v| v.is_view).collect::<Vec<_>>()
    };
    let disk = "2 1 7:1 / /srv rw - ext4 /dev/loop1 rw";
    assert_eq!(views(&format!("1 0 8:1 / / rw - ext4 /dev/sda1 rw\n{disk}")), [false, true]);
    assert_eq!(views(&format!("1 0 7:0 / / rw - ext4 /dev/loop0 rw\n{disk}")), [false, false]);
}
