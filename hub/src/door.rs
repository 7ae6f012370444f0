//! What can be asked of the hub, by path.
//!
//! A door is a file with one set of paths and a row of [`DOORS`]. No door knows another: what they
//! share is the hub, its sinks, and what `server` has for them.

mod agents;
mod enroll;
mod frontend;
mod health;
mod hosts;
mod page;
mod panel;

use std::sync::Arc;

use axum::Router;
use axum::routing::MethodRouter;

use crate::hub::Hub;
use crate::sink::Sinks;

/// Paths, and what answers at each.
type Routes = Vec<(&'static str, MethodRouter)>;

/// Opens one door.
type Door = fn(&Arc<Hub>, &Sinks) -> Routes;

/// Every door.
const DOORS: &[Door] = &[
    agents::routes,
    enroll::routes,
    frontend::routes,
    health::routes,
    hosts::routes,
    page::routes,
    panel::routes,
];

/// Every path of the hub.
pub(crate) fn router(hub: &Arc<Hub>, sinks: &Sinks) -> Router {
    let routes = DOORS.iter().flat_map(|door| door(hub, sinks));
    routes.fold(Router::new(), |router, (path, answer)| router.route(path, answer))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::time::Duration;

    use super::*;
    use crate::auth::Auth;
    use crate::fleet::Settings;
    use crate::history::Nothing;

    /// Every path there is; it can be routed, so no two doors have the same.
    fn paths() -> BTreeSet<&'static str> {
        let settings =
            Settings { offline_after: Duration::from_secs(60), durable: false, hosts: Vec::new() };
        let hub = Arc::new(Hub::new(
            Auth::new(BTreeMap::new(), None, None),
            settings,
            None,
            Arc::new(Nothing),
        ));
        let (sinks, _) = Sinks::open(&hub);
        drop(router(&hub, &sinks));
        DOORS.iter().flat_map(|door| door(&hub, &sinks)).map(|(path, _)| path).collect()
    }

    #[test]
    fn the_readme_lists_every_path_but_the_files_of_the_page() {
        let readme = include_str!("../README.md");
        let rows = readme.lines().filter_map(|line| line.strip_prefix("| `/")?.split('`').next());
        let listed: BTreeSet<String> = rows.map(|path| format!("/{path}")).collect();
        let there = paths().into_iter().filter(|path| !path.contains('.'));
        assert_eq!(listed, there.map(str::to_owned).collect());
    }
}
