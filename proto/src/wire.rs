//! The shapes that travel, each stated once for who writes it and who reads it.

pub mod base64;
pub mod envelope;
pub mod exposition;
pub mod frame;
pub(crate) mod go;
mod json;
#[cfg(feature = "komari")]
pub(crate) mod komari;
pub mod line_protocol;
mod number;
pub mod pick;
#[cfg_attr(
    not(feature = "simple-server-status"),
    expect(dead_code, reason = "what only an agent writes")
)]
pub(crate) mod simple_server_status;
pub mod sockjs;
pub mod stomp;
pub mod telegraf;
#[cfg_attr(not(feature = "vstats"), expect(dead_code, reason = "what only an agent reads"))]
pub(crate) mod vstats;
