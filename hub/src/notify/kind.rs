//! Whom the hub can tell, a file and a row each: what a notice looks like there.

mod discord;
mod gotify;
mod ntfy;
mod slack;
mod smtp;
mod telegram;
mod webhook;

use std::fmt;

use data_encoding::BASE64;
use kinglet_proto::secret::Secret;

use super::notice::Notice;
use super::settings::{Access, Settings};

/// A kind of channel.
pub struct Kind {
    /// As `kind` says it.
    pub name: &'static str,
    /// Keys of `[[notify]]` that it must have, beside those of every kind.
    pub needs: &'static [&'static str],
    /// Keys that it may have.
    pub takes: &'static [&'static str],
    /// Where it answers when nobody says where; empty for nowhere.
    pub usual_url: &'static str,
    /// What a notice becomes.
    pub(super) write: fn(&Notice, &Settings, &Access) -> Parcel,
}

/// Names are unique.
impl PartialEq for Kind {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Kind {}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// Every kind.
pub const KINDS: &[Kind] = &[
    smtp::KIND,
    webhook::KIND,
    ntfy::KIND,
    gotify::KIND,
    telegram::KIND,
    discord::KIND,
    slack::KIND,
];

/// What is sent.
#[derive(Debug)]
pub(super) enum Parcel {
    /// By HTTP.
    Post(Post),
    /// By SMTP: a letter, to everybody it is for.
    Letter(String),
}

/// A request with a body.
#[derive(Debug)]
pub(super) struct Post {
    /// Path and query.
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: String,
}

/// JSON to a path.
fn json(path: String, body: &serde_json::Value) -> Post {
    let headers = vec![("content-type", "application/json".to_owned())];
    Post { path, headers, body: body.to_string() }
}

/// The header of who shows a password or a token; none for neither.
fn authorization(user: Option<&str>, secret: &Secret) -> Option<(&'static str, String)> {
    let secret = secret.expose();
    let value = match user {
        Some(user) => format!("Basic {}", BASE64.encode(format!("{user}:{secret}").as_bytes())),
        None => format!("Bearer {secret}"),
    };
    (!secret.is_empty()).then_some(("authorization", value))
}

#[cfg(test)]
mod tests;
