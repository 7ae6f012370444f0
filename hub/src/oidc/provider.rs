//! What a provider says of itself (OpenID Connect Discovery 1.0), and what it is asked.

use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::Value;

use super::fetch::{Fetch, Sent, form};
use crate::http::escaped;

/// Where it answers what.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Provider {
    issuer: String,
    pub(super) authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    /// How the hub may show its secret; `client_secret_basic` where it does not say.
    #[serde(default)]
    token_endpoint_auth_methods_supported: Vec<String>,
}

impl Provider {
    /// Asks a provider where it answers what.
    pub(super) async fn discover(fetch: &Fetch, issuer: &str) -> Result<Self, String> {
        let place = issuer.trim_end_matches('/');
        let url = format!("{place}/.well-known/openid-configuration");
        let told = fetch.json(&url, None).await?;
        let provider: Self = serde_json::from_value(told)
            .map_err(|error| format!("{url} says too little: {error}"))?;
        if provider.issuer != issuer {
            return Err(format!("{url} is of {:?}: `issuer` must be that", provider.issuer));
        }
        Ok(provider)
    }

    /// Trades a code for the ID token.
    pub(super) async fn token(
        &self,
        fetch: &Fetch,
        fields: &[(&str, &str)],
        (client_id, secret): (&str, &str),
    ) -> Result<String, String> {
        let methods = &self.token_endpoint_auth_methods_supported;
        let is_basic = methods.is_empty() || methods.iter().any(|it| it == "client_secret_basic");
        let sent = if is_basic {
            let pair = format!("{}:{}", escaped(client_id), escaped(secret));
            Sent { form: form(fields), basic: BASE64.encode(pair.as_bytes()) }
        } else {
            let shown = [("client_id", client_id), ("client_secret", secret)];
            Sent { form: form(&[fields, &shown].concat()), basic: String::new() }
        };
        let answer = fetch.json(&self.token_endpoint, Some(sent)).await?;
        let token = answer.get("id_token").and_then(Value::as_str).map(str::to_owned);
        token.ok_or_else(|| format!("{} answered without an ID token", self.token_endpoint))
    }

    /// The keys that it signs with.
    pub(super) async fn keys(&self, fetch: &Fetch) -> Result<Vec<Value>, String> {
        let answer = fetch.json(&self.jwks_uri, None).await?;
        let keys = answer.get("keys").and_then(Value::as_array).cloned();
        keys.ok_or_else(|| format!("{} answered without keys", self.jwks_uri))
    }
}
