//! Bounds on what is kept of a message: a frame of 64 KiB can name twenty thousand empty disks,
//! and each of them would take 300 bytes for as long as the host is known.

use super::{Label, Report};
use crate::limits::{INGEST_LIST_MAX, INGEST_TEXT_MAX};
use crate::sample::Sample;

/// Cuts lists and texts to what is kept, and gives back the room the decoder took in advance.
pub(super) fn bound(report: &mut Report) {
    bound_sample(&mut report.sample);
    let Label { name, group, location, country_code, ip } = &mut report.label;
    for text in [name, group, location, country_code, ip] {
        option(text);
    }
    if let Some(place) = &mut report.place {
        cut(&mut place.boot_id);
    }
}

fn bound_sample(sample: &mut Sample) {
    cut(&mut sample.hostname);
    list(&mut sample.ip_addresses, cut);
    for text in [
        &mut sample.os.name,
        &mut sample.os.version,
        &mut sample.os.kernel,
        &mut sample.os.arch,
        &mut sample.cpu.brand,
    ] {
        cut(text);
    }
    list(&mut sample.cpu.per_core, |_| {});
    list(&mut sample.disks, |disk| {
        [&mut disk.name, &mut disk.model, &mut disk.serial].into_iter().for_each(cut);
        list(&mut disk.mount_points, cut);
    });
    list(&mut sample.filesystems, |filesystem| {
        for text in [&mut filesystem.mount_point, &mut filesystem.device, &mut filesystem.fstype] {
            cut(text);
        }
    });
    option(&mut sample.network.wan);
    list(&mut sample.network.interfaces, |interface| {
        cut(&mut interface.name);
        option(&mut interface.mac);
        option(&mut interface.state);
    });
    list(&mut sample.temperatures, |temperature| cut(&mut temperature.label));
    list(&mut sample.fans, |fan| cut(&mut fan.label));
    list(&mut sample.wireless, |wireless| cut(&mut wireless.interface));
    if let Some(agent) = &mut sample.agent {
        cut(&mut agent.version);
    }
}

fn list<T>(items: &mut Vec<T>, each: impl FnMut(&mut T)) {
    items.truncate(INGEST_LIST_MAX);
    items.shrink_to_fit();
    items.iter_mut().for_each(each);
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
