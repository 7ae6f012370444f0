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
        // That it was started is told in tests of that.
        let book = Book { has_begun: true, ..Book::new(&host("b")) };
        Self { book, watch, ms: 1000 }
    }

    fn greeted(mut self) -> Self {
        self.book.handle_greeting(Some(Box::default()), self.now());
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

fn host(boot_id: &str) -> Host {
    let boot_cause = Some(BootCause::Watchdog);
    Host { boot_id: boot_id.to_owned(), boot_cause, ..Host::default() }
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
    desk.book.handle_greeting(Some(Box::default()), desk.now());
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
    desk.book.handle_greeting(greeting(Some(("b", 2000)), Vec::new()), desk.now());
    assert_eq!(desk.tell(0), [(3000, 2000, false)]);
    desk.book.handle_lost();
    desk.book.handle_greeting(greeting(Some(("b", 3000)), Vec::new()), desk.now());
    assert!(desk.book.is_empty() && desk.tell(0).is_empty(), "it had come");
}

#[test]
fn a_server_that_says_nothing_of_alerts_has_what_went_before_an_acknowledged_report() {
    let mut desk = Desk::new();
    desk.book.handle_greeting(None, desk.now());
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
    desk.book.handle_greeting(greeting(Some(("b", 2001)), open), desk.now());
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
    desk.book.handle_greeting(greeting(None, Vec::new()), desk.now());
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
    desk.book.handle_greeting(Some(Box::default()), desk.now());
    let told = desk.tell(0);
    let rises = told.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[1].1 == pair[0].0);
    assert!(rises, "{told:?}");
    let balance: i32 = told.iter().map(|(_, _, fires)| if *fires { 1 } else { -1 }).sum();
    assert_eq!(balance, 1, "only one of them fires");
}

fn told(book: &mut Book) -> Vec<(u64, u64, Occurrence)> {
    let mut told = Vec::new();
    while let Some(Telling { news: News::Happened(occurrence), number, after, .. }) = book.next() {
        told.push((number, after, occurrence.clone()));
        book.handle_sent(0);
    }
    told
}

const fn at(ms: u64) -> Now {
    Now { instant: Instant::from_millis(ms), wall: WallTime::from_unix_millis(0) }
}

#[test]
fn a_start_is_told_once_and_is_a_reboot_where_the_server_heard_of_another_boot() {
    let started = Occurrence::Started(70);
    let rebooted = Occurrence::Rebooted(Some(BootCause::Watchdog), 70);
    for (heard, first) in [
        (None, &started),
        (Some(("b", 0)), &started),
        (Some(("a", 9_000_000)), &rebooted),
        (Some(("", 0)), &started),
    ] {
        let mut book = Book::new(&host("b"));
        book.note(&[], at(70_500));
        assert_eq!(book.next().map(|telling| telling.number), None, "nobody has greeted");
        book.handle_greeting(greeting(heard, Vec::new()), at(90_000));
        assert_eq!(told(&mut book), [(70_500, 0, first.clone())], "{heard:?}");
        // What is not acknowledged is told again, and a start is none because of that.
        book.handle_lost();
        book.handle_greeting(greeting(heard, Vec::new()), at(95_000));
        assert_eq!(told(&mut book), [(70_500, 0, first.clone())], "{heard:?}");
        book.handle_ack(70_500);
        book.handle_lost();
        book.handle_greeting(greeting(Some(("c", 5)), Vec::new()), at(99_000));
        assert_eq!(told(&mut book), [], "a twin with the same id is no reboot");
    }
    let mut resumed = Book::new(&host("b"));
    resumed.resume();
    resumed.handle_greeting(greeting(Some(("a", 7)), Vec::new()), at(70_500));
    assert_eq!(told(&mut resumed), [], "another book has told it");
    let mut nameless = Book::new(&host(""));
    nameless.handle_greeting(greeting(Some(("a", 7)), Vec::new()), at(70_500));
    assert_eq!(told(&mut nameless), [(70_500, 0, started.clone())]);
    // A server that does not greet, or knows nothing of news.
    let mut unknown = Book::new(&host("b"));
    unknown.note(&[], at(70_500));
    unknown.handle_report_ack(1);
    assert_eq!(told(&mut unknown), [(70_500, 0, started.clone())]);
    let mut old = Book::new(&host("b"));
    old.handle_greeting(None, at(70_500));
    assert_eq!(told(&mut old), [(70_500, 0, started)]);
}

#[test]
fn what_happened_waits_for_the_server_and_leaves_alerts_alone() {
    let mut desk = Desk::new();
    desk.look("a");
    let many: Vec<Occurrence> = (0..70).map(Occurrence::OomKill).collect();
    desk.book.note(&many, desk.now());
    desk.look("");
    desk.book.handle_greeting(Some(Box::default()), desk.now());
    let first = desk.book.next().map(|telling| (telling.number, telling.news.is_fired()));
    assert_eq!(first, Some((2000, true)), "the alert that was there before all of it");
    desk.book.handle_sent(0);
    let told = told(&mut desk.book);
    let kept = (6..70).map(Occurrence::OomKill);
    assert!(told.iter().map(|(.., occurrence)| occurrence.clone()).eq(kept), "the newest");
    assert_eq!(desk.tell(0).len(), 1, "and its end");
    assert_eq!(desk.book.len(), 66);
    desk.book.handle_ack(told[63].0);
    assert_eq!(desk.book.len(), 1);
}
