//! What a block device lies on, and which of its members carry what it holds.
//!
//! `slaves` has all of them: the paths of a multipath device, which are one disk; a cache beside
//! the disk it speeds up, and the bookkeeping of LVM beside the data, which carry nothing of their
//! own. Unraid's driver has no `slaves`; its `/proc/mdstat` names the disk of each device.

use crate::kernel::{mdstat, text};
use crate::read::{Buffer, Root};

/// Ends of the names that LVM gives to what only helps: metadata, caches, copies on write.
const HELPERS: [&str; 7] = ["_cmeta", "_tmeta", "_imeta", "_cdata", "_cvol", "_cpool", "-cow"];

/// Pairs of a path and the multipath device that it leads to.
pub(super) fn paths(names: &[String], sys: &Root, buffer: &mut Buffer) -> Vec<(String, String)> {
    let mut paths = Vec::new();
    for name in names.iter().filter(|name| name.starts_with("dm-")) {
        let id = sys.text(format!("block/{name}/dm/uuid"), buffer);
        if id.is_some_and(|id| id.starts_with("mpath-")) {
            let members = sys.names(format!("block/{name}/slaves"));
            paths.extend(members.into_iter().map(|path| (path, name.clone())));
        }
    }
    paths
}

/// The names of what carries a device; `None` where it lies on nothing here.
pub(super) fn carriers(
    name: &str,
    sys: &Root,
    proc: &Root,
    buffer: &mut Buffer,
) -> Option<Vec<String>> {
    let mut members = sys.names(format!("block/{name}/slaves"));
    if name.starts_with("bcache") {
        members = backing(name, sys, buffer).map_or(members, |backing| vec![backing]);
    }
    if name.starts_with("md") && members.is_empty() {
        let disk = proc.read("mdstat", buffer).and_then(|text| mdstat::disk_of(text, name));
        members.extend(disk.map(text::owned));
    }
    (!members.is_empty()).then_some(members)
}

/// Whether a device mapper's name is that of one that only helps another.
pub(super) fn is_helper(mapper: &str) -> bool {
    mapper.contains("_rmeta_") || HELPERS.iter().any(|end| mapper.ends_with(end))
}

/// Whether a device mapper's name is that of a copy or a stripe of a volume of the same layout.
pub(super) fn is_image(mapper: &str) -> bool {
    mapper.contains("_rimage_") || mapper.contains("_mimage_")
}

/// The disk that bcache speeds up: by name since Linux 4.19, before by the folder that is linked.
fn backing(name: &str, sys: &Root, buffer: &mut Buffer) -> Option<String> {
    let at = format!("block/{name}/bcache");
    if let Some(name) = sys.text(format!("{at}/backing_dev_name"), buffer) {
        return Some(name);
    }
    let folder = sys.target(at)?;
    folder.parent()?.file_name()?.to_str().map(ToOwned::to_owned)
}
