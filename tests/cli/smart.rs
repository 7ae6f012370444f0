//! SMART, where the owner asks for it.

use crate::program::{Folder, kinglet};

#[test]
fn a_disk_that_cannot_be_asked_is_told_of_only_where_the_owner_wants_it() {
    let folder = Folder::new();
    let on = folder.write("on.toml", "[smart]\nenabled = true\n");
    let root = on.strip_suffix("/on.toml").unwrap();
    for name in ["block/nvme0n1/device", "block/nvme0n1/queue"] {
        std::fs::create_dir_all(format!("{root}/{name}")).unwrap();
    }
    folder.write("block/nvme0n1/size", "1000\n");
    folder.write("block/nvme0n1/dev", "259:0\n");
    let off = folder.write("off.toml", "[smart]\nenabled = false\n");
    let sample = |file: &str| {
        let words = ["sample", "--json", "--config", file];
        let told = kinglet(&words).env("HOST_SYS", root).env("HOST_ROOT", root).run();
        assert_eq!(told.code, 0);
        assert!(told.stdout.contains("nvme0n1"), "{}", told.stdout);
        told.stderr
    };
    let told = sample(&on);
    let due = format!("smart: {root}/dev/nvme0n1 is not there; it takes CAP_SYS_");
    assert!(told.contains(&due) && told.contains("README.md"), "{told}");
    assert_eq!(sample(&off), "");
}
