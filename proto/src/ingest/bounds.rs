//! Bounds on what is kept of a message beside the sample, which bounds itself.

use super::{Label, Report};
use crate::limits::INGEST_TEXT_MAX;

/// Cuts lists and texts to what is kept, and gives back the room the decoder took in advance.
pub(super) fn bound(report: &mut Report) {
    report.sample.bound();
    let Label { name, group, location, country_code, ip, has_rules: _, hidden: _ } =
        &mut report.label;
    for text in [name, group, location, country_code, ip] {
        option(text);
    }
    if let Some(place) = &mut report.place {
        cut(&mut place.boot_id);
    }
}

fn option(text: &mut Option<String>) {
    if let Some(text) = text {
        cut(text);
    }
}

/// Cuts a text at a character's edge.
pub(super) fn cut(text: &mut String) {
    text.truncate(text.floor_char_boundary(INGEST_TEXT_MAX));
    text.shrink_to_fit();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::INGEST_LIST_MAX;

    #[test]
    fn a_frame_full_of_empty_disks_or_one_long_name_is_cut() {
        let mut report = Report::default();
        report.sample.disks = vec![Default::default(); 20_000];
        report.sample.hostname = "ä".repeat(INGEST_TEXT_MAX);
        bound(&mut report);
        assert_eq!(report.sample.disks.len(), INGEST_LIST_MAX);
        assert_eq!(report.sample.disks.capacity(), INGEST_LIST_MAX);
        assert_eq!(report.sample.hostname.len(), INGEST_TEXT_MAX);
    }
}
