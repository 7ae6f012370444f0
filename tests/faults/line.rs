//! The line between agent and hub: every frame passes through here, or does not.

use std::collections::VecDeque;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::socket::{
    AddressFamily, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, recvfrom, sendto, socket,
};

use crate::frame::Parts;
use crate::namespace::Namespace;

/// Longest frame: the kernel is told not to send longer ones in one piece.
const FRAME_MAX: usize = 64 * 1024;

/// What is wrong with it.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Nothing passes.
    pub cut: bool,
    /// So many of a hundred frames do not.
    pub loss: u32,
    /// All arrive so much later, each way.
    pub delay: Duration,
    /// Longer ones do not pass.
    pub longest: Option<usize>,
    /// Nothing of IPv6 passes.
    pub without_v6: bool,
    /// The connection that is there is ended by a box on the way, at its next bytes.
    pub reset: bool,
    /// It is forgotten, at its next bytes: from then on nothing of it passes.
    pub forget: bool,
    /// The agent's ports of those that are forgotten.
    forgotten: Vec<u16>,
}

/// A line that is up until this is dropped.
pub struct Line {
    pub rules: Arc<Mutex<Rules>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    /// Moves frames between the two devices that are in this namespace. The first that speaks is
    /// the agent's.
    pub fn new(namespace: &Namespace) -> Self {
        let socket = namespace.run(|| {
            let flags = SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK;
            let all = SockProtocol::EthAll;
            socket(AddressFamily::Packet, SockType::Raw, flags, all).unwrap()
        });
        let (rules, stop) = (Arc::new(Mutex::new(Rules::default())), Arc::default());
        let mut moving = Moving {
            socket,
            rules: Arc::clone(&rules),
            ends: Vec::new(),
            late: VecDeque::new(),
            random: 0x9e37_79b9_7f4a_7c15,
        };
        let told = Arc::clone(&stop);
        let thread = std::thread::spawn(move || moving.run(&told));
        Self { rules, stop, thread: Some(thread) }
    }

    /// Changes what is wrong with it.
    pub fn set(&self, change: impl FnOnce(&mut Rules)) {
        change(&mut self.rules.lock().unwrap());
    }

    /// Nothing is wrong with it any more; what it has forgotten stays so.
    pub fn mend(&self) {
        self.set(|rules| {
            let forgotten = std::mem::take(&mut rules.forgotten);
            *rules = Rules { forgotten, ..Rules::default() };
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// A frame under way: when it arrives, where, and its bytes.
type Late = (Instant, usize, Vec<u8>);

struct Moving {
    socket: OwnedFd,
    rules: Arc<Mutex<Rules>>,
    /// The agent's end and the hub's, once each has spoken.
    ends: Vec<LinkAddr>,
    late: VecDeque<Late>,
    random: u64,
}

impl Moving {
    fn run(&mut self, stop: &AtomicBool) {
        let mut buffer = vec![0; FRAME_MAX];
        while !stop.load(Ordering::Relaxed) {
            let mut fds = [PollFd::new(self.socket.as_fd(), PollFlags::POLLIN)];
            let _ = poll(&mut fds, PollTimeout::from(if self.late.is_empty() { 50_u8 } else { 2 }));
            while let Ok((length, Some(from))) =
                recvfrom::<LinkAddr>(self.socket.as_raw_fd(), &mut buffer)
            {
                self.take(&mut buffer[..length], from);
            }
            while self.late.front().is_some_and(|(at, ..)| *at <= Instant::now()) {
                let (_, to, frame) = self.late.pop_front().unwrap();
                self.send(to, &frame);
            }
        }
    }

    fn take(&mut self, frame: &mut [u8], from: LinkAddr) {
        let known = self.ends.iter().position(|end| end.ifindex() == from.ifindex());
        let at = known.unwrap_or_else(|| {
            self.ends.push(from);
            self.ends.len() - 1
        });
        let parts = Parts::of(frame);
        if let Some(parts) = &parts {
            parts.sum_up(frame);
        }
        let rules = Arc::clone(&self.rules);
        let mut rules = rules.lock().unwrap();
        if self.passes(frame, parts.as_ref(), at, &mut rules) {
            let late = (Instant::now() + rules.delay, 1 - at, frame.to_vec());
            // The delay may have become shorter: what is under way stays in order.
            let place = self.late.partition_point(|(due, ..)| *due <= late.0);
            self.late.insert(place, late);
        }
    }

    fn passes(
        &mut self,
        frame: &[u8],
        parts: Option<&Parts>,
        at: usize,
        rules: &mut Rules,
    ) -> bool {
        if rules.cut || rules.longest.is_some_and(|longest| frame.len() > longest) {
            return false;
        }
        if rules.loss > 0 && self.draw() < rules.loss {
            return false;
        }
        let Some(parts) = parts else {
            return !(rules.without_v6 && frame.get(12..14) == Some(&[0x86, 0xdd]));
        };
        if rules.without_v6 && parts.v6 {
            return false;
        }
        let (from, to) = parts.ports(frame);
        if at == 0 && parts.has_data(frame) {
            if std::mem::take(&mut rules.forget) {
                rules.forgotten.push(from);
            }
            if std::mem::take(&mut rules.reset) {
                let (on, back) = parts.resets(frame);
                self.send(1, &on);
                self.send(0, &back);
                return false;
            }
        }
        let port = if at == 0 { from } else { to };
        !(parts.is_tcp() && rules.forgotten.contains(&port))
    }

    fn send(&self, to: usize, frame: &[u8]) {
        if let Some(end) = self.ends.get(to) {
            let _ = sendto(self.socket.as_raw_fd(), frame, end, MsgFlags::empty());
        }
    }

    /// A number below a hundred.
    fn draw(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        u32::try_from(self.random % 100).unwrap()
    }
}
