//! `[probe]`: which places are probed, and how often.

use std::path::PathBuf;

use kinglet_proto::limits::TARGETS_MAX;
use kinglet_proto::output::json;
use kinglet_proto::probe::{Bounds, Kind, Target};
use kinglet_proto::quoted::Quoted;

use super::interval;
use crate::limits::TARGET_INTERVAL_DEFAULT;
use crate::link::Trust;
use crate::options::{Block, Given, Problems, Table};

/// What is probed.
#[derive(Debug, Clone)]
pub struct Probing {
    /// The owner's targets, at most [`TARGETS_MAX`].
    pub targets: Vec<Target>,
    /// How often, and what servers may have.
    pub bounds: Bounds,
    /// Servers may ask for more of them.
    pub from_server: bool,
    /// Authorities trusted beside the built-in ones and the host's.
    pub ca_file: Option<PathBuf>,
    /// Whom the certificates of pages may come from; `None` where there are none.
    pub trust: Option<Trust>,
}

/// What the owner said about it.
pub(super) fn probing(given: &Given, problems: &mut Problems) -> Probing {
    let mut probing = Probing {
        targets: Vec::new(),
        bounds: Bounds { interval: TARGET_INTERVAL_DEFAULT, count: TARGETS_MAX, private: false },
        from_server: false,
        ca_file: None,
        trust: None,
    };
    let Some(block) = given.table(Table::Probe) else { return probing };
    let bounds = &mut probing.bounds;
    bounds.interval = interval(block.text("interval"), TARGET_INTERVAL_DEFAULT, problems);
    probing.from_server = block.switch("from_server").unwrap_or(false);
    bounds.private = block.switch("private").unwrap_or(false);
    bounds.count = count(block, problems);
    let place = block.place_of("targets").unwrap_or(&block.place);
    if !cfg!(feature = "probe") && (probing.from_server || !block.map("targets").is_empty()) {
        problems.add(place, "this build of kinglet was made without probes");
        return probing;
    }
    for (name, url) in block.map("targets") {
        match Target::parse(name, url) {
            Ok(target) => probing.targets.push(target),
            Err(bad) => problems.add(place, format!("{} {bad}", Quoted(url))),
        }
    }
    if probing.targets.len() > TARGETS_MAX {
        problems.add(place, format!("at most {TARGETS_MAX} targets"));
    }
    probing.ca_file = block.text("ca_file").map(|text| PathBuf::from(text.value));
    let has_page = probing.targets.iter().any(|target| target.kind == Kind::Https);
    if has_page || probing.from_server {
        match Trust::load(probing.ca_file.as_deref()) {
            Ok(trust) => probing.trust = Some(trust),
            Err(error) if has_page || probing.ca_file.is_some() => {
                problems.add(&block.place, error.to_string());
            }
            Err(_) => {} // a server that wants one is told
        }
    }
    probing
}

/// How many targets servers may have probed.
fn count(block: &Block, problems: &mut Problems) -> usize {
    let Some(number) = block.number("count") else { return TARGETS_MAX };
    let found = (0..=TARGETS_MAX).find(|count| i32::try_from(*count).map(f64::from) == Ok(number));
    found.unwrap_or_else(|| {
        let place = block.place_of("count").unwrap_or(&block.place);
        problems
            .add(place, format!("{} is not a whole number from 0 to {TARGETS_MAX}", json(&number)));
        TARGETS_MAX
    })
}
