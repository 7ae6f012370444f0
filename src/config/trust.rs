//! Whom a server's certificate may come from, authorities or one pinned key, and what it is shown.

use std::path::PathBuf;

use kinglet_proto::quoted::Quoted;

use crate::link::{ClientCert, Pin, ServerUrl, Trust};
use crate::options::{Block, Problems, Text};

/// What the owner said about it, and what follows.
#[derive(Debug, Default)]
pub(super) struct Trusted {
    pub(super) ca_file: Option<PathBuf>,
    pub(super) pin: Option<Pin>,
    pub(super) client_cert: Option<ClientCert>,
    /// `None` for `ws://`, and when something is wrong.
    pub(super) trust: Option<Trust>,
}

/// Reads `ca_file` and `pin` of one server, and `client_cert` with its key.
pub(super) fn trust(block: &Block, urls: &[ServerUrl], problems: &mut Problems) -> Trusted {
    let (ca_file, pin) = (block.text("ca_file"), block.text("pin"));
    let mut trusted = Trusted {
        ca_file: ca_file.map(|text| PathBuf::from(text.value)),
        pin: pin.and_then(|text| read_pin(text, problems)),
        client_cert: None,
        trust: None,
    };
    if let (Some(pin), Some(_)) = (pin, ca_file) {
        problems.add(pin.place, "with a pin no authority is asked: leave ca_file out");
        return trusted;
    }
    if !urls.iter().any(|url| url.tls) {
        let own = ["client_cert", "client_key"].map(|key| block.text(key));
        for text in [ca_file, pin].into_iter().chain(own).flatten().filter(|_| !urls.is_empty()) {
            problems.add(text.place, "is for wss:// only; this server's url is ws://");
        }
        return trusted;
    }
    trusted.client_cert = client_cert(block, problems);
    let loaded = match trusted.pin {
        Some(pin) => Trust::pinned(pin),
        None if pin.is_some() => return trusted,
        None => Trust::load(trusted.ca_file.as_deref()),
    };
    match loaded {
        Ok(trust) => {
            trusted.trust = Some(trust.with_client_cert(trusted.client_cert.clone()));
        }
        Err(error) => {
            problems.add(ca_file.map_or(&block.place, |text| text.place), error.to_string());
        }
    }
    trusted
}

/// Reads `client_cert` and `client_key`, which stand together.
fn client_cert(block: &Block, problems: &mut Problems) -> Option<ClientCert> {
    let (cert, key) = match (block.text("client_cert"), block.text("client_key")) {
        (Some(cert), Some(key)) => (cert, key),
        (Some(alone), None) => {
            problems.add(alone.place, "wants client_key beside it: the file with its key");
            return None;
        }
        (None, Some(alone)) => {
            problems.add(alone.place, "wants client_cert beside it: what it is the key of");
            return None;
        }
        (None, None) => return None,
    };
    let read = ClientCert::new(cert.value.as_ref(), key.value.as_ref());
    read.map_err(|fault| {
        let of_key = fault.starts_with("client_key");
        problems.add(if of_key { key.place } else { cert.place }, fault);
    })
    .ok()
}

fn read_pin(text: Text<'_>, problems: &mut Problems) -> Option<Pin> {
    let read = Pin::parse(text.value);
    if read.is_none() {
        let fault = format!(
            "{} is not a pin: \"sha256:\" and 64 hexadecimal digits, the SHA-256 of the public \
             key in the server's certificate; `kinglet-hub invite` prints it",
            Quoted(text.value)
        );
        problems.add(text.place, fault);
    }
    read
}
