//! `kinglet_custom`: figures of the owner's own, which are no measurement of telegraf's.

use std::borrow::Cow;

use super::{Field, Series, float};
use crate::limits::CUSTOM_SERIES_MAX;
use crate::sample::{Custom, Sample};
use crate::wire::line_protocol::Point;

pub(super) static CUSTOM: Series = Series {
    measurement: "kinglet_custom",
    tags: &["series"],
    fields: FIELDS,
    rows: |sample| sample.custom.len(),
    tag: |sample, row, _| sample.custom.get(row).map(|it| Cow::Borrowed(it.series.as_str())),
    find,
    settle: |_, _| {},
};

const FIELDS: &[Field] = &[float(
    "value",
    |sample, row| sample.custom.get(row).map(|it| it.value),
    |sample, row, value| {
        if let Some(custom) = sample.custom.get_mut(row) {
            custom.value = value;
        }
    },
)];

fn find(sample: &mut Sample, point: &Point<'_>) -> Option<usize> {
    let (series, custom) = (point.tag("series")?, &mut sample.custom);
    let known = custom.iter().position(|it| it.series == series);
    let has_room = custom.len() < CUSTOM_SERIES_MAX;
    known.or_else(|| {
        has_room.then(|| {
            custom.push(Custom { series: series.to_owned(), value: 0.0 });
            custom.len() - 1
        })
    })
}
