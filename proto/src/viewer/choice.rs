//! What a viewer has chosen to hear.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use super::Topic;
use crate::ingest::{Filters, Scalar};
use crate::limits::{VIEWER_EVENTS_MAX, VIEWER_TEXT_MAX, VIEWER_VALUES_MAX};

/// Types that can be chosen, each whole or, where its `data` has a `type`, as `<type>.<data.type>`.
const KINDS: [&str; 8] = [
    "alert",
    "config",
    "metrics",
    "performance",
    "server_added",
    "server_removed",
    "status",
    "system",
];

/// Of all that is told, what one viewer hears.
#[derive(Debug)]
pub struct Choice {
    /// The one type its path has; `None` for all.
    only: Option<&'static str>,
    /// Each event with its filters; `None` before anything was chosen: then it hears everything
    /// but `dropped`.
    chosen: Option<BTreeMap<String, Arc<Filters>>>,
    dropped: BTreeSet<String>,
}

/// Why something cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChoiceError {
    /// There is no such event.
    Unknown(String),
    /// More events, values or letters than one viewer may have.
    TooMany,
}

impl fmt::Display for ChoiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(event) => write!(f, "no such event: {event}"),
            Self::TooMany => f.write_str("too many events or filters"),
        }
    }
}

impl std::error::Error for ChoiceError {}

impl Choice {
    /// Everything of this type, or of every type.
    pub fn new(only: Option<&'static str>) -> Self {
        Self { only, chosen: None, dropped: BTreeSet::new() }
    }

    /// These events, of which those that pass the filters, beside those chosen before. What was
    /// chosen already has the new filters.
    pub fn subscribe(&mut self, events: Vec<String>, filters: Filters) -> Result<(), ChoiceError> {
        check(&events)?;
        let filters = Arc::new(filters);
        let mut chosen = self.chosen.clone().unwrap_or_default();
        chosen.extend(events.into_iter().map(|event| (event, filters.clone())));
        let values = chosen.values().flat_map(|filters| filters.iter());
        let values: usize = values.map(|(_, values)| 1 + values.len()).sum();
        let mut texts = filters.iter().flat_map(|(member, values)| {
            let texts = values.iter().map(|value| match value {
                Scalar::Text(text) => text.len(),
                Scalar::Number(_) | Scalar::Switch(_) => 0,
            });
            texts.chain([member.len()])
        });
        let is_long = texts.any(|length| length > VIEWER_TEXT_MAX);
        if chosen.len() > VIEWER_EVENTS_MAX || values > VIEWER_VALUES_MAX || is_long {
            return Err(ChoiceError::TooMany);
        }
        (self.chosen, self.dropped) = (Some(chosen), BTreeSet::new());
        Ok(())
    }

    /// These events no longer. Without the last of those chosen it hears nothing.
    pub fn unsubscribe(&mut self, events: Vec<String>) -> Result<(), ChoiceError> {
        check(&events)?;
        if let Some(chosen) = &mut self.chosen {
            events.iter().for_each(|event| drop(chosen.remove(event)));
            return Ok(());
        }
        let mut dropped = self.dropped.clone();
        dropped.extend(events);
        if dropped.len() > VIEWER_EVENTS_MAX {
            return Err(ChoiceError::TooMany);
        }
        self.dropped = dropped;
        Ok(())
    }

    /// Whether a message is for this viewer.
    pub fn takes(&self, topic: &Topic) -> bool {
        if self.only.is_some_and(|only| only != topic.kind) {
            return false;
        }
        match &self.chosen {
            None => !self.dropped.iter().any(|event| topic.is(event)),
            Some(chosen) => {
                chosen.iter().any(|(event, filters)| topic.is(event) && topic.passes(filters))
            }
        }
    }
}

fn check(events: &[String]) -> Result<(), ChoiceError> {
    if events.len() > VIEWER_EVENTS_MAX {
        return Err(ChoiceError::TooMany);
    }
    let unknown = events.iter().find(|event| {
        let (kind, part) = event.split_once('.').unwrap_or((event, "-"));
        !KINDS.contains(&kind) || part.is_empty() || event.len() > VIEWER_TEXT_MAX
    });
    unknown.map_or(Ok(()), |event| {
        let mut event = event.clone();
        event.truncate(event.floor_char_boundary(VIEWER_TEXT_MAX));
        Err(ChoiceError::Unknown(event))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alert(kind: &str, level: &str) -> Topic {
        let text = |text: &str| Scalar::Text(text.to_owned());
        let fields = vec![
            ("type".into(), text(kind)),
            ("level".into(), text(level)),
            ("threshold".into(), Scalar::Number(80.0)),
        ];
        Topic::new("alert", fields)
    }

    fn status() -> Topic {
        Topic::new("status", vec![("online".into(), Scalar::Switch(true))])
    }

    fn events(events: &[&str]) -> Vec<String> {
        events.iter().map(|&event| event.to_owned()).collect()
    }

    fn filters(member: &str, values: &[Scalar]) -> Filters {
        Filters::from([(member.to_owned(), values.to_vec())])
    }

    #[test]
    fn what_is_chosen_comes_and_nothing_else() {
        let mut choice = Choice::new(None);
        assert!(choice.takes(&alert("cpu", "warning")) && choice.takes(&status()), "everything");
        let levels = ["warning", "critical"].map(|level| Scalar::Text(level.to_owned()));
        choice.subscribe(events(&["alert.cpu"]), filters("level", &levels)).unwrap();
        assert!(choice.takes(&alert("cpu", "warning")));
        assert!(!choice.takes(&alert("cpu", "info")) && !choice.takes(&alert("memory", "warning")));
        assert!(!choice.takes(&status()));
        choice.subscribe(events(&["status"]), Filters::new()).unwrap();
        assert!(choice.takes(&alert("cpu", "warning")) && choice.takes(&status()), "both");
        choice.unsubscribe(events(&["alert.cpu", "status"])).unwrap();
        assert!(!choice.takes(&alert("cpu", "warning")) && !choice.takes(&status()), "silence");
    }

    #[test]
    fn filters_are_of_texts_numbers_and_switches_and_what_lacks_the_member_is_not_taken() {
        for (member, value, takes) in [
            ("threshold", Scalar::Number(80.0), true),
            ("threshold", Scalar::Number(81.0), false),
            ("threshold", Scalar::Text("80".to_owned()), false),
            ("nothing", Scalar::Number(80.0), false),
        ] {
            let mut choice = Choice::new(None);
            choice.subscribe(events(&["alert"]), filters(member, &[value])).unwrap();
            assert_eq!(choice.takes(&alert("cpu", "warning")), takes, "{member}");
        }
        let mut choice = Choice::new(None);
        choice.subscribe(events(&["status"]), filters("online", &[Scalar::Switch(true)])).unwrap();
        assert!(choice.takes(&status()));
    }

    #[test]
    fn a_path_of_one_type_has_that_type_alone() {
        let mut choice = Choice::new(Some("alert"));
        assert!(choice.takes(&alert("cpu", "warning")) && !choice.takes(&status()));
        choice.subscribe(events(&["status"]), Filters::new()).unwrap();
        assert!(!choice.takes(&alert("cpu", "warning")) && !choice.takes(&status()));
    }

    #[test]
    fn who_chose_nothing_may_leave_something_out() {
        let mut choice = Choice::new(None);
        choice.unsubscribe(events(&["alert.cpu"])).unwrap();
        assert!(!choice.takes(&alert("cpu", "info")) && choice.takes(&alert("memory", "info")));
        assert!(choice.takes(&status()));
    }

    #[test]
    fn a_choice_is_bounded_and_a_refused_one_changes_nothing() {
        let mut choice = Choice::new(None);
        let many: Vec<String> = (0..=VIEWER_EVENTS_MAX).map(|n| format!("alert.{n}")).collect();
        let values = vec![Scalar::Number(0.0); VIEWER_VALUES_MAX];
        let long = filters(&"x".repeat(VIEWER_TEXT_MAX + 1), &[]);
        for (events, filters) in [
            (many, Filters::new()),
            (events(&["alert"]), filters("level", &values)),
            (events(&["alert"]), long),
        ] {
            assert_eq!(choice.subscribe(events, filters), Err(ChoiceError::TooMany));
        }
        for unknown in ["", "alerts", "alert.", "connection", ".cpu"] {
            let refused = choice.subscribe(events(&[unknown]), Filters::new());
            assert_eq!(refused, Err(ChoiceError::Unknown(unknown.to_owned())));
        }
        assert!(choice.takes(&status()), "as before");
    }
}
