//! What an owner sees of alerts: what is watched, and what would fire.

use super::program::{Folder, kinglet};

#[test]
fn check_shows_what_is_watched_and_what_would_fire() {
    let folder = Folder::new();
    let config = folder.path("k.toml");
    let own = "[alerts]\nconntrack = false\n[[alert]]\nmetric = \"uptime\"\nabove = 1\n\
               message = \"up for {value}\"\n[[alert]]\nmetric = \"uptime\"\nbelow = 1\n\
               for = \"5m\"\n";
    std::fs::write(&config, own).unwrap();
    let told = kinglet(&["check", "--alerts", "--config", &config]).run();
    assert_eq!((told.code, told.stderr.as_str()), (0, ""), "{}", told.stdout);
    let line = |word: &str| {
        let found = told.stdout.lines().find(|line| line.contains(word));
        found.unwrap_or_else(|| panic!("no {word} in {}", told.stdout))
    };
    let fires = line("above 1 s");
    assert!(fires.contains("uptime") && fires.contains("WOULD FIRE: up for "), "{fires}");
    let well = line("below 1 s for 5m");
    assert!(well.trim_end().ends_with("well"), "{well}");
    assert!(line("memory.usage_percent").contains("above 95.0% for 5m"));
    assert!(!told.stdout.contains("conntrack"), "{}", told.stdout);
}

#[test]
fn check_of_alerts_needs_no_server_and_a_right_configuration() {
    let folder = Folder::new();
    let config = folder.path("k.toml");
    std::fs::write(&config, "[[alert]]\nmetric = \"cpu.usage\"\n").unwrap();
    let told = kinglet(&["check", "--alerts", "--config", &config]).run();
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains("k.toml:1: alert: says no line"), "{}", told.stderr);
    let told = kinglet(&["run", "--alerts", "--config", &config]).run();
    assert!(told.stderr.contains("--alerts does not go with this command"), "{}", told.stderr);
}
