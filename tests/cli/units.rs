//! Units of systemd, where the owner asks for them.

use crate::program::{Folder, kinglet};

#[test]
fn systemd_is_asked_only_where_it_runs_and_the_owner_wants_it() {
    let folder = Folder::new();
    let on = folder.write("on.toml", "[units]\nenabled = true\n");
    let off = folder.write("off.toml", "[units]\nenabled = false\n");
    let root = on.strip_suffix("/on.toml").unwrap();
    let faults = |file: &str| {
        let words = ["sample", "--json", "--config", file];
        let told = kinglet(&words).env("HOST_ROOT", root).run();
        assert_eq!(told.code, 0, "{}", told.stderr);
        let sample: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
        assert!(sample["units"].is_null(), "{sample}");
        told.stderr
    };
    assert_eq!(faults(&on), "", "it does not run here");
    std::fs::create_dir_all(format!("{root}/run/systemd/system")).unwrap();
    let told = faults(&on);
    assert!(
        told.starts_with("kinglet: units: /run/dbus/system_bus_socket: No such file"),
        "{told}"
    );
    assert_eq!(faults(&off), "");
}
