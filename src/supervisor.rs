//! Tells the service manager how we are, by systemd's notify protocol (sd_notify(3)).
//!
//! One datagram per news to the socket in `NOTIFY_SOCKET`, `@` for an abstract one:
//!
//! ```text
//! READY=1
//! WATCHDOG=1
//! STOPPING=1
//! ```
//!
//! With `WATCHDOG_USEC` the manager restarts us when we have been silent for that long, so the
//! loop itself says it is alive, once it has come round, and nothing else may.

use std::ffi::OsStr;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use kinglet_proto::time::Instant;

/// The service manager, where there is one that listens.
#[derive(Debug)]
pub struct Supervisor {
    socket: Option<UnixDatagram>,
    /// How often it hears that we are alive: half of what it allows; `None` when it does not ask.
    interval: Option<Duration>,
    alive_at: Option<Instant>,
}

impl Supervisor {
    /// The one that started us, from the environment.
    pub fn from_environment() -> Self {
        let own = std::process::id().to_string();
        let ours = std::env::var("WATCHDOG_PID").map_or(true, |pid| pid == own);
        let allowed = std::env::var("WATCHDOG_USEC").ok().filter(|_| ours);
        let address = std::env::var_os("NOTIFY_SOCKET");
        Self::new(address.as_deref(), allowed.and_then(|text| text.parse().ok()))
    }

    /// One that listens on `address` and allows `allowed_us` microseconds of silence.
    pub fn new(address: Option<&OsStr>, allowed_us: Option<u64>) -> Self {
        let socket = address.and_then(connect);
        let allowed = allowed_us.filter(|us| *us > 0 && socket.is_some());
        let interval = allowed.map(|us| Duration::from_micros(us) / 2);
        Self { socket, interval, alive_at: None }
    }

    /// The configuration is good and the work begins.
    pub fn handle_start(&self) {
        self.notify("READY=1");
    }

    /// We were told to stop and say goodbye.
    pub fn handle_stop(&self) {
        self.notify("STOPPING=1");
    }

    /// The loop has come round; returns when it has to again, `None` when nobody waits for it.
    pub fn handle_turn(&mut self, now: Instant) -> Option<Instant> {
        let interval = self.interval?;
        if self.alive_at.is_none_or(|at| at <= now) {
            self.notify("WATCHDOG=1");
            self.alive_at = Some(now.plus(interval));
        }
        self.alive_at
    }

    /// News that cannot be delivered are nobody's: the agent's work is the same without them.
    fn notify(&self, news: &str) {
        if let Some(Err(error)) = self.socket.as_ref().map(|socket| socket.send(news.as_bytes())) {
            log::debug!("{news} did not reach the service manager: {error}");
        }
    }
}

fn connect(address: &OsStr) -> Option<UnixDatagram> {
    let address = match address.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(address),
        _ => return None,
    };
    let socket = UnixDatagram::unbound().ok()?;
    // A manager that does not read must not hold up the loop.
    socket.set_nonblocking(true).ok()?;
    socket.connect_addr(&address.ok()?).ok()?;
    Some(socket)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A service manager, and a supervisor that speaks to it.
    fn pair(name: &str, allowed_us: Option<u64>) -> (UnixDatagram, Supervisor) {
        let name = format!("kinglet-{name}-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        let manager = UnixDatagram::bind_addr(&address).unwrap();
        manager.set_nonblocking(true).unwrap();
        let address = format!("@{name}");
        (manager, Supervisor::new(Some(OsStr::new(&address)), allowed_us))
    }

    fn heard(manager: &UnixDatagram) -> Option<String> {
        let mut buffer = [0; 64];
        let length = manager.recv(&mut buffer).ok()?;
        Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
    }

    #[test]
    fn start_and_stop_are_told() {
        let (manager, supervisor) = pair("told", None);
        supervisor.handle_start();
        supervisor.handle_stop();
        assert_eq!(heard(&manager).as_deref(), Some("READY=1"));
        assert_eq!(heard(&manager).as_deref(), Some("STOPPING=1"));
        assert_eq!(heard(&manager), None);
    }

    #[test]
    fn alive_twice_in_the_time_allowed() {
        let (manager, mut supervisor) = pair("alive", Some(10_000_000));
        let at = Instant::from_millis;
        assert_eq!(supervisor.handle_turn(at(1_000)), Some(at(6_000)));
        assert_eq!(supervisor.handle_turn(at(5_999)), Some(at(6_000)));
        assert_eq!(heard(&manager).as_deref(), Some("WATCHDOG=1"));
        assert_eq!(heard(&manager), None);
        assert_eq!(supervisor.handle_turn(at(6_500)), Some(at(11_500)));
        assert_eq!(heard(&manager).as_deref(), Some("WATCHDOG=1"));
    }

    #[test]
    fn nobody_asks_nobody_is_told() {
        let (manager, mut supervisor) = pair("quiet", None);
        assert_eq!(supervisor.handle_turn(Instant::from_millis(1)), None);
        assert_eq!(heard(&manager), None);
        for address in ["", "relative", "/nonexistent/socket"] {
            let mut supervisor = Supervisor::new(Some(OsStr::new(address)), Some(1_000_000));
            supervisor.handle_start();
            assert_eq!(supervisor.handle_turn(Instant::from_millis(1)), None);
        }
    }
}
