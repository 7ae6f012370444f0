//! One connection to the database: kept alive, one request on it at a time.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::settings::Address;
use crate::limits::{INFLUX_ANSWER_BYTES_MAX, INFLUX_ANSWER_TIMEOUT, INFLUX_CONNECT_TIMEOUT};

/// Dials, and keeps what answered.
pub(super) struct Client {
    address: Address,
    tls: Option<TlsConnector>,
    open: Option<SendRequest<Body>>,
}

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why nothing was answered.
#[derive(Debug)]
pub(super) enum ClientError {
    /// No connection to this host and port.
    Connect(String, io::Error),
    /// TLS with it failed.
    Tls(String, io::Error),
    /// It did not answer in time, or not to its end.
    TimedOut(String),
    /// It broke off, or said what is no HTTP.
    Broken(String),
    /// It answered more than fits.
    TooLarge,
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(to, error) => write!(f, "cannot reach {to}: {error}"),
            Self::Tls(to, error) => write!(f, "tls with {to}: {error}"),
            Self::TimedOut(to) => write!(f, "{to} does not answer"),
            Self::Broken(what) => f.write_str(what),
            Self::TooLarge => f.write_str("the answer is too large"),
        }
    }
}

impl Client {
    /// Not connected yet.
    pub(super) fn new(address: &Address, tls: Option<TlsConnector>) -> Self {
        Self { address: address.clone(), tls, open: None }
    }

    /// Sends a request and waits for its whole answer. Where a kept connection turns out to be
    /// closed, it is sent once more on a new one: what is written twice is the same.
    pub(super) async fn send(
        &mut self,
        request: impl Fn() -> Request<Body>,
    ) -> Result<Answer, ClientError> {
        if let Some(open) = self.open.take().filter(|open| !open.is_closed())
            && let Ok(answer) = self.ask(open, request()).await
        {
            return Ok(answer);
        }
        let open = self.connect().await?;
        self.ask(open, request()).await
    }

    async fn ask(
        &mut self,
        mut open: SendRequest<Body>,
        request: Request<Body>,
    ) -> Result<Answer, ClientError> {
        let broken = |error: hyper::Error| ClientError::Broken(with_source(&error));
        let exchange = async {
            open.ready().await.map_err(broken)?;
            let answer = open.send_request(request).await.map_err(broken)?;
            let (head, body) = answer.into_parts();
            let body = to_bytes(Body::new(body), INFLUX_ANSWER_BYTES_MAX).await;
            let body = body.map_err(|_| ClientError::TooLarge)?;
            Ok(Answer { status: head.status, headers: head.headers, body: body.into() })
        };
        let answer = timeout(INFLUX_ANSWER_TIMEOUT, exchange).await;
        let answer = answer.map_err(|_| ClientError::TimedOut(self.address.authority()))?;
        if answer.is_ok() {
            self.open = Some(open);
        }
        answer
    }

    async fn connect(&self) -> Result<SendRequest<Body>, ClientError> {
        let to = self.address.authority();
        let dial = async {
            let tcp = TcpStream::connect((self.address.host.as_str(), self.address.port)).await;
            let tcp = tcp.map_err(|error| ClientError::Connect(to.clone(), error))?;
            // Without it only latency is lost.
            let _ = tcp.set_nodelay(true);
            let Some(tls) = &self.tls else { return shake_hands(tcp).await };
            let failed = |error| ClientError::Tls(to.clone(), error);
            let name = ServerName::try_from(self.address.host.clone());
            let name = name.map_err(|error| failed(io::Error::other(error)))?;
            shake_hands(tls.connect(name, tcp).await.map_err(failed)?).await
        };
        let dialled = timeout(INFLUX_CONNECT_TIMEOUT, dial).await;
        dialled.map_err(|_| ClientError::TimedOut(self.address.authority()))?
    }
}

async fn shake_hands<S>(stream: S) -> Result<SendRequest<Body>, ClientError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let broken = |error: hyper::Error| ClientError::Broken(with_source(&error));
    let (open, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // It ends when the other end is dropped; what went wrong, who asked is told.
    tokio::spawn(async { drop(connection.await) });
    Ok(open)
}

fn with_source(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

/// TLS that trusts the authorities of a file, or without one those of the web.
pub(super) fn connector(ca_file: Option<&Path>) -> Result<TlsConnector, String> {
    let mut roots = RootCertStore::empty();
    match ca_file {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let bad = |what: String| format!("{}: {what}", path.display());
            let all =
                CertificateDer::pem_file_iter(path).map_err(|error| bad(error.to_string()))?;
            for certificate in all {
                let certificate = certificate.map_err(|error| bad(error.to_string()))?;
                roots.add(certificate).map_err(|error| bad(error.to_string()))?;
            }
            if roots.is_empty() {
                return Err(bad("no certificate in it".to_owned()));
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(TlsConnector::from(Arc::new(config)))
}
