//! `kinglet-hub receiver`: whom the hub tells of alerts, as files that a running hub takes.

use clap::Subcommand;
use kinglet_hub::config;
use kinglet_hub::drop_in::{self, Sort};

use super::Failure;
use super::keys::{Set, Where, Which, named, place, print, show};

#[derive(Debug, Subcommand)]
pub(super) enum Receiver {
    /// Name each, its kind and where it stands
    List(Where),
    /// Print the keys of one, without its secrets
    Show(Which),
    /// Add one, or change what is named
    Set(Set),
    /// Remove one that has a file of its own
    Remove(Which),
}

const SORT: Sort = Sort::Receiver;

pub(super) fn receiver(wanted: Receiver) -> Result<(), Failure> {
    let file = match &wanted {
        Receiver::List(place) => &place.config,
        Receiver::Show(which) | Receiver::Remove(which) => &which.place.config,
        Receiver::Set(set) => &set.place.config,
    };
    let config = config::read(file).map_err(Failure::Config)?;
    let (base, all) = (&config.base, &config.pieces.receivers);
    match wanted {
        Receiver::List(_) => all.iter().try_for_each(|piece| {
            let at = place(base, &piece.place);
            print(&format!("{}: {}, {at}", piece.name, piece.means.kind.name))
        }),
        Receiver::Show(which) => show(base, named(all, SORT, &which.name)?),
        Receiver::Set(set) => {
            let before = named(all, SORT, set.name()).map(|piece| piece.keys.clone());
            set.set(base, SORT, before.unwrap_or_default())
        }
        Receiver::Remove(which) => {
            drop_in::remove(base, SORT, &which.name).map_err(Failure::Refused)?;
            print(&format!("{}: removed", which.name))
        }
    }
}
