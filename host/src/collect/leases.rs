//! How many leases the DHCP servers of this host have given, where its owner calls it a router.
//!
//! Counts alone: who has them is nobody's matter. The servers put new files in the place of old
//! ones, so none is kept open; they lie anywhere, and are read in the background.

use std::path::Path;
use std::time::Duration;

use kinglet_proto::sample::{Leases, Sample};
use kinglet_proto::time::Instant;

use super::Collector;
use super::schedule::Schedule;
use crate::kernel::leases;
use crate::limits::LEASES_INTERVAL;
use crate::read::{Buffer, Root};
use crate::setup::{Faults, Router, Setup};

/// Where dnsmasq and odhcpd have theirs: on OpenWrt, and elsewhere.
const KNOWN: [&str; 4] =
    ["tmp/dhcp.leases", "var/lib/misc/dnsmasq.leases", "tmp/hosts/odhcpd", "tmp/odhcpd.leases"];

/// Counts leases.
#[derive(Debug)]
pub(super) struct LeaseCollector {
    root: Root,
    router: Option<Router>,
    due: Schedule,
    faults: Faults,
    /// Times in a row that the owner's file could not be read.
    misses: u32,
}

impl LeaseCollector {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            root: setup.root.clone(),
            router: setup.router.clone(),
            due: Schedule::every(LEASES_INTERVAL),
            faults: setup.faults.clone(),
            misses: 0,
        }
    }

    /// Counts those of the owner's file, or of what there is where servers have theirs.
    fn read(&mut self, now: u64, buffer: &mut Buffer) -> Option<leases::Leases> {
        let own = self.router.as_ref().map(|router| router.leases.as_path())?;
        let own = (!own.as_os_str().is_empty()).then_some(own);
        let known = if own.is_some() { &[][..] } else { &KNOWN };
        let mut found = None::<leases::Leases>;
        for path in own.into_iter().chain(known.iter().map(Path::new)) {
            if let Some(file) = self.root.read(path, buffer) {
                found.get_or_insert_default().add(file, now);
            }
        }
        let is_missed = own.is_some() && found.is_none();
        self.misses = if is_missed { self.misses.saturating_add(1) } else { 0 };
        // Once that may be only late.
        if let Some(own) = own.filter(|_| self.misses == 2) {
            self.faults.tell(format!("{}: no leases can be read there", own.display()));
        }
        found
    }
}

impl Collector for LeaseCollector {
    fn collect(&mut self, now: Instant, buffer: &mut Buffer, sample: &mut Sample) {
        if self.router.is_some() && self.due.is_due(now) {
            let now = sample.timestamp.unix_millis() / 1000;
            let found = self.read(now, buffer);
            sample.leases = found.map(|it| Leases { ipv4: it.ipv4, ipv6: it.ipv6 });
        }
    }

    fn apart(&self) -> Option<Duration> {
        self.router.as_ref().map(|_| LEASES_INTERVAL)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use kinglet_proto::time::WallTime;

    use super::*;

    #[test]
    fn leases_of_all_servers_are_counted_or_those_of_the_owners_file() {
        let path = std::env::temp_dir().join(format!("kinglet-leases-{}", std::process::id()));
        fs::create_dir_all(path.join("tmp/hosts")).unwrap();
        let mut setup = Setup::of(&path);
        setup.background.set_patience(Duration::from_secs(5));
        let mut sample = Sample::default();
        let look = |setup: &Setup, times, sample: &mut Sample| {
            let mut collector = LeaseCollector::new(setup);
            for at in 1..=times {
                let now = Instant::from_millis(at * 30_000);
                setup.background.begin(now);
                sample.timestamp = WallTime::from_unix_millis(1_732_095_000_000);
                collector.collect(now, &mut Buffer::default(), sample);
            }
            sample.leases
        };
        let row = "1732095001 02:00:00:00:00:11 192.168.1.101 phone *\n";
        fs::write(path.join("tmp/dhcp.leases"), row.repeat(2)).unwrap();
        assert_eq!(look(&setup, 1, &mut sample), None, "no router");
        setup.router = Some(Router::default());
        assert_eq!(look(&setup, 1, &mut sample), Some(Leases { ipv4: 2, ipv6: None }));
        fs::write(path.join("tmp/hosts/odhcpd"), "# lan 1 a - -1 5 128 fd00::5/128\n").unwrap();
        assert_eq!(look(&setup, 1, &mut sample), Some(Leases { ipv4: 2, ipv6: Some(1) }));
        let own = path.join("own");
        setup.router = Some(Router { leases: own.clone() });
        assert_eq!(look(&setup, 3, &mut sample), None);
        let fault = format!("{}: no leases can be read there", own.display());
        assert_eq!(setup.faults.take(), [fault], "once");
        fs::write(&own, row).unwrap();
        assert_eq!(look(&setup, 1, &mut sample), Some(Leases { ipv4: 1, ipv6: None }));
        fs::remove_dir_all(&path).unwrap();
    }
}
