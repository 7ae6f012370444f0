//! Kinglet's own hub: agents in, live viewers and a page out.
//!
//! [`fleet`] decides, [`listen`] owns the sockets, [`config`] and [`auth`] say who may do what,
//! [`enroll`] lets new hosts in.

pub mod alert;
pub mod auth;
pub mod clock;
pub mod config;
pub mod demo;
mod door;
pub mod drop_in;
pub mod enroll;
pub mod fleet;
pub mod guard;
pub mod history;
pub mod http;
mod hub;
pub mod influx;
pub mod invite;
pub mod limits;
pub mod listen;
pub mod notify;
pub mod oidc;
pub mod people;
pub mod registry;
mod server;
mod sink;
pub mod store;
mod tls_client;
mod turn;
