//! The host of the document: what happens to it, and a real session on a clock of its own.

use std::collections::VecDeque;
use std::time::Duration;

use kinglet_proto::host::{Host, HostId};
use kinglet_proto::output::{Account, Auth, Protocol};
use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Arch, Cpu, Memory, Os, Sample};
use kinglet_proto::secret::Secret;
use kinglet_proto::session::{Command, Conversation, Counts, Event, Input, Loss, Session};
use kinglet_proto::time::{Instant, Now, WallTime};

/// What happens beside what is said, and when: milliseconds after the start.
const STORY: [(u64, Happening); 6] = [
    (0, Happening::Opened),
    (200, Happening::Sampled),
    (50_000, Happening::Lost),
    (60_200, Happening::Sampled),
    (80_000, Happening::Opened),
    (80_200, Happening::Sampled), // an agent that is back takes one at once
];

/// How long the host has been up at the start.
const UPTIME_MS: u64 = 86_399_800;

#[derive(Debug, Clone, Copy)]
enum Happening {
    Opened,
    Sampled,
    Lost,
}

/// A Raspberry Pi in an attic, and its agent.
pub(crate) struct Pi {
    session: Session,
    start: WallTime,
    /// Milliseconds since then.
    ms: u64,
    ahead: VecDeque<(u64, Happening)>,
    /// When the session wants to be woken.
    wake_at: Option<u64>,
    /// What it has said and nobody has looked at.
    pub(crate) said: VecDeque<String>,
    /// What its owner was told.
    pub(crate) events: Vec<Event>,
}

impl Pi {
    /// At the start, with the first attempt under way.
    pub(crate) fn new(start: WallTime) -> Self {
        let (protocol, minute) = (Protocol::named("kinglet").unwrap(), Duration::from_secs(60));
        let mut pi = Self {
            session: Session::new(protocol, account(), minute, 1),
            start,
            ms: 0,
            ahead: STORY.into(),
            wake_at: None,
            said: VecDeque::new(),
            events: Vec::new(),
        };
        pi.feed(Input::Tick);
        pi
    }

    /// Lets all happen that happens by then.
    pub(crate) fn pass(&mut self, until: WallTime) {
        let until = until.unix_millis() - self.start.unix_millis();
        loop {
            let wake_at = self.wake_at.filter(|at| *at <= until);
            let next = self.ahead.front().copied().filter(|(at, _)| *at <= until);
            match (next, wake_at) {
                (Some((at, happening)), wake_at) if wake_at.is_none_or(|wake_at| at <= wake_at) => {
                    self.ahead.pop_front();
                    self.ms = at;
                    self.happen(happening);
                }
                (_, Some(wake_at)) => {
                    self.ms = self.ms.max(wake_at);
                    self.feed(Input::Tick);
                }
                (_, None) => break,
            }
        }
        self.ms = self.ms.max(until);
    }

    /// Hears the hub.
    pub(crate) fn hear(&mut self, text: &str) {
        self.feed(Input::Text(text));
    }

    /// What the session counted.
    pub(crate) fn counts(&self) -> Counts {
        self.session.counts()
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Opened => self.feed(Input::Opened),
            Happening::Lost => self.feed(Input::Closed(Loss::Broken)),
            Happening::Sampled => self.feed(Input::Sampled(&sample(self.now()))),
        }
    }

    /// Feeds one input; each Ping has its Pong.
    fn feed(&mut self, input: Input<'_>) {
        self.session.handle_input(input, self.now());
        let mut pinged = false;
        self.wake_at = loop {
            match self.session.poll_command() {
                Command::Dial(_) => {} // the story says when it succeeds
                Command::Text(text) => self.said.push_back(text.to_owned()),
                Command::Ping => pinged = true,
                Command::Event(event) => self.events.push(event),
                command @ (Command::HangUp(_) | Command::Errand(_) | Command::Ask(_)) => {
                    panic!("{command:?}")
                }
                Command::Wait(at) => break at.map(|at| at.as_millis() - UPTIME_MS),
            }
        };
        if pinged {
            self.feed(Input::Pong);
        }
    }

    fn now(&self) -> Now {
        Now {
            instant: Instant::from_millis(UPTIME_MS + self.ms),
            wall: WallTime::from_unix_millis(self.start.unix_millis() + self.ms),
        }
    }
}

fn account() -> Account {
    let host = Host {
        id: HostId::parse("attic-pi").unwrap(),
        name: "attic".into(),
        group: Some("Home".into()),
        boot_id: "3f1c0d5e-6f0b-4a57-9a35-0e8f7b0a2c11".into(),
        boot_cause: None,
        ..Host::default()
    };
    Account::new(host, Secret::new("t"), Auth::Header)
}

fn sample(now: Now) -> Sample {
    let usage = Percent::new(12.5);
    Sample {
        taken: now.instant,
        timestamp: now.wall,
        hostname: "pi".into(),
        version: "0.1.0".into(),
        os: Os {
            name: "debian".into(),
            version: "12".into(),
            kernel: "6.12.25".into(),
            arch: Arch("aarch64".into()),
        },
        cpu: Cpu {
            brand: "Cortex-A53".into(),
            cores: Some(4),
            usage: Some(usage),
            per_core: vec![usage],
            ..Cpu::default()
        },
        memory: Memory { total: Some(436_207_616), used: Some(132_120_576), ..Memory::default() },
        uptime: Some(now.instant.as_millis() / 1000),
        ..Sample::default()
    }
}
