//! `/run/utmp`: login sessions (utmp(5)), binary records of the C library.
//!
//! ```text
//! record = type:i16 pad:2 pid:i32 line:32 id:4 user:32 host:256 ...   384 or 400 bytes
//! ```
//! 384 bytes where the record has 32-bit times (x86, 32-bit ARM), 400 where they have 64 (arm64,
//! riscv64): the size whose every record has a known type is the right one.

/// Record sizes in use.
const SIZES: [usize; 2] = [384, 400];
/// A normal process of a user.
const USER_PROCESS: u16 = 7;
/// The highest type there is (`ACCOUNTING`).
const TYPE_MAX: u16 = 9;
/// Where the user's name begins.
const USER: usize = 44;

/// Login sessions on record; `None` when the file is not of a known form.
pub fn count_users(utmp: &[u8]) -> Option<u64> {
    let kind = |record: &[u8]| u16::from_ne_bytes([record[0], record[1]]);
    let fits = |size: &usize| {
        utmp.len().is_multiple_of(*size)
            && utmp.chunks_exact(*size).all(|record| kind(record) <= TYPE_MAX)
    };
    let size = SIZES.into_iter().find(fits)?;
    let sessions =
        utmp.chunks_exact(size).filter(|record| kind(record) == USER_PROCESS && record[USER] != 0);
    u64::try_from(sessions.count()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(size: usize, kind: u16, user: &str) -> Vec<u8> {
        let mut bytes = vec![0; size];
        bytes[..2].copy_from_slice(&kind.to_ne_bytes());
        bytes[USER..USER + user.len()].copy_from_slice(user.as_bytes());
        bytes[size - 20..].fill(0xff); // an address, to look unlike a type
        bytes
    }

    #[test]
    fn both_record_sizes_are_told_apart() {
        for size in SIZES {
            let mut file = Vec::new();
            for (kind, user) in
                [(2, "reboot"), (7, "pi"), (8, ""), (7, "root"), (7, ""), (6, "LOGIN")]
            {
                file.extend(record(size, kind, user));
            }
            assert_eq!(count_users(&file), Some(2), "{size}");
            // As many as make the length a multiple of both sizes.
            let many: Vec<u8> = (0..9600 / size).flat_map(|_| record(size, 7, "pi")).collect();
            assert_eq!(count_users(&many), Some(u64::try_from(9600 / size).unwrap()));
        }
    }

    #[test]
    fn another_form_is_unknown() {
        assert_eq!(count_users(b""), Some(0));
        assert_eq!(count_users(b"short"), None);
        assert_eq!(count_users(&[0xff; 384]), None);
    }
}
