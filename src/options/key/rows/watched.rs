//! The settings of what is read, probed and watched beside the kernel's own figures.

use super::{Form, KEY, Key, SAMPLED, Table};

const TRAFFIC: Key = Key { table: Table::Traffic, commands: SAMPLED, ..KEY };
const ROUTER: Key = Key { table: Table::Router, commands: SAMPLED, ..KEY };
const BUDGET: Key = Key { table: Table::Budget, form: Some(Form::Number), ..KEY };
const PROBE: Key = Key { table: Table::Probe, ..KEY };
const ALERT: Key = Key { table: Table::Alert, ..KEY };

/// Their rows, in the order of the file.
pub(super) const KEYS: &[Key] = &[
    Key {
        table: Table::Custom,
        name: "dir",
        value: "FILE",
        help: "A folder with figures of your own: `*.prom` files in the form of node_exporter's \
               textfile collector. They are looked for every 10 s.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        name: "reset_day",
        value: "DAY",
        default: "`1`",
        help: "The day of the month, `1` to `31`, on which the billing period of the host's \
               traffic begins. Nothing is counted where the table is empty.",
        ..TRAFFIC
    },
    Key {
        name: "quota",
        value: "BYTES",
        help: "What the period has, sent and received together: `500 GB`, `2 TB` or `1.5 TiB`.",
        ..TRAFFIC
    },
    Key {
        name: "state_file",
        value: "FILE",
        help: "Where what was counted survives a reboot, written every ten minutes at most. \
               Without it what was before the boot is not known.",
        ..TRAFFIC
    },
    Key {
        name: "enabled",
        form: Some(Form::Switch),
        default: "`false`",
        help: "`true` reads what a router has beside other hosts: `softnet`, `leases`, `qdiscs`, \
               `wireguard` and `stations`.",
        ..ROUTER
    },
    Key {
        name: "leases",
        value: "FILE",
        default: "where they usually are",
        help: "The file in which dnsmasq or odhcpd has its leases. What is told is how many.",
        ..ROUTER
    },
    Key {
        table: Table::Containers,
        name: "enabled",
        form: Some(Form::Switch),
        default: "`false`",
        help: "`true` tells of the containers that run here: CPU, memory and network of each, read \
               from control groups; no engine is asked.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        table: Table::Containers,
        name: "socket",
        value: "FILE",
        help: "The socket of Docker or podman, `/run/docker.sock`, which is asked what containers \
               are called; without it they have the first twelve digits of their ids. Who may \
               open it may do anything to this host: README says what is better.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        table: Table::Processes,
        name: "enabled",
        form: Some(Form::Switch),
        default: "`false`",
        help: "`true` tells how many processes sleep, are blocked, stopped or zombies, and which \
               take most of the processor and of memory.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        table: Table::Smart,
        name: "enabled",
        form: Some(Form::Switch),
        default: "`false`",
        help: "`true` asks NVMe and SATA disks for their health every ten minutes, but for those \
               that sleep. It takes rights that the service does not have by itself: README says \
               which.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        table: Table::Units,
        name: "enabled",
        form: Some(Form::Switch),
        default: "`false`",
        help: "`true` tells how many units of systemd have failed, and the first 16 by name; \
               systemd is asked over the host's D-Bus every 30 s.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        name: "cpu_percent",
        value: "PERCENT",
        help: "What the agent may take of one processor, `0.1` to `100`. Where it takes more, the \
               costliest collectors are read less often, down to an eighth and at least once a \
               minute, and the log says which.",
        ..BUDGET
    },
    Key {
        name: "rss_bytes",
        value: "BYTES",
        help: "What it may have of memory, from `1000000` on. Where it has more, the log says so, \
               and `agent.over_budget` does.",
        ..BUDGET
    },
    Key {
        name: "targets",
        form: Some(Form::Map),
        default: "`{}`",
        help: "Places whose latency is watched, at most 16, by what they are called: \
               `icmp://host` pings, `tcp://host:port` connects, `http://` and `https://` ask for \
               the head of a page.",
        ..PROBE
    },
    Key {
        name: "interval",
        value: "TIME",
        default: "`30s`",
        help: "Time between two attempts at one of them, `1s` to `1h`.",
        ..PROBE
    },
    Key {
        name: "from_server",
        form: Some(Form::Switch),
        default: "`false`",
        help: "`true` lets a vStats panel or a Komari server ask for more of them, within the \
               same 16.",
        ..PROBE
    },
    Key {
        name: "count",
        form: Some(Form::Number),
        default: "`16`",
        help: "How many of them all servers together may ask for, `0` to `16`.",
        ..PROBE
    },
    Key {
        name: "private",
        form: Some(Form::Switch),
        default: "`false`",
        help: "`true` lets servers ask for addresses of this host and of private networks too.",
        ..PROBE
    },
    Key {
        name: "ca_file",
        value: "FILE",
        help: "Certificate authorities of your own (PEM) for pages over TLS, trusted beside the \
               built-in ones and this host's.",
        ..PROBE
    },
    Key {
        table: Table::Alerts,
        name: Key::EACH,
        form: Some(Form::Switch),
        default: "`true`",
        help: "`false` switches a rule off that is built in; docs/alerts.md has them all.",
        ..KEY
    },
    Key {
        name: "metric",
        default: "required",
        help: "What is watched, by its name in docs/metrics.md: `cpu.usage`, or \
               `filesystems.{mount_point}.usage_percent` for every mount by itself.",
        ..ALERT
    },
    Key {
        name: "above",
        form: Some(Form::Number),
        help: "It fires by what is more than this, in the metric's own unit; a yes is 1.",
        ..ALERT
    },
    Key { name: "below", form: Some(Form::Number), help: "Or by what is less than this.", ..ALERT },
    Key {
        name: "equals",
        form: Some(Form::Number),
        help: "Or by exactly this. Of these three one is given.",
        ..ALERT
    },
    Key {
        name: "for",
        value: "TIME",
        default: "`0s`",
        help: "How long it has to be so before it fires, up to `24h`.",
        ..ALERT
    },
    Key {
        name: "clear",
        form: Some(Form::Number),
        default: "the line itself",
        help: "The value at which it is over: with `above = 90` and `clear = 80` not before 80.",
        ..ALERT
    },
    Key { name: "level", default: "`warning`", help: "`warning` or `critical`.", ..ALERT },
    Key {
        name: "title",
        default: "the metric and its value",
        help: "A few words. `{value}`, `{threshold}`, `{series}` and the metric's labels, as \
               `{mount_point}`, stand for what was seen.",
        ..ALERT
    },
    Key {
        name: "message",
        default: "the metric, its value and the line",
        help: "A sentence, likewise.",
        ..ALERT
    },
    Key {
        name: "labels",
        form: Some(Form::Map),
        default: "`{}`, for all",
        help: "Which of the metric's series it is for, `*` for any characters: \
               `{ mount_point = \"/srv*\" }`.",
        ..ALERT
    },
];
