//! How many login sessions are alive.
//!
//! A record of utmp outlives its session when that was killed. One whose process is gone is not
//! counted, and neither is one whose process is younger than it: another has got the number since.

use std::path::PathBuf;

use kinglet_proto::time::{Instant, WallTime};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::collect::schedule::Schedule;
use crate::kernel::pid_stat;
use crate::kernel::utmp::{self, Session};
use crate::limits::{INVENTORY_INTERVAL, SESSION_AGE_SLACK, SESSIONS_MAX, TOPOLOGY_INTERVAL};
use crate::read::{Buffer, Root};
use crate::setup::Setup;

/// Where the file can be; the first everywhere but on the oldest systems.
const PATHS: [&str; 2] = ["run/utmp", "var/run/utmp"];

/// Counts login sessions.
#[derive(Debug)]
pub(super) struct UserCounter {
    proc: Root,
    root: Root,
    is_own: bool,
    path: Option<PathBuf>,
    look_due: Schedule,
    sessions: Vec<Session>,
    count_due: Schedule,
    counted: Option<u64>,
    distinct: Option<u64>,
}

impl UserCounter {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            proc: setup.proc.clone(),
            root: setup.root.clone(),
            is_own: setup.roots.are_own(),
            path: None,
            // Many hosts keep no such file and never will: it is not missed every minute.
            look_due: Schedule::every(INVENTORY_INTERVAL),
            sessions: Vec::new(),
            count_due: Schedule::every(TOPOLOGY_INTERVAL),
            counted: None,
            distinct: None,
        }
    }

    /// Sessions alive; `None` where the host keeps no record of them.
    pub(super) fn count(
        &mut self,
        now: Instant,
        wall: WallTime,
        buffer: &mut Buffer,
    ) -> Option<u64> {
        if self.path.is_none() && self.look_due.is_due(now) {
            let found = PATHS.iter().filter_map(|path| self.root.inside(path));
            self.path = found.into_iter().find(|path| path.exists());
            self.count_due.hurry();
        }
        if self.count_due.is_due(now) {
            self.counted = self.read_sessions(buffer).map(|()| {
                let mut sessions = std::mem::take(&mut self.sessions);
                sessions.retain(|session| {
                    self.has_process(session) && !self.is_younger(session, now, wall, buffer)
                });
                self.sessions = sessions;
                self.sessions.len() as u64
            });
            self.distinct = self.counted.map(|_| self.count_names());
        }
        self.counted
    }

    /// Names among the users of the sessions counted last.
    pub(super) const fn distinct(&self) -> Option<u64> {
        self.distinct
    }

    fn count_names(&mut self) -> u64 {
        self.sessions.sort_unstable_by_key(|session| session.user);
        self.sessions.dedup_by_key(|session| session.user);
        self.sessions.len() as u64
    }

    fn read_sessions(&mut self, buffer: &mut Buffer) -> Option<()> {
        let text = self.root.read(self.path.as_ref()?, buffer);
        let sessions = text.and_then(utmp::sessions);
        if sessions.is_none() {
            self.path = None;
        }
        self.sessions.clear();
        self.sessions.extend(sessions?.take(SESSIONS_MAX));
        Some(())
    }

    fn has_process(&self, session: &Session) -> bool {
        if self.is_own {
            // Signal 0 reaches nobody. It finds those too that `hidepid` hides.
            return kill(Pid::from_raw(session.pid), None) != Err(Errno::ESRCH);
        }
        self.proc.exists(session.pid.to_string())
    }

    /// Whether the process began after the session, as the clocks stand: a session that is older
    /// than the host's boot was recorded before somebody set the clock, and tells nothing.
    fn is_younger(
        &self,
        session: &Session,
        now: Instant,
        wall: WallTime,
        buffer: &mut Buffer,
    ) -> bool {
        let stat = self.proc.read(format!("{}/stat", session.pid), buffer);
        let Some(began) = stat.and_then(pid_stat::parse_start) else { return false };
        let age = wall.unix_seconds().saturating_sub(session.since);
        let up = now.as_millis() / 1000;
        age < up && began.as_secs() > up - age + SESSION_AGE_SLACK.as_secs()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::kernel::utmp::tests::record;

    #[test]
    fn sessions_without_a_process_of_their_own_do_not_count() {
        let folder = std::env::temp_dir().join(format!("kinglet-users-{}", std::process::id()));
        let write = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        };
        let (boot, login) = (1_795_000_000_u64, 1_795_000_600_u32);
        // Ticks after boot: the moment of the login, and a day later.
        let stat = |ticks: u64| format!("7 (a) b) S{} {ticks} 0 0\n", " 0".repeat(18)).into_bytes();
        write("300/stat", &stat(59_900));
        write("301/stat", &stat(8_700_000));
        write("302/stat", &stat(8_700_000));
        write("303/comm", b"bash\n");
        let mut utmp = Vec::new();
        for (pid, since) in [(300, login), (301, login), (302, 1000), (303, login), (304, login)] {
            utmp.extend(record(384, 7, "pi", pid, since));
        }
        utmp.extend(record(384, 8, "pi", 300, login));
        let mut counter = UserCounter::new(&Setup::of(&folder));
        let distinct = std::cell::Cell::new(None);
        let mut count = |seconds: u64| {
            let wall = WallTime::from_unix_millis((boot + seconds) * 1000);
            let instant = Instant::from_millis(seconds * 1000);
            let counted = counter.count(instant, wall, &mut Buffer::default());
            distinct.set(counter.distinct());
            counted
        };
        assert_eq!(count(100_000), None, "no record of sessions");
        write("var/run/utmp", &utmp);
        assert_eq!(count(100_100), None, "not looked for yet");
        // The second is another's by now, the third was recorded in 1970, the last is dead.
        assert_eq!(count(100_700), Some(3));
        assert_eq!(distinct.get(), Some(1));
        fs::remove_file(folder.join("303/comm")).unwrap();
        fs::remove_dir(folder.join("303")).unwrap();
        assert_eq!(count(100_701), Some(3), "not counted yet");
        assert_eq!(count(100_800), Some(2));
        fs::remove_dir_all(&folder).unwrap();
    }
}
