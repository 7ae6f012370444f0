//! Where protocols are told: README's table, the packaged configuration, the installer. What is not
//! there yet is made; what is said by hand of one in README stays.

use std::collections::BTreeMap;

use kinglet_proto::host::{Host, HostId};
use kinglet_proto::output::{Account, OUTPUTS, Protocol};
use kinglet_proto::secret::Secret;

use super::text::{protocols, read, replace};

/// README with a row for each protocol that had none. Whom it is for is what its file begins with.
pub(crate) fn table(readme: &str) -> String {
    let mut readme = readme.to_owned();
    for protocol in OUTPUTS {
        let (_, section) = readme.split_once("\n## Protocols\n").expect("## Protocols");
        let table = section.split("\n\n").next().unwrap_or_default();
        if !table.contains(&format!("\n| `{protocol}` |")) {
            let rows = format!("{table}\n{}", row(protocol));
            readme = readme.replacen(table, &rows, 1);
        }
    }
    readme
}

fn row(protocol: &Protocol) -> String {
    let (about, longest) = (about(protocol), longest(protocol));
    let (path, token) = (protocol.path, token(protocol).join(" or "));
    format!("| `{protocol}` | {about} | `{path}` | {token} | {longest} |")
}

/// The first sentence of its file, behind its name.
fn about(protocol: &Protocol) -> String {
    let text = read(&format!("proto/src/output/{}.rs", protocol.name.replace('-', "_")));
    let head: Vec<_> = text.lines().map_while(|line| line.strip_prefix("//! ")).collect();
    let head = head.join(" ");
    let (_, said) = head.split_once(": ").expect("a file begins with its protocol's name");
    said.split(". ").next().unwrap_or_default().trim_end_matches('.').to_owned()
}

fn longest(protocol: &Protocol) -> String {
    match protocol.interval_max.as_secs() {
        3600 => "1 h".to_owned(),
        seconds => format!("{seconds} s"),
    }
}

/// The packaged configuration, with the names of all above `protocol`.
pub(crate) fn example(text: &str) -> String {
    let names = protocols('"').replacen(',', " (our hub),", 1);
    replace(text, "\n[[server]]\n", "\nprotocol = ", &format!("# {names}."))
}

/// The installer, with the names of all in its help.
pub(crate) fn installer(text: &str) -> String {
    let names: Vec<_> = OUTPUTS.iter().map(|protocol| protocol.name).collect();
    let names = names.join(", ").replacen(',', ", or", 1);
    replace(text, "\n  --protocol NAME      ", "\n", &names)
}

/// The table has every protocol and no other, with its path, how the token travels, and the longest
/// interval.
pub(crate) fn assert_table(readme: &str) {
    let (_, section) = readme.split_once("\n## Protocols\n").expect("## Protocols");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let rows: BTreeMap<_, _> = rows
        .map(|row| {
            let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].trim_matches('`'), cells)
        })
        .collect();
    let names: BTreeMap<_, _> = OUTPUTS.iter().map(|protocol| (protocol.name, protocol)).collect();
    assert!(rows.keys().eq(names.keys()), "README's protocols: {:?}", rows.keys());
    for (name, protocol) in names {
        let cells = &rows[name];
        assert_eq!(cells[2], format!("`{}`", protocol.path), "{name}");
        for way in token(protocol) {
            assert!(cells[3].contains(&way), "{name}: {way} is not in {:?}", cells[3]);
        }
        assert_eq!(cells[4], longest(protocol), "{name}");
    }
}

/// How the token travels, the protocol's own way first.
fn token(protocol: &Protocol) -> Vec<String> {
    let mut ways = Vec::new();
    for &auth in protocol.auths {
        let host = Host {
            id: HostId::parse("pi").expect("an id"),
            name: "pi".to_owned(),
            ..Host::default()
        };
        let token = Secret::new("hunter2");
        let account = Account::new(host, token, auth);
        let request = (protocol.new)(account).request();
        for (name, value) in request.headers {
            match value.strip_suffix("hunter2") {
                Some("") => ways.push(format!("`{name}`")),
                Some(before) => ways.push(format!("`{name}: {}`", before.trim_end())),
                None => {}
            }
        }
        for pair in request.path_and_query.split(['?', '&']) {
            ways.extend(pair.strip_suffix("hunter2").map(|name| format!("`?{name}`")));
        }
    }
    assert!(!ways.is_empty(), "{protocol} shows its token in the request");
    ways
}
