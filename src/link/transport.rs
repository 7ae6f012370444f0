//! One byte stream to a server, plain or TLS, that never blocks.
//!
//! A read that returns fewer bytes than asked for has emptied the socket, so the next one answers
//! `WouldBlock` without asking the kernel, until poll(2) says that there is more.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};

use rustls::ClientConnection;

use super::tls::client_cert::Asked;
use super::tls::{Tls, suite_name};

/// A connected byte stream.
pub(crate) struct Transport {
    socket: Socket,
    tls: Option<Box<ClientConnection>>,
    asked: Option<Asked>,
}

impl Transport {
    /// Wraps a connected, non-blocking socket.
    pub(crate) fn new(stream: TcpStream, tls: Option<Tls>) -> Self {
        let socket = Socket { stream, emptied: false, bytes_sent: 0 };
        let (tls, asked) = tls.map(|tls| (Box::new(tls.connection), tls.asked)).unzip();
        Self { socket, tls, asked: asked.flatten() }
    }

    /// Tells that poll(2) found the socket readable.
    pub(crate) fn set_readable(&mut self) {
        self.socket.emptied = false;
    }

    /// Whether the TLS handshake is still going on.
    pub(crate) fn is_handshaking(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.is_handshaking())
    }

    /// Whether TLS holds bytes that the socket would not take yet.
    pub(crate) fn wants_write(&self) -> bool {
        self.tls.as_ref().is_some_and(|tls| tls.wants_write())
    }

    /// Bytes the socket took since it was connected.
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.socket.bytes_sent
    }

    /// The address of this end.
    pub(crate) fn local_addr(&self) -> io::Result<std::net::SocketAddr> {
        self.socket.stream.local_addr()
    }

    /// TLS version and cipher suite, once agreed upon, and what became of our own certificate.
    pub(crate) fn tls_summary(&self) -> Option<String> {
        let tls = self.tls.as_ref()?;
        let version = tls.protocol_version()?.as_str()?;
        let suite = suite_name(tls.negotiated_cipher_suite()?.suite())?;
        let asked = self.asked.as_ref().map(|asked| [", ", asked.words()].concat());
        Some(format!("{version} {suite}{}", asked.unwrap_or_default()))
    }

    /// Until when the server's certificate is good.
    pub(crate) fn certificate_end(&self) -> Option<kinglet_proto::time::WallTime> {
        let certificates = self.tls.as_ref()?.peer_certificates()?;
        super::tls::validity::end_of(certificates.first()?)
    }

    /// Moves handshake bytes and what TLS holds back, as far as the socket lets it.
    pub(crate) fn pump(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
        }
        while tls.is_handshaking() && tls.wants_read() {
            receive(tls, &mut self.socket)?;
            while tls.wants_write() {
                tls.write_tls(&mut self.socket)?;
            }
        }
        Ok(())
    }
}

impl AsFd for Transport {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.stream.as_fd()
    }
}

impl Read for Transport {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.read(buffer) };
        loop {
            match tls.reader().read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    receive(tls, &mut self.socket)?;
                }
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(0),
                other => return other,
            }
        }
    }
}

impl Write for Transport {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(tls) = &mut self.tls else { return self.socket.write(bytes) };
        // What was accepted before goes first, and while it cannot leave nothing more is accepted:
        // so TLS never holds more than one write, and a full socket is felt at once.
        while tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
        }
        let accepted = tls.writer().write(bytes)?;
        while tls.wants_write() {
            match tls.write_tls(&mut self.socket) {
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(accepted)
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(tls) = &mut self.tls else { return Ok(()) };
        while tls.wants_write() {
            tls.write_tls(&mut self.socket)?;
        }
        Ok(())
    }
}

/// Takes one piece of TLS from the socket; `WouldBlock` when there is none.
fn receive(tls: &mut ClientConnection, socket: &mut Socket) -> io::Result<()> {
    if tls.read_tls(socket)? == 0 && tls.is_handshaking() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if let Err(error) = tls.process_new_packets() {
        // The alert that names the fault is worth one attempt; the error is what counts.
        let _ = tls.write_tls(socket);
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    }
    Ok(())
}

/// The TCP socket, counting what it took and remembering that it is empty.
struct Socket {
    stream: TcpStream,
    emptied: bool,
    bytes_sent: u64,
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.emptied {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let count = self.stream.read(buffer)?;
        self.emptied = count > 0 && count < buffer.len();
        Ok(count)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.stream.write(bytes)?;
        self.bytes_sent += count as u64;
        Ok(count)
    }

    fn write_vectored(&mut self, slices: &[io::IoSlice<'_>]) -> io::Result<usize> {
        let count = self.stream.write_vectored(slices)?;
        self.bytes_sent += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
