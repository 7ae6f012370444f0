//! What processes cost, by `/proc`.

use super::Fault;

/// Memory of a process now and at its most, kB.
pub(crate) fn memory_kb(pid: u32) -> Result<[u32; 2], Fault> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kb = |name: &str| -> Result<u32, Fault> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("no memory")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    };
    Ok([kb("VmRSS:")?, kb("VmHWM:")?])
}

/// Processor time of a process, hundredths of a second.
pub(crate) fn cpu_ticks(pid: u32) -> Result<u64, Fault> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').ok_or("no name")?;
    let mut times = fields.split_whitespace().skip(11);
    let (user, system) = (times.next().ok_or("no utime")?, times.next().ok_or("no stime")?);
    Ok(user.parse::<u64>()? + system.parse::<u64>()?)
}

/// The same of all processors not spent idle.
pub(crate) fn busy_ticks() -> Result<u64, Fault> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().ok_or("no cpu")?;
    let times: Vec<u64> =
        line.split_whitespace().skip(1).take(8).map(str::parse).collect::<Result<_, _>>()?;
    Ok(times.iter().enumerate().filter(|(at, _)| !(3..=4).contains(at)).map(|(_, time)| time).sum())
}

/// A number of them, to calculate with.
pub(crate) fn ticks(count: u64) -> Result<f64, Fault> {
    Ok(f64::from(u32::try_from(count)?))
}
