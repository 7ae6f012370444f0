//! The shapes that travel, each stated once for who writes it and who reads it.

pub mod base64;
pub mod envelope;
pub mod exposition;
pub mod frame;
pub(crate) mod go;
mod json;
pub(crate) mod komari;
pub mod line_protocol;
mod number;
pub mod pick;
pub(crate) mod simple_server_status;
pub mod sockjs;
pub mod stomp;
pub mod telegraf;
pub(crate) mod vstats;
