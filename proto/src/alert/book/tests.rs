use super::*;
use crate::alert::{Rule, Subject, Test, fixture};
use crate::percent::Percent;
use crate::sample::table::metric;
use crate::sample::{Filesystem, Sample};

/// A book, and a watch that fires for each mount that is full.
struct Desk {
    book: Book,
    watch: Watch,
    ms: u64,
}

impl Desk {
    fn new() -> Self {
        let rule = Rule {
            subject: Subject::Figure(metric("filesystems.{mount_point}.usage_percent")),
            test: Test::Above(90.0),
            ..fixture::rule()
        };
        let watch = Watch::new(&[Arc::new(rule)], WallTime::default());
        Self { book: Book::new("b"), watch, ms: 1000 }
    }

    fn greeted(mut self) -> Self {
        self.book.handle_greeting(Some(Box::default()));
        self
    }

    fn now(&self) -> Now {
        Now { instant: Instant::from_millis(self.ms), wall: WallTime::default() }
    }

    /// A second later, these are full of `/a` and `/b`.
    fn look(&mut self, full: &str) {
        self.ms += 1000;
        let mut sample = Sample::default();
        for mount in ["a", "b"] {
            let usage = if full.contains(mount) { 95 } else { 10 };
            sample.filesystems.push(Filesystem {
                mount_point: mount.to_owned(),
                usage_percent: Some(Percent::of(usage, 100)),
                ..Filesystem::default()
            });
        }
        let now = self.now();
        for known in self.book.take_said() {
            self.watch.adopt(&known.id, now);
        }
        self.watch.observe(&sample, self.now());
        self.book.observe(&self.watch, self.now());
    }

    /// Tells all that can be told, after so many reports: number, the one before, and whether it
    /// fires.
    fn tell(&mut self, reports: u64) -> Vec<(u64, u64, bool)> {
        let mut told = Vec::new();
        while let Some(Telling { news, number, after, .. }) = self.book.next() {
            told.push((number, after, news.is_fired()));
            self.book.handle_sent(reports);
        }
        told
    }
}

fn greeting(heard: Option<(&str, u64)>, open: Vec<Known>) -> Option<Box<Greeting>> {
    let heard = heard.map(|(boot, number)| (boot.to_owned(), number));
    Some(Box::new(Greeting { heard, open }))
}

#[test]
fn nothing_is_told_before_the_server_greets_and_all_of_it_after() {
    let mut desk = Desk::new();
    desk.look("ab");
    desk.look("b");
    assert!(desk.tell(0).is_empty());
    desk.book.handle_greeting(Some(Box::default()));
    assert_eq!(desk.tell(0), [(2000, 0, true), (2001, 2000, true), (3000, 2001, false)]);
    assert!(desk.tell(0).is_empty());
}

#[test]
fn what_is_acknowledged_is_forgotten_and_the_rest_told_again() {
    let mut desk = Desk::new().greeted();
    desk.look("a");
    desk.tell(0);
    desk.look("");
    desk.tell(1);
    desk.book.handle_ack(2000);
    assert_eq!(desk.book.len(), 1);
    desk.book.handle_report_ack(1);
    assert!(desk.tell(2).is_empty(), "the report before it says nothing");
    desk.book.handle_report_ack(2);
    assert_eq!(desk.tell(2), [(3000, 2000, false)], "it was not taken");
    desk.book.handle_lost();
    assert!(desk.tell(0).is_empty());
    desk.book.handle_greeting(greeting(Some(("b", 2000)), Vec::new()));
    assert_eq!(desk.tell(0), [(3000, 2000, false)]);
    desk.book.handle_lost();
    desk.book.handle_greeting(greeting(Some(("b", 3000)), Vec::new()));
    assert!(desk.book.is_empty() && desk.tell(0).is_empty(), "it had come");
}

#[test]
fn a_server_that_says_nothing_of_alerts_has_what_went_before_an_acknowledged_report() {
    let mut desk = Desk::new();
    desk.book.handle_greeting(None);
    desk.look("a");
    assert_eq!(desk.tell(4).len(), 1);
    desk.book.handle_report_ack(4);
    assert_eq!(desk.book.len(), 1);
    desk.book.handle_report_ack(5);
    assert!(desk.book.is_empty());
    // One that does not even greet acknowledges.
    let mut desk = Desk::new();
    desk.look("a");
    desk.book.handle_report_ack(1);
    assert_eq!(desk.tell(1).len(), 1);
}

#[test]
fn what_the_server_knows_from_before_this_start_is_taken_over() {
    let mut before = Desk::new();
    before.look("ab");
    let open: Vec<_> = before.watch.open().map(|alert| Known::of(alert)).collect();
    let mut desk = Desk::new();
    desk.ms = 9000;
    desk.book.handle_greeting(greeting(Some(("b", 2001)), open));
    desk.look("a");
    let over = desk.tell(0);
    assert_eq!(over, [(10_000, 2001, false)], "one fires still and is no news, one is over");
    assert!(desk.book.take_said().is_empty());
}

#[test]
fn a_server_that_has_forgotten_is_told_what_is_open_and_what_is_over() {
    let mut desk = Desk::new().greeted();
    desk.look("ab");
    desk.tell(0);
    desk.book.handle_ack(2001);
    desk.book.handle_lost();
    desk.book.handle_greeting(greeting(None, Vec::new()));
    desk.look("b");
    let told: Vec<_> = desk.tell(0).into_iter().map(|(_, _, fires)| fires).collect();
    assert_eq!(told, [true, false]);
}

#[test]
fn news_without_end_is_kept_within_bounds_and_says_the_same() {
    let mut desk = Desk::new();
    for turn in 0..2 * ALERT_NEWS_MAX {
        desk.look(if turn % 2 == 0 { "a" } else { "" });
    }
    desk.look("b");
    assert!(desk.book.len() <= ALERT_NEWS_MAX, "{}", desk.book.len());
    desk.book.handle_greeting(Some(Box::default()));
    let told = desk.tell(0);
    let rises = told.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[1].1 == pair[0].0);
    assert!(rises, "{told:?}");
    let balance: i32 = told.iter().map(|(_, _, fires)| if *fires { 1 } else { -1 }).sum();
    assert_eq!(balance, 1, "only one of them fires");
}
