//! `[probe]`: which places are probed, and how often.

use std::path::PathBuf;
use std::time::Duration;

use kinglet_proto::limits::TARGETS_MAX;
use kinglet_proto::probe::{Kind, Target};
use kinglet_proto::quoted::Quoted;

use super::interval;
use crate::limits::TARGET_INTERVAL_DEFAULT;
use crate::link::Trust;
use crate::options::{Given, Problems, Table};

/// What is probed.
#[derive(Debug, Clone)]
pub struct Probing {
    /// The owner's targets, at most [`TARGETS_MAX`].
    pub targets: Vec<Target>,
    /// Time between two attempts at one of them.
    pub interval: Duration,
    /// Servers may ask for more of them.
    pub from_server: bool,
    /// Of private addresses too.
    pub private: bool,
    /// Authorities trusted beside the built-in ones and the host's.
    pub ca_file: Option<PathBuf>,
    /// Whom the certificates of pages may come from; `None` where there are none.
    pub trust: Option<Trust>,
}

/// What the owner said about it.
pub(super) fn probing(given: &Given, problems: &mut Problems) -> Probing {
    let mut probing = Probing {
        targets: Vec::new(),
        interval: TARGET_INTERVAL_DEFAULT,
        from_server: false,
        private: false,
        ca_file: None,
        trust: None,
    };
    let Some(block) = given.table(Table::Probe) else { return probing };
    probing.interval = interval(block.text("interval"), TARGET_INTERVAL_DEFAULT, problems);
    probing.from_server = block.switch("from_server").unwrap_or(false);
    probing.private = block.switch("private").unwrap_or(false);
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
