//! A report that is too large for a frame loses its longest lists' ends rather than itself.

use crate::limits::ROWS_MAX;

/// Encodes a report, and again with shorter lists while the result has more than `limit` bytes.
///
/// `encode` is told how many rows of each list there may be, and returns the number of bytes and
/// what else the caller wants of the last round.
pub(super) fn to_fit<T>(limit: usize, mut encode: impl FnMut(usize) -> (usize, T)) -> T {
    let mut rows = usize::MAX;
    loop {
        let (bytes, encoded) = encode(rows);
        if bytes <= limit || rows == 0 {
            return encoded;
        }
        rows = rows.min(ROWS_MAX) * 3 / 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{FRAME_OUT_MAX, KEPT_BYTES_MAX};
    use crate::output::fixture::output;
    use crate::output::{OUTPUTS, Stamp};
    use crate::sample::{Disk, Filesystem, Interface, Sample};

    fn crowded(mounts: usize, interfaces: usize, disks: usize) -> Sample {
        let mut sample = Sample::default();
        for at in 0..mounts {
            let mount_point = format!("/var/lib/docker/overlay2/{at:064}/merged");
            sample.filesystems.push(Filesystem { mount_point, ..Filesystem::default() });
        }
        for at in 0..interfaces {
            let name = format!("veth{at:07}");
            sample.network.interfaces.push(Interface { name, ..Interface::default() });
        }
        let name = "d".repeat(1000);
        sample.disks = vec![Disk { name, ..Disk::default() }; disks];
        sample
    }

    #[test]
    fn every_protocol_keeps_below_the_largest_frame_on_a_crowded_host() {
        for (mounts, interfaces, disks) in [(1500, 0, 0), (0, 1000, 0), (900, 600, 200)] {
            let sample = crowded(mounts, interfaces, disks);
            for protocol in OUTPUTS.iter().filter(|it| !it.is_request_and_response()) {
                for server_id in [None, Some("s")] {
                    let mut output = output(protocol.name, server_id);
                    let mut out = String::new();
                    output.encode_report(&sample, Stamp::default(), &mut out);
                    assert!(out.len() <= FRAME_OUT_MAX, "{protocol}: {} bytes", out.len());
                    let is_whole = match protocol.name {
                        "stomp" => out.is_empty() || out.ends_with('\0'),
                        _ => serde_json::from_str::<serde_json::Value>(&out).is_ok(),
                    };
                    assert!(is_whole, "{protocol}: {out}");
                    output.encode_kept(&sample, &mut out);
                    assert!(out.len() <= KEPT_BYTES_MAX, "{protocol}: {} bytes kept", out.len());
                }
            }
        }
    }

    #[test]
    fn the_top_of_the_lists_stays_and_most_of_the_frame_is_used() {
        let sample = crowded(1500, 10, 1);
        let mut out = String::new();
        output("kinglet", None).encode_report(&sample, Stamp::default(), &mut out);
        assert!(out.len() > FRAME_OUT_MAX / 2, "only {} bytes left", out.len());
        assert!(out.contains(&sample.filesystems[0].mount_point) && out.contains("veth0000000"));
        assert!(out.contains(&sample.disks[0].name));
        assert!(out.contains("veth0000009"), "a short list is whole");
    }

    #[test]
    fn a_report_that_fits_is_encoded_once() {
        let mut rounds = 0;
        to_fit(FRAME_OUT_MAX, |_| {
            rounds += 1;
            (FRAME_OUT_MAX, ())
        });
        assert_eq!(rounds, 1);
    }

    #[test]
    fn a_report_that_can_never_fit_ends_the_search() {
        let mut rounds = 0;
        to_fit(FRAME_OUT_MAX, |_| {
            rounds += 1;
            (usize::MAX, ())
        });
        assert!(rounds < 100, "{rounds} rounds");
    }
}
