//! The sockets: listening, TLS, WebSocket frames, and what credentials a request shows.

mod capped;
pub(crate) mod deny;
pub(crate) mod json;
mod listen;
mod supervisor;
mod tls;
pub(crate) mod token;
pub(crate) mod viewer;
pub(crate) mod ws;

pub use listen::{ServeError, Server};
pub use tls::check as check_tls;
pub use tls::pin;
