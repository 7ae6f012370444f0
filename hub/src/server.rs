//! What doors share: the frames of a WebSocket, the credentials a request shows, how one is refused
//! or answered, how a viewer is written to.

mod capped;
pub(crate) mod deny;
pub(crate) mod json;
pub(crate) mod metric_name;
pub(crate) mod token;
pub(crate) mod viewer;
pub(crate) mod ws;
