//! A line slower than the reports.

use super::*;

/// A line of so many bytes a second that hides what it holds: the kernel took it all at once.
struct Line {
    rig: Rig,
    bytes_per_s: u64,
    /// When what was sent so far has arrived.
    free_at: u64,
    /// What is under way: when it arrives, and the number of a report or `None` for a Ping.
    under_way: VecDeque<(u64, Option<u64>)>,
    /// Numbers of the reports that arrived, when they did, and when they were taken.
    arrived: Vec<(u64, u64)>,
    /// When each sample was taken.
    taken: Vec<u64>,
    hang_ups: usize,
}

impl Line {
    fn new(protocol: &str, seconds: u64, bytes_per_s: u64) -> Self {
        let mut rig = Rig::new(protocol, None);
        let known = Protocol::named(protocol).unwrap();
        rig.session = Session::new(known, account(None), Duration::from_secs(seconds), 1);
        rig.sample.hostname = "h".repeat(1_180);
        let (under_way, arrived, taken) = (VecDeque::new(), Vec::new(), Vec::new());
        let rig = rig.open();
        Self { free_at: rig.ms, rig, bytes_per_s, under_way, arrived, taken, hang_ups: 0 }
    }

    fn send(&mut self, outs: &[Out]) {
        for out in outs {
            let (bytes, number) = match out {
                Out::Text(text) => (text.len() as u64, number_after(text, "\"uptime\":")),
                Out::Ping => (40, None),
                Out::HangUp(_) => return self.hang_ups += 1,
                Out::Dial | Out::Event(_) | Out::Errand(_) => continue,
            };
            self.free_at = self.free_at.max(self.rig.ms) + bytes * 1_000 / self.bytes_per_s;
            let is_ping = matches!(out, Out::Ping);
            if is_ping || number.is_some() {
                self.under_way.push_back((self.free_at, number.filter(|_| !is_ping)));
            }
        }
    }

    /// Reports at this interval for so long, in steps of 50 ms.
    fn run(&mut self, interval: u64, ms: u64) {
        for step in 0..ms / 50 {
            self.rig.ms += 50;
            while let Some((_, number)) = self.under_way.pop_front_if(|(at, _)| *at <= self.rig.ms)
            {
                match number {
                    Some(number) => self.arrived.push((number, self.rig.ms)),
                    None => {
                        let outs = self.rig.feed(Input::Pong);
                        self.send(&outs);
                    }
                }
            }
            let outs = if (step * 50).is_multiple_of(interval) {
                self.taken.push(self.rig.ms);
                self.rig.sample.uptime = Some(self.taken.len() as u64);
                self.rig.sample_unanswered()
            } else {
                self.rig.feed(Input::Tick)
            };
            self.send(&outs);
            let waiting = self.under_way.iter().filter(|(_, number)| number.is_some()).count();
            assert!(waiting <= 2, "{waiting} reports lie in the line at {} ms", step * 50);
        }
    }

    fn taken_at(&self, number: u64) -> u64 {
        self.taken[usize::try_from(number).unwrap() - 1]
    }
}

/// Reports need more time than there is between them: the newest value that arrives is never older
/// than two intervals and its own way, and nobody takes the line for dead.
#[test]
fn what_arrives_over_a_slow_line_is_new_and_the_line_is_not_cut() {
    for protocol in ["kinglet", "vstats", "simple-server-status"] {
        for (seconds, bytes_per_s) in [(5, 300), (1, 1_000), (5, 1_000), (1, 300)] {
            let mut line = Line::new(protocol, seconds, bytes_per_s);
            line.run(seconds * 1_000, 600_000);
            assert_eq!(line.hang_ups, 0, "{protocol}, {seconds} s, {bytes_per_s} B/s");
            let (mut newest, mut ages) = (0, Vec::new());
            for (number, at) in &line.arrived {
                if *number > newest {
                    newest = *number;
                    ages.push(at - line.taken_at(newest));
                }
            }
            let own = 1_000 * 3_000 / bytes_per_s;
            let worst = ages.iter().max().copied().unwrap();
            assert!(worst <= 2_000 * seconds + own, "{protocol}, {seconds} s: {worst} ms old");
            let most = 600_000 / own / 2;
            assert!(ages.len() as u64 > most / 2, "{protocol}: only {} values came", ages.len());
        }
    }
}

/// On a line that answers, nothing waits and one Ping more than usual is sent: behind the first
/// report.
#[test]
fn a_fast_line_pays_one_ping() {
    let mut line = Line::new("kinglet", 5, 1_000_000);
    line.run(5_000, 300_000);
    assert_eq!(line.arrived.len(), 60);
    assert!(line.arrived.iter().all(|(number, at)| at - line.taken_at(*number) <= 50));
}

/// A line that was fast and answers no Ping any more is dead, not slow: it gets no more time.
#[test]
fn a_fast_line_that_died_before_the_network_changed_is_left_at_once() {
    let mut line = Line::new("kinglet", 5, 1_000_000);
    line.run(5_000, 29_900);
    let outs = line.rig.pass(2_000);
    assert_eq!(times(&outs, &Out::Ping).len(), 1, "nobody answers it");
    line.rig.feed(Input::NetworkChanged);
    assert_eq!(hang_ups(&line.rig.pass(3_000)), [(3_000, Reason::Moved)]);
}

/// A change of the network is no reason to cut a line that is busy with a report.
#[test]
fn a_slow_line_gets_longer_to_prove_itself() {
    let mut line = Line::new("kinglet", 5, 300);
    line.run(5_000, 60_000);
    let outs = line.rig.feed(Input::NetworkChanged);
    line.send(&outs);
    line.run(5_000, 60_000);
    assert_eq!(line.hang_ups, 0);
}
