//! When a disk will be full, by a straight line through what was kept of it.

use crate::limits::{TREND_FIT_MIN, TREND_POINTS_MIN, TREND_SURE_AFTER};

/// What is known of one disk.
#[derive(Debug, Default)]
pub(super) struct Trend {
    /// Looks in a row that said another than what holds.
    against: u8,
    fires: bool,
}

/// What a look brought about.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Turn {
    /// It will be full in so many days.
    Begins(f64),
    Ends,
}

impl Trend {
    /// One that fires since before this start.
    pub(super) const fn firing() -> Self {
        Self { against: 0, fires: true }
    }

    /// Takes in how many days are left, `None` for no end in sight. It fires and ends only when
    /// several looks in a row say so, and ends at twice the days: a disk that sways is one alert.
    pub(super) fn look(&mut self, days: Option<f64>, within: f64) -> Option<Turn> {
        let line = if self.fires { 2.0 * within } else { within };
        let is_soon = days.is_some_and(|days| days < line);
        if is_soon == self.fires {
            self.against = 0;
            return None;
        }
        self.against += 1;
        if self.against < TREND_SURE_AFTER {
            return None;
        }
        *self = Self { against: 0, fires: is_soon };
        Some(days.filter(|_| is_soon).map_or(Turn::Ends, Turn::Begins))
    }
}

/// In how many days these percents, each with its time in milliseconds, reach 100, by least
/// squares; `None` where they do not rise, are too few, or do not lie on a line.
pub(super) fn days_left(points: &[(u64, f64)]) -> Option<f64> {
    if points.len() < TREND_POINTS_MIN {
        return None;
    }
    let ((first, _), (last, newest)) = (*points.first()?, *points.last()?);
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of days, and a count of points")]
    let (days, count) =
        (|at: u64| at.saturating_sub(first) as f64 / 86_400_000.0, points.len() as f64);
    let mean_x = points.iter().map(|(at, _)| days(*at)).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, percent)| percent).sum::<f64>() / count;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (at, percent) in points {
        let (x, y) = (days(*at) - mean_x, percent - mean_y);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    // How much of what it moved the line explains: a log that is cut again and again is none.
    let fit = xy * xy / (xx * yy);
    let slope = xy / xx;
    let rises = slope.is_finite() && slope > 0.0 && fit >= TREND_FIT_MIN;
    let now = mean_y + slope * (days(last) - mean_x);
    rises.then(|| ((100.0 - now.max(newest)) / slope).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(of: impl Fn(f64) -> f64) -> Vec<(u64, f64)> {
        let at = |n: u32| 1_800_000_000_000 + u64::from(n) * 3_600_000;
        (0..72).map(|n| (at(n), of(f64::from(n) / 24.0))).collect()
    }

    #[test]
    fn a_line_is_followed_and_nothing_else() {
        let last = 71.0 / 24.0;
        let left = days_left(&points(|day| 70.0 + 5.0 * day)).unwrap();
        assert!((left - (30.0 - 5.0 * last) / 5.0).abs() < 0.01, "{left}");
        let wobbly = days_left(&points(|day| 70.0 + 5.0 * day + (day * 40.0).sin())).unwrap();
        assert!((wobbly - left).abs() < 0.5, "{wobbly}");
        for flat in [
            points(|_| 50.0),
            points(|day| 90.0 - day),
            points(|day| 50.0 + 30.0 * (day * 4.0).fract()),
            points(|day| day)[..5].to_vec(),
        ] {
            assert_eq!(days_left(&flat), None);
        }
        assert_eq!(days_left(&points(|day| 99.9 + day)), Some(0.0), "it is full");
    }

    #[test]
    fn one_that_sways_about_the_line_is_one_alert() {
        let mut trend = Trend::default();
        let mut look = |days: &[Option<f64>]| {
            let turns = days.iter().filter_map(|days| trend.look(*days, 7.0));
            turns.collect::<Vec<_>>()
        };
        assert_eq!(look(&[Some(6.0), Some(8.0), Some(6.0), Some(9.0)]), []);
        assert_eq!(look(&[Some(6.0), Some(5.0)]), [Turn::Begins(5.0)]);
        assert_eq!(look(&[Some(8.0), Some(13.0), None, Some(9.0), Some(15.0), Some(3.0)]), []);
        assert_eq!(look(&[Some(15.0), None]), [Turn::Ends]);
    }
}
