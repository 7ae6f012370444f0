//! Holds the project to its own rules: sizes, arrows between modules, tables that equal the code.
//!
//! CONTRIBUTING.md says the same in words. A rule that no longer serves is changed there and here.

#[path = "tidy/fuzzed.rs"]
mod fuzzed;
#[path = "tidy/house.rs"]
mod house;
#[path = "tidy/script.rs"]
mod script;
#[path = "tidy/source.rs"]
mod source;

use kinglet_host::collect::{COLLECTORS, Row};
use source::{Source, root, sources};
use std::path::Path;

/// The longest file, its tests apart: what one reading holds. The page's files are held to it too,
/// and all scripts, also those of tests.
const FILE_LINES: usize = 400;
/// Half of the files are shorter.
const FILE_LINES_MEDIAN: usize = 150;
/// The longest function: a screen.
const FUNCTION_LINES: usize = 70;
/// Half of the functions are no longer.
const FUNCTION_LINES_MEDIAN: usize = 10;
/// The longest line.
const LINE_WIDTH: usize = 100;

/// What a module may not name: the paths it covers, the words, and why.
const ARROWS: &[(&[&str], &[&str], &str)] = &[
    (
        &["proto/src/"],
        &[
            "std::fs",
            "std::thread",
            "std::net::Tcp",
            "std::net::Udp",
            "ToSocketAddrs",
            "std::os::",
            "std::process",
            "std::env",
            "std::time::Instant",
            "SystemTime",
            "nix::",
            "rustls",
            "tungstenite",
            "tokio",
        ],
        "proto is pure: clocks, files, sockets and randomness are arguments",
    ),
    (
        &["host/src/kernel/", "host/src/kernel.rs"],
        &["Sample", "proto::sample", "proto::session", "std::fs", "std::path", "Instant"],
        "kernel knows bytes and raw counters: no file, no clock, no Sample",
    ),
    (&["host/src/read.rs"], &["Sample"], "read knows files, not what is in them"),
    (
        &["host/src/storage/", "host/src/storage.rs", "host/src/stat_file.rs"],
        &["Sample", "std::fs"],
        "what collectors share knows no Sample, and reads by read",
    ),
    (
        &["host/src/collect/", "host/src/collect.rs", "host/src/setup.rs"],
        &["std::fs"],
        "collectors read by read",
    ),
    (&["host/src/"], &["proto::session", "proto::output"], "a host knows only proto's sample"),
    (
        &["host/src/"],
        &["std::time::Instant", "SystemTime", "std::env", "std::process", "std::net::Tcp"],
        "host reads the kernel: clocks and settings are arguments",
    ),
    (
        &["src/source/", "src/source.rs"],
        &["Session", "Sampler"],
        "a source tells what is new and knows nobody who hears it",
    ),
    (
        &["src/options/", "src/options.rs"],
        &["crate::config", "crate::command", "crate::link", "crate::run", "std::env"],
        "options knows what is written, not what it means",
    ),
    (
        &["src/link/", "src/link.rs"],
        &["proto::session", "Session", "kinglet_host"],
        "link moves bytes and knows no Session",
    ),
    (
        &["hub/src/fleet/", "hub/src/fleet.rs"],
        &[
            "tokio",
            "axum",
            "serde_json",
            "std::fs",
            "std::thread",
            "std::time::Instant",
            "SystemTime",
            "getrandom",
        ],
        "the fleet is pure: clocks, files and sockets are arguments, and nobody's JSON its own",
    ),
    (&["src/"], &["kinglet_hub"], "the agent knows only proto of the hub"),
];

/// Names that say nothing about what they name.
const EMPTY_NAMES: &[&str] = &["manager", "util", "utils", "helper", "helpers", "common", "misc"];

fn product() -> Vec<Source> {
    sources().into_iter().filter(Source::is_product).collect()
}

/// Fails with every finding at once, so that one run shows all there is to mend.
fn assert_none(rule: &str, findings: &[String]) {
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.join("\n  "));
}

fn median(mut numbers: Vec<usize>) -> usize {
    numbers.sort_unstable();
    numbers.get(numbers.len() / 2).copied().unwrap_or(0)
}

#[test]
fn files_are_short() {
    let files = product();
    let whole: Vec<_> =
        sources().into_iter().filter(|file| file.is_page() || file.is_script()).collect();
    for is_kind in [Source::is_page, Source::is_script] {
        assert!(whole.iter().any(is_kind), "the page's files or the scripts were not found");
    }
    let long: Vec<_> = files
        .iter()
        .chain(&whole)
        .map(|file| (&file.path, file.text.lines().count()))
        .filter(|(_, lines)| *lines > FILE_LINES)
        .map(|(path, lines)| format!("{path}: {lines} lines"))
        .collect();
    assert_none(&format!("no file is longer than {FILE_LINES} lines"), &long);
    let median = median(files.iter().map(Source::code_lines).collect());
    assert!(median <= FILE_LINES_MEDIAN, "the median file has {median} lines");
}

#[test]
fn functions_are_short() {
    let mut lengths = Vec::new();
    let mut long = Vec::new();
    for file in sources() {
        let functions = if file.is_product() { file.functions() } else { file.script_functions() };
        for function in functions {
            if file.is_product() {
                lengths.push(function.length);
            }
            if function.length > FUNCTION_LINES {
                let (line, name) = (function.line, function.name);
                long.push(format!("{}:{line} {name}: {} lines", file.path, function.length));
            }
        }
    }
    assert_none(&format!("no function is longer than {FUNCTION_LINES} lines"), &long);
    let median = median(lengths);
    assert!(median <= FUNCTION_LINES_MEDIAN, "the median function has {median} lines");
}

#[test]
fn lines_are_narrow() {
    let mut wide = Vec::new();
    for file in sources() {
        let rust = file.path.ends_with(".rs");
        if !rust && !file.is_script() && !file.is_page() {
            continue;
        }
        for (at, line) in file.text.lines().enumerate() {
            let width = line.chars().count();
            if width > LINE_WIDTH && !(rust && quotes_a_device(line)) {
                wide.push(format!("{}:{} has {width} columns", file.path, at + 1));
            }
        }
    }
    assert_none(&format!("lines end by column {LINE_WIDTH}"), &wide);
}

/// A line that quotes a device's own text cannot be broken: a string, or a sample line of a file
/// in a module's head, which has no sentence in it.
fn quotes_a_device(line: &str) -> bool {
    let line = line.trim();
    let sample = line.strip_prefix("//! ").is_some_and(|text| {
        text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).count() < 4
    });
    sample || line.starts_with(['"', '\\']) || line.contains("r#\"") || line.contains("b\"")
}

#[test]
fn nothing_is_left_for_later() {
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("XX", "X:"),
        concat!("dbg", "!("),
        concat!("todo", "!("),
        concat!("unimplemented", "!("),
        concat!("allow(dead", "_code"),
    ];
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| file.path.ends_with(".rs")) {
        for (at, line) in file.text.lines().enumerate() {
            if let Some(word) = words.iter().find(|word| line.contains(*word)) {
                found.push(format!("{}:{} says {word}", file.path, at + 1));
            }
        }
    }
    assert_none("nothing is left for later", &found);
}

#[test]
fn arrows_point_one_way() {
    let mut found = Vec::new();
    for file in product() {
        for (places, words, why) in ARROWS {
            if !places.iter().any(|place| file.path.starts_with(place)) {
                continue;
            }
            for word in words.iter().filter(|word| names(&file.code, word)) {
                found.push(format!("{} names {word}: {why}", file.path));
            }
        }
    }
    assert_none("arrows between modules point one way", &found);
}

/// Whether the code has the word, not as a part of a longer name.
fn names(code: &str, word: &str) -> bool {
    let inside = |c: char| c == '_' || c.is_alphanumeric();
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        let after = code[at + word.len()..].chars().next();
        !before.is_some_and(inside)
            && (!word.ends_with(char::is_alphanumeric)
                || word.ends_with("Tcp")
                || word.ends_with("Udp")
                || !after.is_some_and(inside))
    })
}

/// Ends of names that say "a bound".
const BOUNDS: &[&str] = &["_MAX", "_MIN", "_TIMEOUT", "_INTERVAL", "_BYTES", "_AFTER", "_PAUSE"];

#[test]
fn bounds_are_in_limits() {
    let mut found = Vec::new();
    let is_limits = |path: &str| path.ends_with("src/limits.rs") || path.contains("src/limits/");
    for file in product().iter().filter(|file| !is_limits(&file.path)) {
        for line in file.code.lines() {
            let Some((name, kind)) = constant(line) else { continue };
            let is_number = ["usize", "u32", "u64", "Duration"].contains(&kind);
            if is_number && BOUNDS.iter().any(|end| name.ends_with(end)) {
                found.push(format!("{}: {name}", file.path));
            }
        }
    }
    assert_none("every bound is in its crate's limits.rs", &found);
}

/// Name and type of the constant that a line states.
fn constant(line: &str) -> Option<(&str, &str)> {
    let (before, rest) = line.split_once("const ")?;
    let (name, rest) = rest.split_once(": ")?;
    let kind = rest.split([' ', '=']).next()?;
    (before.trim().is_empty() || before.trim().starts_with("pub")).then_some((name, kind))
}

#[test]
fn only_the_demo_runs_the_agent() {
    let found: Vec<_> = product()
        .iter()
        .filter(|file| file.path.starts_with("hub/src/") && !file.path.contains("demo"))
        .filter(|file| names(&file.code, "kinglet::"))
        .map(|file| file.path.clone())
        .collect();
    assert_none("agent and hub know only proto of each other", &found);
}

#[test]
fn code_is_safe_but_for_two_calls() {
    let crates = sources().into_iter().filter(|file| file.path.ends_with("Cargo.toml"));
    let loose: Vec<_> = crates
        .filter(|file| !file.path.contains("tests/") && file.text.contains("[package]"))
        .filter(|file| !file.text.contains("[lints]\nworkspace = true"))
        .map(|file| file.path)
        .collect();
    assert_eq!(loose, ["ioctl/Cargo.toml"], "the workspace forbids unsafe code");
    let is_theirs = |file: &&Source| file.path.starts_with("ioctl/");
    let files: Vec<_> = sources().into_iter().filter(|file| is_theirs(&file)).collect();
    let paths: Vec<_> = files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(paths, ["ioctl/Cargo.toml", "ioctl/src/lib.rs"], "a crate that can be read");
    let [manifest, code] = &files[..] else { return };
    assert!(manifest.text.contains("unsafe_code = \"deny\""), "each place gives its reason");
    for (what, count) in [("unsafe {", 2), ("// SAFETY: ", 2), ("#[expect(unsafe_code, ", 2)] {
        assert_eq!(code.text.matches(what).count(), count, "{what}");
    }
    assert!(code.code_lines() <= 150, "it has {} lines", code.code_lines());
}

#[test]
fn imports_are_named() {
    let mut found = Vec::new();
    for file in product() {
        for (at, line) in file.code.lines().enumerate() {
            if line.trim_start().contains("use ") && line.contains("::*") {
                found.push(format!("{}:{} {}", file.path, at + 1, line.trim()));
            }
        }
    }
    assert_none("no import by wildcard", &found);
}

#[test]
fn modules_say_what_they_are() {
    let mut found = Vec::new();
    for file in product() {
        let name = Path::new(&file.path).file_stem().map(|stem| stem.to_string_lossy());
        if EMPTY_NAMES.contains(&name.as_deref().unwrap_or_default()) {
            found.push(format!("{} has a name that says nothing", file.path));
        }
        if !file.text.starts_with("//! ") {
            found.push(format!("{} does not begin with what lives in it", file.path));
        }
    }
    assert_none("a module says what it is", &found);
}

#[test]
fn the_project_stands_alone() {
    let words = [
        concat!("/work/", "shared"),
        concat!("crates", ".io/"),
        concat!("py", "pi.org"),
        concat!("npm", "js."),
        concat!("docs", ".rs/"),
    ];
    let mut found = Vec::new();
    for file in sources().iter().filter(|file| file.path != "Cargo.lock") {
        for word in words.iter().filter(|word| file.text.contains(**word)) {
            found.push(format!("{} names {word}", file.path));
        }
    }
    assert_none("no file points outside the project or to a registry's host", &found);
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for file in sources().iter().filter(|file| file.path.ends_with(".md")) {
        let folder = root().join(&file.path);
        let folder = folder.parent().expect("a file has a folder");
        for target in file.text.split("](").skip(1) {
            let target = target.split([')', '#', ' ']).next().unwrap_or_default();
            if !target.is_empty() && !target.contains(':') && !folder.join(target).exists() {
                broken.push(format!("{}: {target}", file.path));
            }
        }
    }
    assert_none("links in documents lead somewhere", &broken);
}

#[test]
fn a_collector_is_a_file() {
    let files = product();
    let is_missing = |row: &&Row| {
        let path = format!("host/src/collect/{}.rs", row.name);
        !files.iter().any(|file| file.path == path)
    };
    let missing: Vec<_> = COLLECTORS.iter().filter(is_missing).map(|row| row.name.into()).collect();
    assert_none("a collector is a file of its name", &missing);
}
