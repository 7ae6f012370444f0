//! Brings notices to where a channel goes: the only sockets of this folder, with `smtp`.

use axum::body::Body;
use axum::http::Request;
use tokio_rustls::TlsConnector;

use super::fate::{Fate, fate};
use super::kind::{Parcel, Post};
use super::notice::Notice;
use super::settings::{Access, MailTls, Settings};
use super::smtp;
use crate::http::Client;
use crate::limits::NOTIFY_ANSWER_BYTES_MAX;
use crate::tls_client::connector;

/// Whether the files that the settings name can be used.
///
/// # Errors
/// Which cannot, and why.
pub(super) fn check(settings: &Settings) -> Result<(), String> {
    let access = settings.read_access()?;
    tls(settings, &access).map(drop)
}

/// Sends one notice. Files are read for it, because their owner may have changed them.
pub(super) async fn send(settings: &Settings, notice: &Notice) -> Fate {
    let prepared = settings.read_access().and_then(|access| {
        let tls = tls(settings, &access)?;
        Ok((access, tls))
    });
    let (access, tls) = match prepared {
        Ok(prepared) => prepared,
        Err(words) => return Fate::Later(None, words),
    };
    let fate = match ((settings.kind.write)(notice, settings, &access), &settings.mail) {
        (Parcel::Post(parcel), _) => post(&parcel, &access, tls).await,
        (Parcel::Letter(letter), Some(mail)) => {
            smtp::send(&letter, mail, &access, settings.user.as_deref(), tls.as_ref()).await
        }
        (Parcel::Letter(_), None) => Fate::Refused("nobody to write to".to_owned()),
    };
    without_secrets(fate, &access)
}

/// `None` where none is spoken.
fn tls(settings: &Settings, access: &Access) -> Result<Option<TlsConnector>, String> {
    let starts = settings.mail.as_ref().is_some_and(|mail| mail.tls == MailTls::Starttls);
    let wanted = access.address.tls || starts;
    wanted.then(|| connector(settings.ca_file.as_deref())).transpose()
}

async fn post(parcel: &Post, access: &Access, tls: Option<TlsConnector>) -> Fate {
    if let Err(error) = request(parcel, access) {
        return Fate::Refused(format!("it cannot be asked so: {error}"));
    }
    // One that was just made sends nothing twice.
    let mut client = Client::new(&access.address, tls, NOTIFY_ANSWER_BYTES_MAX);
    match client.send(|| request(parcel, access).unwrap_or_default()).await {
        Ok(answer) => fate(&answer),
        Err(error) => Fate::Later(None, error.to_string()),
    }
}

fn request(parcel: &Post, access: &Access) -> Result<Request<Body>, axum::http::Error> {
    let path = if parcel.path.is_empty() { "/" } else { &parcel.path };
    let mut head = Request::builder().method("POST").uri(path);
    head = head.header("host", access.address.authority());
    head = head.header("user-agent", concat!("kinglet-hub/", env!("CARGO_PKG_VERSION")));
    for (name, value) in &parcel.headers {
        head = head.header(*name, value);
    }
    head.body(Body::from(parcel.body.clone()))
}

/// What goes into the log: some servers repeat what they were asked.
fn without_secrets(fate: Fate, access: &Access) -> Fate {
    let secrets = [access.secret.expose(), &access.address.prefix];
    let hide = |words: String| {
        let long = secrets.iter().filter(|secret| secret.len() > 3);
        long.fold(words, |words, secret| words.replace(secret, "***"))
    };
    match fate {
        Fate::Taken => Fate::Taken,
        Fate::Partly(words) => Fate::Partly(hide(words)),
        Fate::Refused(words) => Fate::Refused(hide(words)),
        Fate::Later(wait, words) => Fate::Later(wait, hide(words)),
    }
}
