//! The rules that hold on every host unless its owner says otherwise: each a row.
//!
//! Here belongs what is wrong on any host.

use std::sync::Arc;
use std::time::Duration;

use super::{Level, Rule, Subject, Test};
use crate::sample::metric::Metric;
use crate::sample::table::metric;

/// One of them.
#[derive(Debug, Clone, Copy)]
pub struct BuiltIn {
    /// Its name, which switches it off.
    pub name: &'static str,
    subject: Subject,
    test: Test,
    clear: f64,
    hold_s: u32,
    linger_s: u32,
    unless: Option<&'static Metric>,
    level: Level,
    title: &'static str,
    message: &'static str,
    suggestion: &'static str,
}

const MINUTE: u32 = 60;
/// What cannot be written does not get full, as the image that a router starts from.
const READ_ONLY: Option<&Metric> = Some(metric("filesystems.{mount_point}.read_only"));
/// What a sensor has, and what is too much for it.
const TEMPERATURE: &Metric = metric("temperatures.{sensor}");
/// See [`TEMPERATURE`].
const CRITICAL: &Metric = metric("temperatures.{sensor}.critical");
/// How long nothing may have been killed until the last time is over.
const OOM_QUIET: Duration = Duration::from_secs(600);

/// What a row has that says nothing else.
const SWITCH: BuiltIn = BuiltIn {
    name: "",
    subject: Subject::Clock,
    test: Test::Equals(1.0),
    clear: 0.0,
    hold_s: 0,
    linger_s: 0,
    unless: None,
    level: Level::Warning,
    title: "",
    message: "",
    suggestion: "",
};

/// All of them, each with what it is for, in a sentence for documents.
const ROWS: &[(BuiltIn, &str)] = &[
    (
        BuiltIn {
            name: "disk",
            subject: Subject::Figure(metric("filesystems.{mount_point}.usage_percent")),
            test: Test::Above(90.0),
            clear: 88.0,
            unless: READ_ONLY,
            title: "Disk almost full",
            message: "{mount_point} is {value} full",
            suggestion: "remove what is not needed: logs, caches, old packages and images",
            ..SWITCH
        },
        "A file system is almost full.",
    ),
    (
        BuiltIn {
            name: "inodes",
            subject: Subject::Share(
                metric("filesystems.{mount_point}.inodes_used"),
                metric("filesystems.{mount_point}.inodes_total"),
            ),
            test: Test::Above(90.0),
            clear: 88.0,
            unless: READ_ONLY,
            title: "Few file nodes left",
            message: "{mount_point} has {value} of its file nodes in use",
            suggestion: "look for a folder with very many small files",
            ..SWITCH
        },
        "A file system can soon take no more files, however small.",
    ),
    (
        BuiltIn {
            name: "memory",
            subject: Subject::Figure(metric("memory.usage_percent")),
            test: Test::Above(95.0),
            clear: 90.0,
            hold_s: 5 * MINUTE,
            title: "Memory almost full",
            message: "{value} of the memory is in use",
            suggestion: "look for the process that takes the most, or give the host more",
            ..SWITCH
        },
        "The memory has been almost full for a while.",
    ),
    (
        BuiltIn {
            name: "cpu",
            subject: Subject::Figure(metric("cpu.usage")),
            test: Test::Above(95.0),
            clear: 90.0,
            hold_s: 10 * MINUTE,
            title: "Processor busy",
            message: "the processor is {value} busy",
            suggestion: "look for the process that takes the most",
            ..SWITCH
        },
        "The processor has had no rest for a while.",
    ),
    (
        BuiltIn {
            name: "temperature",
            // Five degrees before what the chip calls critical. Where it calls nothing so, where a
            // Raspberry Pi is throttled for good and most others will be in 10 to 15 degrees.
            subject: Subject::Limited(TEMPERATURE, CRITICAL, 90.0),
            test: Test::Above(85.0),
            clear: 80.0,
            hold_s: 5 * MINUTE,
            title: "Hot",
            message: "{sensor} has {value}",
            suggestion: "look for dust, a fan that stands still, or work that never ends",
            ..SWITCH
        },
        "A sensor has been near its chip's limit for a while.",
    ),
    (
        BuiltIn {
            name: "undervoltage",
            subject: Subject::Figure(metric("power.undervoltage")),
            linger_s: 10 * MINUTE,
            level: Level::Critical,
            title: "Undervoltage",
            message: "the power supply gives too little voltage",
            suggestion: "use a stronger power supply and a shorter cable: data can be lost",
            ..SWITCH
        },
        "The power supply of a Raspberry Pi is too weak; over when 10 minutes passed without a dip.",
    ),
    (
        BuiltIn {
            name: "read_only",
            subject: Subject::Turned(metric("filesystems.{mount_point}.read_only")),
            level: Level::Critical,
            title: "File system turned read-only",
            message: "{mount_point} can no longer be written",
            suggestion: "look at the kernel's log: the disk may be failing",
            ..SWITCH
        },
        "A file system that could be written cannot be any more.",
    ),
    (
        BuiltIn {
            name: "disk_health",
            subject: Subject::Figure(metric("disks.{disk}.health_failed")),
            level: Level::Critical,
            title: "Disk fails",
            message: "{disk} says of itself that it is not well",
            suggestion: "make a backup now; what smartctl says of it tells more",
            ..SWITCH
        },
        "A disk's own check of its health has failed, or an NVMe disk warns, where \
               `[smart]` is on.",
    ),
    (
        BuiltIn {
            name: "stuck",
            subject: Subject::Figure(metric("filesystems.{mount_point}.stuck")),
            hold_s: MINUTE,
            title: "Mount stuck",
            message: "{mount_point} does not answer",
            suggestion: "look at the server or the disk behind it",
            ..SWITCH
        },
        "A file system has not answered for a while: its server or its disk is away.",
    ),
    (
        BuiltIn {
            name: "conntrack",
            subject: Subject::Share(metric("conntrack.used"), metric("conntrack.max")),
            test: Test::Above(90.0),
            clear: 85.0,
            title: "Connection table almost full",
            message: "{value} of the connection tracking table is in use",
            suggestion: "look for who opens so many, or raise nf_conntrack_max",
            ..SWITCH
        },
        "A router will soon refuse new connections.",
    ),
    (
        BuiltIn {
            name: "traffic",
            subject: Subject::Figure(metric("traffic.quota_percent")),
            test: Test::Above(90.0),
            title: "Traffic almost used up",
            message: "{value} of what the billing period has is used up",
            suggestion: "look for what moves so much, or for a larger contract",
            clear: 90.0,
            ..SWITCH
        },
        "The quota of the billing period, where `[traffic]` has one, is almost used up.",
    ),
    (
        BuiltIn {
            name: "certificate",
            subject: Subject::Figure(metric("agent.certificate_days")),
            test: Test::Below(14.0),
            clear: 14.0,
            title: "Certificate runs out",
            message: "days that the server's certificate is good for: {value}",
            suggestion: "renew it on the server that this host reports to",
            ..SWITCH
        },
        "The certificate of the server that is reported to ends within 14 days.",
    ),
    (
        BuiltIn {
            name: "page_certificate",
            subject: Subject::Figure(metric("probes.{probe}.certificate_days")),
            test: Test::Below(14.0),
            clear: 14.0,
            title: "Certificate runs out",
            message: "days that the certificate of {probe} is good for: {value}",
            suggestion: "renew it on that server",
            ..SWITCH
        },
        "The certificate of a page that is probed ends within 14 days.",
    ),
    (
        BuiltIn {
            name: "oom_kill",
            subject: Subject::Growth(metric("kernel.oom_kills"), OOM_QUIET),
            test: Test::Above(0.0),
            level: Level::Critical,
            title: "Out of memory",
            message: "processes killed for want of memory: {value}",
            suggestion: "the kernel's log says which; give the host more memory, or the work less",
            ..SWITCH
        },
        "The kernel killed a process for want of memory; over when 10 minutes passed \
               without another.",
    ),
    (
        BuiltIn {
            name: "units",
            subject: Subject::Figure(metric("units.failed")),
            test: Test::Above(0.0),
            hold_s: 5 * MINUTE,
            title: "Unit failed",
            message: "units of systemd that have failed: {value}",
            suggestion: "`systemctl --failed` says which, `systemctl status` of one says why",
            ..SWITCH
        },
        "Units of systemd have failed for a while, where `[units]` asks for them.",
    ),
    (
        BuiltIn {
            name: "clock",
            hold_s: 5 * MINUTE,
            title: "Clock wrong",
            message: "the clock stands before the day this program was built",
            suggestion: "see why the host asks no time server",
            ..SWITCH
        },
        "The host's clock cannot be right, and nobody has set it for a while.",
    ),
];

const _: () =
    assert!(CRITICAL.number < TEMPERATURE.number, "a limit is seen before what it limits");

/// All of them, without the words that only documents need: those do not get into the program.
pub static BUILT_IN: [BuiltIn; ROWS.len()] = {
    let mut rows = [SWITCH; ROWS.len()];
    let mut at = 0;
    while at < ROWS.len() {
        rows[at] = ROWS[at].0;
        at += 1;
    }
    rows
};

/// The rules of the rows whose names are wanted.
pub fn rules(is_wanted: impl Fn(&str) -> bool) -> Vec<Arc<Rule>> {
    let wanted = BUILT_IN.iter().filter(|row| is_wanted(row.name));
    wanted.map(|row| Arc::new(row.rule())).collect()
}

impl BuiltIn {
    /// What it is for, in a sentence.
    pub fn help(&self) -> &'static str {
        let found = ROWS.iter().find(|(row, _)| row.name == self.name);
        found.map_or("", |(_, help)| help)
    }

    /// The rule it is.
    pub fn rule(&self) -> Rule {
        Rule {
            name: self.name.into(),
            own: false,
            subject: self.subject,
            test: self.test,
            clear: self.clear,
            hold: Duration::from_secs(u64::from(self.hold_s)),
            linger: Duration::from_secs(u64::from(self.linger_s)),
            unless: self.unless,
            labels: Vec::new(),
            level: self.level,
            title: self.title.into(),
            message: self.message.into(),
            suggestion: self.suggestion.into(),
        }
    }
}
