//! Whom a server's certificate may come from: authorities, or one pinned key.

use std::path::PathBuf;

use kinglet_proto::quoted::Quoted;

use super::raw::Text;
use crate::link::{Pin, ServerUrl, Trust};
use crate::options::{Place, Problems};

/// What the owner said about it, and what follows.
#[derive(Debug, Default)]
pub(super) struct Trusted {
    pub(super) ca_file: Option<PathBuf>,
    pub(super) pin: Option<Pin>,
    /// `None` for `ws://`, and when something is wrong.
    pub(super) trust: Option<Trust>,
}

/// Reads `ca_file` and `pin` of one server; `place` is the server's own.
pub(super) fn trust(
    url: Option<&ServerUrl>,
    ca_file: &Text,
    pin: &Text,
    place: &Place,
    problems: &mut Problems,
) -> Trusted {
    let mut trusted = Trusted {
        ca_file: ca_file.as_ref().map(|written| PathBuf::from(&written.value)),
        pin: read_pin(pin, problems),
        trust: None,
    };
    if let (Some(written), Some(_)) = (pin, ca_file) {
        problems.add(&written.place, "with a pin no authority is asked: leave ca_file out");
        return trusted;
    }
    match url {
        Some(url) if url.tls => {}
        Some(_) => {
            for written in [ca_file, pin].into_iter().flatten() {
                problems.add(&written.place, "is for wss:// only; this server's url is ws://");
            }
            return trusted;
        }
        None => return trusted,
    }
    let loaded = match trusted.pin {
        Some(pin) => Trust::pinned(pin),
        None if pin.is_some() => return trusted,
        None => Trust::load(trusted.ca_file.as_deref()),
    };
    match loaded {
        Ok(trust) => trusted.trust = Some(trust),
        Err(error) => {
            let place = ca_file.as_ref().map_or(place, |written| &written.place);
            problems.add(place, error.to_string());
        }
    }
    trusted
}

fn read_pin(pin: &Text, problems: &mut Problems) -> Option<Pin> {
    let written = pin.as_ref()?;
    let read = Pin::parse(&written.value);
    if read.is_none() {
        let fault = format!(
            "{} is not a pin: \"sha256:\" and 64 hexadecimal digits, the SHA-256 of the public \
             key in the server's certificate; `kinglet-hub invite` prints it",
            Quoted(&written.value)
        );
        problems.add(&written.place, fault);
    }
    read
}
