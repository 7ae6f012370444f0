//! `net`: counters of the interfaces that are up, the loopback apart.

use std::borrow::Cow;

use super::{Access, Field, Series, count};
use crate::limits::INGEST_LIST_MAX;
use crate::sample::{Interface, Sample};
use crate::wire::line_protocol::Point;

/// The row in which telegraf counts protocols, not an interface.
const ALL: &str = "all";
/// The speed of a link that has none, or does not tell it.
const UNKNOWN: i64 = -1;

pub(super) static NET: Series = Series {
    measurement: "net",
    tags: &["interface"],
    fields: FIELDS,
    rows: |sample| sample.network.interfaces.len(),
    tag,
    find,
    settle: |_, _| {},
};

/// A counter of an interface.
macro_rules! counter {
    ($name:literal, $field:ident) => {
        count(
            $name,
            |sample, row| sample.network.interfaces.get(row).map(|it| it.$field),
            |sample, row, value| {
                if let Some(interface) = sample.network.interfaces.get_mut(row) {
                    interface.$field = value;
                }
            },
        )
    };
}

const FIELDS: &[Field] = &[
    counter!("bytes_sent", tx_bytes),
    counter!("bytes_recv", rx_bytes),
    counter!("packets_sent", tx_packets),
    counter!("packets_recv", rx_packets),
    counter!("err_in", rx_errors),
    counter!("err_out", tx_errors),
    counter!("drop_in", rx_drops),
    counter!("drop_out", tx_drops),
    Field { name: "speed", access: Access::Signed(speed, set_speed) },
];

fn speed(sample: &Sample, row: usize) -> Option<i64> {
    Some(sample.network.interfaces.get(row)?.speed.map_or(UNKNOWN, i64::from))
}

fn set_speed(sample: &mut Sample, row: usize, speed: i64) {
    if let Some(interface) = sample.network.interfaces.get_mut(row) {
        interface.speed = u32::try_from(speed).ok();
    }
}

fn tag<'a>(sample: &'a Sample, row: usize, _: &str) -> Option<Cow<'a, str>> {
    let interface = sample.network.interfaces.get(row)?;
    let is_down = matches!(interface.state.as_deref(), Some("down" | "notpresent"));
    (!is_down).then_some(Cow::Borrowed(interface.name.as_str()))
}

fn find(sample: &mut Sample, point: &Point<'_>) -> Option<usize> {
    let name = point.tag("interface").filter(|name| !matches!(*name, ALL | "lo"))?;
    let interfaces = &mut sample.network.interfaces;
    if let Some(row) = interfaces.iter().position(|interface| interface.name == name) {
        return Some(row);
    }
    let has_room = interfaces.len() < INGEST_LIST_MAX;
    has_room.then(|| {
        interfaces.push(Interface { name: name.to_owned(), ..Interface::default() });
        interfaces.len() - 1
    })
}
