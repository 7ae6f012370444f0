//! docs/protocol.md is true of the hub: what agents and viewers say in it is said to a real one,
//! which answers what stands there. That an agent speaks so is tested in `proto/tests/protocol`.

#[path = "../../../proto/tests/protocol/document.rs"]
mod document;

use std::path::PathBuf;

use document::{Example, From, examples};
use kinglet_hub::auth::TokenHash;
use kinglet_hub::clock;
use kinglet_hub::enroll::invitation::invite;
use kinglet_hub::limits::AGENT_BURST;
use kinglet_proto::time::WallTime;
use serde_json::Value;
use tungstenite::Message;

use super::support::{Client, Hub, VIEWER, scratch};

#[test]
fn the_hub_answers_as_the_document_says() {
    let mut replay = Replay::start();
    for example in examples() {
        replay.run(&example);
    }
}

/// The document's conversations, one after the other with one hub.
struct Replay {
    hub: Hub,
    state_dir: PathBuf,
    /// The host's, once it is enrolled.
    token: String,
    agent: Option<Client>,
}

impl Replay {
    fn start() -> Self {
        let (state_dir, viewers) = (scratch("state"), TokenHash::of(VIEWER));
        let hub = Hub::configured(&format!(
            "listen = \"127.0.0.1:0\"\nstate_dir = {state_dir:?}\n\
             [viewers]\ntoken_hash = \"{viewers}\"\n"
        ));
        Self { hub, state_dir, token: String::new(), agent: None }
    }

    fn run(&mut self, example: &Example) {
        match example.name {
            "enroll" => self.enroll(example),
            "agent" | "agent again" => {
                self.agent = None; // the line breaks
                let mut agent = self.open("/ws/agent", &self.token);
                converse(&mut agent, example);
                assert_quiet(&mut agent);
                self.agent = Some(agent);
            }
            "words" => {
                converse(self.agent(), example);
                assert_quiet(self.agent());
            }
            "flood" => {
                for _ in 0..2 * AGENT_BURST {
                    self.agent().send(r#"{"type":"heartbeat"}"#);
                }
                converse(self.agent(), example);
            }
            "viewer" => {
                let mut viewer = self.hub.open(&viewer_path(VIEWER), &[]).unwrap();
                converse(&mut viewer, example);
                assert_quiet(&mut viewer);
            }
            "stranger" => {
                let mut stranger = self.hub.open(&viewer_path("wrong"), &[]).unwrap();
                converse(&mut stranger, example);
                assert_eq!(stranger.closed().unwrap().code, 1008.into());
            }
            name => panic!("no test replays the example {name:?}"),
        }
    }

    /// Invited as the document's host is.
    fn enroll(&mut self, example: &Example) {
        let now = clock::now().wall;
        let code = invite(&self.state_dir, Some("Attic Pi".to_owned()), None, now).unwrap();
        let mut host = self.open("/ws/enroll", &code.to_string());
        let said = host.json();
        assert_eq!(masked(said.clone()), masked(parse(&example.frames[0].text)));
        assert_eq!(example.frames.len(), 1);
        assert_eq!(host.closed().unwrap().code, 1000.into());
        self.token = said["data"]["token"].as_str().unwrap().to_owned();
    }

    fn open(&self, path: &str, token: &str) -> Client {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", &*bearer), ("x-client-id", "attic-pi")];
        self.hub.open(path, &headers).unwrap()
    }

    fn agent(&mut self) -> &mut Client {
        self.agent.as_mut().expect("an agent's connection goes on")
    }
}

fn viewer_path(token: &str) -> String {
    format!("/ws?token={token}&client_id=wall")
}

/// Says the client's frames as they stand there and hears the hub's.
fn converse(client: &mut Client, example: &Example) {
    for frame in &example.frames {
        match frame.from {
            From::Client => client.send(&frame.text),
            From::Hub => {
                let said = client.json();
                let is_told = masked(said.clone()) == masked(parse(&frame.text));
                assert!(is_told, "{}: the hub says {said}", example.name);
            }
        }
    }
}

/// The hub has nothing more to say: its answer to a Ping comes after all else.
fn assert_quiet(client: &mut Client) {
    client.socket.send(Message::Ping("quiet".into())).unwrap();
    let next = client.socket.read().unwrap();
    assert_eq!(next, Message::Pong("quiet".into()));
}

/// The message without what is another each time: when the hub says it was, and a token.
fn masked(mut message: Value) -> Value {
    for at in ["/timestamp", "/data/server_time", "/data/last_seen", "/data/last_check"] {
        if let Some(value) = message.pointer_mut(at) {
            let time = value.as_str().and_then(WallTime::parse).unwrap();
            assert_eq!(*value, time.to_string(), "in UTC, with milliseconds");
            *value = "a time".into();
        }
    }
    if let Some(value) = message.pointer_mut("/data/token") {
        let token = value.as_str().unwrap();
        assert!(token.len() == 64 && token.bytes().all(|byte| byte.is_ascii_hexdigit()), "{token}");
        *value = "a token".into();
    }
    message
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}
