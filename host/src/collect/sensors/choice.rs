//! Which rows of a list that is too long are kept: in turn of each group, its best first.

use std::cmp::Reverse;

/// What a row is, among others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rank {
    /// Whose it is.
    pub(super) group: usize,
    /// Whether it stands for its group.
    pub(super) is_main: bool,
    /// How much it says; the most is kept next.
    pub(super) value: Option<i64>,
}

/// At most `max` rows, in the order in which they stand. Each group keeps the row that stands for
/// it (the first that says so, else its first), then the one with the highest value, then the
/// others as they come. A list that fits is not looked at.
pub(super) fn choose<T>(rows: Vec<T>, max: usize, mut rank: impl FnMut(&mut T) -> Rank) -> Vec<T> {
    if rows.len() <= max {
        return rows;
    }
    let mut rows = rows;
    let ranks: Vec<Rank> = rows.iter_mut().map(&mut rank).collect();
    let mut turns: Vec<(usize, usize, usize)> = Vec::new(); // turn, group, place
    for group in ranks.iter().map(|rank| rank.group) {
        if turns.iter().any(|turn| turn.1 == group) {
            continue;
        }
        let places = in_turn(&ranks, group).into_iter().enumerate();
        turns.extend(places.map(|(turn, place)| (turn, group, place)));
    }
    turns.sort_unstable();
    turns.truncate(max);
    let mut at = 0;
    rows.retain(|_| {
        at += 1;
        turns.iter().any(|turn| turn.2 == at - 1)
    });
    rows
}

/// The places of a group's rows, the first to be kept first.
fn in_turn(ranks: &[Rank], group: usize) -> Vec<usize> {
    let of_group = |place: &usize| ranks.get(*place).is_some_and(|rank| rank.group == group);
    let mut places: Vec<usize> = (0..ranks.len()).filter(of_group).collect();
    // Stable: what is equal stays as it stands.
    places.sort_by_key(|place| !ranks[*place].is_main);
    if let Some(rest) = places.get_mut(1..) {
        let highest = rest.iter().copied().min_by_key(|place| Reverse(ranks[*place].value));
        rest.sort_by_key(|place| (Some(*place) != highest, *place));
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(rows: &[(usize, bool, i64)], max: usize) -> Vec<i64> {
        let rank = |row: &mut (usize, bool, i64)| Rank {
            group: row.0,
            is_main: row.1,
            value: (row.2 != 0).then_some(row.2),
        };
        choose(rows.to_vec(), max, rank).iter().map(|row| row.2).collect()
    }

    #[test]
    fn each_group_has_its_turn_with_its_best_first() {
        let rows = [
            (0, false, 50),
            (0, true, 60),
            (0, false, 59),
            (0, false, 58),
            (1, false, 20),
            (1, false, 0),
            (1, false, 90),
            (2, false, 33),
        ];
        assert_eq!(chosen(&rows, 8).len(), 8, "all fit");
        assert_eq!(chosen(&rows, 2), [60, 20]);
        assert_eq!(chosen(&rows, 3), [60, 20, 33]);
        assert_eq!(chosen(&rows, 5), [60, 59, 20, 90, 33]);
        assert_eq!(chosen(&rows, 7), [50, 60, 59, 20, 0, 90, 33]);
        assert_eq!(chosen(&rows, 0), [0; 0]);
    }
}
