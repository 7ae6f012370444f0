//! A program between agent and hub, as a proxy is one: it may be slow, deaf, or gone.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::fd::AsFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use nix::sys::socket::{setsockopt, sockopt};

use crate::namespace::Namespace;

/// How often it looks at what it is to do.
const TICK: Duration = Duration::from_millis(20);

/// What it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Manner {
    /// Passes all on.
    Good,
    /// Passes one byte on in 100 ms, each way.
    Trickles,
    /// Takes in connections and reads nothing.
    Deaf,
    /// Takes in connections and closes them, those that were there too.
    Closes,
    /// Nobody listens, and what was there is closed.
    Dead,
    /// The test is over.
    Ended,
}

const MANNERS: [Manner; 6] =
    [Manner::Good, Manner::Trickles, Manner::Deaf, Manner::Closes, Manner::Dead, Manner::Ended];

#[derive(Default)]
struct Shared {
    manner: AtomicU8,
    visits: AtomicUsize,
}

impl Shared {
    fn manner(&self) -> Manner {
        MANNERS[usize::from(self.manner.load(Ordering::Relaxed))]
    }
}

/// A running relay; its threads end when this is dropped.
pub struct Relay(Arc<Shared>);

impl Relay {
    /// Listens at `10.77.0.2` for who wants to the hub; a `proxy` is asked by CONNECT.
    pub fn new(namespace: &Namespace, port: u16, hub: u16, proxy: bool) -> Self {
        let shared = Arc::new(Shared::default());
        let its = Arc::clone(&shared);
        namespace.run(move || {
            let mut listener = Some(listen(port));
            std::thread::spawn(move || {
                while its.manner() != Manner::Ended {
                    serve(&mut listener, port, hub, proxy, &its);
                    std::thread::sleep(TICK);
                }
            });
        });
        Self(shared)
    }

    pub fn set(&self, manner: Manner) {
        self.0.manner.store(manner as u8, Ordering::Relaxed);
    }

    /// Connections that it was asked for.
    pub fn visits(&self) -> usize {
        self.0.visits.load(Ordering::Relaxed)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.set(Manner::Ended);
    }
}

fn listen(port: u16) -> TcpListener {
    let listener = TcpListener::bind(("10.77.0.2", port)).unwrap();
    // Little: so that what it does not read is soon felt.
    setsockopt(&listener.as_fd(), sockopt::RcvBuf, &4096).unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

/// Takes in who is there.
fn serve(listener: &mut Option<TcpListener>, port: u16, hub: u16, proxy: bool, its: &Arc<Shared>) {
    if its.manner() == Manner::Dead {
        *listener = None;
        return;
    }
    let listener = listener.get_or_insert_with(|| listen(port));
    while let Ok((agent, _)) = listener.accept() {
        its.visits.fetch_add(1, Ordering::Relaxed);
        if its.manner() == Manner::Closes {
            continue;
        }
        let its = Arc::clone(its);
        std::thread::spawn(move || visit(agent, hub, proxy, &its));
    }
}

fn visit(mut agent: TcpStream, hub: u16, proxy: bool, its: &Arc<Shared>) -> Option<()> {
    agent.set_nonblocking(false).ok()?;
    agent.set_read_timeout(Some(TICK * 5)).ok()?;
    if proxy {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            agent.read_exact(&mut byte).ok()?;
            head.push(byte[0]);
        }
        agent.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").ok()?;
    }
    let hub = TcpStream::connect(("127.0.0.1", hub)).ok()?;
    hub.set_read_timeout(Some(TICK * 5)).ok()?;
    let (from_hub, to_agent, back) = (hub.try_clone().ok()?, agent.try_clone().ok()?, its.clone());
    std::thread::spawn(move || pump(from_hub, to_agent, &back));
    pump(agent, hub, its);
    Some(())
}

/// Moves bytes one way until either end is closed.
fn pump(mut from: TcpStream, mut to: TcpStream, its: &Shared) {
    let mut buffer = [0; 4096];
    loop {
        let (room, pause) = match its.manner() {
            Manner::Good => (buffer.len(), Duration::ZERO),
            Manner::Trickles => (1, Duration::from_millis(100)),
            Manner::Deaf => {
                std::thread::sleep(TICK);
                continue;
            }
            Manner::Closes | Manner::Dead | Manner::Ended => break,
        };
        match from.read(&mut buffer[..room]) {
            Ok(0) => break,
            Ok(count) if to.write_all(&buffer[..count]).is_err() => break,
            Ok(_) => std::thread::sleep(pause),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
