//! One connection to a server: kept alive, one request on it at a time.

use std::fmt;
use std::io;

use axum::body::{Body, to_bytes};
use axum::http::Request;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::Address;
use super::answer::Answer;
use crate::limits::{HTTP_ANSWER_TIMEOUT, HTTP_CONNECT_TIMEOUT};

/// Dials, and keeps what answered.
pub(crate) struct Client {
    address: Address,
    tls: Option<TlsConnector>,
    /// Bytes that an answer may have.
    answer_max: usize,
    open: Option<SendRequest<Body>>,
}

/// Why nothing was answered.
#[derive(Debug)]
pub(crate) enum ClientError {
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
    pub(crate) fn new(address: &Address, tls: Option<TlsConnector>, answer_max: usize) -> Self {
        Self { address: address.clone(), tls, answer_max, open: None }
    }

    /// Sends a request and waits for its whole answer. Where a kept connection turns out to be
    /// closed, it is sent once more on a new one: what is written twice is the same.
    pub(crate) async fn send(
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
            let body = to_bytes(Body::new(body), self.answer_max).await;
            let body = body.map_err(|_| ClientError::TooLarge)?;
            Ok(Answer { status: head.status, headers: head.headers, body: body.into() })
        };
        let answer = timeout(HTTP_ANSWER_TIMEOUT, exchange).await;
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
        let dialled = timeout(HTTP_CONNECT_TIMEOUT, dial).await;
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
