//! What a host's agent has told: which of its alerts are open, and how far its news has come.
//!
//! News is numbered, and names the number before it: what was here before is no news, and what
//! comes after a gap is not taken, for its agent tells all of it again. Where readings are safe
//! only later, so is news: with the first reading behind it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::mem;
use std::sync::Arc;

use kinglet_proto::alert::Level;
use kinglet_proto::alert::book::{Greeting, Known};
use kinglet_proto::ingest::{AlertNews, NewsPlace, Told};

use crate::limits::{ALERTS_OPEN_MAX, ALERTS_UNSAFE_MAX};

/// The alerts of one host.
#[derive(Debug, Default)]
pub(super) struct Alerts {
    heard: State,
    /// What nothing can take back any more.
    safe: State,
    /// What will be safe, oldest first.
    waiting: VecDeque<State>,
    /// The agent wants to hear how far its news has come.
    owed: bool,
    /// The boot and the number up to which news was told to everybody. What a store has lost since
    /// then comes again, for the store alone.
    told: (String, u64),
    /// What is open by all that was told to everybody.
    told_open: BTreeSet<String>,
}

/// What news is to everybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word {
    /// It was told before, and comes for a store that lost it.
    Again,
    /// Nobody knows of it.
    New,
}

/// After some news.
#[derive(Debug, Clone, Default, PartialEq)]
struct State {
    boot_id: String,
    /// The number of the last news of that boot; 0 for none.
    number: u64,
    open: Arc<BTreeMap<String, (String, Level)>>,
}

impl Alerts {
    /// Takes news in, of an alert or of what else happened; `None` when it is none.
    pub(super) fn take(&mut self, told: &Told) -> Option<Word> {
        let Some(place) = &told.place else {
            // Who does not number may have another value to tell.
            let Some(alert) = &told.alert else { return Some(Word::New) };
            self.heard.note(alert);
            return Some(self.word(alert));
        };
        let is_next = self.heard.place(place);
        // What another boot's agent told is no answer to this one.
        self.owed = self.heard.boot_id == place.boot_id;
        if !is_next {
            return None;
        }
        let is_told = self.is_told(place);
        let Some(alert) = &told.alert else {
            return Some(if is_told { Word::Again } else { Word::New });
        };
        let word = if is_told { Word::Again } else { self.word(alert) };
        let is_noted = self.heard.note(alert);
        (is_noted || word == Word::New).then_some(word)
    }

    /// Whether everybody has heard of news of this place, as they have now.
    fn is_told(&mut self, place: &NewsPlace) -> bool {
        let (boot_id, number) = &self.told;
        if *boot_id == place.boot_id && place.number <= *number {
            return !boot_id.is_empty(); // else nothing can be said about it
        }
        self.told = (place.boot_id.clone(), place.number);
        false
    }

    /// What an alert says that is not told yet. An agent that was restarted may tell the end of
    /// what was told to be over already, when a store has lost that.
    fn word(&mut self, alert: &AlertNews) -> Word {
        let id = &alert.known.id;
        let is_new = if alert.is_over {
            self.told_open.remove(id)
        } else {
            self.told_open.len() < ALERTS_OPEN_MAX && self.told_open.insert(id.clone())
        };
        if is_new { Word::New } else { Word::Again }
    }

    /// What was open before this start, and is no news.
    pub(super) fn restored(before: Greeting) -> Self {
        let Greeting { heard, open } = before;
        let told_open = open.iter().map(|known| known.id.clone()).collect();
        let open = open.into_iter().map(|known| (known.id, (known.kind, known.level)));
        let state = State { open: Arc::new(open.collect()), ..State::default() };
        let told = heard.unwrap_or_default();
        Self { heard: state.clone(), safe: state, told, told_open, ..Self::default() }
    }

    /// Another connection speaks for the host: what was owed was owed to the one before.
    pub(super) fn handle_joined(&mut self) {
        self.owed = false;
        self.waiting.clear();
    }

    /// What its agent is told when it comes: how far its news is safe, and what is open by all that
    /// came. So it tells again what is not safe, which changes nothing here.
    pub(super) fn greeting(&self) -> Greeting {
        let State { boot_id, number, open } = &self.heard;
        let is_of_boot = self.safe.boot_id == *boot_id;
        let safe = if is_of_boot { self.safe.number } else { 0 };
        let open = open.iter().map(|(id, (kind, level))| Known {
            id: id.clone(),
            kind: kind.clone(),
            level: *level,
        });
        let heard = match &self.told {
            _ if *number > 0 => Some((boot_id.clone(), safe)),
            // From before this start: which boot it was tells an agent whether its host was
            // started anew since, and how far is not known to be safe.
            (boot_id, _) if !boot_id.is_empty() => Some((boot_id.clone(), 0)),
            _ => None,
        };
        Greeting { heard, open: open.collect() }
    }

    /// A reading came behind what is known: how far the news will be safe with it, where its agent
    /// waits to hear so.
    pub(super) fn promise(&mut self) -> Option<u64> {
        if !mem::take(&mut self.owed) {
            return None;
        }
        if self.waiting.len() >= ALERTS_UNSAFE_MAX {
            self.waiting.pop_front();
        }
        self.waiting.push_back(self.heard.clone());
        Some(self.heard.number)
    }

    /// News up to this number is safe.
    pub(super) fn kept(&mut self, number: u64) {
        while let Some(state) = self.waiting.pop_front_if(|state| state.number <= number) {
            self.safe = state;
        }
    }

    /// What is not safe is forgotten, to be told again; whether there was any.
    pub(super) fn forget_unsafe(&mut self) -> bool {
        self.waiting.clear();
        self.owed = false;
        let differs = self.heard != self.safe;
        self.heard = self.safe.clone();
        differs
    }
}

impl State {
    /// Whether it belongs behind what is known.
    fn place(&mut self, place: &NewsPlace) -> bool {
        let known = if self.boot_id == place.boot_id { self.number } else { 0 };
        if place.boot_id.is_empty() {
            return true; // nothing can be said about it
        }
        if place.number <= known || place.after != known {
            return false;
        }
        (self.boot_id, self.number) = (place.boot_id.clone(), place.number);
        true
    }

    /// Keeps the list of what is open; whether that changed, or may have.
    fn note(&mut self, news: &AlertNews) -> bool {
        let AlertNews { known, is_over } = news;
        let is_open = self.open.contains_key(&known.id);
        if *is_over != is_open {
            return *is_over; // the end of one that nobody knew is told all the same
        }
        let open = Arc::make_mut(&mut self.open);
        if *is_over {
            open.remove(&known.id);
        } else if open.len() < ALERTS_OPEN_MAX {
            open.insert(known.id.clone(), (known.kind.clone(), known.level));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn news(id: &str, is_over: bool, place: Option<(&str, u64, u64)>) -> Told {
        let known = Known { id: id.to_owned(), kind: "cpu".to_owned(), level: Level::Warning };
        Told { alert: Some(AlertNews { known, is_over }), ..happened(place) }
    }

    fn happened(place: Option<(&str, u64, u64)>) -> Told {
        let place = place.map(|(boot_id, number, after)| NewsPlace {
            boot_id: boot_id.to_owned(),
            number,
            after,
        });
        Told { place, ..Told::new("system", String::new()) }
    }

    #[test]
    fn what_happened_has_its_place_among_alerts_and_is_told_once() {
        let mut first = Alerts::default();
        assert_eq!(first.take(&happened(Some(("b", 9, 0)))), Some(Word::New));
        assert_eq!(first.take(&news("a", false, Some(("b", 10, 9)))), Some(Word::New));
        assert_eq!(first.take(&happened(Some(("b", 10, 9)))), None, "twice");
        assert_eq!(first.take(&happened(Some(("b", 12, 11)))), None, "behind a gap");
        assert_eq!(first.promise(), Some(10));
        assert_eq!(first.take(&happened(Some(("b", 11, 10)))), Some(Word::New));
        assert_eq!(first.promise(), Some(11));
        // A store that has lost it hears of it again, and nobody else.
        first.kept(10);
        assert!(first.forget_unsafe());
        assert_eq!(first.take(&happened(Some(("b", 11, 10)))), Some(Word::Again));
        // After a start: which boot it was, and that nothing is known to be safe.
        let before = Greeting { heard: Some(("b".to_owned(), 11)), open: Vec::new() };
        let mut second = Alerts::restored(before);
        assert_eq!(second.greeting().heard, Some(("b".to_owned(), 0)));
        assert_eq!(second.take(&happened(Some(("b", 11, 0)))), Some(Word::Again));
        assert_eq!(second.take(&happened(Some(("c", 5, 0)))), Some(Word::New), "another boot");
        assert_eq!(second.greeting().heard, Some(("c".to_owned(), 0)));
        assert_eq!(Alerts::default().greeting().heard, None);
        assert_eq!(first.take(&happened(None)), Some(Word::New), "who does not count");
    }

    fn open(alerts: &Alerts) -> Vec<&str> {
        alerts.heard.open.keys().map(String::as_str).collect()
    }

    #[test]
    fn news_is_taken_once_and_not_behind_a_gap() {
        let mut alerts = Alerts::default();
        let mut take = |id, is_over, number, after| {
            alerts.take(&news(id, is_over, Some(("b", number, after))))
        };
        assert_eq!(take("a", false, 10, 0), Some(Word::New));
        assert_eq!(take("a", false, 10, 0), None, "twice");
        assert_eq!(take("b", false, 30, 20), None, "20 is missing");
        assert_eq!(take("a", true, 20, 10), Some(Word::New));
        assert_eq!(take("b", false, 30, 20), Some(Word::New));
        assert_eq!(take("a", true, 20, 10), None);
        assert_eq!(open(&alerts), ["b"]);
        let next = news("b", true, Some(("next boot", 1, 0)));
        assert_eq!(alerts.take(&next), Some(Word::New), "it counts anew");
        let again = news("b", true, Some(("next boot", 2, 1)));
        assert_eq!(alerts.take(&again), Some(Word::Again), "that is known");
        assert!(open(&alerts).is_empty());
    }

    #[test]
    fn what_was_told_before_a_restart_is_no_news_after_it() {
        let mut first = Alerts::default();
        first.take(&news("a", false, Some(("b", 10, 0))));
        first.take(&news("x", false, Some(("b", 11, 10))));
        first.take(&news("x", true, Some(("b", 12, 11))));
        let heard = Some(("b".to_owned(), 12));
        let mut second = Alerts::restored(Greeting { heard, open: first.greeting().open });
        let heard = second.greeting().heard;
        assert_eq!(heard, Some(("b".to_owned(), 0)), "who knows whether its store has them");
        let mut take = |id, is_over, number, after| {
            second.take(&news(id, is_over, Some(("b", number, after))))
        };
        assert_eq!(take("a", false, 10, 0), None, "it is open");
        assert_eq!(take("x", false, 11, 10), Some(Word::Again));
        assert_eq!(take("x", true, 12, 11), Some(Word::Again));
        assert_eq!(take("a", true, 20, 12), Some(Word::New));
        assert!(open(&second).is_empty());
    }

    #[test]
    fn who_does_not_number_is_believed() {
        let mut alerts = Alerts::default();
        let mut take = |id, is_over| alerts.take(&news(id, is_over, None)).unwrap();
        assert_eq!(take("a", false), Word::New);
        assert_eq!(take("a", false), Word::Again, "with another value");
        assert_eq!(take("a", true), Word::New);
        assert_eq!(take("never told", true), Word::Again);
        assert_eq!(alerts.promise(), None, "it waits for no answer");
        for n in 0..2 * ALERTS_OPEN_MAX {
            alerts.take(&news(&n.to_string(), false, None));
        }
        assert_eq!(open(&alerts).len(), ALERTS_OPEN_MAX);
    }

    #[test]
    fn what_is_not_safe_is_not_told_to_be_known() {
        let mut alerts = Alerts::default();
        alerts.take(&news("a", false, Some(("b", 10, 0))));
        assert_eq!(alerts.promise(), Some(10));
        assert_eq!(alerts.promise(), None);
        alerts.take(&news("a", true, Some(("b", 20, 10))));
        assert_eq!(alerts.promise(), Some(20));
        assert_eq!(alerts.greeting().heard, Some(("b".to_owned(), 0)));
        alerts.kept(10);
        assert_eq!(alerts.greeting().heard, Some(("b".to_owned(), 10)));
        let over = news("a", true, Some(("b", 20, 10)));
        assert_eq!(alerts.take(&over), None, "it is here, if not safe");
        assert!(alerts.forget_unsafe());
        assert_eq!(alerts.take(&over), Some(Word::Again), "for the store");
        alerts.promise();
        alerts.kept(20);
        assert!(!alerts.forget_unsafe() && alerts.greeting().open.is_empty());
    }
}
