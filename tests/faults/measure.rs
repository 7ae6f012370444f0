//! One fault, from its beginning to the last sample that is missing.

use std::time::{Duration, SystemTime};

use crate::hub::millis;
use crate::lab::Lab;
use crate::table::Fault;

/// What is shown before the fault begins: the first report's Pong is in, too.
const REPORTS_BEFORE: usize = 5;
/// Until then everything is up, on a machine that has other things to do.
const UP_MAX: Duration = Duration::from_secs(60);
/// Until what was kept is in the history, once the agent is back: a full ring takes 16 s, four
/// times as long on a bad line, and more on a machine that has other things to do.
const KEPT_MAX: Duration = Duration::from_secs(150);
/// How far the hub's label of a sample may be from the agent's.
const LABELS_MS: u64 = 450;

/// What was measured.
pub struct Row {
    pub fault: &'static Fault,
    /// How long it lasted; `None` for what happens once.
    pub lasted: Option<Duration>,
    /// Until the agent said that its link is lost; `None` where it held.
    pub noticed: Option<Duration>,
    /// Until a sample was shown that was taken after the end of the fault.
    pub back: Duration,
    pub missing: u64,
    /// What the agent said, and the hub.
    story: String,
}

impl Row {
    /// What is beyond its bound.
    pub fn complaints(&self) -> Vec<String> {
        let Self { fault, noticed, back, missing, story, .. } = self;
        let mut found = Vec::new();
        if noticed.is_some_and(|noticed| noticed > fault.noticed_max) {
            found.push(format!("noticed after {noticed:?}, not {:?}", fault.noticed_max));
        }
        if fault.breaks && noticed.is_none() {
            found.push("never noticed".to_owned());
        }
        if *back > fault.back_max {
            found.push(format!("back after {back:?}, not {:?}", fault.back_max));
        }
        if *missing > 0 {
            found.push(format!("{missing} samples are missing"));
        }
        found.into_iter().map(|what| format!("{}: {what}\n{story}", fault.name)).collect()
    }
}

pub fn measure(fault: &'static Fault, number: usize) -> Row {
    let mut lab = Lab::new(number, fault.way);
    wait("the first reports", UP_MAX, &lab, |lab| {
        (lab.viewer.count() >= REPORTS_BEFORE).then_some(())
    });
    lab.began = SystemTime::now();
    (fault.begin)(&mut lab);
    let began = lab.began;
    std::thread::sleep(fault.lasts);
    (fault.end)(&mut lab);
    let ended = if fault.lasts.is_zero() { lab.began } else { SystemTime::now() };
    let shown =
        wait(fault.name, fault.back_max + UP_MAX, &lab, |lab| lab.viewer.shown_after(ended));
    let since = |later: SystemTime, sooner| later.duration_since(sooner).unwrap_or_default();
    let missing = missing(&lab);
    let noticed = lab.agent.said("link lost", began).map(|at| since(at, began));
    let story = format!("  the agent:\n{}  the hub:\n{}", lab.agent.story(), lab.hub_log());
    let lasted = (!fault.lasts.is_zero()).then_some(fault.lasts);
    Row { fault, lasted, noticed, back: since(shown, ended), missing, story }
}

/// Samples that the agent has taken and the hub does not remember, once it had time for them.
fn missing(lab: &Lab) -> u64 {
    let (number, label) = lab.agent.newest().unwrap();
    let taken_until = label + LABELS_MS;
    let deadline = SystemTime::now() + KEPT_MAX;
    loop {
        std::thread::sleep(Duration::from_millis(1500));
        let kept = lab.hub.as_ref().unwrap().count(taken_until).unwrap_or_default();
        if kept >= number || SystemTime::now() > deadline {
            return number.saturating_sub(kept);
        }
    }
}

/// Waits until there is one.
pub fn wait<T>(
    what: &str,
    limit: Duration,
    lab: &Lab,
    mut look: impl FnMut(&Lab) -> Option<T>,
) -> T {
    let deadline = millis(SystemTime::now() + limit);
    loop {
        if let Some(found) = look(lab) {
            return found;
        }
        let over = millis(SystemTime::now()) > deadline;
        assert!(!over, "{what}: waited in vain\n{}{}", lab.agent.story(), lab.hub_log());
        std::thread::sleep(Duration::from_millis(20));
    }
}
