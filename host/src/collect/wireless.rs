//! Radio links, from the wireless extensions' file.

use kinglet_proto::sample::{Sample, Wireless};
use kinglet_proto::time::Instant;

use super::Collector;
use crate::kernel::wireless;
use crate::limits::WIRELESS_MAX;
use crate::read::{Buffer, HotFile};
use crate::setup::Setup;

/// Reads radio links.
#[derive(Debug)]
pub(super) struct WirelessCollector {
    file: HotFile,
}

impl WirelessCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self { file: setup.net.file("wireless") }
    }
}

impl Collector for WirelessCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        let wireless = &mut sample.wireless;
        let text = self.file.read(now, buffer).unwrap_or_default();
        let mut count = 0;
        for link in wireless::parse(text).take(WIRELESS_MAX) {
            if count == wireless.len() {
                wireless.push(Wireless::default());
            }
            let radio = &mut wireless[count];
            if radio.interface.as_bytes() != link.name {
                radio.interface = String::from_utf8_lossy(link.name).into_owned();
            }
            radio.link = u32::try_from(link.quality).ok();
            radio.signal_dbm = link.level_dbm.and_then(|level| i32::try_from(level).ok());
            count += 1;
        }
        wireless.truncate(count);
    }
}
