//! A sample for human eyes: blocks of aligned columns, units scaled.

mod router;
mod sensors;
mod smart;
mod unit;

use std::io::{self, Write};

use kinglet_proto::output;
use kinglet_proto::output::json;
use kinglet_proto::percent::Percent;
use kinglet_proto::sample::{Container, Custom, Disk, Filesystem, Interface, Process, Sample};
use unit::{bytes, percent, rate, span};

use crate::limits::CELL_CHARS_MAX;

/// Writes the whole sample.
pub(super) fn write(out: &mut impl Write, sample: &Sample, bold: bool) -> io::Result<()> {
    let mut page = Page { out, bold };
    page.block("HOST", &[], host(sample))?;
    page.block("CPU", &[], cpu(sample))?;
    page.block("MEMORY", &["", "used", "total", "use"], memory(sample))?;
    let disks = sample.disks.iter().map(disk).collect();
    page.block("DISK", &["", "type", "size", "used", "use", "read", "write", "busy"], disks)?;
    page.block("SMART", &smart::HEADER, smart::rows(sample))?;
    let filesystems = sample.filesystems.iter().map(filesystem).collect();
    page.block("MOUNT", &["", "type", "size", "used", "use", "inodes", ""], filesystems)?;
    let mut interfaces: Vec<_> = sample.network.interfaces.iter().map(interface).collect();
    interfaces.extend(total(sample));
    let header = ["", "state", "receive", "send", "received", "sent", "errors", "drops"];
    page.block("NETWORK", &header, interfaces)?;
    router(&mut page, sample)?;
    page.block("SENSOR", &[], sensors::rows(sample))?;
    page.block("PRESSURE", &["", "some", "full"], pressure(sample))?;
    let containers = sample.containers.iter().map(container).collect();
    page.block(
        "CONTAINER",
        &["", "engine", "cpu", "memory", "limit", "receive", "send"],
        containers,
    )?;
    page.block("PROCESS", &["", "pid", "cpu", "memory"], processes(sample))?;
    page.block("SYSTEMD", &[], units(sample))?;
    page.block("CUSTOM", &[], sample.custom.iter().map(custom).collect())?;
    page.block("AGENT", &[], agent(sample))
}

fn router(page: &mut Page<'_, impl Write>, sample: &Sample) -> io::Result<()> {
    page.block("ROUTER", &[], router::whole(sample))?;
    let queues = sample.qdiscs.iter().map(router::queue).collect();
    page.block("QUEUE", &router::QUEUES, queues)?;
    let peers = sample.wireguard.iter().map(router::peer).collect();
    page.block("WIREGUARD", &router::PEERS, peers)?;
    let stations = sample.stations.iter().map(router::stations).collect();
    page.block("WI-FI", &router::STATIONS, stations)
}

pub(super) type Row = Vec<String>;

/// Where blocks go.
pub(super) struct Page<'a, W> {
    pub(super) out: &'a mut W,
    pub(super) bold: bool,
}

impl<W: Write> Page<'_, W> {
    /// A heading and rows below a header; nothing for no rows. The first column is left-aligned,
    /// and so is everything in a block without a header.
    pub(super) fn block(
        &mut self,
        heading: &str,
        header: &[&str],
        rows: Vec<Row>,
    ) -> io::Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let mut lines: Vec<Row> = Vec::with_capacity(rows.len() + 1);
        if !header.is_empty() {
            lines.push(header.iter().map(|cell| (*cell).to_owned()).collect());
        }
        lines.extend(rows);
        let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                lines.iter().filter_map(|line| line.get(column)).map(|cell| width(cell)).max()
            })
            .map(Option::unwrap_or_default)
            .collect();
        for (index, line) in lines.iter().enumerate() {
            let label = if index == 0 { heading } else { "" };
            let (on, off) = if self.bold && index == 0 { ("\x1b[1m", "\x1b[0m") } else { ("", "") };
            let mut text = format!("{on}{label:9}{off}");
            for (column, (cell, width)) in line.iter().zip(&widths).enumerate() {
                let cell = cut(cell);
                let left = column == 0 || header.is_empty();
                let cell = if left { format!("{cell:<width$}") } else { format!("{cell:>width$}") };
                text.push_str(&cell);
                text.push_str("  ");
            }
            writeln!(self.out, "{}", text.trim_end())?;
        }
        writeln!(self.out)
    }
}

fn host(sample: &Sample) -> Vec<Row> {
    let os = &sample.os;
    let mut rows = vec![vec![
        sample.hostname.clone(),
        format!("{} {}", os.name, os.version).trim().to_owned(),
        format!("Linux {} {}", os.kernel, os.arch.0),
    ]];
    let mut state: Row =
        sample.uptime.map(|uptime| format!("up {}", span(uptime))).into_iter().collect();
    state.extend(sample.users.map(|users| format!("{users} logged in")));
    state.push(sample.timestamp.to_string());
    rows.push(state);
    if !sample.ip_addresses.is_empty() {
        rows.push(vec![sample.ip_addresses.join(" ")]);
    }
    rows
}

fn cpu(sample: &Sample) -> Vec<Row> {
    let cpu = &sample.cpu;
    let cores = cpu.cores.map(|cores| format!("{cores} x")).unwrap_or_default();
    let clock = cpu.frequency.map(|mhz| format!("at {mhz} MHz")).unwrap_or_default();
    let brand = [cores.as_str(), &cpu.brand, &clock].join(" ");
    let mut rows = vec![vec![brand.trim().to_owned()]];
    let shares: Vec<String> = [
        ("busy", cpu.usage),
        ("user", cpu.user),
        ("system", cpu.system),
        ("nice", cpu.nice),
        ("iowait", cpu.iowait),
        ("irq", cpu.irq),
        ("steal", cpu.steal),
    ]
    .iter()
    .filter_map(|(name, share)| share.map(|share| format!("{name} {}", percent(share))))
    .collect();
    if !shares.is_empty() {
        rows.push(vec![shares.join(", ")]);
    }
    if let Some(load) = sample.load_average {
        let tasks = sample
            .processes
            .map(|tasks| {
                let count =
                    |count: Option<u64>, what| count.map(|count| format!(", {count} {what}"));
                let processes = count(tasks.total, "processes").unwrap_or_default();
                let threads = count(tasks.threads, "threads").unwrap_or_default();
                format!("{processes}{threads}, {} running", tasks.running)
            })
            .unwrap_or_default();
        let [one, five, fifteen] = [load.one, load.five, load.fifteen].map(|load| json(&load));
        rows.push(vec![format!("load {one} {five} {fifteen}{tasks}")]);
    }
    rows.retain(|row| row.iter().any(|cell| !cell.is_empty()));
    rows
}

fn memory(sample: &Sample) -> Vec<Row> {
    let memory = &sample.memory;
    let Some(total) = memory.total else { return Vec::new() };
    let row = |name: &str, used: Option<u64>, total: u64| {
        let share = used.map(|used| Percent::of(used, total));
        vec![name.to_owned(), scaled(used), bytes(total), shown(share)]
    };
    let mut rows = vec![row("main", memory.used, total)];
    if let Some(swap) = memory.swap_total.filter(|swap| *swap > 0) {
        rows.push(row("swap", memory.swap_used, swap));
    }
    if let Some(zram) = memory.zram_used {
        rows.push(row("zram", Some(zram), total));
    }
    rows
}

fn disk(disk: &Disk) -> Row {
    let kind = output::json(&disk.disk_type);
    vec![
        disk.name.clone(),
        kind.trim_matches('"').to_owned(),
        scaled(disk.total),
        scaled(disk.used),
        shown(disk.usage_percent),
        speed(disk.read_speed),
        speed(disk.write_speed),
        shown(disk.busy_percent),
    ]
}

fn filesystem(mount: &Filesystem) -> Row {
    let inodes = mount.inodes_total.zip(mount.inodes_used);
    let note = match (mount.stuck, mount.view, mount.read_only) {
        (true, _, _) => "does not answer",
        (false, true, _) => "not added up",
        (false, false, true) => "read-only",
        (false, false, false) => "",
    };
    vec![
        mount.mount_point.clone(),
        mount.fstype.clone(),
        scaled(mount.total),
        scaled(mount.used),
        shown(mount.usage_percent),
        shown(inodes.map(|(total, used)| Percent::of(used, total))),
        note.to_owned(),
    ]
}

fn interface(interface: &Interface) -> Row {
    vec![
        interface.name.clone(),
        interface.state.clone().unwrap_or_default(),
        speed(interface.rx_speed),
        speed(interface.tx_speed),
        bytes(interface.rx_bytes),
        bytes(interface.tx_bytes),
        (interface.rx_errors + interface.tx_errors).to_string(),
        (interface.rx_drops + interface.tx_drops).to_string(),
    ]
}

fn total(sample: &Sample) -> Option<Row> {
    let network = &sample.network;
    let wan = network.wan.as_ref().map(|wan| format!("wan {wan}")).unwrap_or_default();
    Some(vec![
        "total".to_owned(),
        wan,
        speed(network.rx_speed),
        speed(network.tx_speed),
        bytes(network.total_rx?),
        bytes(network.total_tx?),
    ])
}

fn pressure(sample: &Sample) -> Vec<Row> {
    let Some(pressure) = sample.pressure else { return Vec::new() };
    let stalls = [("cpu", pressure.cpu), ("memory", pressure.memory), ("io", pressure.io)];
    stalls
        .into_iter()
        .filter_map(|(name, stall)| Some((name, stall?)))
        .map(|(name, stall)| {
            vec![name.to_owned(), shown(stall.some_avg10), shown(stall.full_avg10)]
        })
        .collect()
}

fn container(each: &Container) -> Row {
    vec![
        each.name.clone(),
        each.engine.clone(),
        shown(each.cpu_percent),
        scaled(each.memory_used),
        scaled(each.memory_limit),
        speed(each.rx_speed),
        speed(each.tx_speed),
    ]
}

fn processes(sample: &Sample) -> Vec<Row> {
    let row = |each: &Process| {
        let pid = each.pid.to_string();
        vec![each.name.clone(), pid, shown(each.cpu_percent), scaled(each.memory_used)]
    };
    sample.top.iter().map(row).collect()
}

fn units(sample: &Sample) -> Vec<Row> {
    let Some(units) = &sample.units else { return Vec::new() };
    let mut row = vec![units.state.clone(), format!("{} failed", units.failed)];
    row.extend(units.loaded.map(|loaded| format!("{loaded} loaded")));
    row.retain(|cell| !cell.is_empty());
    let names = units.failed_names.iter().map(|name| vec![name.clone()]);
    std::iter::once(row).chain(names).collect()
}

fn custom(custom: &Custom) -> Row {
    let value = output::json(&custom.value);
    vec![custom.series.clone(), value.trim_end_matches(".0").to_owned()]
}

fn agent(sample: &Sample) -> Vec<Row> {
    let Some(agent) = &sample.agent else { return Vec::new() };
    let mut row = vec![format!("kinglet {}", agent.version)];
    row.extend(agent.rss.map(|rss| format!("{} resident", bytes(rss))));
    vec![row]
}

fn scaled(value: Option<u64>) -> String {
    value.map(bytes).unwrap_or_default()
}

fn speed(value: Option<u64>) -> String {
    value.map(rate).unwrap_or_default()
}

fn shown(value: Option<Percent>) -> String {
    value.map(percent).unwrap_or_default()
}

fn width(cell: &str) -> usize {
    cut(cell).chars().count()
}

/// A cell short enough for its column; only names can be long, and only text without columns is
/// longer than this on purpose.
fn cut(cell: &str) -> String {
    let is_sentence = cell.contains(' ');
    if is_sentence || cell.chars().count() <= CELL_CHARS_MAX {
        return cell.to_owned();
    }
    cell.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use kinglet_proto::sample::{Disk, Qdisc, Softnet, Stations, Units, WireguardPeer};

    use super::*;

    fn page(sample: &Sample) -> String {
        let mut out = Vec::new();
        write(&mut out, sample, false).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned_and_empty_blocks_are_left_out() {
        let mut sample = Sample { hostname: "pi".into(), ..Sample::default() };
        for (name, total) in [("sda", 2_000_398_934_016), ("mmcblk0", 31_914_983_424)] {
            let (name, total) = (name.to_owned(), Some(total));
            sample.disks.push(Disk { name, total, ..Disk::default() });
        }
        let page = page(&sample);
        assert!(!page.contains("MOUNT") && !page.contains("SENSOR"), "{page}");
        let lines: Vec<_> = page.lines().filter(|line| line.contains("iB")).collect();
        assert_eq!(lines.len(), 2, "{page}");
        assert_eq!(lines[0].find("iB"), lines[1].find("iB"), "{page}");
        assert!(page.is_ascii(), "no colour where nobody sees it");
    }

    #[test]
    fn what_its_owner_asks_for_is_shown() {
        let names = ["SMART", "ROUTER", "QUEUE", "WIREGUARD", "WI-FI", "SYSTEMD"];
        let none = page(&Sample::default());
        assert!(names.iter().all(|name| !none.contains(name)), "{none}");
        let disk = Disk { name: "sda".into(), health_failed: Some(true), ..Disk::default() };
        let shown = page(&Sample {
            disks: vec![disk],
            softnet: Some(Softnet::default()),
            qdiscs: vec![Qdisc::default()],
            wireguard: vec![WireguardPeer::default()],
            stations: vec![Stations::default()],
            units: Some(Units { failed_names: vec!["web.service".into()], ..Units::default() }),
            ..Sample::default()
        });
        let headings = shown.lines().filter_map(|line| line.get(..9)).map(str::trim);
        let found: Vec<_> = headings.filter(|heading| names.contains(heading)).collect();
        assert_eq!(found, names, "{shown}");
        assert!(shown.contains("NOT WELL") && shown.contains("web.service"), "{shown}");
    }

    #[test]
    fn a_long_name_is_cut() {
        assert_eq!(cut(&"x".repeat(40)).chars().count(), CELL_CHARS_MAX);
        assert_eq!(cut("short"), "short");
    }
}
