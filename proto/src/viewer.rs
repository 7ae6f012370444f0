//! What a hub tells its viewers: the documented SimpleServerStatus object on `/ws-frontend`, the
//! documented vStats panel messages in the envelope on `/ws`.

mod panel;
mod server_info;

pub use panel::{Host, Metrics, added, metrics, removed, status};
pub use server_info::server_info;
