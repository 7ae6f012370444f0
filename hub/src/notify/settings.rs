//! What the owner decided about one channel, and the secrets that stand in files of their own.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use kinglet_proto::secret::Secret;

use super::desk::Rules;
use super::kind::Kind;
use super::template::Template;
use crate::http::Address;
use crate::limits::TOKEN_FILE_BYTES_MAX;

/// One `[[notify]]`. What its kind has no use for is `None` or empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// What the owner calls it, unique among them.
    pub name: String,
    /// Whose form notices have.
    pub kind: &'static Kind,
    /// Where it answers, unless that is a secret.
    pub url: Option<Address>,
    /// Where it answers, in a file because who knows it can write there.
    pub url_file: Option<PathBuf>,
    /// The token, or the password of `user`, read for each notice.
    pub secret_file: Option<PathBuf>,
    /// Whose password it is; `None` for a token.
    pub user: Option<String>,
    /// PEM file of the authorities that count; `None` for those of the web.
    pub ca_file: Option<PathBuf>,
    /// ntfy: the topic. Telegram: the chat.
    pub to: String,
    /// Mail: from whom, to whom, and how it gets there.
    pub mail: Option<Mail>,
    /// Webhook: what is sent; `None` for JSON of all there is.
    pub template: Option<Template>,
    /// What is told, and how much of it.
    pub rules: Rules,
}

/// Who writes letters to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// `kinglet@example.org`, or `Kinglet <kinglet@example.org>`
    pub from: String,
    /// The same, one or more.
    pub to: Vec<String>,
    /// What keeps others from reading along.
    pub tls: MailTls,
}

/// How a connection to a mail server is made safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From its first byte.
    Implicit,
    /// By STARTTLS, without which nothing is said.
    Starttls,
    /// Not at all: to this machine, or because the owner says so.
    None,
}

/// What is read for each notice, because its owner may have changed it.
pub(super) struct Access {
    pub(super) address: Address,
    /// Empty for none.
    pub(super) secret: Secret,
}

impl Settings {
    /// Reads the files.
    ///
    /// # Errors
    /// Which of them cannot be used, in words that have no secret in them.
    pub(super) fn read_access(&self) -> Result<Access, String> {
        let secret = self.secret_file.as_deref().map(read_secret).transpose()?.unwrap_or_default();
        let address = match (&self.url, &self.url_file) {
            (Some(address), _) => address.clone(),
            (None, Some(path)) => {
                let wrong = || format!("{}: no http:// or https:// address in it", path.display());
                Address::parse_whole(read_secret(path)?.expose()).ok_or_else(wrong)?
            }
            (None, None) => return Err("it has no address".to_owned()),
        };
        Ok(Access { address, secret })
    }
}

/// The one line of a file.
fn read_secret(path: &Path) -> Result<Secret, String> {
    let bad = |what: String| format!("{}: {what}", path.display());
    let mut text = String::new();
    let file = File::open(path).map_err(|error| bad(error.to_string()))?;
    let read = file.take(TOKEN_FILE_BYTES_MAX as u64).read_to_string(&mut text);
    read.map_err(|error| bad(error.to_string()))?;
    let secret = text.trim();
    let is_printable = secret.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if secret.is_empty() || !is_printable {
        return Err(bad("no single line of printable characters".to_owned()));
    }
    Ok(Secret::new(secret))
}
