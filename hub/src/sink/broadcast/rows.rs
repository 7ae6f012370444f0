//! Rows for the viewers of lists: who has reported since the last time, and what of each was told.
//!
//! Viewers are told changes against the row that was told last, so who comes now is greeted with
//! exactly that row, and not with the newest figures. Pure: who locks it is elsewhere.

use std::collections::HashMap;
use std::sync::Arc;

use kinglet_proto::host::HostId;
use kinglet_proto::sample::Sample;
use kinglet_proto::time::WallTime;
use kinglet_proto::viewer::{Row, Topic, rows};

use super::Kind;
use super::board::Board;
use crate::fleet::{Reading, Sight, Update};
use crate::server::viewer::{Audience, HostRow, Notice, Notices, Seen};

/// What is known of rows. Without viewers it holds no more than the numbers.
#[derive(Default)]
pub(super) struct Rows {
    /// Whose viewers have rows.
    pub(super) kind: Option<Kind>,
    /// Never given twice while the hub runs.
    numbers: HashMap<HostId, u64>,
    last_number: u64,
    told: HashMap<HostId, Row>,
    /// Who has reported since; `true` where the viewers know nothing of the host yet.
    waiting: HashMap<HostId, bool>,
    /// How many viewers look at all fields of a host.
    whole: HashMap<HostId, usize>,
}

/// The rows that are to be told next, and of which reading.
pub(super) type Due = Vec<(HostId, Arc<Sample>)>;

impl Rows {
    /// The number that stands for a host.
    pub(super) fn number(&mut self, id: &HostId) -> u64 {
        if let Some(number) = self.numbers.get(id) {
            return *number;
        }
        self.last_number += 1;
        self.numbers.insert(id.clone(), self.last_number);
        self.last_number
    }

    /// Notes an update; whether it is the first that waits.
    pub(super) fn note(&mut self, update: &Update, anyone: bool) -> bool {
        if let Update::Added(host) = update {
            // Strangers may see it from now on, and know nothing of it.
            self.told.remove(&host.id);
        }
        if let Update::Removed(id) = update {
            self.numbers.remove(id);
            self.told.remove(id);
            self.waiting.remove(id);
        }
        if !anyone {
            (self.told, self.waiting) = (HashMap::new(), HashMap::new());
            return false;
        }
        let id = match update {
            Update::Reading(Reading { newest: true, host, .. }) | Update::Added(host) => &host.id,
            Update::Reading(_)
            | Update::Status(_)
            | Update::Removed(_)
            | Update::Told(_)
            | Update::Aggregates(_) => return false,
        };
        let (is_first, is_new) = (self.waiting.is_empty(), !self.told.contains_key(id));
        *self.waiting.entry(id.clone()).or_default() |= is_new;
        is_first
    }

    /// Whose row is to be told, with the reading on the board.
    pub(super) fn due(&self, board: &Board) -> Due {
        let sample = |id: &HostId| board.get(id).and_then(|host| host.sample.clone());
        self.waiting.keys().filter_map(|id| Some((id.clone(), sample(id)?))).collect()
    }

    /// What is told of these rows, the newest there are; `None` where that is nothing. Strangers
    /// are told of the hosts on the board that they see, as it is now.
    pub(super) fn tell(
        &mut self,
        due: Vec<(HostId, Row)>,
        board: &Board,
        at: WallTime,
    ) -> Option<Notices> {
        let rows: Vec<HostRow> =
            due.into_iter().filter_map(|(id, row)| self.step(id, row)).collect();
        // Who waits without a reading is told with the first.
        self.waiting.clear();
        let is_seen =
            |row: &&HostRow| board.get(&row.id).is_some_and(|host| Sight::Public.sees(host));
        let seen: Vec<_> = rows.iter().filter(is_seen).cloned().collect();
        let told = if seen.len() == rows.len() {
            vec![(Seen::Everybody, rows)]
        } else {
            vec![(Seen::Insiders, rows), (Seen::Strangers, seen)]
        };
        let told = told.into_iter().filter(|(_, rows)| !rows.is_empty());
        let notices: Vec<_> = told.map(|(by, rows)| (by, notice(rows, at))).collect();
        (!notices.is_empty()).then(|| notices.into())
    }

    fn step(&mut self, id: HostId, row: Row) -> Option<HostRow> {
        let is_new = self.waiting.get(&id).copied()?;
        let number = self.number(&id);
        let before = self.told.insert(id.clone(), row.clone());
        let (whole, text) = match before.filter(|_| !is_new) {
            Some(before) => (false, row.changed(&before, number)),
            None => (true, row.whole(number)),
        };
        Some(HostRow { id, whole, text })
    }

    /// The row of a host that was told last, for who comes now; its newest where none was.
    pub(super) fn last(&mut self, id: &HostId, sample: &Sample) -> HostRow {
        let number = self.number(id);
        let row = self.told.entry(id.clone()).or_insert_with(|| Row::of(sample));
        HostRow { id: id.clone(), whole: true, text: row.whole(number) }
    }

    /// Whether somebody looks at all fields of a host.
    pub(super) fn is_watched_whole(&self, id: &HostId) -> bool {
        self.whole.contains_key(id)
    }

    /// A viewer looks at all fields of these hosts, and no longer at those.
    pub(super) fn watch_whole<'a>(
        &mut self,
        now: impl Iterator<Item = &'a HostId>,
        before: impl Iterator<Item = &'a HostId>,
    ) {
        now.for_each(|id| *self.whole.entry(id.clone()).or_default() += 1);
        for id in before {
            let left = self.whole.get_mut(id).map(|viewers| {
                *viewers = viewers.saturating_sub(1);
                *viewers
            });
            if left == Some(0) {
                self.whole.remove(id);
            }
        }
    }
}

/// These rows, for who looks at one of them.
pub(crate) fn notice(rows: Vec<HostRow>, at: WallTime) -> Notice {
    let text = message(at, rows.iter()).into();
    let topic = Topic::new("rows", Vec::new());
    Notice { text, topic, audience: Audience::Rows(rows.into()) }
}

/// One message with these rows.
pub(crate) fn message<'a>(at: WallTime, all: impl Iterator<Item = &'a HostRow> + Clone) -> String {
    let of = |whole: bool| {
        all.clone().filter(move |row| row.whole == whole).map(|row| row.text.as_str())
    };
    rows(at, of(true), of(false))
}

#[cfg(test)]
mod tests {
    use kinglet_proto::ingest::Label;

    use super::*;
    use crate::fleet::Snapshot;

    fn host(id: &str, uptime: u64) -> Snapshot {
        let sample = Sample { uptime: Some(uptime), ..Sample::default() };
        Snapshot {
            id: HostId::parse(id).unwrap(),
            label: Arc::new(Label::default()),
            online: true,
            stopped: false,
            last_seen: None,
            sample: Some(Arc::new(sample)),
        }
    }

    /// What is told when these hosts are on the board.
    fn told(rows: &mut Rows, hosts: &[Snapshot]) -> Vec<String> {
        let board = Board::new(hosts.to_vec());
        let due = rows.due(&board);
        let due = due.into_iter().map(|(id, sample)| (id, Row::of(&sample))).collect();
        let notices = rows.tell(due, &board, WallTime::from_unix_millis(0));
        let rows = notices.map(|notices| match &notices[0].1.audience {
            Audience::Rows(rows) => rows.iter().map(|row| row.text.clone()).collect(),
            Audience::Chosen | Audience::Whole(_) => panic!("rows are for who looks at them"),
        });
        rows.unwrap_or_default()
    }

    fn reading(host: &Snapshot) -> Update {
        let (host, sample) = (host.clone(), host.sample.clone().unwrap());
        let (place, received, age) = (None, kinglet_proto::time::Now::default(), None);
        Update::Reading(Reading { number: 0, host, sample, place, received, age, newest: true })
    }

    #[test]
    fn who_comes_between_goes_on_from_what_was_told() {
        let mut rows = Rows::default();
        let [one, two, three] = [1, 2, 1].map(|uptime| host("a", uptime));
        assert!(rows.note(&Update::Added(one.clone()), true));
        assert!(!rows.note(&reading(&one), true), "one waits already");
        assert_eq!(told(&mut rows, std::slice::from_ref(&one)), ["[1,6,1]"]);
        assert!(told(&mut rows, std::slice::from_ref(&one)).is_empty(), "nothing waits");
        // It is 2 on the board, and will be 1 again when it is told: then nothing has changed.
        rows.note(&reading(&two), true);
        assert_eq!(rows.last(&two.id, two.sample.as_ref().unwrap()).text, "[1,6,1]");
        rows.note(&reading(&three), true);
        assert_eq!(told(&mut rows, &[three]), ["[1]"]);
    }

    #[test]
    fn a_host_that_was_removed_comes_back_under_another_number() {
        let mut rows = Rows::default();
        let host = host("a", 1);
        rows.note(&Update::Added(host.clone()), true);
        assert_eq!(told(&mut rows, std::slice::from_ref(&host)), ["[1,6,1]"]);
        rows.note(&Update::Removed(host.id.clone()), true);
        rows.note(&Update::Added(host.clone()), true);
        // Somebody who came is told before the others are.
        assert_eq!(rows.last(&host.id, host.sample.as_ref().unwrap()).text, "[2,6,1]");
        assert_eq!(told(&mut rows, &[host]), ["[2,6,1]"], "the others know nothing of it");
    }

    #[test]
    fn strangers_are_told_the_rows_of_hosts_that_they_see_on_the_board() {
        let mut rows = Rows::default();
        let label = Arc::new(Label { hidden: true, ..Label::default() });
        let (shown, hidden) = (host("a", 1), Snapshot { label, ..host("b", 1) });
        let mut tell = |hosts: &[Snapshot], board: &[Snapshot]| {
            for host in hosts {
                rows.note(&Update::Added(host.clone()), true);
            }
            let due = rows.due(&Board::new(hosts.to_vec()));
            let due = due.into_iter().map(|(id, sample)| (id, Row::of(&sample))).collect();
            let told = rows.tell(due, &Board::new(board.to_vec()), WallTime::from_unix_millis(0));
            let text = |by: Seen, notice: &Notice| (by, notice.text.as_str().contains("changed"));
            let told = told.unwrap();
            Vec::from_iter(told.iter().map(|(by, notice)| {
                let Audience::Rows(rows) = &notice.audience else { panic!("rows") };
                (text(*by, notice), rows.len())
            }))
        };
        let both = [shown.clone(), hidden.clone()];
        let split = [((Seen::Insiders, false), 2), ((Seen::Strangers, false), 1)];
        assert_eq!(tell(&both, &both), split);
        let (hidden, alone) = (&both[1..], ((Seen::Insiders, false), 1));
        assert_eq!(tell(hidden, hidden), [alone], "nothing is told of nothing");
        let late = [host("b", 1)];
        assert_eq!(tell(&late, hidden), [alone], "hidden while its row was written");
        assert_eq!(tell(&late, &late), [((Seen::Everybody, false), 1)], "whole, once it is shown");
    }

    #[test]
    fn nothing_is_held_for_nobody() {
        let mut rows = Rows::default();
        let host = host("a", 1);
        rows.note(&reading(&host), true);
        told(&mut rows, std::slice::from_ref(&host));
        rows.note(&reading(&host), false);
        assert!(rows.told.is_empty() && rows.waiting.is_empty());
    }

    #[test]
    fn a_host_is_watched_until_the_last_viewer_has_gone() {
        let mut rows = Rows::default();
        let id = HostId::parse("a").unwrap();
        for _ in 0..2 {
            rows.watch_whole([&id].into_iter(), [].into_iter());
        }
        rows.watch_whole([].into_iter(), [&id].into_iter());
        assert!(rows.is_watched_whole(&id));
        rows.watch_whole([].into_iter(), [&id].into_iter());
        assert!(!rows.is_watched_whole(&id) && rows.whole.is_empty());
    }
}
