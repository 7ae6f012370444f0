//! `[budget]`: what the agent itself may take.

use kinglet_host::Budget;
use kinglet_proto::output::json;

use crate::limits::{BUDGET_PERCENT, BUDGET_RSS};
use crate::options::{Block, Given, Problems, Table};

/// What the owner says of it; `None` where that is nothing.
pub(super) fn budget(given: &Given, problems: &mut Problems) -> Option<Budget> {
    let block = given.table(Table::Budget)?;
    let keys = ["cpu_percent", "rss_bytes"];
    let place = keys.iter().find_map(|key| block.place_of(key))?;
    if !cfg!(feature = "budget") {
        problems.add(place, "this build of kinglet was made without a budget");
        return None;
    }
    if given.table(Table::Collect).and_then(|collect| collect.switch("agent")) == Some(false) {
        problems.add(place, "is held against what `agent` tells, which [collect] leaves out");
    }
    let hundredths = number(block, "cpu_percent", 100.0, &BUDGET_PERCENT, problems);
    Some(Budget {
        processor: hundredths.and_then(|hundredths| u32::try_from(hundredths).ok()),
        rss: number(block, "rss_bytes", 1.0, &BUDGET_RSS, problems),
    })
}

/// What is written, so many times over and whole.
fn number(
    block: &Block,
    key: &str,
    times: f64,
    range: &std::ops::RangeInclusive<f64>,
    problems: &mut Problems,
) -> Option<u64> {
    let number = block.number(key)?;
    if !range.contains(&number) {
        let place = block.place_of(key).unwrap_or(&block.place);
        // By the one writer of numbers that there is.
        let written = |number: &f64| json(number).trim_end_matches(".0").to_owned();
        let [number, least, most] = [&number, range.start(), range.end()].map(written);
        problems.add(place, format!("{number} is not from {least} to {most}"));
        return None;
    }
    // What is in range is no NaN, and not beyond what has a place in 64 bits.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = (number * times).round() as u64;
    Some(whole)
}
