//! What is collected: `[collect]`, and the tables of collectors that have their own.

use std::path::PathBuf;

use kinglet_host::{Filter, Filters, Options, Router, Wanted};
use kinglet_proto::quoted::Quoted;

use super::{budget, traffic};
use crate::options::{Block, Given, Problems, Table, collectors};

/// What the owner said about it.
pub(super) fn options(given: &Given, problems: &mut Problems) -> Options {
    let mut options = Options::default();
    options.meter = given.table(Table::Traffic).and_then(|block| traffic::meter(block, problems));
    options.custom = given.text(Table::Custom, "dir").map_or("", |dir| dir.value).into();
    options.router = given.table(Table::Router).and_then(router);
    options.budget = budget::budget(given, problems);
    let is_on = |table| given.table(table).and_then(|block| block.switch("enabled")) == Some(true);
    options.wanted = Wanted {
        containers: is_on(Table::Containers),
        engine: given.table(Table::Containers).map(|it| socket(it, problems)).unwrap_or_default(),
        processes: is_on(Table::Processes),
        smart: is_on(Table::Smart),
        units: is_on(Table::Units),
    };
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

/// Where an engine tells what containers are called; empty for nowhere.
fn socket(block: &Block, problems: &mut Problems) -> PathBuf {
    let Some(socket) = block.text("socket") else { return PathBuf::new() };
    if !socket.value.starts_with('/') {
        let what = "is not the path of a socket, as \"/run/docker.sock\"";
        problems.add(socket.place, format!("{} {what}", Quoted(socket.value)));
    }
    socket.value.into()
}

/// What a router is asked for; `None` where the owner does not say that this is one.
fn router(block: &Block) -> Option<Router> {
    block.switch("enabled").filter(|enabled| *enabled)?;
    Some(Router { leases: block.text("leases").map_or("", |path| path.value).into() })
}
