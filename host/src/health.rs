//! Which collectors cannot read something that should be readable, and what.

use std::fmt;
use std::path::PathBuf;

use nix::errno::Errno;

use crate::read::{Buffer, words};

/// What keeps a collector from giving all it could.
#[derive(Debug)]
pub struct Trouble {
    /// The collector.
    pub component: &'static str,
    place: PathBuf,
    errno: Errno,
}

/// As an owner reads it: the file, and why.
impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.place.display();
        match words(self.errno) {
            Some(words) => write!(f, "{place}: {words}"),
            None => write!(f, "{place}: error {}", self.errno as i32),
        }
    }
}

/// The troubles there are: one of each collector at most.
#[derive(Debug, Default)]
pub(crate) struct Health(Vec<Trouble>);

impl Health {
    /// A collector has had its turn with this buffer. One that looked at nothing is as it was.
    pub(crate) fn see(&mut self, component: &'static str, buffer: &Buffer) {
        let account = buffer.account();
        let known = self.0.iter().position(|trouble| trouble.component == component);
        match (account.trouble, known) {
            (Some(errno), Some(at)) => {
                let trouble = &mut self.0[at];
                trouble.errno = errno;
                trouble.place.clone_from(&account.place);
            }
            (Some(errno), None) => {
                self.0.push(Trouble { component, place: account.place.clone(), errno });
            }
            (None, Some(at)) if account.has_looked => drop(self.0.swap_remove(at)),
            (None, Some(_) | None) => {}
        }
    }

    /// All of them, in any order.
    pub(crate) fn troubles(&self) -> &[Trouble] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use kinglet_proto::time::Instant;

    use super::*;
    use crate::read::Root;
    use crate::read::background::Background;

    /// What is wrong, once everything was read that a collector reads.
    fn seen(health: &mut Health, buffer: &mut Buffer, read: impl FnOnce(&mut Buffer)) -> String {
        buffer.begin();
        read(buffer);
        health.see("sensors", buffer);
        let troubles: Vec<_> = health.troubles().iter().map(ToString::to_string).collect();
        troubles.join(" ")
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named_until_it_can_be() {
        let folder = std::env::temp_dir().join(format!("kinglet-health-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("well"), "1").unwrap();
        // The first bytes of a process are nobody's memory: to a reader, an error of the device.
        symlink("/proc/self/mem", folder.join("broken")).unwrap();
        let broken = format!("{}: I/O error", folder.join("broken").display());
        let background = Background::default();
        for root in [Root::new(&folder), Root::slow(&folder, &background)] {
            let [mut well, mut bad, mut gone] = ["well", "broken", "gone"].map(|n| root.file(n));
            let (mut health, mut buffer) = (Health::default(), Buffer::default());
            let now = Instant::from_millis(1000);
            background.begin(now);
            let mut see = |read: &mut dyn FnMut(&mut Buffer)| seen(&mut health, &mut buffer, read);
            assert_eq!(see(&mut |buffer| _ = gone.read(now, buffer)), "", "it has none");
            assert_eq!(see(&mut |buffer| _ = bad.read(now, buffer)), broken);
            assert_eq!(see(&mut |_| ()), broken, "it was not its turn");
            let mut both = |buffer: &mut Buffer| {
                bad.read(now, buffer);
                well.read(now, buffer);
            };
            assert_eq!(see(&mut both), broken, "though it reads something else");
            assert_eq!(see(&mut |buffer| _ = well.read(now, buffer)), "");
            assert_eq!(see(&mut |buffer| _ = bad.read(now, buffer)), broken);
            assert_eq!(see(&mut |buffer| _ = gone.read(now, buffer)), "", "there is no such file");
            assert_eq!(see(&mut |buffer| _ = bad.read_head(now, buffer, 9)), broken);
        }
        let (mut health, mut buffer) = (Health::default(), Buffer::default());
        for root in [Root::new(&folder), Root::slow(&folder, &background)] {
            assert_eq!(seen(&mut health, &mut buffer, |b| drop(root.text("broken", b))), broken);
            assert_eq!(seen(&mut health, &mut buffer, |b| drop(root.text("well", b))), "");
        }
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn each_collector_has_a_trouble_of_its_own() {
        let (mut health, mut buffer) = (Health::default(), Buffer::default());
        for (component, errno) in
            [("cpu", Errno::EACCES), ("disks", Errno::EIO), ("cpu", Errno::EPERM)]
        {
            buffer.begin();
            buffer.note(component.as_ref(), Some(errno));
            buffer.note("behind".as_ref(), Some(Errno::ETIMEDOUT));
            health.see(component, &buffer);
        }
        let troubles: Vec<_> = health.troubles().iter().map(ToString::to_string).collect();
        assert_eq!(troubles, ["cpu: Operation not permitted", "disks: I/O error"]);
    }
}
