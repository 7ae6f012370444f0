//! From where a request comes.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;

use crate::clock;
use crate::guard::{Neighbour, Places};
use crate::people::Browser;

tokio::task_local! {
    /// The address of who asks what this task answers.
    static ASKING: IpAddr;
}

/// Who asks.
#[derive(Clone)]
pub(crate) struct Caller {
    address: IpAddr,
    /// A trusted proxy says that it came by TLS.
    by_tls: bool,
    places: Arc<Mutex<Places>>,
}

impl Caller {
    pub(crate) fn new(address: IpAddr, places: Arc<Mutex<Places>>) -> Self {
        Self { address, by_tls: false, places }
    }

    /// The same, of whom a trusted proxy says whether it came by TLS.
    pub(crate) fn with_tls(self, by_tls: bool) -> Self {
        Self { by_tls, ..self }
    }

    /// Whether a trusted proxy says that it came by TLS.
    pub(crate) fn is_by_tls(&self) -> bool {
        self.by_tls
    }

    /// Its address; of who came by trusted proxies, the one that they saw.
    pub(crate) fn address(&self) -> IpAddr {
        self.address
    }

    /// The browser that it says it is, now.
    pub(crate) fn browser<'a>(&self, headers: &'a HeaderMap) -> Browser<'a> {
        let client = headers.get(USER_AGENT).and_then(|it| it.to_str().ok()).unwrap_or_default();
        let (now, from) = (clock::now(), self.address);
        Browser { remember: false, client, from, now: now.instant, at: now.wall }
    }

    /// Does what answers it, so that [`place`] tells from where it is.
    pub(crate) async fn answer<T>(&self, answering: impl Future<Output = T>) -> T {
        ASKING.scope(self.address, answering).await
    }

    /// With whom it shares what each stranger has.
    pub(crate) fn neighbour(&self) -> Neighbour {
        self.address.into()
    }

    /// With whom it shares what each stranger has; `None` where an agent has come from there.
    pub(crate) fn stranger(&self) -> Option<Neighbour> {
        let places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        Some(self.neighbour()).filter(|from| !places.is_known(*from))
    }

    /// It has shown an agent's token: its address is no stranger's any more.
    pub(crate) fn vouch(&self) {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        places.know(self.neighbour(), clock::now().instant);
    }
}

/// The address of who asks what this task answers; empty where nobody does.
pub(crate) fn place() -> String {
    ASKING.try_with(ToString::to_string).unwrap_or_default()
}

impl fmt::Display for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Infallible;

    /// The one that the listener put there; a request without came over no connection.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let nowhere = || Self::new(Ipv4Addr::UNSPECIFIED.into(), Arc::default());
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_else(nowhere))
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::Request;

    use super::*;

    #[tokio::test]
    async fn a_request_of_which_no_address_is_known_is_answered_all_the_same() {
        let (mut parts, _) = Request::new(Body::empty()).into_parts();
        let caller = Caller::from_request_parts(&mut parts, &()).await.unwrap();
        assert_eq!(caller.to_string(), "0.0.0.0");
        assert_eq!(caller.stranger(), Some(caller.neighbour()));
        let known = Caller::new([192, 0, 2, 7].into(), Arc::default());
        parts.extensions.insert(known.clone());
        let found = Caller::from_request_parts(&mut parts, &()).await.unwrap();
        assert_eq!(found.neighbour(), known.neighbour());
    }
}
