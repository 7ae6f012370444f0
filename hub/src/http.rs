//! The hub as a client of HTTP: one request on one connection, of hyper's own parts.

mod address;
mod answer;
mod client;

pub use address::Address;
pub(crate) use answer::{Answer, retry_after, said};
pub(crate) use client::{Client, ClientError};
