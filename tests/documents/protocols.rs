//! README's table of protocols, which is written by hand.

use std::collections::BTreeMap;

use kinglet_proto::host::{Host, HostId};
use kinglet_proto::output::{Account, OUTPUTS, Protocol};
use kinglet_proto::secret::Secret;

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
        let longest = format!("{} s", protocol.interval_max.as_secs());
        assert_eq!(cells[4].replace("1 h", "3600 s"), longest, "{name}");
    }
}

/// Where an owner chooses a protocol, all are named.
pub(crate) fn assert_named(path: &str, text: &str) {
    let is_part = |c: char| c.is_alphanumeric() || c == '-';
    for protocol in OUTPUTS {
        let found = text.split(|c| !is_part(c)).any(|word| word == protocol.name);
        assert!(found, "{path} does not name {protocol}");
    }
}

/// How the token travels, the protocol's own way first.
fn token(protocol: &Protocol) -> Vec<String> {
    let mut ways = Vec::new();
    for &auth in protocol.auths {
        let host = Host {
            id: HostId::parse("pi").expect("an id"),
            name: "pi".to_owned(),
            group: None,
            location: None,
            country_code: None,
            ip: None,
            boot_id: String::new(),
        };
        let (token, path_and_query) = (Secret::new("hunter2"), String::new());
        let account = Account { host, server_id: None, token, auth, path_and_query };
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
