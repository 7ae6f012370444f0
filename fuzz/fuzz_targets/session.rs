//! What servers say to an agent, by every protocol it speaks, in any order and at any time.
//!
//! An input is a script: parts that end with a byte 1e. The first names the protocol, each of the
//! others begins with a letter that says what happens, and what follows is about that.
#![no_main]

use std::time::Duration;

use kinglet_proto::enroll::{self, Exchange};
use kinglet_proto::host::{Host, HostId};
use kinglet_proto::limits::{FRAME_OUT_MAX, RING_BYTES_MAX};
use kinglet_proto::output::{Account, Answer, Auth, OUTPUTS, Protocol};
use kinglet_proto::sample::Sample;
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Command, Conversation, Input, Loss, start};
use kinglet_proto::time::{Instant, Now, WallTime};
use libfuzzer_sys::fuzz_target;

const TOKEN: &str = "hunter2-hunter2";
/// A body of which its answer's status stands before it, behind a blank.
const STATUS: char = ' ';
/// Commands that follow from one input at most.
const COMMANDS: usize = 200;
/// Times that it wants to be asked again at once.
const ROUNDS: usize = 8;

fuzz_target!(|text: &str| {
    let mut parts = text.split('\u{1e}');
    let name = parts.next().unwrap_or_default();
    let protocol = Protocol::named(name.trim()).unwrap_or(&OUTPUTS[0]);
    let mut session = start(protocol, account(), Duration::from_secs(5), 1);
    let mut clock = Clock { at: 1_000_000 };
    let sample = sample();
    tell(&mut session, Input::Tick, &clock);
    for part in parts {
        step(&mut session, part, &mut clock, &sample);
        assert!(session.counts().ring_bytes <= RING_BYTES_MAX as u64);
        if let Some(kinglet_proto::probe::Wanted::Task(task, _)) = session.poll_wanted() {
            session.handle_probed(task, Some(7));
        }
        let _ = session.take_alerts();
    }
    exchange(text);
});

struct Clock {
    at: u64,
}

impl Clock {
    fn now(&self) -> Now {
        let wall = WallTime::from_unix_millis(1_700_000_000_000 + self.at);
        Now { instant: Instant::from_millis(self.at), wall }
    }
}

fn step<C: Conversation>(session: &mut C, part: &str, clock: &mut Clock, sample: &Sample) {
    let mut letters = part.chars();
    let letter = letters.next().unwrap_or('t');
    let rest = letters.as_str();
    let number = rest.trim().parse::<u16>().ok();
    let input = match letter {
        '>' => Input::Text(rest),
        'o' => Input::Opened,
        'p' => Input::Pong,
        'b' => Input::Blocked,
        'd' => Input::Drained,
        'n' => Input::NetworkChanged,
        'x' => Input::Stop,
        'e' => Input::ErrandDone(number),
        'c' => Input::Closed(match number {
            Some(1) => Loss::Refused,
            Some(2) => Loss::Busy(Duration::from_secs(7)),
            Some(3) => Loss::NotThere,
            Some(4) => Loss::Closed,
            Some(5) => Loss::Ended,
            Some(6) => Loss::Returned,
            Some(_) | None => Loss::Broken,
        }),
        'a' => {
            let (status, body) = rest.split_once(STATUS).unwrap_or((rest, ""));
            let (status, retry_after) = (status.parse().unwrap_or(204), None);
            Input::Answered(Answer { status, retry_after, body })
        }
        's' => {
            clock.at += 5000;
            let sample = Sample { taken: clock.now().instant, ..sample.clone() };
            return tell(session, Input::Sampled(&sample), clock);
        }
        _ => {
            clock.at += u64::from(number.unwrap_or(1000)) * 10;
            Input::Tick
        }
    };
    tell(session, input, clock);
}

/// Feeds one input, drains what follows, and comes back as long as it is wanted at once.
fn tell<C: Conversation>(session: &mut C, input: Input<'_>, clock: &Clock) {
    session.handle_input(input, clock.now());
    for _ in 0..ROUNDS {
        if drain(session).is_none_or(|at| at > clock.now().instant) {
            return;
        }
        session.handle_input(Input::Tick, clock.now());
    }
    panic!("it wants to be asked again at once, for ever");
}

fn drain<C: Conversation>(session: &mut C) -> Option<Instant> {
    for _ in 0..COMMANDS {
        match session.poll_command() {
            Command::Text(text) => assert!(text.len() <= FRAME_OUT_MAX),
            Command::Event(event) => {
                let told = format!("{event} {event:?}");
                assert!(!told.contains(TOKEN), "a token is told: {told}");
            }
            Command::HangUp(reason) => assert!(!reason.to_string().contains(TOKEN)),
            Command::Dial(_) | Command::Ask(_) | Command::Ping | Command::Errand(_) => {}
            Command::Wait(at) => return at,
        }
    }
    panic!("no end of commands");
}

/// An enrolment whose answer this is.
fn exchange(text: &str) {
    let mut exchange = Exchange::new(&Secret::new(TOKEN), "pi", "/hub");
    let clock = Clock { at: 5 };
    tell(&mut exchange, Input::Tick, &clock);
    tell(&mut exchange, Input::Text(text), &clock);
    if let Some(Ok(enrolled)) = exchange.take_outcome() {
        assert_eq!(enroll::decode(&enroll::encode(&enrolled)), Some(enrolled));
    }
}

fn account() -> Account {
    let id = HostId::parse("pi").expect("an id");
    let host = Host { id, boot_id: "b".into(), ..Host::default() };
    let account = Account::new(host, Secret::new(TOKEN), Auth::Header);
    Account { server_id: Some("s1".to_owned()), probes: true, ..account }
}

fn sample() -> Sample {
    let mut sample = Sample::default();
    (sample.memory.total, sample.memory.used) = (Some(1 << 30), Some(1 << 29));
    sample.uptime = Some(1000);
    sample.hostname = "kitchen".to_owned();
    sample
}
