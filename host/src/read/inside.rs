//! Paths below a root that is not ours: its links are followed as its own programs would do it.
//!
//! The kernel takes a link to `/etc/static/os-release` from its *own* root, which in a container is
//! the container's. Here it begins at the host's, and `..` does not lead out of it.

use std::ffi::OsString;
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::limits::LINKS_MAX;

/// The way from `root` to `name` with every link followed; `None` when there are too many.
pub(super) fn resolve(root: &Path, name: &Path) -> Option<PathBuf> {
    let (mut found, mut links) = (PathBuf::new(), 0);
    // What is still to be walked, the next part last.
    let mut parts = Vec::new();
    push(&mut parts, name, &mut found);
    while let Some(part) = parts.pop() {
        if part == ".." {
            found.pop();
            continue;
        }
        found.push(&part);
        if let Ok(target) = fs::read_link(root.join(&found)) {
            links += 1;
            if links > LINKS_MAX {
                return None;
            }
            found.pop();
            push(&mut parts, &target, &mut found);
        }
    }
    Some(found)
}

/// What a path adds to the walk; an absolute one begins it anew.
fn push(parts: &mut Vec<OsString>, path: &Path, found: &mut PathBuf) {
    if path.is_absolute() {
        found.clear();
    }
    for component in path.components().rev() {
        match component {
            Component::Normal(_) | Component::ParentDir => {
                parts.push(component.as_os_str().to_owned());
            }
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn no_link_leads_out_of_the_root() {
        let root = std::env::temp_dir().join(format!("kinglet-inside-{}", std::process::id()));
        fs::create_dir_all(root.join("store/one")).unwrap();
        fs::create_dir_all(root.join("etc")).unwrap();
        fs::write(root.join("store/one/os-release"), "ID=x").unwrap();
        for (link, target) in [
            ("etc/static", "/store/one"),
            ("etc/absolute", "/etc/static/os-release"),
            ("etc/relative", "../store/one/os-release"),
            ("etc/above", "../../../../store/./one/os-release"),
            ("etc/loop", "loop"),
            ("etc/dangling", "/nowhere"),
        ] {
            symlink(target, root.join(link)).unwrap();
        }
        let resolved = |name: &str| resolve(&root, Path::new(name));
        let file = Some(PathBuf::from("store/one/os-release"));
        for name in ["store/one/os-release", "etc/absolute", "etc/relative", "etc/above"] {
            assert_eq!(resolved(name), file, "{name}");
        }
        assert_eq!(resolved("/etc/../../etc/absolute"), file);
        assert_eq!(resolved("etc/loop"), None);
        assert_eq!(resolved("etc/dangling"), Some(PathBuf::from("nowhere")));
        assert_eq!(resolved("etc/missing"), Some(PathBuf::from("etc/missing")));
        fs::remove_dir_all(&root).unwrap();
    }
}
