//! `/ws-frontend`: one documented SimpleServerStatus object a report.

use super::Host;
use crate::sample::Sample;
use crate::wire::simple_server_status::{Cpu, Disk, Memory, Network, Partition, Status, System};

/// The documented object of one host; `ip` is what its owner wants shown.
pub fn server_info(host: &Host<'_>, ip: Option<&str>, sample: &Sample) -> String {
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned().into());
    let info: Status<'_, Vec<Disk<'_>>, Vec<Partition<'_>>> = Status {
        server_id: Some(host.id.into()),
        server_name: Some(host.name.into()),
        group: given(host.group),
        country_code: given(host.country_code),
        location: given(host.location),
        ip: ip.map(Into::into),
        cpu: Some(Cpu::of(sample)),
        memory: Some(Memory::of(&sample.memory)),
        disk: Some(sample.filesystems.iter().map(|fs| Disk::of(fs, sample)).collect()),
        network: Some(Network::of(&sample.network)),
        system: Some(System::of(sample)),
        timestamp: Some(sample.timestamp.unix_seconds()),
        ..Status::default()
    };
    serde_json::to_string(&info).unwrap_or_default()
}
