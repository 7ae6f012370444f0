//! Which rows of a list that is too long are kept: in turn of each group, its best first.

/// What a row is, among others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rank {
    /// Whose it is, counted from zero.
    pub(super) group: usize,
    /// Whether it stands for its group.
    pub(super) is_main: bool,
    /// How much it says; the most is kept next. What says nothing is not kept.
    pub(super) value: Option<i64>,
}

/// At most `max` rows, in the order in which they stand. Each group keeps the row that stands for
/// it (the first that says so, else its first), then the one with the highest value, then the
/// others as they come. A list that fits is not looked at.
pub(super) fn choose<T>(
    mut rows: Vec<T>,
    max: usize,
    mut rank: impl FnMut(&mut T) -> Rank,
) -> Vec<T> {
    if rows.len() > max {
        let kept = choose_places(&rows.iter_mut().map(&mut rank).collect::<Vec<_>>(), max);
        let mut kept = kept.iter();
        rows.retain(|_| kept.next().is_some_and(|kept| *kept));
    }
    rows
}

/// Whether each place is kept; there are more than `max`.
fn choose_places(ranks: &[Rank], max: usize) -> Vec<bool> {
    let mut kept = vec![false; ranks.len()];
    let groups = ranks.iter().map(|rank| rank.group + 1).max().unwrap_or(0);
    let mut left = max;
    // Each round but the last keeps a row at least.
    for turn in 0..max {
        for group in 0..groups {
            if left > 0
                && let Some(place) = best(ranks, &kept, group, turn)
            {
                kept[place] = true;
                left -= 1;
            }
        }
    }
    kept
}

/// Which row of a group is next.
fn best(ranks: &[Rank], kept: &[bool], group: usize, turn: usize) -> Option<usize> {
    let mut best: Option<usize> = None;
    for (place, rank) in ranks.iter().enumerate() {
        if rank.group != group || kept[place] || rank.value.is_none() {
            continue;
        }
        let is_better = best.is_none_or(|best| match turn {
            0 => rank.is_main && !ranks[best].is_main,
            1 => rank.value > ranks[best].value,
            _ => false,
        });
        if is_better {
            best = Some(place);
        }
    }
    best
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
        assert_eq!(chosen(&rows, 7), [50, 60, 59, 58, 20, 90, 33], "one says nothing");
        assert_eq!(chosen(&rows, 0), [0; 0]);
    }
}
