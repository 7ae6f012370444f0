//! Processes, where the owner asks for them.

use crate::program::{Folder, kinglet};

#[test]
fn processes_are_told_of_only_where_the_owner_wants_them() {
    let folder = Folder::new();
    let on = folder.write("on.toml", "[processes]\nenabled = true\n");
    let root = on.strip_suffix("/on.toml").unwrap();
    let line = "1 (a) R b) S 1 7 7 0 -1 0 0 0 0 0 30 12 0 0 20 0 1 0 60321 9457664 256 0\n";
    std::fs::create_dir_all(format!("{root}/proc/1")).unwrap();
    folder.write("proc/1/stat", line);
    folder.write("proc/loadavg", "0.10 0.20 0.30 1/9 7\n");
    let off = folder.write("off.toml", "[processes]\nenabled = false\n");
    let sample = |file: &str, form: &[&str]| {
        let words = [&["sample", "--config", file], form].concat();
        let told = kinglet(&words).env("HOST_PROC", &format!("{root}/proc")).run();
        assert_eq!((told.code, told.stderr.as_str()), (0, ""));
        told.stdout
    };
    let json: serde_json::Value = serde_json::from_str(&sample(&on, &["--json"])).unwrap();
    assert_eq!(json["processes"]["sleeping"], 1, "{json}");
    let row = &json["top"][0];
    assert_eq!((&row["name"], &row["pid"]), (&"a) R b".into(), &1.into()), "{json}");
    let table = sample(&on, &[]);
    assert!(table.lines().any(|line| line.trim_start().starts_with("a) R b")), "{table}");
    assert!(!sample(&off, &["--json"]).contains("sleeping"));
}
