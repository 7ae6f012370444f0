//! The certificate in use. Its files are looked at now and then, and at SIGHUP: a renewal holds for
//! who comes after it, and closes no connection.

use std::fs;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use kinglet_proto::time::WallTime;
use sha2::{Digest, Sha256};
use tokio::signal::unix::Signal;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};

use super::{ServeError, tls};
use crate::config::TlsFiles;
use crate::hub::Hub;

/// A certificate with its key.
pub(super) struct Certificate {
    files: TlsFiles,
    acceptor: Mutex<TlsAcceptor>,
    /// What the files had when they were last read, good or not; `None` where they could not be.
    seen: Mutex<Option<[u8; 32]>>,
}

impl Certificate {
    /// Reads both.
    pub(super) fn read(files: TlsFiles) -> Result<Self, ServeError> {
        let seen = Mutex::new(digest(&files));
        let acceptor = Mutex::new(tls::acceptor(&files)?);
        Ok(Self { files, acceptor, seen })
    }

    /// What greets a connection that comes now.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        held(&self.acceptor).clone()
    }

    /// Until when it is good; `None` where that cannot be read.
    pub(super) fn ends(&self) -> Option<WallTime> {
        tls::ends(&self.files)
    }

    /// Takes what the files have now; `None` where that is what they had.
    fn renew(&self) -> Option<Result<Option<WallTime>, ServeError>> {
        let now = digest(&self.files);
        if std::mem::replace(&mut *held(&self.seen), now) == now {
            return None;
        }
        Some(tls::acceptor(&self.files).map(|acceptor| {
            *held(&self.acceptor) = acceptor;
            self.ends()
        }))
    }
}

/// Looks at the files for as long as the hub runs; a hub without a certificate bears SIGHUP.
pub(super) async fn follow(
    certificate: Option<Arc<Certificate>>,
    hub: &Hub,
    pause: Duration,
    mut hangup: Option<Signal>,
) {
    loop {
        match &mut hangup {
            Some(hangup) => drop(timeout(pause, hangup.recv()).await),
            None => sleep(pause).await,
        }
        let Some(certificate) = certificate.clone() else { continue };
        let renewed = spawn_blocking(move || certificate.renew()).await;
        match renewed.ok().flatten() {
            None => {}
            Some(Ok(ends)) => {
                hub.alerts.with(|desk, _| desk.renew_certificate(ends));
                let until = ends.map(|ends| format!(", good until {ends}")).unwrap_or_default();
                info!("the certificate was read anew{until}");
            }
            Some(Err(error)) => warn!("{error}; the certificate before it stays in use"),
        }
    }
}

/// By what is in them: a name may be a link that leads elsewhere since.
fn digest(files: &TlsFiles) -> Option<[u8; 32]> {
    let mut digest = Sha256::new();
    for path in [&files.cert, &files.key] {
        digest.update(fs::read(path).ok()?);
    }
    Some(digest.finalize().into())
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
