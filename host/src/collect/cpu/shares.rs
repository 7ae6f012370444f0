//! Where each processor's time went, to the ten-thousandth: what telegraf's schema has of it.

use kinglet_proto::sample::detail::CpuShares;

use super::{Spent, room};
use crate::stat_file::StatFile;

/// Fills the list: all processors together, then each that has two readings and whose counters
/// make sense; none at the first sample.
pub(super) fn fill(stat: &StatFile, shares: &mut Vec<CpuShares>) {
    shares.clear();
    let whole = room(stat.elapsed, stat.after.cores.len().max(1));
    let all = stat.before.total.as_ref().zip(stat.after.total.as_ref());
    let spent = all.and_then(|(before, after)| Spent::between(before, after, whole));
    shares.extend(spent.and_then(|spent| of(None, &spent)));
    let room = room(stat.elapsed, 1);
    for (at, (id, after)) in stat.after.cores.iter().enumerate() {
        let before = stat.core_before(at, *id);
        let spent = before.and_then(|before| Spent::between(before, after, room));
        if let (Some(spent), Ok(core)) = (spent, u32::try_from(*id)) {
            shares.extend(of(Some(core), &spent));
        }
    }
}

/// `None` where no time passed: nobody knows then.
fn of(core: Option<u32>, spent: &Spent) -> Option<CpuShares> {
    let (times, all) = (&spent.times, spent.all);
    if all == 0 {
        return None;
    }
    let share = |ticks: u64| {
        let parts = ticks.saturating_mul(1_000_000).saturating_add(all / 2) / all;
        f64::from(u32::try_from(parts).unwrap_or(u32::MAX)) / 10_000.0
    };
    let (guest, guest_nice) = (times.guest.min(times.user), times.guest_nice.min(times.nice));
    Some(CpuShares {
        core,
        user: share(times.user - guest),
        system: share(times.system),
        idle: share(times.idle),
        nice: share(times.nice - guest_nice),
        iowait: share(times.iowait),
        irq: share(times.irq),
        softirq: share(times.softirq),
        steal: share(times.steal),
        guest: share(guest),
        guest_nice: share(guest_nice),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::kernel::stat::{self, Places};
    use crate::read::Root;

    fn filled(before: &str, after: &str) -> Vec<CpuShares> {
        let mut stat = StatFile::new(&Root::new("/nowhere"));
        stat::parse(before.as_bytes(), &mut stat.before, &mut Places::default());
        stat::parse(after.as_bytes(), &mut stat.after, &mut Places::default());
        stat.elapsed = Duration::from_secs(10);
        let mut shares = Vec::new();
        fill(&stat, &mut shares);
        shares
    }

    #[test]
    fn guests_are_counted_apart_and_all_is_a_hundred() {
        let shares = filled(
            "cpu  0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n",
            "cpu  307 50 100 300 20 3 7 11 101 20\ncpu0 307 50 100 300 20 3 7 11 101 20\n",
        );
        assert_eq!(shares.len(), 2);
        for (row, core) in shares.iter().zip([None, Some(0)]) {
            let all = [row.user, row.system, row.idle, row.nice, row.iowait, row.irq];
            let rest = [row.softirq, row.steal, row.guest, row.guest_nice];
            let sum: f64 = all.iter().chain(&rest).sum();
            assert!((sum - 100.0).abs() < 0.001, "{sum}: {row:?}");
            assert_eq!(row.core, core);
        }
        let row = shares[0];
        assert_eq!((row.user, row.guest), (25.8145, 12.6566));
        assert_eq!((row.nice, row.guest_nice), (3.7594, 2.5063));
    }

    #[test]
    fn a_first_reading_and_a_new_core_have_no_row() {
        assert_eq!(filled("", "cpu  5 0 0 5\ncpu0 5 0 0 5\n"), []);
        let cores: Vec<_> = filled(
            "cpu  0 0 0 0\ncpu0 0 0 0 0\ncpu3 0 0 0 0\n",
            "cpu  5 0 0 5\ncpu0 5 0 0 5\ncpu1 5 0 0 5\ncpu3 5 0 0 5\n",
        )
        .iter()
        .map(|row| row.core)
        .collect();
        assert_eq!(cores, [None, Some(0), Some(3)]);
        assert_eq!(filled("cpu  1 1 1 1\n", "cpu  1 1 1 1\n"), [], "no time passed");
    }

    #[test]
    fn a_guest_that_outruns_its_user_takes_nothing_away() {
        let row = filled("cpu  0 0 0 0 0 0 0 0 0\n", "cpu  10 0 0 90 0 0 0 0 12\n")[0];
        assert_eq!((row.user, row.guest, row.idle), (0.0, 10.0, 90.0));
    }
}
