//! Which of the chosen mounts become rows, once they have answered, and what an answer is worth.
//!
//! A bound file is no file system, and the next mount of its device stands for it. Datasets of a
//! pool that have the same space left share it and are one row; one with a quota or a reservation
//! has another, and a row of its own. A path may lead elsewhere than the mount table says: that
//! table is the host's, and the agent may not see what is mounted there.

use super::mounts::Volume;
use super::statfs::{Answer, Origin, Space};

/// The first mount of the row that each of `volumes` belongs to, as far as `answers` tell; `None`
/// for what has no row.
pub(crate) fn settle(volumes: &[Volume], answers: &[Answer], firsts: &mut Vec<Option<usize>>) {
    firsts.clear();
    for (at, volume) in volumes.iter().enumerate() {
        let answer = answers.get(at).copied().unwrap_or_default();
        let is_same = |before: &usize| {
            let other = &volumes[*before];
            other.group == volume.group
                && firsts[*before] == Some(*before)
                && (volume.pool().is_none() || share_space(answers.get(*before), &answer))
        };
        let first = match (0..at).find(is_same) {
            _ if is_file(&answer) => None,
            // Another mount of a device shows the same again; another dataset holds more.
            Some(before) => volume.pool().and(Some(before)),
            None => Some(at),
        };
        firsts.push(first);
    }
}

/// Its space, if the answer comes from the mount that is meant.
pub(crate) fn space(volume: &Volume, answer: &Answer) -> Option<Space> {
    let Answer::Space(space) = answer else { return None };
    let is_meant = match space.origin {
        Origin::Unknown => true,
        Origin::File => false,
        // A subvolume of btrfs has a device number of its own, a plain folder that of its parent.
        Origin::Mount(device) => device == volume.device || device.0 == 0 && volume.device.0 == 0,
        Origin::Folder(device) => device == volume.device,
    };
    // What the path of the host's root leads to is taken for it.
    (is_meant || volume.is_root()).then_some(*space)
}

fn is_file(answer: &Answer) -> bool {
    matches!(answer, Answer::Space(Space { origin: Origin::File, .. }))
}

/// Whether two datasets draw from the same space. They are asked one after the other while others
/// write; who does not answer is with the first.
fn share_space(one: Option<&Answer>, other: &Answer) -> bool {
    let (Some(Answer::Space(one)), Answer::Space(other)) = (one, other) else { return true };
    one.available.abs_diff(other.available) <= one.available.max(other.available) / 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Filter;
    use crate::storage::mounts;

    fn answer(available: u64, origin: Origin) -> Answer {
        Answer::Space(Space { total: 2 * available, available, origin, ..Space::default() })
    }

    fn settled(mountinfo: &str, answers: &[Answer]) -> Vec<Option<usize>> {
        let volumes = mounts::choose(mountinfo.as_bytes(), &Filter::default());
        let mut firsts = Vec::new();
        settle(&volumes, answers, &mut firsts);
        firsts
    }

    #[test]
    fn datasets_are_a_row_for_each_space_they_share() {
        let table = "1 0 0:30 / / rw - zfs tank/ct/1 rw
2 1 0:31 / /a rw - zfs tank/a rw
3 1 0:32 / /b rw - zfs tank/b rw
4 1 0:33 / /c rw - zfs tank/c rw
5 1 0:34 / /d rw - zfs other rw";
        let of = |available| answer(available, Origin::Unknown);
        let all = [of(100), of(5000), of(4900), Answer::Stuck, of(100)];
        assert_eq!(settled(table, &all), [Some(0), Some(1), Some(1), Some(0), Some(4)]);
        let none = [Answer::None; 5];
        assert_eq!(settled(table, &none), [Some(0), Some(0), Some(0), Some(0), Some(4)]);
    }

    #[test]
    fn a_bound_file_gives_its_place_to_the_next_mount_of_its_device() {
        let table = "1 0 0:90 / / rw - overlay overlay rw
2 1 8:1 /x /a.conf rw - ext4 /dev/sda1 rw
3 1 8:1 /y /srv/data rw - ext4 /dev/sda1 rw
4 1 8:1 /z /srv/more rw - ext4 /dev/sda1 rw";
        let (file, folder) = (answer(0, Origin::File), answer(1, Origin::Mount((8, 1))));
        assert_eq!(settled(table, &[folder; 4]), [Some(0), Some(1), None, None]);
        assert_eq!(settled(table, &[folder, file, folder, folder]), [Some(0), None, Some(2), None]);
        assert_eq!(settled(table, &[folder, file, file, file]), [Some(0), None, None, None]);
    }

    #[test]
    fn an_answer_counts_only_from_the_mount_that_is_meant() {
        let table = "1 0 8:1 / / rw - ext4 /dev/sda1 rw
2 1 8:33 / /usb rw - ext4 /dev/sdc1 rw
3 1 0:40 /@home /home rw - btrfs /dev/sdb1 rw";
        let volumes = mounts::choose(table.as_bytes(), &Filter::default());
        for (mount_point, origin, is_meant) in [
            ("/", Origin::Mount((0, 77)), true),
            ("/usb", Origin::Unknown, true),
            ("/usb", Origin::Mount((8, 33)), true),
            ("/usb", Origin::Mount((8, 1)), false),
            ("/usb", Origin::Folder((8, 1)), false),
            ("/usb", Origin::Mount((0, 25)), false), // a sandbox's empty one
            ("/usb", Origin::File, false),
            ("/home", Origin::Mount((0, 40)), true),
            ("/home", Origin::Mount((0, 41)), true), // the subvolume's own number
            ("/home", Origin::Folder((0, 39)), false),
            ("/home", Origin::Mount((8, 1)), false),
        ] {
            let volume = volumes.iter().find(|volume| volume.mount_point == mount_point).unwrap();
            let found = space(volume, &answer(1, origin)).is_some();
            assert_eq!(found, is_meant, "{mount_point} {origin:?}");
        }
    }
}
