//! Requests to the provider, each on a connection of its own: people sign in seldom.

use std::path::Path;

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use tokio_rustls::TlsConnector;

use crate::http::{Address, Client, escaped, said};
use crate::limits::people::OIDC_ANSWER_BYTES_MAX;
use crate::tls_client::connector;

/// By which authorities a provider is known.
pub(super) struct Fetch {
    tls: TlsConnector,
}

impl std::fmt::Debug for Fetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fetch")
    }
}

/// What is sent along.
#[derive(Debug, Clone, Default)]
pub(super) struct Sent {
    /// A form.
    pub(super) form: String,
    /// Name and password, as `Authorization` has them; empty for none.
    pub(super) basic: String,
}

impl Fetch {
    /// By those of a file, or of the web.
    pub(super) fn new(ca_file: Option<&Path>) -> Result<Self, String> {
        Ok(Self { tls: connector(ca_file)? })
    }

    /// The JSON at an address; with something sent along it is asked by POST.
    pub(super) async fn json(
        &self,
        url: &str,
        sent: Option<Sent>,
    ) -> Result<serde_json::Value, String> {
        let address = Address::parse_whole(url).ok_or_else(|| format!("{url} is no address"))?;
        if !address.tls && !address.is_loopback() {
            return Err(format!("{url}: without TLS anybody could answer"));
        }
        let tls = address.tls.then(|| self.tls.clone());
        let mut client = Client::new(&address, tls, OIDC_ANSWER_BYTES_MAX);
        let method = if sent.is_some() { "POST" } else { "GET" };
        let Sent { form, basic } = sent.unwrap_or_default();
        let request = || {
            let request = Request::builder().method(method).uri(&address.prefix);
            let request = request.header(HOST, address.authority());
            let request = request.header(ACCEPT, "application/json");
            let request = match method {
                "POST" => request.header(CONTENT_TYPE, "application/x-www-form-urlencoded"),
                _ => request,
            };
            let request = match basic.as_str() {
                "" => request,
                basic => request.header(AUTHORIZATION, format!("Basic {basic}")),
            };
            // What was read as an address makes a request.
            request.body(Body::from(form.clone())).unwrap_or_default()
        };
        let answer = client.send(request).await.map_err(|error| error.to_string())?;
        if !answer.status.is_success() {
            return Err(format!("{url} answered {}: {}", answer.status, said(&answer.body)));
        }
        serde_json::from_slice(&answer.body).map_err(|_| format!("{url} answered no JSON"))
    }
}

/// Fields as a form or a query has them.
pub(super) fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_holds_whatever_a_value_is() {
        assert_eq!(form(&[("a", "x y&z=1"), ("b", "é/~")]), "a=x%20y%26z%3D1&b=%C3%A9%2F~");
    }
}
