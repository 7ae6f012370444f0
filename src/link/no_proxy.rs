//! What stands in for proxies in a build without the feature `proxy`: there never is one.

use std::fmt;

/// Never there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proxy {}

/// Nor does it fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyError {}

impl Proxy {
    /// Says so, lest an owner believes in what is written.
    pub fn parse(_: &str) -> Result<Self, String> {
        Err("this build of kinglet was made without proxies: install a release build".to_owned())
    }

    #[cfg(feature = "reload")]
    pub(crate) fn password(&self) -> &str {
        match *self {}
    }

    pub(super) fn address(&self) -> (&str, u16) {
        match *self {}
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl fmt::Display for ProxyError {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

pub(super) mod tunnel {
    use std::net::TcpStream;
    use std::os::fd::{AsFd, BorrowedFd};

    use kinglet_proto::time::Instant;

    use super::Proxy;
    use crate::link::error::LinkError;

    /// Never there.
    pub(in crate::link) enum Tunnel {}

    impl Tunnel {
        pub(in crate::link) fn new(
            _: TcpStream,
            proxy: &Proxy,
            _: &str,
            _: u16,
            _: Instant,
        ) -> Box<Self> {
            match *proxy {}
        }

        pub(in crate::link) fn wants_write(&self) -> bool {
            match *self {}
        }

        pub(in crate::link) fn deadline(&self) -> Instant {
            match *self {}
        }

        pub(in crate::link) fn advance(&mut self, _: Instant) -> Result<bool, LinkError> {
            match *self {}
        }

        pub(in crate::link) fn into_stream(self) -> TcpStream {
            match self {}
        }
    }

    impl AsFd for Tunnel {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match *self {}
        }
    }
}
