//! What reads bytes of others is in a fuzz target, and every target begins with something.

use kinglet_proto::output::OUTPUTS;

use super::assert_none;
use super::source::{root, sources};

/// Kernel files that read nothing: tables, and what others are made of.
const READS_NOTHING: [&str; 2] = ["arm", "named"];

#[test]
fn every_kernel_file_is_in_a_target() {
    let files = sources();
    let targets = files.iter().filter(|file| file.path.starts_with("fuzz/fuzz_targets/kernel_"));
    let targets: String = targets.map(|file| file.code.as_str()).collect();
    let kernel = files.iter().filter_map(|file| {
        let name = file.path.strip_prefix("host/src/kernel/")?.strip_suffix(".rs")?;
        (!name.contains('/') && !READS_NOTHING.contains(&name)).then_some(name)
    });
    let kernel: Vec<_> = kernel.collect();
    assert!(kernel.len() > 30, "the kernel's files were not found");
    let missing = kernel.iter().filter(|name| !targets.contains(&format!("{name}::")));
    let missing: Vec<_> = missing.map(|name| (*name).to_owned()).collect();
    assert_none("every kernel file is in a fuzz target", &missing);
}

#[test]
fn every_target_begins_with_something() {
    let manifest = std::fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("it is there");
    let targets: Vec<_> =
        manifest.lines().filter_map(|line| line.strip_prefix("path = \"")).collect();
    let files = sources();
    let written = files.iter().filter(|file| file.path.starts_with("fuzz/fuzz_targets/"));
    assert_eq!(written.count(), targets.len(), "each file is in Cargo.toml");
    let seeds = files.iter().find(|file| file.path == "fuzz/seeds").expect("it is there");
    let is_empty = |name: &&str| {
        let copied = seeds.text.lines().any(|line| line.trim().starts_with(&format!("{name})")));
        !copied && !root().join("fuzz/corpus").join(name).is_dir()
    };
    let names = targets.iter().filter_map(|path| path.split(['/', '.']).nth(1));
    let empty: Vec<_> = names.filter(is_empty).map(str::to_owned).collect();
    assert_none("every target has a corpus", &empty);
}

#[test]
fn every_protocol_is_spoken_with_in_the_target_of_sessions() {
    let corpus = root().join("fuzz/corpus/session");
    let is_missing = |name: &&str| !corpus.join(name).is_file();
    let names = OUTPUTS.iter().map(|protocol| protocol.name);
    let missing: Vec<_> = names.filter(is_missing).map(str::to_owned).collect();
    assert_none("every protocol has an input", &missing);
}
