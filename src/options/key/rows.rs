//! The settings, row by row: in the order of the file, then what no file holds.

use super::{Command, Form, Key, Table};

/// What a row has that says nothing else.
const KEY: Key = Key {
    table: Table::Top,
    name: "",
    form: Some(Form::Text),
    flag: None,
    variable: None,
    value: "TEXT",
    default: "none",
    help: "",
    protocols: &[],
    commands: &[Command::Run, Command::Check],
};
const HOST: Key = Key { table: Table::Host, ..KEY };
const SERVER: Key = Key { table: Table::Server, ..KEY };
const ALERT: Key = Key { table: Table::Alert, ..KEY };
const COLLECT: Key = Key {
    table: Table::Collect,
    form: Some(Form::List),
    default: "`[]`",
    commands: SAMPLED,
    ..KEY
};

/// The protocol that six of the keys are for.
const INFLUXDB: &[&str] = &["influxdb"];

const TRAFFIC: Key = Key { table: Table::Traffic, commands: SAMPLED, ..KEY };
const PROBE: Key = Key { table: Table::Probe, ..KEY };

const ENROLLED: &[Command] = &[Command::Run, Command::Check, Command::Enroll];
const SAMPLED: &[Command] = &[Command::Run, Command::Sample, Command::Check];
const EVERYWHERE: &[Command] = &[Command::Run, Command::Sample, Command::Check, Command::Enroll];

/// Every setting.
pub const KEYS: &[Key] = &[
    Key {
        name: "config",
        form: None,
        flag: Some("--config"),
        variable: Some("KINGLET_CONFIG"),
        value: "FILE",
        default: "`/etc/kinglet/kinglet.toml`",
        help: "The configuration file.",
        commands: EVERYWHERE,
        ..KEY
    },
    Key {
        name: "interval",
        flag: Some("--interval"),
        variable: Some("KINGLET_INTERVAL"),
        value: "TIME",
        default: "`5s`",
        help: "Time between two reports, `1s` to `1h`.",
        ..KEY
    },
    Key {
        name: "id",
        flag: Some("--id"),
        variable: Some("KINGLET_ID"),
        value: "ID",
        default: "derived from the machine-id, which is never sent",
        help: "Who this host is to its dashboards.",
        commands: ENROLLED,
        ..HOST
    },
    Key { name: "name", default: "the host name", help: "What dashboards show.", ..HOST },
    Key { name: "group", help: "Where dashboards sort it.", ..HOST },
    Key { name: "location", help: "Where it stands.", ..HOST },
    Key {
        name: "country_code",
        help: "The country it stands in, two letters (ISO 3166-1); never looked up.",
        ..HOST
    },
    Key { name: "ip", help: "The address for dashboards that want one; never looked up.", ..HOST },
    Key {
        name: "protocol",
        flag: Some("--protocol"),
        variable: Some("KINGLET_PROTOCOL"),
        value: "NAME",
        default: "`kinglet`",
        help: "What the server speaks: {protocols}.",
        ..SERVER
    },
    Key {
        name: "url",
        flag: Some("--url"),
        variable: Some("KINGLET_URL"),
        value: "URL",
        default: "required",
        help: "Where to report: `wss://host[:port][/path]`, or `ws://` on a trusted line; \
               `https://` or `http://` for `influxdb`. Without a path, the protocol's own.",
        commands: ENROLLED,
        ..SERVER
    },
    Key {
        name: "auth",
        default: "the protocol's own",
        help: "How the token travels: `header` or `query`.",
        ..SERVER
    },
    Key {
        name: "server_id",
        flag: Some("--server-id"),
        variable: Some("KINGLET_SERVER_ID"),
        value: "ID",
        help: "Id by which the server knows this host, where it gives one of its own.",
        protocols: &["vstats", "simple-server-status"],
        ..SERVER
    },
    Key {
        name: "database",
        help: "Database of InfluxDB 1.x or 3; made when it is missing and the user may.",
        protocols: INFLUXDB,
        ..SERVER
    },
    Key {
        name: "retention_policy",
        default: "the database's own",
        help: "Retention policy of InfluxDB 1.x.",
        protocols: INFLUXDB,
        ..SERVER
    },
    Key {
        name: "user",
        help: "User of InfluxDB 1.x, whose password is the token.",
        protocols: INFLUXDB,
        ..SERVER
    },
    Key { name: "org", help: "Organization of InfluxDB 2.", protocols: INFLUXDB, ..SERVER },
    Key { name: "bucket", help: "Bucket of InfluxDB 2.", protocols: INFLUXDB, ..SERVER },
    Key {
        name: "tags",
        form: Some(Form::Map),
        default: "`{}`",
        help: "Tags of every point beside `host`, the host's name: `{ room = \"attic\" }`.",
        protocols: INFLUXDB,
        ..SERVER
    },
    Key {
        name: "token_file",
        flag: Some("--token-file"),
        variable: Some("KINGLET_TOKEN_FILE"),
        value: "FILE",
        default: "systemd's credential `token`, else `/etc/kinglet/token`",
        help: "File that holds the token, one line.",
        commands: ENROLLED,
        ..SERVER
    },
    Key {
        name: "token",
        form: None,
        variable: Some("KINGLET_TOKEN"),
        help: "The token itself. No flag has it: everybody on a host can read a command line.",
        ..SERVER
    },
    Key {
        name: "ca_file",
        flag: Some("--ca-file"),
        variable: Some("KINGLET_CA_FILE"),
        value: "FILE",
        help: "Certificate authorities of your own (PEM), trusted beside the built-in ones \
               and this host's.",
        commands: ENROLLED,
        ..SERVER
    },
    Key {
        name: "pin",
        flag: Some("--pin"),
        variable: Some("KINGLET_PIN"),
        value: "PIN",
        help: "Trust the one key with this hash, `sha256:HEX` as `kinglet-hub invite` prints it, \
               and ask for no authority, name or date. Not together with `ca_file`.",
        commands: ENROLLED,
        ..SERVER
    },
    Key {
        name: "interval",
        value: "TIME",
        default: "`interval` of the top level",
        help: "Time between two reports to this server.",
        ..SERVER
    },
    Key {
        name: "destination",
        default: "`/topic/metric/{id}/{metric}[VALUE]`; a whole sample's `/topic/sample/{id}`",
        help: "Where messages go. `{id}` is the host's id, `{metric}` a name of docs/metrics.md. \
               RabbitMQ wants dots: `/topic/metric.{id}.{metric}`.",
        protocols: &["stomp"],
        ..SERVER
    },
    Key {
        name: "mode",
        default: "`metrics`",
        help: "What a message holds: `metrics`, one metric each, or `sample`, all there is to say.",
        protocols: &["stomp"],
        ..SERVER
    },
    Key {
        name: "metrics",
        form: Some(Form::List),
        default: "about 20 of the whole host",
        help: "The metrics to send, by their names in docs/metrics.md: `cpu.usage`, \
               `disks.sda.used`, `disks.{disk}.used` for every disk. Each is a message.",
        protocols: &["stomp"],
        ..SERVER
    },
    Key {
        name: "heartbeat",
        default: "`0,0`",
        help: "STOMP beats in milliseconds, sent and wanted: `10000,10000`. Without them a \
               WebSocket Ping does the same.",
        protocols: &["stomp"],
        ..SERVER
    },
    Key {
        name: "login",
        help: "Who logs in at the broker; the token is the passcode then, and travels no other \
               way.",
        protocols: &["stomp"],
        ..SERVER
    },
    Key {
        name: "vhost",
        default: "`/`",
        help: "The broker's virtual host.",
        protocols: &["stomp"],
        ..SERVER
    },
    Key {
        name: "headers",
        form: Some(Form::Map),
        help: "More headers of the first frame, CONNECT: `{ name = \"text\" }`.",
        protocols: &["stomp"],
        ..SERVER
    },
    Key {
        name: Key::EACH,
        form: Some(Form::Switch),
        default: "`true`",
        help: "`false` leaves a collector out.",
        ..COLLECT
    },
    Key {
        name: "include_disks",
        help: "Disks to report, by kernel name, `*` for any characters; empty for all.",
        ..COLLECT
    },
    Key { name: "exclude_disks", help: "Disks to leave out of these.", ..COLLECT },
    Key {
        name: "include_mounts",
        help: "File systems to report, by mount point, in the same way.",
        ..COLLECT
    },
    Key { name: "exclude_mounts", help: "File systems to leave out of these.", ..COLLECT },
    Key {
        name: "include_interfaces",
        help: "Network interfaces to report, by name, in the same way; totals count all.",
        ..COLLECT
    },
    Key { name: "exclude_interfaces", help: "Interfaces to leave out of these.", ..COLLECT },
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
    Key {
        name: "code",
        form: None,
        flag: Some("--code"),
        variable: Some("KINGLET_CODE"),
        value: "CODE",
        help: "The code of an invitation. It may stand where others can read it: it is good for \
               minutes, for one host, and used up at once.",
        commands: &[Command::Enroll],
        ..KEY
    },
    Key {
        name: "log",
        form: None,
        variable: Some("KINGLET_LOG"),
        default: "`info`",
        help: "The log level: `off`, `error`, `warn`, `info`, `debug` or `trace`.",
        commands: &[Command::Run],
        ..KEY
    },
    Key {
        name: "proc",
        form: None,
        variable: Some("HOST_PROC"),
        default: "`/proc`",
        help: "Where the host's `/proc` is, for an agent in a container.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        name: "sys",
        form: None,
        variable: Some("HOST_SYS"),
        default: "`/sys`",
        help: "Where the host's `/sys` is.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        name: "root",
        form: None,
        variable: Some("HOST_ROOT"),
        default: "`/`",
        help: "Where the host's `/` is.",
        commands: SAMPLED,
        ..KEY
    },
    Key {
        name: "no_color",
        form: None,
        variable: Some("NO_COLOR"),
        help: "If set, the headings of `sample` are not bold.",
        commands: &[Command::Sample],
        ..KEY
    },
    Key {
        name: "credentials",
        form: None,
        variable: Some("CREDENTIALS_DIRECTORY"),
        help: "Set by systemd: the folder with the credential `token`.",
        ..KEY
    },
];
