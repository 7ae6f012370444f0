//! The only name server that the agent knows: it tells the right address, a wrong one, or nothing.

use std::net::UdpSocket;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use crate::namespace::Namespace;

/// The last number of the address that it tells.
const RIGHT: u8 = 2;
/// The same of a host that is not there.
const WRONG: u8 = 99;
const SILENT: u8 = 0;
const ENDED: u8 = 1;

/// A running name server; its thread ends when this is dropped.
pub struct NameServer(Arc<AtomicU8>);

impl NameServer {
    pub fn new(namespace: &Namespace) -> Self {
        let told = Arc::new(AtomicU8::new(RIGHT));
        let its = Arc::clone(&told);
        namespace.run(move || {
            let socket = UdpSocket::bind("10.77.0.2:53").unwrap();
            socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
            std::thread::spawn(move || serve(&socket, &its));
        });
        Self(told)
    }

    pub fn silence(&self) {
        self.0.store(SILENT, Ordering::Relaxed);
    }

    pub fn lie(&self) {
        self.0.store(WRONG, Ordering::Relaxed);
    }

    pub fn mend(&self) {
        self.0.store(RIGHT, Ordering::Relaxed);
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.0.store(ENDED, Ordering::Relaxed);
    }
}

fn serve(socket: &UdpSocket, told: &AtomicU8) {
    let mut question = [0; 512];
    while told.load(Ordering::Relaxed) != ENDED {
        let Ok((count, asker)) = socket.recv_from(&mut question) else { continue };
        let host = told.load(Ordering::Relaxed);
        if host == SILENT {
            continue;
        }
        let mut answer = question[..count].to_vec();
        (answer[2], answer[3]) = (0x81, 0x80);
        // The kind that is asked for, before the class: there is no IPv6 address.
        if question[count - 3] == 1 {
            answer[7] = 1;
            answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, 10, 77, 0, host]);
        }
        let _ = socket.send_to(&answer, asker);
    }
}
