//! `[collect]`, `[custom]` and `[traffic]`: which collectors run, and what they leave out.

use kinglet_host::{Filter, Filters, Options};

use super::traffic;
use crate::options::{Given, Problems, Table, collectors};

/// What the owner said about it.
pub(super) fn options(given: &Given, problems: &mut Problems) -> Options {
    let mut options = Options::default();
    options.meter = given.table(Table::Traffic).and_then(|block| traffic::meter(block, problems));
    options.custom = given.text(Table::Custom, "dir").map_or("", |dir| dir.value).into();
    let Some(collect) = given.table(Table::Collect) else { return options };
    let filter = |include, exclude| Filter {
        include: collect.list(include).to_vec(),
        exclude: collect.list(exclude).to_vec(),
    };
    options.filters = Filters {
        disks: filter("include_disks", "exclude_disks"),
        mounts: filter("include_mounts", "exclude_mounts"),
        interfaces: filter("include_interfaces", "exclude_interfaces"),
    };
    for name in collectors().filter(|name| collect.switch(name) == Some(false)) {
        options.leave_out(name);
    }
    options
}
