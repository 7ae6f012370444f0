//! What README.md and SECURITY.md say of rights and of tokens, that nothing else here shows.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use serde_json::Value;

use crate::program::{Folder, kinglet};

/// `nobody`, on most systems.
const NOBODY: u32 = 65_534;

/// A sample by a program of its own, as another user where we may choose one.
fn sample(program: &str, user: Option<u32>) -> Value {
    let mut command = Command::new(program);
    command.args(["sample", "--json"]).env_clear().current_dir("/");
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let told = command.output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

#[test]
fn a_user_without_rights_is_told_of_the_same_parts_as_root() {
    if !nix::unistd::geteuid().is_root() {
        return; // what such a user is told is what all other tests see
    }
    let folder = Folder::new();
    let program = folder.path("kinglet");
    fs::copy(env!("CARGO_BIN_EXE_kinglet"), &program).unwrap();
    for path in [program.as_str(), program.trim_end_matches("/kinglet")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let (root, nobody) = (sample(&program, None), sample(&program, Some(NOBODY)));
    let parts = |sample: &Value| -> Vec<String> {
        let all = sample.as_object().unwrap().iter();
        let there = all.filter(|(_, part)| !part.is_null());
        there.map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(parts(&nobody), parts(&root));
    for part in ["cpu", "memory", "network", "filesystems", "processes", "uptime"] {
        assert!(!nobody[part].is_null(), "{part}: {nobody}");
    }
}

#[test]
fn a_token_may_be_a_credential_of_systemd() {
    let folder = Folder::new();
    let words = ["check", "--config-only", "--url", "wss://hub.test"];
    let root = folder.path("");
    let check = || kinglet(&words).env("CREDENTIALS_DIRECTORY", &root).run();
    let without = check();
    assert_eq!(without.code, 2, "{}{}", without.stdout, without.stderr);
    folder.write("token", "hunter2\n");
    let with = check();
    assert_eq!(with.code, 0, "{}{}", with.stdout, with.stderr);
    assert!(!format!("{}{}", with.stdout, with.stderr).contains("hunter2"));
}

#[test]
fn no_key_and_no_flag_switches_verification_off() {
    let help = kinglet(&["--help"]).run().stdout;
    let keys = include_str!("../../packaging/kinglet.toml");
    for word in ["insecure", "verify", "skip", "accept_invalid", "no-check", "allow_self"] {
        assert!(!help.contains(word) && !keys.contains(word), "{word}");
    }
}
