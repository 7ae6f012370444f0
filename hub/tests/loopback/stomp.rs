//! STOMP over WebSocket, as raw clients see it: each point of the protocol, and what brokers' stock
//! clients rely on.

#[path = "stomp/client.rs"]
mod client;
#[path = "stomp/faults.rs"]
mod faults;
#[path = "stomp/own.rs"]
mod own;
#[path = "stomp/publishers.rs"]
mod publishers;
#[path = "stomp/sessions.rs"]
mod sessions;
#[path = "stomp/sockjs.rs"]
mod sockjs;
#[path = "stomp/topics.rs"]
mod topics;
