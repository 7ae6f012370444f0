//! What is asked of one disk, and in which order. A disk that sleeps is left alone.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::Arc;

use kinglet_ioctl::{self as ioctl, AtaCommand, Page, Sense};
use nix::libc::O_NONBLOCK;

use super::{Kind, Target};
use crate::kernel::ata_smart::{self, Attributes};
use crate::kernel::nvme_log::{self, Log};

/// How a disk is asked, of one that is idle only whether it sleeps. Tests put a table, or a wall,
/// in its place.
pub(crate) type Ask = Arc<dyn Fn(&Target, bool) -> Answer + Send + Sync>;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Nvme(Log),
    Ata {
        /// Whether its own check has failed.
        has_failed: Option<bool>,
        attributes: Option<Attributes>,
    },
    /// It is in standby, and nothing else was asked.
    Standby,
    /// It is not, and nothing else was asked.
    Awake,
    /// We may not ask: it is so in words.
    Refused(&'static str),
    /// It knows nothing, or does not say.
    Silent,
}

/// Asks the kernel, which asks the disk.
pub(crate) fn kernel() -> Ask {
    Arc::new(|target, is_idle| ask(target, is_idle).unwrap_or_else(|error| answer_of(&error)))
}

fn ask(target: &Target, is_idle: bool) -> io::Result<Answer> {
    // Without waiting for a medium.
    let disk: File = OpenOptions::new().read(true).custom_flags(O_NONBLOCK).open(&target.path)?;
    match target.kind {
        Kind::Nvme => {
            let page = ioctl::nvme_health(&disk)?;
            Ok(nvme_log::parse(&page).map_or(Answer::Silent, Answer::Nvme))
        }
        Kind::Ata { is_flash } => ask_ata(is_flash, is_idle, |command| ioctl::ata(&disk, command)),
    }
}

/// First whether it sleeps: that is the one question which never wakes it.
fn ask_ata(
    is_flash: bool,
    is_idle: bool,
    mut send: impl FnMut(AtaCommand) -> io::Result<(Page, Sense)>,
) -> io::Result<Answer> {
    let mode = ata_smart::parse_registers(&send(AtaCommand::CheckPowerMode)?.1);
    match mode.and_then(ata_smart::Registers::is_awake) {
        Some(true) if is_idle => return Ok(Answer::Awake),
        Some(true) => {}
        Some(false) => return Ok(Answer::Standby),
        None => return Ok(Answer::Silent),
    }
    // Some have the one and not the other.
    let status = send(AtaCommand::SmartReturnStatus).ok();
    let registers = status.and_then(|(_, sense)| ata_smart::parse_registers(&sense));
    let has_failed = registers.and_then(ata_smart::Registers::has_failed);
    let read = send(AtaCommand::SmartReadData).ok();
    let attributes = read.and_then(|(data, _)| ata_smart::parse_attributes(&data, is_flash));
    let is_silent = has_failed.is_none() && attributes.is_none();
    Ok(if is_silent { Answer::Silent } else { Answer::Ata { has_failed, attributes } })
}

/// Without the right to ask there is no such file, it cannot be opened, or the kernel declines.
fn answer_of(error: &io::Error) -> Answer {
    let is = |kind| error.kind() == kind;
    if is(io::ErrorKind::NotFound) {
        Answer::Refused("is not there")
    } else if is(io::ErrorKind::PermissionDenied) {
        Answer::Refused("may not be asked")
    } else {
        Answer::Silent
    }
}

#[cfg(test)]
mod tests {
    use nix::errno::Errno;

    use super::*;

    const ALL: [AtaCommand; 3] =
        [AtaCommand::CheckPowerMode, AtaCommand::SmartReturnStatus, AtaCommand::SmartReadData];

    /// What comes of a disk in this power mode and of this health, and what it was asked.
    fn asked(count: u8, lba: [u8; 2], data: [u8; 512]) -> (Answer, Vec<AtaCommand>) {
        asked_as(false, count, lba, data)
    }

    fn asked_as(
        is_idle: bool,
        count: u8,
        lba: [u8; 2],
        data: [u8; 512],
    ) -> (Answer, Vec<AtaCommand>) {
        let mut commands = Vec::new();
        let answer = ask_ata(false, is_idle, |command| {
            commands.push(command);
            let mut sense = [0; 32];
            sense[..10].copy_from_slice(b"\x72\x01\0\x1d\0\0\0\x0e\x09\x0c");
            (sense[13], sense[17], sense[19], sense[21]) = (count, lba[0], lba[1], 0x50);
            Ok((data, sense))
        });
        (answer.unwrap(), commands)
    }

    #[test]
    fn a_disk_in_standby_is_asked_nothing_else() {
        for mode in [0x00, 0x01] {
            let (answer, commands) = asked(mode, [0x4f, 0xc2], [0; 512]);
            assert_eq!((answer, &commands[..]), (Answer::Standby, &ALL[..1]));
        }
        let (answer, commands) = asked(0x77, [0x4f, 0xc2], [0; 512]);
        assert_eq!((answer, &commands[..]), (Answer::Silent, &ALL[..1]), "nobody knows");
        for (mode, due) in [(0x00, Answer::Standby), (0xff, Answer::Awake)] {
            let (answer, commands) = asked_as(true, mode, [0x4f, 0xc2], [0; 512]);
            assert_eq!((answer, &commands[..]), (due, &ALL[..1]), "one that is idle");
        }
    }

    #[test]
    fn a_disk_that_is_awake_tells_what_it_can() {
        let (answer, commands) = asked(0xff, [0xf4, 0x2c], [0; 512]);
        assert_eq!(answer, Answer::Ata { has_failed: Some(true), attributes: None });
        assert_eq!(commands, ALL);
        let mut data = [0; 512];
        (data[2], data[7], data[511]) = (5, 3, 248);
        let attributes = Some(Attributes { reallocated: Some(3), ..Attributes::default() });
        let (answer, _) = asked(0x80, [0, 0], data);
        assert_eq!(answer, Answer::Ata { has_failed: None, attributes });
        assert_eq!(asked(0x80, [0, 0], [0; 512]).0, Answer::Silent);
    }

    #[test]
    fn only_what_the_owner_can_grant_is_refused() {
        let of = |errno: Errno| answer_of(&io::Error::from(errno));
        for errno in [Errno::EPERM, Errno::EACCES] {
            assert_eq!(of(errno), Answer::Refused("may not be asked"));
        }
        for errno in [Errno::ENOTTY, Errno::EIO, Errno::ENXIO, Errno::EOPNOTSUPP] {
            assert_eq!(of(errno), Answer::Silent);
        }
        let target = Target { path: "/dev/null".into(), kind: Kind::Nvme };
        assert_eq!(kernel()(&target, false), Answer::Silent, "no disk");
        let target = Target { path: "/nowhere/sda".into(), kind: Kind::Ata { is_flash: false } };
        assert_eq!(kernel()(&target, false), Answer::Refused("is not there"));
    }
}
