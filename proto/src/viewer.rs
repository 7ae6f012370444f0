//! What a hub tells its viewers: the documented SimpleServerStatus object on `/ws-frontend`, the
//! documented vStats panel messages and the realtime API in the envelope on `/ws` and below it, and
//! what of that one of them has chosen; the topics of the STOMP endpoint and their bodies.

mod choice;
pub mod destination;
mod figure;
pub mod lifecycle;
mod panel;
mod realtime;
mod row;
mod rows;
mod server_info;
mod topic;
mod watch;

pub use choice::{Choice, ChoiceError};
pub use figure::figure;
pub use panel::{Host, Metrics, added, added_as, metrics, removed, status};
pub use realtime::{NetworkIo, Performance, answer, performance, public_part, told};
pub use row::{COLUMNS, Row};
pub use rows::{columns, round_of_hosts, rows};
pub use server_info::server_info;
pub use topic::Topic;
pub use watch::{Fields, Watch, WatchError};
