//! `/run/utmp`: login sessions, and `/var/log/wtmp`: starts and ends (utmp(5)), binary records of
//! the C library.
//!
//! ```text
//! record = type:i16 pad:2 pid:i32 line:32 id:4 user:32 host:256 exit:4 session since ...
//!
//! 384 bytes: session:i32 since:i32        400 bytes: session:i64 since:i64
//! ```
//! 384 bytes where the record has 32-bit times (x86, 32-bit ARM), 400 where they have 64 (arm64,
//! riscv64): the size whose every record has a known type is the right one.

use std::hash::{DefaultHasher, Hasher as _};

/// Record sizes in use.
const SIZES: [usize; 2] = [384, 400];
/// A change of the run level; of user `shutdown` where the host is shut down.
const RUN_LEVEL: u16 = 1;
/// The host was started.
const BOOT: u16 = 2;
/// A normal process of a user.
const USER_PROCESS: u16 = 7;
/// The highest type there is (`ACCOUNTING`).
const TYPE_MAX: u16 = 9;
/// Where the user's name begins, and how long it can be.
const USER: usize = 44;
const USER_LEN: usize = 32;

/// Where the session's number stands, a word; the time follows it.
const SESSION: usize = 336;

/// A session on record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Session {
    /// Its first process; above zero.
    pub pid: i32,
    /// When it began, seconds since 1970.
    pub since: u64,
    /// A number that is the same for the same user's name.
    pub user: u64,
}

/// Login sessions on record; `None` when the file is not of a known form.
pub fn sessions(utmp: &[u8]) -> Option<impl Iterator<Item = Session>> {
    Some(records(utmp)?.filter_map(session))
}

/// When the host was started last, in seconds since 1970, and whether somebody had shut it down
/// before; each `None` where the records do not say.
pub fn last_boot(wtmp: &[u8]) -> Option<(u64, Option<bool>)> {
    let is_boot = |record: &&[u8]| kind(record) == BOOT;
    let is_end =
        |record: &&[u8]| kind(record) == RUN_LEVEL && record[USER..].starts_with(b"shutdown\0");
    let mut latest_first = records(wtmp)?.rev();
    let since = since(latest_first.by_ref().find(is_boot)?)?;
    let before = latest_first.find(|record| is_boot(record) || is_end(record));
    Some((since, before.map(|record| is_end(&record))))
}

fn records(utmp: &[u8]) -> Option<impl DoubleEndedIterator<Item = &[u8]>> {
    let fits = |size: &usize| {
        utmp.len().is_multiple_of(*size)
            && utmp.chunks_exact(*size).all(|record| kind(record) <= TYPE_MAX)
    };
    let size = SIZES.into_iter().find(fits)?;
    Some(utmp.chunks_exact(size))
}

fn kind(record: &[u8]) -> u16 {
    u16::from_ne_bytes([record[0], record[1]])
}

fn session(record: &[u8]) -> Option<Session> {
    let is_session = kind(record) == USER_PROCESS && record[USER] != 0;
    let pid = i32::from_ne_bytes(*record[4..].first_chunk()?);
    let since = since(record)?;
    (is_session && pid > 0).then(|| Session { pid, since, user: hash(&record[USER..][..USER_LEN]) })
}

fn since(record: &[u8]) -> Option<u64> {
    Some(if record.len() == SIZES[0] {
        u64::from(u32::from_ne_bytes(*record[SESSION + 4..].first_chunk()?))
    } else {
        u64::from_ne_bytes(*record[SESSION + 8..].first_chunk()?)
    })
}

fn hash(name: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    // What stands behind a zero is left from before.
    hasher.write(name.split(|byte| *byte == 0).next().unwrap_or_default());
    hasher.finish()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A record as the C library of this size writes it.
    pub(crate) fn record(size: usize, kind: u16, user: &str, pid: i32, since: u32) -> Vec<u8> {
        let mut bytes = vec![0; size];
        bytes[..2].copy_from_slice(&kind.to_ne_bytes());
        bytes[4..8].copy_from_slice(&pid.to_ne_bytes());
        bytes[USER..USER + user.len()].copy_from_slice(user.as_bytes());
        if size == SIZES[0] {
            bytes[340..344].copy_from_slice(&since.to_ne_bytes());
        } else {
            bytes[344..352].copy_from_slice(&u64::from(since).to_ne_bytes());
        }
        bytes[size - 20..].fill(0xff); // an address, to look unlike a type
        bytes
    }

    fn count(utmp: &[u8]) -> Option<usize> {
        sessions(utmp).map(Iterator::count)
    }

    #[test]
    fn both_record_sizes_are_told_apart() {
        for size in SIZES {
            let mut file = Vec::new();
            for (kind, user, pid) in [
                (2, "reboot", 0),
                (7, "pi", 300),
                (8, "", 301),
                (7, "root", 302),
                (7, "", 303),
                (6, "LOGIN", 304),
                (7, "nobody", 0),
                (7, "all", -1),
            ] {
                file.extend(record(size, kind, user, pid, 1_795_000_000));
            }
            let since = 1_795_000_000;
            let found: Vec<_> = sessions(&file).unwrap().collect();
            let rows: Vec<_> = found.iter().map(|session| (session.pid, session.since)).collect();
            assert_eq!(rows, [(300, since), (302, since)], "{size}");
            assert_ne!(found[0].user, found[1].user);
            let again = record(size, 7, "pi", 305, 1);
            assert_eq!(sessions(&again).unwrap().next().map(|it| it.user), Some(found[0].user));
            // As many as make the length a multiple of both sizes.
            let many = (0..9600 / size).flat_map(|_| record(size, 7, "pi", 300, 1));
            assert_eq!(count(&many.collect::<Vec<_>>()), Some(9600 / size));
        }
    }

    #[test]
    fn the_last_start_is_one_after_an_end_or_not() {
        for size in SIZES {
            let found = |records: &[(u16, &str, u32)]| {
                let record =
                    |&(kind, user, since): &(u16, &str, u32)| record(size, kind, user, 0, since);
                last_boot(&records.iter().flat_map(record).collect::<Vec<_>>())
            };
            let boot = (2, "reboot", 900);
            assert_eq!(found(&[(1, "shutdown", 800), boot]), Some((900, Some(true))));
            let clean = [(2, "reboot", 1), (1, "shutdown", 800), boot, (1, "runlevel", 901)];
            assert_eq!(found(&clean), Some((900, Some(true))));
            let login = [(2, "reboot", 1), (1, "runlevel", 2), (7, "pi", 3), boot, (7, "pi", 950)];
            assert_eq!(found(&login), Some((900, Some(false))));
            // The host is going down just now: that is not what its start was like.
            let going = [(2, "reboot", 1), boot, (1, "shutdown", 999)];
            assert_eq!(found(&going), Some((900, Some(false))));
            let first = found(&[boot, (7, "pi", 950)]);
            assert_eq!(first, Some((900, None)), "what was before is not on record");
            assert_eq!(found(&[(1, "shutdown", 800), (7, "pi", 950)]), None);
            assert_eq!(found(&[]), None);
        }
        assert_eq!(last_boot(b"short"), None);
    }

    #[test]
    fn another_form_is_unknown() {
        assert_eq!(count(b""), Some(0));
        assert_eq!(count(b"short"), None);
        assert_eq!(count(&[0xff; 384]), None);
    }
}
