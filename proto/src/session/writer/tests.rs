//! What a writer makes of each answer, and of none.

use super::*;
use crate::host::{Host, HostId};
use crate::output::{Answer, Auth, Setting};
use crate::sample::Filesystem;
use crate::secret::Secret;
use crate::time::WallTime;

/// What a writer wants done, in short.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Out {
    /// A request with these samples, told apart by their uptime.
    Write(Vec<u64>),
    /// Another request, by its path.
    Ask(String),
    HangUp,
    Say(String),
}

struct Rig {
    writer: Writer,
    now: u64,
    /// The last deadline.
    wait: Option<u64>,
}

impl Rig {
    fn new() -> Self {
        let protocol = Protocol::named("influxdb").unwrap();
        let host = Host { id: HostId::parse("pi").unwrap(), ..Host::default() };
        let mut account = Account::new(host, Secret::new("hunter2"), Auth::Header);
        account.settings.add("database", Setting::Text("telegraf".to_owned()));
        let writer = Writer::new(protocol, account, Duration::from_secs(5), 1);
        Self { writer, now: 0, wait: None }
    }

    /// One whose first sample is stored.
    fn up() -> Self {
        let mut rig = Self::new();
        assert_eq!(rig.sample(), [Out::Write(vec![0])]);
        assert_eq!(rig.answer(204, ""), [Out::Say("connected".into())]);
        rig
    }

    fn feed(&mut self, input: Input<'_>) -> Vec<Out> {
        let wall = WallTime::from_unix_millis(1_795_161_600_000 + self.now);
        let instant = Instant::from_millis(self.now);
        self.writer.handle_input(input, Now { instant, wall });
        let mut outs = Vec::new();
        loop {
            outs.push(match self.writer.poll_command() {
                Command::Ask(request) if request.path_and_query.starts_with("/write?") => {
                    Out::Write(uptimes(&request.body.unwrap()))
                }
                Command::Ask(request) => Out::Ask(request.path_and_query),
                Command::HangUp(_) => Out::HangUp,
                Command::Event(event) => Out::Say(event.to_string()),
                Command::Wait(at) => {
                    self.wait = at.map(Instant::as_millis);
                    return outs;
                }
                other @ (Command::Dial(_)
                | Command::Text(_)
                | Command::Ping
                | Command::Errand(_)) => panic!("{other:?}"),
            });
        }
    }

    fn sample(&mut self) -> Vec<Out> {
        self.sample_of(0)
    }

    /// A sample with so many file systems, each of which has 100 bytes and more.
    fn sample_of(&mut self, mounts: usize) -> Vec<Out> {
        let mount = |at| Filesystem {
            mount_point: format!("/{at}/{}", "x".repeat(80)),
            device: "x".to_owned(),
            fstype: "ext4".to_owned(),
            total: Some(1),
            ..Filesystem::default()
        };
        let sample = Sample {
            uptime: Some(self.now / 1000),
            taken: Instant::from_millis(self.now),
            filesystems: (0..mounts).map(mount).collect(),
            ..Sample::default()
        };
        self.feed(Input::Sampled(&sample))
    }

    /// So many samples, one every five seconds.
    fn samples(&mut self, count: usize) {
        for _ in 0..count {
            self.now += 5000;
            assert_eq!(self.sample(), []);
        }
    }

    fn answer(&mut self, status: u16, body: &str) -> Vec<Out> {
        self.answer_after(status, body, None)
    }

    fn answer_after(&mut self, status: u16, body: &str, pause: Option<u64>) -> Vec<Out> {
        let retry_after = pause.map(Duration::from_secs);
        self.feed(Input::Answered(Answer { status, retry_after, body }))
    }

    /// Lets the time come that was asked for.
    fn wait(&mut self) -> Vec<Out> {
        self.now = self.wait.unwrap();
        self.feed(Input::Tick)
    }

    fn dropped(&self) -> u64 {
        self.writer.counts().samples_dropped
    }
}

/// The samples of a body.
fn uptimes(body: &str) -> Vec<u64> {
    let found = body.lines().filter_map(|line| line.split_once(" uptime=")?.1.split_once('i'));
    found.map(|(number, _)| number.parse().unwrap()).collect()
}

fn said(outs: &[Out]) -> String {
    let words = outs.iter().filter_map(|out| match out {
        Out::Say(words) => Some(words.as_str()),
        Out::Write(_) | Out::Ask(_) | Out::HangUp => None,
    });
    words.collect::<Vec<_>>().join("\n")
}

#[test]
fn one_request_is_under_way_and_what_comes_meanwhile_goes_after_it() {
    let mut rig = Rig::up();
    rig.now = 5000;
    assert_eq!(rig.sample(), [Out::Write(vec![5])]);
    rig.samples(2);
    assert_eq!(rig.answer(204, ""), [Out::Write(vec![10, 15])]);
    assert_eq!(rig.answer(200, ""), []);
    assert_eq!(rig.answer(204, ""), [], "one that nobody asked for");
    assert_eq!((rig.writer.counts().ring_bytes, rig.dropped()), (0, 0));
    rig.now = 15_100;
    assert_eq!(rig.sample(), [], "too early");
}

#[test]
fn an_outage_is_handed_in_with_the_times_of_its_samples() {
    let mut rig = Rig::up();
    rig.now = 5000;
    rig.sample();
    let outs = rig.feed(Input::Closed(Loss::Broken));
    assert_eq!(outs, [Out::Write(vec![5])], "a kept connection that ended is no fault");
    let lost = rig.feed(Input::Closed(Loss::Broken));
    assert!(said(&lost).starts_with("link lost: could not connect; next attempt in "), "{lost:?}");
    for _ in 0..40 {
        assert!(rig.wait.unwrap() <= rig.now + 10_000, "asked every ten seconds at the latest");
        assert_eq!(rig.wait().len(), 1);
        rig.feed(Input::Closed(Loss::Broken));
        rig.sample();
    }
    let outs = rig.wait();
    assert!(matches!(&outs[..], [Out::Write(all)] if all.len() > 20), "{outs:?}");
    let back = rig.answer(204, "");
    assert!(said(&back).starts_with("connected again after "), "{back:?}");
    assert_eq!((rig.writer.counts().ring_bytes, rig.dropped()), (0, 0));
    assert_eq!(rig.writer.counts().reconnects, 1);
}

#[test]
fn each_status_has_its_fate() {
    for (status, is_kept, words) in [
        (400, false, "the server did not take 1 sample, and they are lost: status 400: why"),
        (406, false, "the server did not take 1 sample, and they are lost: status 406: why"),
        (422, false, "the server did not take 1 sample, and they are lost: status 422: why"),
        (413, false, "the server did not take 1 sample, and they are lost: status 413: why"),
        (401, true, "credentials refused (status 401: why): check the token and the id (pi); "),
        (403, true, "credentials refused (status 403: why): check the token and the id (pi); "),
        (429, true, "link lost: the server answered status 429: why; next attempt in "),
        (500, true, "link lost: the server answered status 500: why; next attempt in "),
        (503, true, "link lost: the server answered status 503: why; next attempt in "),
        (302, true, "link lost: the server answered status 302, a redirect, which a token must "),
    ] {
        let mut rig = Rig::up();
        rig.now = 5000;
        rig.sample();
        let outs = rig.answer(status, "{\"error\":\"why\"}");
        assert!(said(&outs).starts_with(words), "{status}: {outs:?}");
        assert_eq!(rig.dropped(), u64::from(!is_kept), "{status}");
        assert_eq!(rig.writer.counts().ring_bytes > 0, is_kept, "{status}");
        if is_kept {
            assert_eq!(rig.wait(), [Out::Write(vec![5])], "{status}");
        }
        let waits = rig.wait.unwrap() - 5000;
        assert!(!matches!(status, 401 | 403) || waits >= 54_000, "{status}: {waits}");
    }
}

#[test]
fn rejected_samples_are_told_of_once_for_the_same_words() {
    let mut rig = Rig::up();
    for second in [5, 10, 15] {
        rig.now = second * 1000;
        assert_eq!(rig.sample(), [Out::Write(vec![second])]);
        let outs = rig.answer(400, "{\"error\":\"partial write: no dropped=1\"}");
        assert_eq!(outs.len(), usize::from(second == 5), "{outs:?}");
    }
    assert_eq!(rig.dropped(), 3);
    rig.now = 20_000;
    rig.sample();
    assert_eq!(rig.answer(204, ""), [], "it was there all the time");
}

#[test]
fn too_much_at_once_is_halved_until_it_fits() {
    let mut rig = Rig::up();
    rig.now = 5000;
    rig.sample();
    rig.samples(8);
    let all = (10..=45).step_by(5).collect::<Vec<_>>();
    assert_eq!(rig.answer(204, ""), [Out::Write(all.clone())]);
    assert_eq!(rig.answer(413, "<html>"), [Out::Write(all[..4].to_vec())]);
    assert_eq!(rig.answer(413, "<html>"), [Out::Write(all[..2].to_vec())]);
    assert_eq!(rig.answer(204, ""), [Out::Write(all[2..4].to_vec())], "and stays so");
    for rest in [&all[4..6], &all[6..]] {
        assert_eq!(rig.answer(204, ""), [Out::Write(rest.to_vec())]);
    }
    assert_eq!(rig.answer(204, ""), []);
    assert_eq!(rig.dropped(), 0);
}

#[test]
fn a_server_with_no_time_is_asked_when_it_says() {
    for (pause, at_least, at_most) in [
        (Some(120), 120_000, 120_000),
        (Some(1), 2700, 3300),
        (Some(1_000_000), 3_600_000, 3_600_000),
        (None, 2700, 3300),
    ] {
        let mut rig = Rig::up();
        rig.now = 5000;
        rig.sample();
        rig.answer_after(503, "", pause);
        let waits = rig.wait.unwrap() - rig.now;
        assert!((at_least..=at_most).contains(&waits), "{pause:?}: {waits}");
        rig.feed(Input::NetworkChanged);
        assert_eq!(rig.wait.unwrap() - rig.now, waits, "another network makes it no less busy");
    }
}

#[test]
fn a_missing_database_is_made_once() {
    let missing = "{\"error\":\"database not found: \\\"telegraf\\\"\"}";
    let create = || Out::Ask("/query?q=CREATE%20DATABASE%20%22telegraf%22".to_owned());
    let mut rig = Rig::new();
    rig.sample();
    assert_eq!(rig.answer(404, missing), [create()]);
    assert_eq!(rig.answer(200, "{\"results\":[{}]}"), [Out::Write(vec![0])]);
    assert_eq!(rig.answer(204, ""), [Out::Say("connected".into())]);

    let mut rig = Rig::new();
    rig.sample();
    assert_eq!(rig.answer(404, missing), [create()]);
    let outs = rig.answer(403, "{\"error\":\"error authorizing query\"}");
    let words = "credentials refused (the database is missing and may not be made: status 403: \
                 error authorizing query)";
    assert!(said(&outs).starts_with(words), "{outs:?}");
    assert_eq!(rig.wait(), [Out::Write(vec![0])]);
    let outs = rig.answer(404, missing);
    assert!(said(&outs).contains("status 404: database not found"), "{outs:?}");

    let mut rig = Rig::new();
    rig.sample();
    rig.answer(404, missing);
    rig.feed(Input::Closed(Loss::Ended)); // of the first answer's connection
    rig.feed(Input::Closed(Loss::Broken));
    assert_eq!(rig.wait(), [create()], "it may not have been heard");
}

#[test]
fn no_answer_within_a_minute_is_given_up() {
    let mut rig = Rig::up();
    rig.now = 5000;
    rig.sample();
    let outs = rig.wait();
    assert_eq!((rig.now, &outs[0]), (65_000, &Out::HangUp));
    assert_eq!(rig.wait(), [Out::Write(vec![5])]);
}

#[test]
fn a_change_of_the_network_is_not_slept_through() {
    let mut rig = Rig::up();
    assert_eq!(rig.feed(Input::NetworkChanged), [Out::HangUp], "the kept one may lead nowhere");
    assert_eq!(rig.feed(Input::NetworkChanged), []);
    rig.now = 5000;
    rig.sample();
    rig.feed(Input::NetworkChanged);
    assert_eq!(rig.wait, Some(20_000), "an answer has less time");
    rig.wait();
    assert_eq!(rig.feed(Input::NetworkChanged), [Out::Write(vec![5])]);
    rig.feed(Input::Closed(Loss::Broken));
    assert_eq!(rig.feed(Input::NetworkChanged), []);
    assert_eq!(rig.wait, Some(23_000), "a flapping cable asks no faster than this");
}

#[test]
fn a_full_ring_drops_the_oldest_and_counts_each_once() {
    let mut rig = Rig::up();
    rig.now = 5000;
    rig.sample_of(150);
    let most = rig.writer.counts().ring_bytes;
    let fit = 131_072 / most;
    for _ in 0..10 {
        rig.now += 5000;
        assert_eq!(rig.sample_of(150), []);
        assert!(rig.writer.counts().ring_bytes <= 131_072);
    }
    assert_eq!(rig.dropped(), 10 - fit, "the one under way may arrive");
    assert_eq!(rig.answer(500, "").len(), 1);
    assert_eq!(rig.dropped(), 11 - fit, "and now it did not");
}

#[test]
fn a_stop_waits_for_the_answer_and_no_longer() {
    let mut rig = Rig::up();
    assert_eq!(rig.feed(Input::Stop), [Out::HangUp]);
    assert_eq!(rig.wait, None);
    assert_eq!(rig.sample(), [], "nothing after the goodbye");

    let mut rig = Rig::up();
    rig.now = 5000;
    rig.sample();
    rig.samples(1);
    assert_eq!(rig.feed(Input::Stop), []);
    assert_eq!(rig.answer(204, ""), [Out::HangUp]);
    assert_eq!((rig.wait, rig.dropped()), (None, 0));

    let mut rig = Rig::up();
    rig.now = 5000;
    rig.sample();
    rig.feed(Input::Stop);
    assert_eq!(rig.wait(), [Out::HangUp]);
    assert_eq!((rig.now, rig.wait), (6500, None));
}

#[test]
fn no_secret_is_shown() {
    let mut rig = Rig::new();
    rig.sample();
    assert!(!format!("{:?}", rig.writer).contains("hunter2"));
}
