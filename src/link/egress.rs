//! How connections leave this host: which family of addresses goes first, and where from.

use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{AsFd, AsRawFd};
use std::{fmt, io};

use nix::sys::socket::sockopt::BindToDevice;
use nix::sys::socket::{SockaddrStorage, bind, setsockopt};

/// What an owner wants of it; nothing, as a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Egress {
    /// Addresses of this family are tried before all others.
    pub prefer: Option<Family>,
    /// Where connections come from.
    pub source: Option<Source>,
}

/// The two families of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4.
    V4,
    /// IPv6.
    V6,
}

/// Where connections come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// One of this host's addresses.
    Address(IpAddr),
    /// One of its interfaces, whatever the routes say.
    Interface(String),
}

impl Family {
    /// Both.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

    /// Its name in the configuration.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V4 => "ipv4",
            Self::V6 => "ipv6",
        }
    }

    /// Whether an address is of it.
    pub(super) const fn has(self, address: IpAddr) -> bool {
        matches!((self, address), (Self::V4, IpAddr::V4(_)) | (Self::V6, IpAddr::V6(_)))
    }
}

impl Source {
    /// Reads what an owner writes: an address, or an interface's name as Linux allows one.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(address) = text.parse::<IpAddr>() {
            let is_one = !address.is_unspecified() && !address.is_multicast();
            return is_one.then_some(Self::Address(address));
        }
        let is_name = (1..16).contains(&text.len())
            && !matches!(text, "." | "..")
            && !text.contains(|c: char| c == '/' || c == ':' || c.is_whitespace() || c == '\0');
        is_name.then(|| Self::Interface(text.to_owned()))
    }

    /// Makes a new socket leave from here, on its way to this address.
    pub(super) fn bind(&self, socket: &impl AsFd, to: SocketAddr) -> io::Result<()> {
        match self {
            Self::Address(address) if address.is_ipv4() != to.is_ipv4() => {
                Err(io::ErrorKind::Unsupported.into())
            }
            Self::Address(address) => {
                let from = SockaddrStorage::from(SocketAddr::new(*address, 0));
                Ok(bind(socket.as_fd().as_raw_fd(), &from)?)
            }
            Self::Interface(name) => Ok(setsockopt(socket, BindToDevice, &OsString::from(name))?),
        }
    }

    /// Why that failed, in words.
    pub(super) fn explain(&self, error: &io::Error) -> String {
        let is_address = matches!(self, Self::Address(_));
        #[expect(clippy::wildcard_enum_match_arm, reason = "kinds grow; their text serves")]
        match error.kind() {
            io::ErrorKind::Unsupported => "the server has no address of its family".to_owned(),
            io::ErrorKind::AddrNotAvailable if is_address => {
                "this host has no such address".to_owned()
            }
            io::ErrorKind::PermissionDenied if !is_address => {
                "before Linux 5.7 that takes CAP_NET_RAW: name an address of it instead".to_owned()
            }
            _ if error.raw_os_error() == Some(nix::errno::Errno::ENODEV as i32) => {
                "this host has no such interface".to_owned()
            }
            _ => error.to_string(),
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        })
    }
}

/// As it is written.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => write!(f, "{address}"),
            Self::Interface(name) => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use nix::sys::socket::SockType;

    use super::*;

    #[test]
    fn addresses_are_told_from_names_of_interfaces() {
        let of = |text: &str| Source::parse(text).map(|source| source.to_string());
        for text in ["192.0.2.7", "2001:db8::7", "eth0", "wwan0", "br-lan.7", "enx001122334455"] {
            assert_eq!(of(text).as_deref(), Some(text));
        }
        assert!(matches!(Source::parse("fe80::1"), Some(Source::Address(_))));
        assert!(matches!(Source::parse("192.0.2.256"), Some(Source::Interface(_))));
        for text in
            ["", ".", "..", "a b", "a/b", "eth0:1", "0.0.0.0", "::", "ff02::1", "16-bytes-long-if"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_said_in_words() {
        let told = |source: &str| {
            let (source, to) = (Source::parse(source).unwrap(), "127.0.0.1:9".parse().unwrap());
            let socket = crate::link::dial::open(to, SockType::Stream).unwrap();
            source.bind(&socket, to).map_err(|error| source.explain(&error))
        };
        assert_eq!(told("127.0.0.1"), Ok(()));
        let due = |words: &str| Err(words.to_owned());
        assert_eq!(told("192.0.2.7"), due("this host has no such address"));
        assert_eq!(told("2001:db8::7"), due("the server has no address of its family"));
        assert_eq!(told("none-such0"), due("this host has no such interface"));
    }
}
