//! The settings, row by row: in the order of the file, then what no file holds.

mod unwritten;
mod watched;

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
const COLLECT: Key = Key {
    table: Table::Collect,
    form: Some(Form::List),
    default: "`[]`",
    commands: SAMPLED,
    ..KEY
};

/// The protocol that six of the keys are for.
const INFLUXDB: &[&str] = &["influxdb"];

const ENROLLED: &[Command] = &[Command::Run, Command::Check, Command::Enroll];
const SAMPLED: &[Command] = &[Command::Run, Command::Sample, Command::Check];
const EVERYWHERE: &[Command] = &[Command::Run, Command::Sample, Command::Check, Command::Enroll];

/// Every setting.
pub const KEYS: &[Key] =
    &joined::<{ REPORTED.len() + watched::KEYS.len() + unwritten::KEYS.len() }>([
        REPORTED,
        watched::KEYS,
        unwritten::KEYS,
    ]);

const fn joined<const N: usize>(parts: [&[Key]; 3]) -> [Key; N] {
    let mut all = [KEY; N];
    let (mut part, mut row, mut at) = (0, 0, 0);
    while at < N {
        if row == parts[part].len() {
            (part, row) = (part + 1, 0);
        } else {
            all[at] = parts[part][row];
            (row, at) = (row + 1, at + 1);
        }
    }
    all
}

/// Who the host is, whom it reports to, and what of it.
const REPORTED: &[Key] = &[
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
        form: Some(Form::Texts),
        flag: Some("--url"),
        variable: Some("KINGLET_URL"),
        value: "URL",
        default: "required",
        help: "Where to report: `wss://host[:port][/path]`, or `ws://` on a trusted line; \
               `https://` or `http://` for `influxdb`. Without a path, the protocol's own. A list \
               in the file is tried in order, and left for the first again.",
        commands: ENROLLED,
        ..SERVER
    },
    Key {
        name: "prefer",
        variable: Some("KINGLET_PREFER"),
        value: "FAMILY",
        default: "whichever connects first",
        help: "`ipv4` or `ipv6`: all addresses of this family are tried before any of the other.",
        ..SERVER
    },
    Key {
        name: "interface",
        variable: Some("KINGLET_INTERFACE"),
        value: "NAME",
        default: "as the routes say",
        help: "Where connections come from, as with `curl --interface`: an address of this host, \
               or an interface by its name.",
        ..SERVER
    },
    Key {
        name: "proxy",
        variable: Some("KINGLET_PROXY"),
        value: "URL",
        default: "that of the environment",
        help: "Proxy on the way there: `http://[user:password@]host[:port]` (CONNECT) or \
               `socks5h://...`, which looks names up itself; `none` goes straight.",
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
        name: "client_cert",
        variable: Some("KINGLET_CLIENT_CERT"),
        value: "FILE",
        help: "Certificate of this host with those behind it (PEM), shown to a server that asks \
               for one (mutual TLS). Read anew at each connection. Not in the packages' builds.",
        commands: ENROLLED,
        ..SERVER
    },
    Key {
        name: "client_key",
        variable: Some("KINGLET_CLIENT_KEY"),
        value: "FILE",
        help: "Its key (PEM, without a passphrase), of P-256 or P-384.",
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
];
