//! Containers, where the owner asks for them.

use std::fs;

use crate::program::{Folder, kinglet};

#[test]
fn containers_are_told_of_only_where_the_owner_wants_them() {
    let folder = Folder::new();
    let on = folder.write("on.toml", "[containers]\nenabled = true\n");
    let root = on.strip_suffix("/on.toml").unwrap();
    fs::create_dir_all(format!("{root}/sys/fs/cgroup/lxc.payload.web")).unwrap();
    folder.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    folder.write("sys/fs/cgroup/lxc.payload.web/cpu.stat", "usage_usec 1000\n");
    folder.write("sys/fs/cgroup/lxc.payload.web/memory.current", "1048576\n");
    let off = folder.write("off.toml", "[containers]\nenabled = false\n");
    let sample = |file: &str, form: &[&str]| {
        let words = [&["sample", "--config", file], form].concat();
        let told = kinglet(&words).env("HOST_SYS", &format!("{root}/sys")).run();
        assert_eq!((told.code, told.stderr.as_str()), (0, ""));
        told.stdout
    };
    let json: serde_json::Value = serde_json::from_str(&sample(&on, &["--json"])).unwrap();
    assert_eq!(json["containers_running"], 1);
    let row = &json["containers"][0];
    assert_eq!((&row["name"], &row["engine"]), (&"web".into(), &"lxc".into()), "{json}");
    assert_eq!(row["memory_used"], 1_048_576);
    let table = sample(&on, &[]);
    assert!(table.lines().any(|line| line.trim_start().starts_with("web")), "{table}");
    assert!(!sample(&off, &["--json"]).contains("containers"));
}
