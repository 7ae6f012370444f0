//! Everything that names the targets we ship for names the same ones as `cross/targets.toml`.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use toml::de::{DeTable, DeValue};

/// One `[[target]]` of the table.
struct Target {
    triple: String,
    deb: Option<String>,
    rpm: Option<String>,
    openwrt: Vec<String>,
    hub: bool,
}

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn targets() -> Vec<Target> {
    let text = read("cross/targets.toml");
    let table = DeTable::parse(&text).expect("cross/targets.toml is TOML");
    let list = table.get_ref().get("target").and_then(|list| list.get_ref().as_array());
    list.expect("it has [[target]]")
        .iter()
        .map(|entry| target(entry.get_ref().as_table().expect("[[target]] is a table")))
        .collect()
}

fn target(table: &DeTable<'_>) -> Target {
    let text = |key: &str| {
        let value = table.get(key)?.get_ref();
        Some(value.as_str().expect("a text in quotes").to_owned())
    };
    let names = table.get("openwrt").and_then(|names| names.get_ref().as_array());
    Target {
        triple: text("triple").expect("every target has a triple"),
        deb: text("deb"),
        rpm: text("rpm"),
        hub: table.get("hub").is_some_and(|hub| hub.get_ref().as_bool() == Some(true)),
        openwrt: names.into_iter().flatten().map(|name| plain(name.get_ref())).collect(),
    }
}

fn plain(value: &DeValue<'_>) -> String {
    value.as_str().expect("a text in quotes").to_owned()
}

/// Every triple a file names.
fn named(path: &str) -> BTreeSet<String> {
    let text = read(path);
    text.split(|c: char| c != '-' && c != '_' && !c.is_alphanumeric())
        .filter(|word| word.contains("-unknown-linux-musl"))
        .map(|word| word.trim_start_matches('-').to_owned())
        .collect()
}

#[test]
fn the_same_targets_everywhere() {
    let known: BTreeSet<_> = targets().into_iter().map(|target| target.triple).collect();
    assert_eq!(known.len(), 9);
    for path in ["README.md", "deny.toml", "packaging/install.sh", ".github/workflows/release.yml"]
    {
        assert_eq!(named(path), known, "{path} and cross/targets.toml differ");
    }
}

/// rustc has no prebuilt std for MIPS, and cross no image: only `cross/build` builds it.
#[test]
fn cross_knows_the_others() {
    let text = read("Cross.toml");
    let table = DeTable::parse(&text).expect("Cross.toml is TOML");
    let listed = table.get_ref().get("target").and_then(|list| list.get_ref().as_table());
    let listed: BTreeSet<_> =
        listed.expect("it has [target]").keys().map(|key| key.get_ref().to_string()).collect();
    let mut known: BTreeSet<_> = targets().into_iter().map(|target| target.triple).collect();
    known.retain(|triple| !triple.starts_with("mips"));
    assert_eq!(known.len(), 7);
    assert_eq!(listed, known);
}

#[test]
fn an_architecture_has_one_package() {
    for kind in [
        (|target: &Target| target.deb.iter().cloned().collect::<Vec<_>>()) as fn(&Target) -> Vec<_>,
        |target| target.rpm.iter().cloned().collect(),
        |target| target.openwrt.clone(),
    ] {
        let mut seen = BTreeSet::new();
        for target in targets() {
            for name in kind(&target) {
                assert!(seen.insert(name.clone()), "{name} twice, again for {}", target.triple);
            }
        }
    }
}

#[test]
fn the_hub_is_packaged_where_there_are_packages() {
    let readme = read("README.md");
    let hubs: Vec<_> = targets().into_iter().filter(|target| target.hub).collect();
    assert!(!hubs.is_empty(), "no target has the hub");
    for Target { triple, deb, rpm, .. } in hubs {
        assert!(deb.is_some() && rpm.is_some(), "{triple} has the hub but not both packages");
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{triple}`")));
        let cell = row.and_then(|row| row.split('|').nth(2)).unwrap_or_default();
        assert!(cell.contains("hub"), "README does not say that {triple} has the hub");
    }
}

#[test]
fn readme_names_every_package() {
    let readme = read("README.md");
    for target in targets() {
        let row = readme.lines().find(|line| line.starts_with(&format!("| `{}`", target.triple)));
        let row = row.unwrap_or_else(|| panic!("README has no row for {}", target.triple));
        let cells: Vec<_> = row.split('|').map(str::trim).collect();
        assert_eq!(cells[3], target.deb.as_deref().unwrap_or("none"), "{}", target.triple);
        assert_eq!(cells[4], target.rpm.as_deref().unwrap_or("none"), "{}", target.triple);
    }
}
