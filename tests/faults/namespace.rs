//! Network namespaces, and the command that makes them.

use std::os::fd::AsFd;
use std::process::{Command, Stdio};

use nix::sched::{CloneFlags, setns};

/// A namespace; it is gone when this is dropped, also by a panic.
pub struct Namespace {
    pub name: String,
}

impl Namespace {
    /// One of this name. What an earlier run that was killed left of it goes first.
    pub fn new(name: String) -> Self {
        remove(&name);
        ip(&["netns", "add", &name]);
        ip(&["-n", &name, "link", "set", "lo", "up"]);
        Self { name }
    }

    /// `ip` with these words, inside.
    pub fn ip(&self, words: &[&str]) {
        ip(&[&["-n", self.name.as_str()], words].concat());
    }

    /// A program that runs inside; `ip netns exec` becomes it, so that it has the child's pid.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.name, program]).stdin(Stdio::null());
        command
    }

    /// Runs this on a thread inside: the sockets it makes stay there, and its threads too.
    pub fn run<T: Send + 'static>(&self, run: impl FnOnce() -> T + Send + 'static) -> T {
        let namespace = std::fs::File::open(format!("/run/netns/{}", self.name)).unwrap();
        let run = move || {
            // A thread of its own, for a thread that has moved does not come back.
            setns(namespace.as_fd(), CloneFlags::CLONE_NEWNET).unwrap();
            run()
        };
        std::thread::spawn(run).join().unwrap()
    }

    /// Waits until the kernel has told that the link is up: what it tells later is news to the
    /// agent, which then hears of the next change four seconds late.
    pub fn settle(&self, device: &str) {
        for _ in 0..500 {
            let words = ["-n", &self.name, "-o", "link", "show", device];
            let shown = Command::new("ip").args(words).output().unwrap();
            if String::from_utf8_lossy(&shown.stdout).contains("state UP") {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        panic!("{device} is never up");
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        remove(&self.name);
    }
}

fn remove(name: &str) {
    let _ = Command::new("ip").args(["netns", "del", name]).stderr(Stdio::null()).status();
}

/// Whether namespaces can be made here, or why not.
pub fn possible() -> Result<(), String> {
    if !nix::unistd::geteuid().is_root() {
        return Err("network namespaces need root".to_owned());
    }
    let name = format!("kf-try-{}", std::process::id());
    let added = Command::new("ip").args(["netns", "add", &name]).stderr(Stdio::null()).status();
    remove(&name);
    let works = added.is_ok_and(|status| status.success());
    works.then_some(()).ok_or_else(|| "ip netns add does not work here".to_owned())
}

fn ip(words: &[&str]) {
    let status = Command::new("ip").args(words).status().unwrap();
    assert!(status.success(), "ip {}", words.join(" "));
}
