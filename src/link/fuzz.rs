//! What `fuzz/` reaches of a link: every answer that is taken from a server or a name server.

pub use super::carrier::fuzz::{answer, retry_after};
pub use super::carrier::websocket::fuzz::{frames, upgrade};
pub use super::dial::fuzz::{name_server_answer, resolv_conf};
pub use super::proxy::fuzz::proxy;
