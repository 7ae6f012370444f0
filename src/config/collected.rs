//! `[collect]` and `[custom]`: which collectors run, and what they leave out.

use kinglet_host::{Filter, Filters, Options};

use crate::options::{Given, Table, collectors};

/// What the owner said about it.
pub(super) fn options(given: &Given) -> Options {
    let mut options = Options::default();
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
