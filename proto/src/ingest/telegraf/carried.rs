//! What of a sample each measurement gives: it stands until the measurement comes again, or has
//! not come for too long.

use crate::sample::{Cpu, Memory, Sample};

/// A measurement, and how what it said is taken out of a sample.
pub(super) struct Carried {
    pub(super) measurement: &'static str,
    pub(super) clear: fn(&mut Sample),
}

/// Every measurement of telegraf's table.
pub(super) const CARRIED: [Carried; 10] = [
    carried("cpu", |sample| {
        // How many there are `system` says too.
        sample.cpu = Cpu { cores: sample.cpu.cores, ..Cpu::default() };
        sample.detail.get_mut().cpus.clear();
    }),
    carried("mem", |sample| {
        let Memory { swap_total, swap_used, .. } = sample.memory;
        sample.memory = Memory { swap_total, swap_used, ..Memory::default() };
        sample.detail.get_mut().memory = Default::default();
    }),
    carried("swap", |sample| {
        (sample.memory.swap_total, sample.memory.swap_used) = (None, None);
        if let Some(kernel) = &mut sample.kernel {
            (kernel.pages_swapped_in, kernel.pages_swapped_out) = (None, None);
        }
    }),
    carried("disk", |sample| sample.filesystems.clear()),
    carried("diskio", |sample| {
        sample.disks.clear();
        sample.detail.get_mut().block_devices.clear();
    }),
    carried("net", |sample| sample.network = Default::default()),
    carried("system", |sample| {
        (sample.load_average, sample.uptime, sample.users) = (None, None, None);
    }),
    carried("kernel", |sample| {
        if let Some(kernel) = &mut sample.kernel {
            (kernel.boot_time, kernel.forks) = (None, None);
            (kernel.context_switches, kernel.interrupts) = (None, None);
        }
    }),
    carried("processes", |sample| {
        sample.processes = None;
        if let Some(kernel) = &mut sample.kernel {
            kernel.blocked = None;
        }
    }),
    carried("kinglet_custom", |sample| sample.custom.clear()),
];

const fn carried(measurement: &'static str, clear: fn(&mut Sample)) -> Carried {
    Carried { measurement, clear }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::telegraf::SERIES;

    #[test]
    fn every_measurement_of_the_table_is_here() {
        let has = |name: &str| CARRIED.iter().any(|carried| carried.measurement == name);
        assert!(SERIES.iter().all(|series| has(series.measurement)));
    }
}
