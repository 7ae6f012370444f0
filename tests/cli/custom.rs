//! Figures of the owner's own.

use crate::program::{Folder, kinglet};

#[test]
fn figures_of_the_owner_are_in_a_sample_and_a_bad_file_is_named() {
    let folder = Folder::new();
    folder.write("good.prom", "backup_age_seconds{job=\"home\"} 3600\n");
    let bad = folder.write("bad.prom", "good_so_far 1\nno figure\n");
    let dir = bad.trim_end_matches("/bad.prom");
    let file = folder.write("k.toml", &format!("[custom]\ndir = \"{dir}\"\n"));
    let told = kinglet(&["sample", "--json", "--config", &file]).run();
    assert_eq!(told.code, 0, "{}", told.stderr);
    let fault = format!("kinglet: {bad}, line 2: no number; the file is left out\n");
    assert_eq!(told.stderr, fault);
    let sample: serde_json::Value = serde_json::from_str(&told.stdout).expect("one object");
    let due = serde_json::json!([
        { "series": "backup_age_seconds{job=\"home\"}", "value": 3600.0 }
    ]);
    assert_eq!(sample["custom"], due);
    let told = kinglet(&["sample", "--config", &file]).run();
    let line = told.stdout.lines().find(|line| line.starts_with("CUSTOM"));
    assert_eq!(line, Some("CUSTOM   backup_age_seconds{job=\"home\"}  3600"), "{}", told.stdout);
    // A switch keeps them back.
    let text = format!("[collect]\ncustom = false\n[custom]\ndir = \"{dir}\"\n");
    let file = folder.write("off.toml", &text);
    let told = kinglet(&["sample", "--json", "--config", &file]).run();
    assert_eq!((told.stderr.as_str(), told.stdout.contains("custom")), ("", false));
}
