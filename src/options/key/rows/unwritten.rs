//! What no file holds: flags and variables alone.

use super::{Command, ENROLLED, KEY, Key, SAMPLED};

/// A proxy that the environment names.
const PROXY: Key = Key { form: None, commands: ENROLLED, ..KEY };

/// The rows.
pub(super) const KEYS: &[Key] = &[
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
        name: "https_proxy",
        variable: Some("https_proxy"),
        help: "The proxy to `wss://` and `https://`, as other programs have it; in capitals too. \
               A server on this host is never behind one.",
        ..PROXY
    },
    Key {
        name: "http_proxy",
        variable: Some("http_proxy"),
        help: "The proxy to `ws://` and `http://`.",
        ..PROXY
    },
    Key {
        name: "all_proxy",
        variable: Some("all_proxy"),
        help: "The proxy where neither says anything.",
        ..PROXY
    },
    Key {
        name: "no_proxy",
        variable: Some("no_proxy"),
        help: "What they are not for, between commas: names with all below them, addresses, \
               networks (`10.0.0.0/8`); `*` for everything.",
        ..PROXY
    },
    Key {
        name: "credentials",
        form: None,
        variable: Some("CREDENTIALS_DIRECTORY"),
        help: "Set by systemd: the folder with the credential `token`.",
        ..KEY
    },
];
