//! The two ioctls by which a disk tells of its health. The one crate with `unsafe` code.
//!
//! A caller chooses among commands that read; bytes of his own get to no disk.

use std::fs::File;
use std::io;
use std::mem::{offset_of, size_of};
use std::os::fd::AsRawFd as _;

use nix::errno::Errno;
use nix::libc::{self, Ioctl, c_int};

/// An NVMe log page, or what an ATA disk answers.
pub type Page = [u8; 512];
/// What the kernel says about a command, with the disk's registers where they are the answer.
pub type Sense = [u8; 32];
/// What the kernel waits for a disk before it resets it; one that spins up takes 10 s.
const PATIENCE_MS: u32 = 20_000;

/// What may be asked of an ATA disk; none of it writes, or wakes a disk that is in standby.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtaCommand {
    /// CHECK POWER MODE (E5h).
    CheckPowerMode,
    /// SMART READ DATA (B0h, D0h).
    SmartReadData,
    /// SMART RETURN STATUS (B0h, DAh).
    SmartReturnStatus,
}

impl AtaCommand {
    /// ATA PASS-THROUGH (16) of SAT: protocol, flags, then features, count and LBA by two bytes,
    /// the upper one first, then device, command and control.
    const fn block(self) -> [u8; 16] {
        match self {
            Self::CheckPowerMode => *b"\x85\x06\x20\0\0\0\0\0\0\0\0\0\0\0\xe5\0",
            Self::SmartReadData => *b"\x85\x08\x0e\0\xd0\0\x01\0\0\0\x4f\0\xc2\0\xb0\0",
            Self::SmartReturnStatus => *b"\x85\x06\x20\0\xda\0\0\0\0\0\x4f\0\xc2\0\xb0\0",
        }
    }
}

/// `struct nvme_passthru_cmd` of linux/nvme_ioctl.h, alike on all machines.
#[repr(C)]
#[derive(Default)]
struct NvmePassthru {
    opcode: u8,
    reserved: [u8; 3],
    nsid: u32,
    cdw2_and_metadata: [u32; 4],
    addr: u64,
    metadata_len: u32,
    data_len: u32,
    cdw10: [u32; 6],
    timeout_ms: u32,
    result: u32,
}

/// `struct sg_io_hdr` of scsi/sg.h; pointers are numbers here as in the other.
#[repr(C)]
#[derive(Default)]
struct SgIo {
    interface_id: c_int,
    dxfer_direction: c_int,
    cmd_len: u8,
    mx_sb_len: u8,
    iovec_count: u16,
    dxfer_len: u32,
    dxferp: usize,
    cmdp: usize,
    sbp: usize,
    timeout: u32,
    flags: u32,
    pack_id: c_int,
    usr_ptr: usize,
    status: u8,
    other_status: [u8; 3],
    host_status: u16,
    driver_status: u16,
    resid: c_int,
    duration_and_info: [u32; 2],
}

/// `_IOWR('N', 0x41, struct nvme_passthru_cmd)`, whose bits lie elsewhere on MIPS.
const NVME_ADMIN: Ioctl = nix::request_code_readwrite!(b'N', 0x41, size_of::<NvmePassthru>());
/// `SG_IO` of scsi/sg.h.
const SG_IO: Ioctl = 0x2285;

const _: () = {
    assert!(size_of::<NvmePassthru>() == 72 && offset_of!(NvmePassthru, addr) == 24);
    assert!(offset_of!(NvmePassthru, data_len) == 36 && offset_of!(NvmePassthru, cdw10) == 40);
    assert!(offset_of!(NvmePassthru, timeout_ms) == 64);
    let wide = size_of::<usize>() == 8;
    assert!(size_of::<SgIo>() == if wide { 88 } else { 64 });
    assert!(offset_of!(SgIo, dxfer_len) == 12 && offset_of!(SgIo, dxferp) == 16);
    assert!(offset_of!(SgIo, timeout) == if wide { 40 } else { 28 });
    assert!(offset_of!(SgIo, status) == if wide { 64 } else { 44 });
    assert!(offset_of!(SgIo, resid) == if wide { 72 } else { 52 });
};

/// Get Log Page 02h, SMART / Health Information, of the whole controller.
#[expect(unsafe_code, reason = "the kernel writes through a pointer, which no compiler checks")]
pub fn nvme_health(disk: &File) -> io::Result<Page> {
    let mut page = [0; 512];
    let mut command = NvmePassthru {
        opcode: 0x02,
        nsid: u32::MAX,
        addr: page.as_mut_ptr().expose_provenance() as u64,
        data_len: 512,
        cdw10: [((512 / 4 - 1) << 16) | 0x02, 0, 0, 0, 0, 0],
        timeout_ms: PATIENCE_MS,
        ..NvmePassthru::default()
    };
    // SAFETY: `command` has the layout the kernel reads and writes, asserted above, and `addr` and
    // `data_len` are the whole of `page`, the one thing the kernel writes beside it; it makes 64
    // bits of a pointer of 32. Both outlive the call, which returns when the command has ended.
    let done = unsafe { libc::ioctl(disk.as_raw_fd(), NVME_ADMIN, &raw mut command) };
    // Above zero it is the controller that refuses.
    if Errno::result(done)? == 0 { Ok(page) } else { Err(Errno::EOPNOTSUPP.into()) }
}

/// A command of an ATA disk; the page has zeros where it reads nothing.
#[expect(unsafe_code, reason = "the kernel writes through a pointer, which no compiler checks")]
pub fn ata(disk: &File, command: AtaCommand) -> io::Result<(Page, Sense)> {
    let (mut page, mut sense) = ([0; 512], [0; 32]);
    let block = command.block();
    let reads = command == AtaCommand::SmartReadData;
    let mut header = SgIo {
        interface_id: c_int::from(b'S'),
        dxfer_direction: if reads { -3 } else { -1 },
        cmd_len: 16,
        mx_sb_len: 32,
        dxfer_len: if reads { 512 } else { 0 },
        dxferp: if reads { page.as_mut_ptr().expose_provenance() } else { 0 },
        cmdp: block.as_ptr().expose_provenance(),
        sbp: sense.as_mut_ptr().expose_provenance(),
        timeout: PATIENCE_MS,
        ..SgIo::default()
    };
    // SAFETY: `header` has the layout the kernel reads and writes, asserted above. It reads the
    // `cmd_len` bytes of `block`, writes `mx_sb_len` to `sense` and `dxfer_len` to `page`, which
    // have as many and are nobody else's. All outlive the call, which returns when the command has
    // ended, for no `flags` say otherwise.
    let done = unsafe { libc::ioctl(disk.as_raw_fd(), SG_IO, &raw mut header) };
    Errno::result(done)?;
    // CHECK CONDITION is how registers come; data come without.
    let is_answered = header.host_status == 0 && header.status == if reads { 0 } else { 2 };
    if is_answered && header.resid == 0 { Ok((page, sense)) } else { Err(Errno::EIO.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_disk_says_so() {
        let file = File::open("/dev/null").unwrap();
        let due = Some(libc::ENOTTY);
        assert_eq!(nvme_health(&file).unwrap_err().raw_os_error(), due);
        assert_eq!(ata(&file, AtaCommand::CheckPowerMode).unwrap_err().raw_os_error(), due);
    }
}
