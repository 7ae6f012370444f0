//! The house: which room of a crate may name which, and what is in a table and so a file.

use std::collections::BTreeSet;

use super::source::Source;
use super::{assert_none, names, product};

/// The rooms of each crate, from the ground up: a room names only rooms below it. So there is no
/// circle, and no arrow back.
const HOUSE: &[(&str, &[&str])] = &[
    (
        "proto/src/",
        &[
            "limits",
            "pattern",
            "percent",
            "time",
            "rng",
            "zone",
            "secret",
            "quoted",
            "host",
            "sample",
            "probe",
            "wire",
            "occurrence",
            "alert",
            "answer",
            "delivery",
            "output",
            "backoff",
            "session",
            "ingest",
            "viewer",
            "enroll",
        ],
    ),
    (
        "host/src/",
        &[
            "limits",
            "filter",
            "processor",
            "kernel",
            "read",
            "health",
            "storage",
            "schedule",
            "links",
            "stat_file",
            "state",
            "setup",
            "boot",
            "budget",
            "no_budget",
            "collect",
            "sampler",
        ],
    ),
    (
        "src/",
        &[
            "limits",
            "clock",
            "supervisor",
            "link",
            "options",
            "config",
            "probe",
            "no_probe",
            "source",
            "drive",
            "run",
            "command",
            "arguments",
        ],
    ),
    (
        "hub/src/",
        &[
            "limits",
            "clock",
            "turn",
            "tls_client",
            "http",
            "guard",
            "fleet",
            "alert",
            "history",
            "store",
            "influx",
            "people",
            "auth",
            "oidc",
            "enroll",
            "notify",
            "config",
            "invite",
            "registry",
            "drop_in",
            "server",
            "hub",
            "sink",
            "door",
            "listen",
            "demo",
            "command",
        ],
    ),
];

/// Folders of which each file is one of a kind that names no other, but for what they share.
const KINDS: &[(&str, &[&str])] = &[
    ("host/src/collect/", &["table", "rate"]),
    ("host/src/kernel/", &["named", "netlink", "text"]),
    (
        "proto/src/output/",
        &["account", "errand", "protocol", "request", "settings", "trim", "verdict"],
    ),
    ("src/source/", &[]),
    ("hub/src/door/", &[]),
    ("hub/src/sink/", &[]),
    ("hub/src/notify/kind/", &[]),
];

#[test]
fn rooms_name_only_rooms_below() {
    let mut found = Vec::new();
    let files = product();
    for (crate_, rooms) in HOUSE {
        for file in &files {
            let Some(room) = member(file, crate_) else { continue };
            if ["lib", "main"].contains(&room) {
                continue;
            }
            let Some(floor) = rooms.iter().position(|other| *other == room) else {
                found.push(format!("{} is in no room of HOUSE", file.path));
                continue;
            };
            for above in &rooms[floor + 1..] {
                if names(&file.code, &format!("crate::{above}")) {
                    found.push(format!("{} names {above}, which lies above {room}", file.path));
                }
            }
        }
    }
    assert_none("a room names only rooms below it", &found);
}

#[test]
fn one_of_a_kind_names_no_other() {
    let mut found = Vec::new();
    let files = product();
    for (folder, shared) in KINDS {
        let one = |file| member(file, folder).filter(|one| !shared.contains(one));
        let members: BTreeSet<_> = files.iter().filter_map(one).collect();
        assert!(!members.is_empty(), "{folder} was not found");
        let room = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        for file in &files {
            let Some(own) = one(file) else { continue };
            for other in members.iter().filter(|other| **other != own) {
                let paths = ["super", room].map(|path| format!("{path}::{other}"));
                if paths.iter().any(|path| names(&file.code, path)) {
                    found.push(format!("{} names {other}", file.path));
                }
            }
        }
    }
    assert_none("one of a kind names no other", &found);
}

/// The part of a folder that a file belongs to: a file or a folder directly in it.
fn member<'a>(file: &'a Source, folder: &str) -> Option<&'a str> {
    file.path.strip_prefix(folder)?.split(['/', '.']).next()
}
