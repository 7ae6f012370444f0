//! The rules that hold on every host unless its owner says otherwise: each a row.
//!
//! Here belongs what is wrong on any host. Not here yet: a temperature near the chip's own limit,
//! for no sample has that limit; the last days of a server's certificate, and the quota of a
//! billing period.

use std::time::Duration;

use super::{Level, Rule, Subject, Test};
use crate::sample::table::metric;

/// One of them.
#[derive(Debug)]
pub struct BuiltIn {
    /// Its name, which switches it off.
    pub name: &'static str,
    subject: Subject,
    test: Test,
    clear: f64,
    hold: Duration,
    level: Level,
    title: &'static str,
    message: &'static str,
    suggestion: &'static str,
    /// What it is for, in a sentence, for documents.
    pub help: &'static str,
}

const MINUTE: Duration = Duration::from_secs(60);
/// How long nothing may have been killed until the last time is over.
const OOM_QUIET: Duration = Duration::from_secs(600);

/// What a row has that says nothing else.
const SWITCH: BuiltIn = BuiltIn {
    name: "",
    subject: Subject::Clock,
    test: Test::Equals(1.0),
    clear: 0.0,
    hold: Duration::ZERO,
    level: Level::Warning,
    title: "",
    message: "",
    suggestion: "",
    help: "",
};

/// All of them.
pub static BUILT_IN: &[BuiltIn] = &[
    BuiltIn {
        name: "disk",
        subject: Subject::Figure(metric("filesystems.{mount_point}.usage_percent")),
        test: Test::Above(90.0),
        clear: 88.0,
        title: "Disk almost full",
        message: "{mount_point} is {value} full",
        suggestion: "remove what is not needed: logs, caches, old packages and images",
        help: "A file system is almost full.",
        ..SWITCH
    },
    BuiltIn {
        name: "inodes",
        subject: Subject::Share(
            metric("filesystems.{mount_point}.inodes_used"),
            metric("filesystems.{mount_point}.inodes_total"),
        ),
        test: Test::Above(90.0),
        clear: 88.0,
        title: "Few file nodes left",
        message: "{mount_point} has {value} of its file nodes in use",
        suggestion: "look for a folder with very many small files",
        help: "A file system can soon take no more files, however small.",
        ..SWITCH
    },
    BuiltIn {
        name: "memory",
        subject: Subject::Figure(metric("memory.usage_percent")),
        test: Test::Above(95.0),
        clear: 90.0,
        hold: MINUTE.saturating_mul(5),
        title: "Memory almost full",
        message: "{value} of the memory is in use",
        suggestion: "look for the process that takes the most, or give the host more",
        help: "The memory has been almost full for a while.",
        ..SWITCH
    },
    BuiltIn {
        name: "cpu",
        subject: Subject::Figure(metric("cpu.usage")),
        test: Test::Above(95.0),
        clear: 90.0,
        hold: MINUTE.saturating_mul(10),
        title: "Processor busy",
        message: "the processor is {value} busy",
        suggestion: "look for the process that takes the most",
        help: "The processor has had no rest for a while.",
        ..SWITCH
    },
    BuiltIn {
        name: "undervoltage",
        subject: Subject::Figure(metric("power.undervoltage")),
        level: Level::Critical,
        title: "Undervoltage",
        message: "the power supply gives too little voltage",
        suggestion: "use a stronger power supply and a shorter cable: data can be lost",
        help: "The power supply of a Raspberry Pi is too weak.",
        ..SWITCH
    },
    BuiltIn {
        name: "read_only",
        subject: Subject::Turned(metric("filesystems.{mount_point}.read_only")),
        level: Level::Critical,
        title: "File system turned read-only",
        message: "{mount_point} can no longer be written",
        suggestion: "look at the kernel's log: the disk may be failing",
        help: "A file system that could be written cannot be any more.",
        ..SWITCH
    },
    BuiltIn {
        name: "stuck",
        subject: Subject::Figure(metric("filesystems.{mount_point}.stuck")),
        hold: MINUTE,
        title: "Mount stuck",
        message: "{mount_point} does not answer",
        suggestion: "look at the server or the disk behind it",
        help: "A file system has not answered for a while: its server or its disk is away.",
        ..SWITCH
    },
    BuiltIn {
        name: "conntrack",
        subject: Subject::Share(metric("conntrack.used"), metric("conntrack.max")),
        test: Test::Above(90.0),
        clear: 85.0,
        title: "Connection table almost full",
        message: "{value} of the connection tracking table is in use",
        suggestion: "look for who opens so many, or raise nf_conntrack_max",
        help: "A router will soon refuse new connections.",
        ..SWITCH
    },
    BuiltIn {
        name: "oom_kill",
        subject: Subject::Growth(metric("kernel.oom_kills"), OOM_QUIET),
        test: Test::Above(0.0),
        level: Level::Critical,
        title: "Out of memory",
        message: "processes killed for want of memory: {value}",
        suggestion: "the kernel's log says which; give the host more memory, or the work less",
        help: "The kernel killed a process for want of memory; over when 10 minutes passed \
               without another.",
        ..SWITCH
    },
    BuiltIn {
        name: "clock",
        hold: MINUTE.saturating_mul(5),
        title: "Clock wrong",
        message: "the clock stands before the day this program was built",
        suggestion: "see why the host asks no time server",
        help: "The host's clock cannot be right, and nobody has set it for a while.",
        ..SWITCH
    },
];

/// The rules of the rows whose names are wanted.
pub fn rules(is_wanted: impl Fn(&str) -> bool) -> Vec<Rule> {
    BUILT_IN.iter().filter(|row| is_wanted(row.name)).map(BuiltIn::rule).collect()
}

impl BuiltIn {
    /// The rule it is.
    pub fn rule(&self) -> Rule {
        Rule {
            name: self.name.into(),
            own: false,
            subject: self.subject,
            test: self.test,
            clear: self.clear,
            hold: self.hold,
            labels: Vec::new(),
            level: self.level,
            title: self.title.into(),
            message: self.message.into(),
            suggestion: self.suggestion.into(),
        }
    }
}
