//! Who this host is when its owner did not say: stable, unique, and not the machine-id itself.

use std::path::Path;

use kinglet_host::Roots;
use kinglet_proto::host::BootCause;
use kinglet_proto::limits::TOKEN_BYTES_MAX;
use ring::hmac;

/// What the machine-id signs, so that the id is Kinglet's own and tells nothing about the key.
const APPLICATION: &[u8] = b"kinglet host id";

/// The host's id: 32 hex digits that stay the same for the life of the installation.
///
/// It is derived as machine-id(5) asks for, by a keyed hash with the machine-id as the key. Where
/// there is none (OpenWrt), the serial number of the board or the hardware address of the first
/// interface takes its place; `None` when the host has nothing of its own at all.
pub(super) fn derive(roots: &Roots) -> Option<String> {
    let seed = ["etc/machine-id", "var/lib/dbus/machine-id"]
        .into_iter()
        .filter_map(|path| roots.inside(path))
        .chain([roots.sys.join("firmware/devicetree/base/serial-number")])
        .find_map(|path| seed_of(&path))
        .or_else(|| first_hardware_address(&roots.sys))?;
    Some(hash(&seed))
}

/// The kernel's name of this boot.
pub(super) fn boot_id(proc: &Path) -> String {
    seed_of(&proc.join("sys/kernel/random/boot_id")).unwrap_or_default()
}

/// Why the host was started anew, where somebody is told.
pub(super) fn boot_cause(roots: &Roots) -> Option<BootCause> {
    kinglet_host::boot_cause(roots)
}

fn seed_of(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).ok()?;
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let unset = text.is_empty() || text == "uninitialized" || text.chars().all(|c| c == '0');
    (!unset && text.len() <= TOKEN_BYTES_MAX).then(|| text.to_owned())
}

/// The address of the first interface, by name, that has a device behind it.
fn first_hardware_address(sys: &Path) -> Option<String> {
    let entries = std::fs::read_dir(sys.join("class/net")).ok()?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    let interfaces = names.iter().map(|name| sys.join("class/net").join(name));
    let own = interfaces.filter(|path| path.join("device").exists());
    own.filter_map(|path| seed_of(&path.join("address")))
        .find(|address| address != "00:00:00:00:00:00")
}

fn hash(seed: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, seed.as_bytes());
    let tag = hmac::sign(&key, APPLICATION);
    tag.as_ref().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_stable_and_is_not_the_machine_id() {
        let root = std::env::temp_dir().join(format!("kinglet-identity-{}", std::process::id()));
        let machine_id = "0123456789abcdef0123456789abcdef";
        std::fs::create_dir_all(root.join("etc")).unwrap();
        std::fs::write(root.join("etc/machine-id"), format!("{machine_id}\n")).unwrap();
        let sys = root.join("sys");
        let roots = Roots { sys: sys.clone(), root: root.clone(), ..Roots::default() };
        let id = derive(&roots).unwrap();
        assert_eq!(id.len(), 32);
        assert_ne!(id, machine_id);
        assert_eq!(derive(&roots), Some(id.clone()));

        // Taken from our own root, this link would give all containers of an image one id.
        std::fs::create_dir_all(root.join("persist")).unwrap();
        std::fs::rename(root.join("etc/machine-id"), root.join("persist/id")).unwrap();
        std::os::unix::fs::symlink("/persist/id", root.join("etc/machine-id")).unwrap();
        assert_eq!(derive(&roots), Some(id.clone()));

        std::fs::write(root.join("persist/id"), "uninitialized\n").unwrap();
        assert_eq!(derive(&roots), None);
        let interface = sys.join("class/net/eth0");
        std::fs::create_dir_all(interface.join("device")).unwrap();
        std::fs::write(interface.join("address"), "02:00:5e:00:53:01\n").unwrap();
        let from_address = derive(&roots).unwrap();
        assert_ne!(from_address, id);
        std::fs::remove_dir_all(&root).unwrap();
    }
}
