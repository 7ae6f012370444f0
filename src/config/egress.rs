//! How connections to one server leave this host.

use kinglet_proto::quoted::Quoted;

use super::choice;
use crate::link::{Egress, Family, Source};
use crate::options::{Block, Problems};

/// Reads `prefer` and `interface` of one server.
pub(super) fn egress(block: &Block, problems: &mut Problems) -> Egress {
    let names = Family::ALL.map(Family::name);
    let prefer = block.text("prefer").and_then(|text| choice(text, &names, problems));
    let source = block.text("interface").and_then(|text| {
        let read = Source::parse(text.value);
        if read.is_none() {
            let fault = format!(
                "{} is neither an address of this host nor the name of an interface, which has 1 \
                 to 15 bytes",
                Quoted(text.value)
            );
            problems.add(text.place, fault);
        }
        read
    });
    Egress { prefer: prefer.map(|at| Family::ALL[at]), source }
}
