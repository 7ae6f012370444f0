//! The database: what it stores, and what it answers in which mood.

use std::collections::BTreeSet;
use std::time::Duration;

use kinglet_proto::output::Request;
use kinglet_proto::rng::Rng;
use kinglet_proto::session::Loss;
use kinglet_proto::wire::line_protocol::{lines, parse};

/// How the server is now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Mood {
    #[default]
    Well,
    /// Answers within half a minute.
    Slow,
    /// Takes no connection.
    Away,
    /// Takes one, and says nothing.
    Mute,
    /// Breaks off before it has stored, or after.
    Breaking,
    /// Answers with this status whatever it hears.
    Says(u16),
    /// Takes no more than so many bytes.
    Narrow(usize),
    /// Has no database of this name.
    Empty,
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Heard {
    pub(super) status: u16,
    pub(super) retry_after: Option<Duration>,
    pub(super) body: String,
}

#[derive(Debug, Default)]
pub(super) struct Database {
    pub(super) mood: Mood,
    pub(super) stored: BTreeSet<u64>,
    /// Samples stored of which the agent never heard.
    pub(super) stored_unanswered: u64,
    /// The password was wrong once: it is not tried again for minutes.
    pub(super) has_refused: bool,
}

impl Database {
    pub(super) fn change_mood(&mut self, rng: &mut Rng) {
        const STATUSES: [u16; 11] = [400, 401, 403, 406, 413, 422, 429, 500, 502, 503, 302];
        self.mood = match rng.below(16) {
            0..4 => Mood::Well,
            4 => Mood::Slow,
            5 | 6 => Mood::Away,
            7 => Mood::Mute,
            8 => Mood::Breaking,
            9 => Mood::Narrow(2000 + usize::try_from(rng.below(20_000)).unwrap_or_default()),
            10 | 11 => Mood::Empty,
            _ => {
                let at = rng.below(STATUSES.len() as u64);
                Mood::Says(STATUSES[usize::try_from(at).unwrap_or_default()])
            }
        };
    }

    /// What comes of a request, and after how long; `was_cut` where the connection that it went out
    /// on was ended before it came.
    pub(super) fn hear(
        &mut self,
        request: &Request,
        samples: &BTreeSet<u64>,
        was_cut: bool,
        rng: &mut Rng,
    ) -> (u64, Result<Heard, Loss>) {
        let soon = 1 + rng.below(200);
        if was_cut {
            return (soon, Err(Loss::Ended));
        }
        let is_write = request.path_and_query.starts_with("/write?");
        let bytes = request.body.as_ref().map_or(0, String::len);
        match self.mood {
            Mood::Away => (soon, Err(Loss::Broken)),
            Mood::Mute => (u64::MAX, Err(Loss::Broken)),
            Mood::Breaking if rng.below(2) == 0 => (soon, Err(Loss::Ended)),
            Mood::Breaking => {
                self.store(samples);
                self.stored_unanswered += samples.len() as u64;
                (soon, Err(Loss::Ended))
            }
            Mood::Says(status) => {
                self.has_refused |= matches!(status, 401 | 403);
                (soon, Ok(heard(status, rng)))
            }
            Mood::Narrow(limit) if bytes > limit => (soon, Ok(heard(413, rng))),
            Mood::Empty if is_write => (soon, Ok(heard(404, rng))),
            Mood::Empty => {
                self.mood = Mood::Well;
                (soon, Ok(heard(200, rng)))
            }
            Mood::Slow => {
                self.store(samples);
                (rng.below(29_000), Ok(heard(204, rng)))
            }
            Mood::Well | Mood::Narrow(_) => {
                self.store(samples);
                (soon, Ok(heard(if is_write { 204 } else { 200 }, rng)))
            }
        }
    }

    fn store(&mut self, samples: &BTreeSet<u64>) {
        self.stored.extend(samples);
    }
}

fn heard(status: u16, rng: &mut Rng) -> Heard {
    let is_busy = matches!(status, 429 | 503) && rng.below(2) == 0;
    let body = match status {
        204 => String::new(),
        404 => "{\"error\":\"database not found: \\\"telegraf\\\"\"}".to_owned(),
        502 => format!("<html>{}</html>", "x".repeat(3000)),
        _ => format!("{{\"error\":\"{}\"}}", "words ".repeat(100)),
    };
    let retry_after = is_busy.then(|| Duration::from_secs(rng.below(200)));
    Heard { status, retry_after, body }
}

/// The samples of a body by their seconds, each with its time right.
pub(super) fn samples(body: &str, epoch: u64) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    for line in lines(body) {
        let point = parse(line).expect("a line is a point");
        assert_eq!(point.tag("host"), Some("pi"), "{line}");
        if let Some((_, value)) = point.fields.iter().find(|(name, _)| name == "uptime") {
            let second = value.whole().and_then(|it| u64::try_from(it).ok()).expect("seconds");
            let expected = i64::try_from(epoch + second).ok();
            assert_eq!(point.timestamp, expected, "{line}");
            assert!(found.insert(second), "twice in one body: {line}");
        }
    }
    found
}
