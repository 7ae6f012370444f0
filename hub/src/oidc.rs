//! Signing in elsewhere: OpenID Connect's authorization code flow with PKCE, for one provider
//! (OpenID Connect Core 1.0 section 3.1, RFC 7636).
//!
//! What belongs together over the way to the provider and back is held by the browser, in a cookie
//! that no script reads: the hub keeps nothing of who only began. The code is traded for an ID
//! token with the provider itself, and that is checked as if anybody had brought it.

mod fetch;
mod provider;
mod rights;
mod token;

use std::path::PathBuf;

use data_encoding::BASE64URL_NOPAD;
use fetch::Fetch;
use kinglet_proto::time::WallTime;
use provider::Provider;
pub use rights::{Claim, Rights};
use sha2::{Digest as _, Sha256};
use token::Due;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::auth::new_token;
use crate::limits::people::OIDC_AT_ONCE;
use crate::people::{Role, UserName};

/// What the owner decided of signing in elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The provider, as it calls itself.
    pub issuer: String,
    /// What it is called on the page.
    pub title: String,
    /// What the hub is called there.
    pub client_id: String,
    /// A file with what the hub shows there; it is read at each sign-in.
    pub client_secret_file: PathBuf,
    /// Where browsers reach the hub, without a slash at its end.
    pub url: String,
    /// What is asked for, `openid` among it.
    pub scopes: Vec<String>,
    /// Who may what.
    pub rights: Rights,
    /// PEM file of the authorities that count; `None` for those of the web.
    pub ca_file: Option<PathBuf>,
}

/// Why somebody is not let in who comes back from the provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotIn {
    /// He is nobody of whom the owner said that he may; his name, where he has one that may be one.
    NotAllowed(Option<UserName>),
    /// The provider does not answer as it should, or what came back is not what was begun; in
    /// words.
    Failed(String),
}

/// A way to the provider that was begun.
#[derive(Debug)]
pub(crate) struct Begun {
    /// Where to send the browser.
    pub(crate) location: String,
    /// What it is to hold until it is back.
    pub(crate) kept: String,
}

/// The way to one provider.
#[derive(Debug)]
pub(crate) struct Oidc {
    settings: Settings,
    fetch: Fetch,
    /// Places of those who are on their way: strangers may begin.
    places: Semaphore,
}

impl Oidc {
    /// A way by these settings.
    ///
    /// # Errors
    /// The authorities' file cannot be read; in words.
    pub(crate) fn open(settings: Settings) -> Result<Self, String> {
        let fetch = Fetch::new(settings.ca_file.as_deref())?;
        Ok(Self { settings, fetch, places: Semaphore::new(OIDC_AT_ONCE) })
    }

    /// What the provider is called on the page.
    pub(crate) fn title(&self) -> &str {
        &self.settings.title
    }

    /// Begins a way to the provider.
    ///
    /// # Errors
    /// It does not answer as it should; in words.
    pub(crate) async fn begin(&self) -> Result<Begun, String> {
        let _place =
            self.places.try_acquire().map_err(|_| "too many are on their way".to_owned())?;
        let provider = Provider::discover(&self.fetch, &self.settings.issuer).await?;
        let secret = || new_token().map_err(|error| format!("no randomness: {error}"));
        let (state, nonce, verifier) = (secret()?, secret()?, secret()?);
        let challenge = BASE64URL_NOPAD.encode(&Sha256::digest(verifier.as_bytes()));
        let query = fetch::form(&[
            ("response_type", "code"),
            ("client_id", &self.settings.client_id),
            ("redirect_uri", &self.callback()),
            ("scope", &self.settings.scopes.join(" ")),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let joint = if provider.authorization_endpoint.contains('?') { '&' } else { '?' };
        let location = format!("{}{joint}{query}", provider.authorization_endpoint);
        Ok(Begun { location, kept: format!("{state}.{nonce}.{verifier}") })
    }

    /// Who comes back with this code and state, to a browser that holds `kept`.
    ///
    /// # Errors
    /// He is not let in.
    pub(crate) async fn finish(
        &self,
        code: &str,
        state: &str,
        kept: &str,
        now: WallTime,
    ) -> Result<(UserName, Role), NotIn> {
        let failed = |words: &str| NotIn::Failed(words.to_owned());
        let parts: Vec<&str> = kept.split('.').collect();
        let [begun, nonce, verifier] = parts[..] else {
            return Err(failed("this browser began nothing"));
        };
        if begun.is_empty() || begun != state {
            return Err(failed("another was begun by this browser"));
        }
        let busy = |_| failed("too many are on their way");
        let _place = self.places.try_acquire().map_err(busy)?;
        let traded = self.trade(code, verifier).await.map_err(NotIn::Failed)?;
        let (answer, keys) = traded;
        let due = Due {
            issuer: &self.settings.issuer,
            client_id: &self.settings.client_id,
            nonce,
            now: now.unix_seconds(),
        };
        let claims = token::verify(&answer, &keys, &due).map_err(NotIn::Failed)?;
        self.settings.rights.of(&claims).map_err(NotIn::NotAllowed)
    }

    /// The ID token for a code, and the keys that may have signed it.
    async fn trade(
        &self,
        code: &str,
        verifier: &str,
    ) -> Result<(String, Vec<serde_json::Value>), String> {
        let Settings { issuer, client_id, client_secret_file, .. } = &self.settings;
        let provider = Provider::discover(&self.fetch, issuer).await?;
        let path = client_secret_file.clone();
        let read = spawn_blocking(move || {
            std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        });
        let secret = read.await.map_err(|error| error.to_string())??;
        let callback = self.callback();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &callback),
            ("code_verifier", verifier),
        ];
        let shown = (client_id.as_str(), secret.trim_end());
        let token = provider.token(&self.fetch, &fields, shown).await?;
        Ok((token, provider.keys(&self.fetch).await?))
    }

    /// Where the provider sends the browser back to.
    fn callback(&self) -> String {
        format!("{}/api/oidc/callback", self.settings.url)
    }
}
