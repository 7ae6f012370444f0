//! docs/protocol.md is true of the agent: a real session, told what the document's hub says, says
//! what the document's agent says. That a hub answers so is tested in `hub/tests/loopback`.
#![expect(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]

mod document;
mod host;

use document::{Example, From, examples};
use host::Pi;
use kinglet_proto::enroll::decode;
use kinglet_proto::session::{Counts, Event};
use kinglet_proto::time::WallTime;
use serde_json::Value;

#[test]
fn the_agent_speaks_as_the_document_says() {
    let mut pi = Pi::new(time("2026-11-26T09:00:00.000Z"));
    for example in examples() {
        match example.name {
            "agent" | "agent again" => replay(&example, &mut pi),
            "words" | "flood" => tell(&example, &mut pi),
            "enroll" => assert_enrolled(&example),
            "viewer" | "stranger" => {} // no agent takes part
            name => panic!("no test replays the example {name:?}"),
        }
    }
    let limited = |event: &&Event| matches!(event, Event::RateLimited { .. });
    assert_eq!(pi.events.iter().filter(limited).count(), 1, "{:?}", pi.events);
    assert_eq!(pi.events.len(), 4, "up, down, up again and that: {:?}", pi.events);
    let all_there = Counts { reconnects: 1, samples_dropped: 0, ring_bytes: 0 };
    assert_eq!(pi.counts(), all_there, "every acknowledgement was understood");
}

/// The agent says its half, each frame at its time, and nothing else.
fn replay(example: &Example, pi: &mut Pi) {
    for frame in &example.frames {
        pi.pass(said_at(&frame.text));
        match frame.from {
            From::Hub => pi.hear(&frame.text),
            From::Client => {
                let said = pi.said.pop_front().unwrap_or_default();
                assert!(parse(&said) == parse(&frame.text), "the agent says {said}");
            }
        }
    }
    assert!(pi.said.is_empty(), "the agent says more than {}: {:?}", example.name, pi.said);
}

/// The agent hears the hub's half.
fn tell(example: &Example, pi: &mut Pi) {
    for frame in example.frames.iter().filter(|frame| frame.from == From::Hub) {
        pi.pass(said_at(&frame.text));
        pi.hear(&frame.text);
    }
    assert!(pi.said.is_empty(), "the agent answers {}: {:?}", example.name, pi.said);
}

fn assert_enrolled(example: &Example) {
    let [frame] = &example.frames[..] else { panic!("the hub says one thing") };
    let data = &parse(&frame.text)["data"];
    let enrolled = decode(&frame.text).unwrap();
    assert_eq!(enrolled.token.expose(), data["token"]);
    assert_eq!(enrolled.name.as_deref(), data["name"].as_str());
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn said_at(frame: &str) -> WallTime {
    time(parse(frame)["timestamp"].as_str().unwrap())
}

fn time(text: &str) -> WallTime {
    WallTime::parse(text).unwrap()
}
