//! Control groups, below `/sys/fs/cgroup`: which folders are containers, and what their files say
//! (Documentation/admin-guide/cgroup-v2.rst, cgroup-v1/{cpuacct,memory}.rst).
//!
//! ```text
//! v2                                  v1
//! cpu.stat        usage_usec 834512   cpuacct.usage           834512000
//! memory.current  52428800            memory.usage_in_bytes   52428800
//! memory.stat     inactive_file 4096  memory.stat             total_inactive_file 4096
//! memory.max      max                 memory.limit_in_bytes   9223372036854771712
//! cgroup.freeze   0                   freezer.state           THAWED
//! ```

use super::text;
use crate::limits::CGROUP_NO_LIMIT;

/// Digits of a container's id, and those that people are shown of it.
const ID_DIGITS: usize = 64;
const SHORT_DIGITS: usize = 12;

/// What stands before an id, and whose container that is.
const ENGINES: [(&str, &str); 6] = [
    ("docker", "docker"),
    ("libpod", "podman"),
    ("libpod-payload", "podman"),
    ("cri-containerd", "containerd"),
    ("nerdctl", "containerd"),
    ("crio", "cri-o"),
];

/// What a folder is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    /// A container.
    Container {
        /// Whose.
        engine: &'static str,
        /// What it is called.
        name: String,
    },
    /// Nothing in it is a container.
    Passed,
    /// What is in it has to be looked at.
    Inside,
}

/// What a folder is, by its name and that of the one it lies in; the topmost has none.
pub fn recognise(parent: &str, folder: &str) -> Group {
    let container = |engine, name: &str| Group::Container { engine, name: name.to_owned() };
    let name = folder.strip_suffix(".scope").unwrap_or(folder);
    if folder.starts_with("lxc.monitor") {
        return Group::Passed;
    }
    if let Some(name) = folder.strip_prefix("lxc.payload.") {
        return container("lxc", name);
    }
    if parent == "lxc" || parent == "lxc.payload" {
        return container("lxc", folder);
    }
    if is_id(name) {
        // A pod of podman, and what it holds are its containers.
        if parent == "libpod_parent" {
            return Group::Inside;
        }
        let engine = if parent == "docker" { "docker" } else { "oci" };
        return container(engine, &name[..SHORT_DIGITS]);
    }
    if let Some((before, id)) = name.rsplit_once('-')
        && is_id(id)
    {
        // Beside each container of podman and cri-o there is who watches it.
        return match ENGINES.iter().find(|(known, _)| *known == before) {
            _ if before.ends_with("conmon") => Group::Passed,
            Some((_, engine)) => container(engine, &id[..SHORT_DIGITS]),
            None => container("oci", &id[..SHORT_DIGITS]),
        };
    }
    let machine = folder.strip_suffix(".scope").and_then(|name| name.strip_prefix("machine-"));
    let nspawn = folder.strip_prefix("systemd-nspawn@");
    if let Some(name) = machine.or(nspawn.and_then(|name| name.strip_suffix(".service"))) {
        return Group::Container { engine: "machine", name: unescape(name) };
    }
    let is_leaf = [".scope", ".mount", ".socket", ".swap"].iter().any(|end| folder.ends_with(end));
    if is_leaf { Group::Passed } else { Group::Inside }
}

fn is_id(text: &str) -> bool {
    text.len() == ID_DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A name as it was before systemd made a unit's of it (systemd.unit(5)): `\x2d` is a dash.
fn unescape(name: &str) -> String {
    let mut pieces = name.split("\\x");
    let mut bytes = pieces.next().unwrap_or_default().as_bytes().to_owned();
    for piece in pieces {
        let digits = piece.as_bytes().get(..2).and_then(text::hexadecimal);
        match digits.and_then(|digits| u8::try_from(digits).ok()) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(&piece.as_bytes()[2..]);
            }
            None => bytes.extend_from_slice(piece.as_bytes()),
        }
    }
    text::owned(&bytes)
}

/// The number behind a key that begins a line.
pub fn parse_keyed(file: &[u8], key: &[u8]) -> Option<u64> {
    let mut lines = text::lines(file);
    let rest = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(b" "))?;
    text::number(text::trim(rest))
}

/// A file that is one number.
pub fn parse_number(file: &[u8]) -> Option<u64> {
    text::number(text::trim(file))
}

/// Bytes that may be used; `None` where that is as much as there is.
pub fn parse_limit(file: &[u8]) -> Option<u64> {
    parse_number(file).filter(|limit| *limit < CGROUP_NO_LIMIT)
}

/// Whether nothing in the group gets a processor.
pub fn parse_frozen(file: &[u8]) -> bool {
    matches!(text::trim(file), b"1" | b"FROZEN" | b"FREEZING")
}

/// The first process in a list of them; `None` for an empty one, and for processes that we have no
/// number for.
pub fn parse_first_process(file: &[u8]) -> Option<u64> {
    text::lines(file).find_map(text::number).filter(|pid| *pid > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3f4e9b1c0d2a5e6f7a8b9c0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6b7c8d9e0f";

    #[test]
    fn containers_are_known_by_where_they_lie() {
        let short = &ID[..12];
        for (parent, folder, expected) in [
            ("system.slice", format!("docker-{ID}.scope"), Some(("docker", short))),
            ("docker", ID.to_owned(), Some(("docker", short))),
            ("user.slice", format!("libpod-{ID}.scope"), Some(("podman", short))),
            ("web.service", format!("libpod-payload-{ID}"), Some(("podman", short))),
            ("a.slice", format!("cri-containerd-{ID}.scope"), Some(("containerd", short))),
            ("a.slice", format!("crio-{ID}"), Some(("cri-o", short))),
            ("a.slice", format!("else-{ID}.scope"), Some(("oci", short))),
            ("pod3b1f", ID.to_owned(), Some(("oci", short))),
            ("", "lxc.payload.web".to_owned(), Some(("lxc", "web"))),
            ("lxc", "101".to_owned(), Some(("lxc", "101"))),
            ("lxc.payload", "web".to_owned(), Some(("lxc", "web"))),
            (
                "machine.slice",
                "machine-qemu\\x2d1\\x2dweb.scope".to_owned(),
                Some(("machine", "qemu-1-web")),
            ),
            ("machine.slice", "systemd-nspawn@web.service".to_owned(), Some(("machine", "web"))),
        ] {
            let container =
                |(engine, name): (_, &str)| Group::Container { engine, name: name.to_owned() };
            let expected = expected.map(container).unwrap();
            assert_eq!(recognise(parent, &folder), expected, "{parent}/{folder}");
        }
    }

    #[test]
    fn what_is_no_container_is_passed_or_looked_into() {
        for (parent, folder) in [
            ("", "init.scope".to_owned()),
            ("", "dev-hugepages.mount".to_owned()),
            ("", "lxc.monitor.web".to_owned()),
            ("machine.slice", format!("libpod-conmon-{ID}.scope")),
            ("user.slice", "session-3.scope".to_owned()),
        ] {
            assert_eq!(recognise(parent, &folder), Group::Passed, "{folder}");
        }
        for (parent, folder) in [
            ("", "system.slice".to_owned()),
            ("", "docker".to_owned()),
            ("system.slice", "web.service".to_owned()),
            ("", "kubepods".to_owned()),
            ("kubepods", "pod0c1d2e3f-0a1b-2c3d-4e5f-6a7b8c9d0e1f".to_owned()),
            ("libpod_parent", ID.to_owned()),
            ("user.slice", format!("user-libpod_pod_{ID}.slice")),
            ("docker", ID[..63].to_owned()),
        ] {
            assert_eq!(recognise(parent, &folder), Group::Inside, "{folder}");
        }
    }

    #[test]
    fn names_of_units_are_read_back() {
        for (name, expected) in [
            ("a", "a"),
            ("a\\x2db", "a-b"),
            ("\\xc3\\xa9", "é"),
            ("a\\x2", "a2"),
            ("\\xzzb", "zzb"),
        ] {
            assert_eq!(unescape(name), expected, "{name}");
        }
    }

    #[test]
    fn figures_are_read_in_both_versions() {
        let stat = b"usage_usec 834512\nuser_usec 5\nusage_usec_more 7\n";
        assert_eq!(parse_keyed(stat, b"usage_usec"), Some(834_512));
        assert_eq!(parse_keyed(stat, b"user_usec"), Some(5));
        assert_eq!(parse_keyed(stat, b"usage"), None);
        assert_eq!(parse_limit(b"52428800\n"), Some(52_428_800));
        assert_eq!(parse_limit(b"max\n"), None);
        assert_eq!(parse_limit(b"9223372036854771712\n"), None);
        assert!(parse_frozen(b"1\n") && parse_frozen(b"FROZEN\n"));
        assert!(!parse_frozen(b"0\n") && !parse_frozen(b"THAWED\n") && !parse_frozen(b""));
        assert_eq!(parse_first_process(b"1042\n1043\n"), Some(1042));
        assert_eq!(parse_first_process(b"0\n"), None);
        assert_eq!(parse_first_process(b""), None);
    }
}
