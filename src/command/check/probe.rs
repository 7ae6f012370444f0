//! How a check leaves the agent that runs here in its place.

use std::fs;
use std::path::Path;

use kinglet_proto::session::{Command, Conversation, Input, Reporter};
use kinglet_proto::time::Now;
use kinglet_proto::wire::envelope::PROBE_HEADER;

/// A session that says, where the server understands it, that it only asks.
pub(super) struct Probe {
    pub(super) session: Box<dyn Reporter>,
    pub(super) says_so: bool,
}

impl Conversation for Probe {
    fn handle_input(&mut self, input: Input<'_>, now: Now) {
        self.session.handle_input(input, now);
    }

    fn poll_command(&mut self) -> Command<'_> {
        let command = self.session.poll_command();
        if self.says_so
            && let Command::Dial(request) = command
        {
            return Command::Dial(request.header(PROBE_HEADER, "1"));
        }
        command
    }
}

/// Whether an agent runs on this host, as far as we may see: a process of our name that was told
/// to run.
pub(super) fn is_running(proc: &Path) -> bool {
    let Ok(entries) = fs::read_dir(proc) else { return false };
    entries.flatten().any(|entry| is_agent(&entry.path()))
}

fn is_agent(process: &Path) -> bool {
    let read = |file| fs::read(process.join(file)).unwrap_or_default();
    read("comm") == b"kinglet\n"
        && read("cmdline").split(|byte| *byte == 0).any(|word| word == b"run")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_agent_that_runs_is_one() {
        let folder = std::env::temp_dir().join(format!("kinglet-probe-{}", std::process::id()));
        let process = |pid: &str, comm: &str, words: &str| {
            fs::create_dir_all(folder.join(pid)).unwrap();
            fs::write(folder.join(pid).join("comm"), comm).unwrap();
            fs::write(folder.join(pid).join("cmdline"), words.replace(' ', "\0")).unwrap();
        };
        process("1", "init\n", "/sbin/init");
        process("7", "kinglet-hub\n", "kinglet-hub run");
        process("8", "kinglet\n", "kinglet check --url wss://run");
        process("9", "vi\n", "vi run");
        assert!(!is_running(&folder));
        process("10", "kinglet\n", "/usr/bin/kinglet run --config x");
        assert!(is_running(&folder));
        fs::remove_dir_all(&folder).unwrap();
        assert!(!is_running(&folder));
    }
}
