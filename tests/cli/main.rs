//! The built `kinglet` binary, as an owner meets it: words, exit codes, logs.

#![allow(clippy::unwrap_used, reason = "a failed unwrap in a test is a failed test")]
#![allow(unreachable_pub, reason = "the parts of a test are public to each other only")]
#![allow(clippy::disallowed_methods, reason = "running the program is the point of this test")]

mod alerts;
mod budget;
mod containers;
mod custom;
mod doctor;
mod influxdb;
mod processes;
mod program;
mod promised;
mod router;
mod smart;
mod stomp;
mod traced;
mod traffic;
mod units;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use kinglet_proto::output::OUTPUTS;
use program::{Folder, Program, kinglet};
use tungstenite::{Message, WebSocket};

#[test]
fn help_and_version_go_to_stdout() {
    let help = kinglet(&["--help"]).run();
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    for word in ["run", "sample", "check", "enroll", "--token-file", "KINGLET_TOKEN", "HOST_PROC"] {
        assert!(help.stdout.contains(word), "{word}");
    }
    let version = kinglet(&["--version"]).run();
    assert_eq!(version.stdout, format!("kinglet {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_command_line_exits_2_and_says_why() {
    for (words, said) in [
        (&["run", "--token", "x"][..], "--token-file"),
        (&[], "no command"),
        (&["runn"], "\"runn\""),
        (&["run", "--urll", "x"], "--urll"),
        (&["run"], "Name a server in /etc/kinglet/kinglet.toml ([[server]] and its url), or in a"),
        (&["run"], "file that --config or KINGLET_CONFIG names, or by --url or KINGLET_URL"),
        (&["check"], "nobody to report to."),
        (&["run", "--url", "wss://h/ws?a=1&token=x"], "--url: a token stands in no url"),
        (
            &["run", "--url", "ws://[::1]", "--server-id", "x"],
            "--server-id: is for vstats and simple-server-status only, not for kinglet",
        ),
        (&["run", "--url", "ftp://x"], "--url: ftp:// is not spoken here"),
        (
            &["run", "--interval", "0s", "--url", "ws://[::1]"],
            "--interval: \"0s\" is not an interval",
        ),
        (&["enroll"], "say where the hub is: --url"),
        (&["enroll", "--url", "wss://h"], "--code CODE, or KINGLET_CODE"),
        (
            &["enroll", "--url", "wss://h?x=1", "--code", "c"],
            "--url: a url to enrol at has no query",
        ),
        (&["enroll", "--url", "ws://h", "--code", "c", "--pin", "x"], "--pin: \"x\" is not a pin"),
        (&["run", "--code", "c"], "--code does not go with this command"),
        (&["check", "--config", "/nowhere"], "--config: cannot read /nowhere"),
    ] {
        // Whatever is configured on this machine.
        let told =
            kinglet(words).env("KINGLET_CONFIG", "/dev/null").env("KINGLET_TOKEN", "t").run();
        assert_eq!(told.code, 2, "{words:?}: {}{}", told.stdout, told.stderr);
        let all = told.stdout + &told.stderr;
        assert!(all.contains(said), "{words:?}: {all}");
    }
}

#[test]
fn enrolling_where_nobody_answers_exits_1_and_leaves_nothing() {
    let folder = Folder::new();
    let (config, token) = (folder.path("k.toml"), folder.path("token"));
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("ws://127.0.0.1:{port}");
    let words = ["enroll", "--url", &url, "--config", &config, "--token-file", &token];
    let told = kinglet(&words).env("KINGLET_CODE", "s3cret-code").run();
    assert_eq!(told.code, 1, "{}", told.stderr);
    assert!(told.stderr.contains("tcp connect to 127.0.0.1:"), "{}", told.stderr);
    assert!(!(told.stdout + &told.stderr).contains("s3cret"));
    assert_eq!(folder.files(), 0);

    std::fs::write(&token, "kept").unwrap();
    let told = kinglet(&words).env("KINGLET_CODE", "c").run();
    assert!(told.code == 2 && told.stderr.contains("holds a token already"), "{}", told.stderr);
    let words = ["enroll", "--url", &url, "--token-file", "/proc/version/token", "--code", "c"];
    let told = kinglet(&words).env("KINGLET_CONFIG", &config).run();
    assert!(told.code == 2 && told.stderr.contains("cannot write /proc/"), "{}", told.stderr);
}

#[test]
fn a_wrong_file_is_told_line_by_line() {
    let folder = Folder::new();
    let file = folder.write(
        "k.toml",
        "interval = \"2d\"\n\
         intervall = \"5s\"\n\
         [host]\nid = \"a b\"\ncountry = \"NL\"\ncountry_code = \"Germany\"\nip = \"here\"\n\
         [[server]]\nurl = \"hub.example\"\nprotocol = \"vstat\"\nauth = \"header\"\n\
         token_file = \"/nowhere/token\"\ninterval = 5\ntoken = \"t\"\nserver_id = \"\"\n\
         [collect]\ncpu = \"no\"\nexclude_disks = \"sda\"\nexclude_discs = []\n\
         [probe]\nprivate = 1\ncount = 2.5\n[probe.targets]\na = \"tcp://h\"\nb = \"udp://h\"\n",
    );
    let told = kinglet(&["check", "--config-only", "--config", &file]).run();
    assert_eq!(told.code, 2);
    let mut lines = told.stdout.lines();
    let names: Vec<_> = OUTPUTS.iter().map(ToString::to_string).collect();
    let protocol = format!(
        "10: server.protocol: \"vstat\" is not one of {}; did you mean \"vstats\"?",
        names.join(", ")
    );
    for line in [
        "1: interval: \"2d\" is not an interval; allowed is 1s to 1h",
        "2: intervall: unknown key; did you mean \"interval\"? allowed here: interval, host, server, collect",
        "4: host.id: an id is 1 to 64 bytes, all to be seen, without blanks, / and \\, and with no dot in front; this one has a blank in it",
        "5: host.country: unknown key; did you mean \"country_code\"? allowed here: ",
        "6: host.country_code: a country code has two letters (ISO 3166-1): \"DE\"",
        "7: host.ip: \"here\" is not an IP address",
        "9: server.url: a url begins with wss:// (or ws:// on a trusted line)",
        &protocol,
        "12: server.token_file: there is no file /nowhere/token",
        "13: server.interval: expected a text in quotes, found a whole number",
        "14: server.token: unknown key; did you mean \"token_file\"? ",
        "15: server.server_id: is empty: the id that the server shows, or no such line",
        "17: collect.cpu: expected true or false, found a text",
        "18: collect.exclude_disks: expected a list of texts: [\"a\", \"b*\"], found a text",
        "19: collect.exclude_discs: unknown key; did you mean \"exclude_disks\"?",
        "21: probe.private: expected true or false, found a whole number",
        "22: probe.count: 2.5 is not a whole number from 0 to 16",
        "23: probe.targets: \"tcp://h\" has no port: \"tcp://192.0.2.1:443\"",
        "23: probe.targets: \"udp://h\" is of no known kind: icmp, tcp, http or https",
    ] {
        let found = lines.next().is_some_and(|told| told.starts_with(&format!("{file}:{line}")));
        assert!(found, "{line}\n{}", told.stdout);
    }
    assert_eq!(lines.next(), None, "{}", told.stdout);
}

#[test]
fn an_id_that_no_hub_takes_is_told_before_one_is_asked() {
    let check = |id: &str| {
        let url = ["--url", "wss://hub.example", "--id", id];
        kinglet(&[&["check", "--config-only"], &url[..]].concat()).env("KINGLET_TOKEN", "t").run()
    };
    for good in [&*"x".repeat(64), "k\u{fc}che-7"] {
        let told = check(good);
        assert!(told.code == 0 && told.stdout.contains(good), "{}", told.stdout);
    }
    for bad in [&*"x".repeat(65), &"x".repeat(128), "a/b", "..", "web\u{200b}1"] {
        let told = check(bad);
        assert!(told.code == 2, "{bad}: {}", told.stdout);
        assert!(told.stdout.starts_with("--id: an id is 1 to 64 bytes"), "{}", told.stdout);
    }
}

#[test]
fn a_file_that_is_not_toml_is_told_with_its_line() {
    let folder = Folder::new();
    let file = folder.write("k.toml", "interval = \"5s\"\n[host\nid = 1\n");
    let told = kinglet(&["check", "--config-only", "--config", &file]).run();
    assert_eq!(told.code, 2);
    assert!(told.stdout.starts_with(&format!("{file}:2: not TOML: ")), "{}", told.stdout);
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let folder = Folder::new();
    let file = folder.write(
        "k.toml",
        "interval = \"10s\"\n[host]\nid = \"from-file\"\n\
         [[server]]\nurl = \"ws://127.0.0.1:1\"\n",
    );
    let print = |program: Program| program.env("KINGLET_TOKEN", "hunter2").run().stdout;
    let words = ["--print-config", "--config", &file];
    let from_file = print(kinglet(&words));
    assert!(from_file.contains("interval = \"10s\"") && from_file.contains("id = \"from-file\""));
    let with_environment = |words: &[&str]| {
        print(kinglet(words).env("KINGLET_INTERVAL", "20s").env("KINGLET_ID", "from-environment"))
    };
    let from_environment = with_environment(&words);
    assert!(from_environment.contains("interval = \"20s\""), "{from_environment}");
    assert!(from_environment.contains("id = \"from-environment\""));
    let mut flagged = words.to_vec();
    flagged.extend(["--interval", "30s", "--url", "wss://other.example/x?key=hunter2"]);
    let from_flag = with_environment(&flagged);
    assert!(from_flag.contains("interval = \"30s\""), "{from_flag}");
    assert!(from_flag.contains("url = \"wss://other.example/x?***\""), "{from_flag}");
    for printed in [from_file, from_environment, from_flag] {
        assert!(!printed.contains("hunter2"), "{printed}");
        assert!(printed.contains("***"), "{printed}");
    }
}

#[test]
fn what_is_printed_can_be_read_again() {
    let words =
        ["--print-config", "--url", "wss://hub.example", "--protocol", "simple-server-status"];
    let first = kinglet(&words).env("KINGLET_TOKEN", "t").run();
    assert_eq!(first.code, 0, "{}", first.stderr);
    let folder = Folder::new();
    let file = folder.write("k.toml", &first.stdout);
    let again = kinglet(&["--print-config", "--config", &file]).env("KINGLET_TOKEN", "t").run();
    assert_eq!(first.stdout, again.stdout);
}

#[test]
fn every_shipped_configuration_is_good() {
    let shipped = ["packaging/kinglet.toml"];
    for file in shipped {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/").to_owned() + file;
        let told =
            kinglet(&["check", "--config-only", "--config", &path]).env("KINGLET_TOKEN", "t").run();
        assert_eq!(told.code, 0, "{file}: {}", told.stdout);
    }
}

#[test]
fn a_sample_is_json_and_nothing_else() {
    let told = kinglet(&["sample", "--json"]).run();
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    let sample: serde_json::Value = serde_json::from_str(&told.stdout).expect("one object");
    assert!(sample["memory"]["total"].as_u64().unwrap() > 1_000_000, "{sample}");
    assert!(sample["cpu"]["usage"].as_f64().is_some(), "the first sample has a rate: {sample}");
    assert!(sample["uptime"].is_u64());
    assert!(!told.stdout.contains("null"), "what is unknown is absent: {sample}");
}

#[test]
fn a_sample_for_eyes_is_aligned_and_has_no_colour_in_a_pipe() {
    let told = kinglet(&["sample"]).run();
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    for block in ["HOST", "CPU", "MEMORY", "AGENT"] {
        assert!(told.stdout.contains(block), "{block}: {}", told.stdout);
    }
    assert!(!told.stdout.contains('\x1b'), "{}", told.stdout);
}

#[test]
fn a_broken_pipe_is_no_failure() {
    let mut child = kinglet(&["sample", "--json"]).spawn();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn check_names_each_step_and_its_outcome() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://localhost:{}", listener.local_addr().unwrap().port());
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        // As our hub: then the agent tells what happened before it reports.
        let hello = r#"{"type":"connection","data":{"status":"connected","alerts":{"open":[]}}}"#;
        socket.send(Message::text(hello)).unwrap();
        let texts = std::iter::from_fn(|| socket.read().ok()).filter(Message::is_text);
        texts.filter(|text| text.to_string().contains("\"memory\"")).count()
    });
    let begun = std::time::Instant::now();
    let told = kinglet(&["check", "--url", &url]).env("KINGLET_TOKEN", "t").run();
    assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
    for step in ["resolve", "connect", "upgrade", "authenticate", "first report"] {
        let line = told.stdout.lines().find(|line| line.trim_start().starts_with(step));
        assert!(line.is_some_and(|line| line.contains(" ok ")), "{step}: {}", told.stdout);
    }
    let line = told.stdout.lines().find(|line| line.contains("  an outage     of "));
    assert!(line.is_some_and(|line| line.contains(" min is bridged: 128 KiB")), "{}", told.stdout);
    assert!(begun.elapsed() < Duration::from_secs(10), "it waits for no Ping of a session's");
    assert_eq!(serving.join().unwrap(), 1, "what was said to be a report is none");
}

/// Where a server knows no questions, a check goes as far as it can without taking the place of the
/// agent that runs here.
#[test]
fn check_takes_nothing_from_an_agent_that_runs() {
    let folder = Folder::new();
    std::fs::create_dir(folder.path("7")).unwrap();
    folder.write("7/comm", "kinglet\n");
    folder.write("7/cmdline", "/usr/bin/kinglet\0run\0");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://localhost:{}", listener.local_addr().unwrap().port());
    let serving = std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        std::iter::from_fn(|| socket.read().ok()).filter(Message::is_text).count()
    });
    for (protocol, said) in [
        ("komari", "  connect       left out: the agent that runs here would lose its place"),
        ("simple-server-status", "  first report  left out: the agent that runs here would lose"),
    ] {
        let check = kinglet(&["check", "--url", &url, "--protocol", protocol]);
        let told = check.env("KINGLET_TOKEN", "t").env("HOST_PROC", &folder.path("")).run();
        assert_eq!(told.code, 0, "{}{}", told.stdout, told.stderr);
        assert!(told.stdout.contains(said), "{}", told.stdout);
    }
    assert_eq!(serving.join().unwrap(), 0, "no report came");
}

#[test]
fn check_says_which_step_failed_and_exits_1() {
    let refusing = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://127.0.0.1:{}", refusing.local_addr().unwrap().port());
    let serving = std::thread::spawn(move || {
        let (mut stream, _) = refusing.accept().unwrap();
        let _ = stream.read(&mut [0; 2048]);
        stream.write_all(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let told = kinglet(&["check", "--url", &url]).env("KINGLET_TOKEN", "hunter2").run();
    assert_eq!(told.code, 1, "{}", told.stdout);
    assert!(
        told.stdout.contains("upgrade       FAILED  the server refused the token"),
        "{}",
        told.stdout
    );
    assert!(!told.stdout.contains("hunter2"));
    serving.join().unwrap();

    let told = kinglet(&["check", "--url", &url]).env("KINGLET_TOKEN", "t").run();
    assert_eq!(told.code, 1, "{}", told.stdout);
    assert!(
        told.stdout.contains("connect       FAILED  tcp connect to 127.0.0.1:"),
        "{}",
        told.stdout
    );

    let nowhere = ["check", "--url", "ws://nowhere.invalid"];
    let told = kinglet(&nowhere).env("KINGLET_TOKEN", "t").run();
    assert_eq!(told.code, 1, "{}", told.stdout);
    assert!(
        told.stdout.contains("resolve       FAILED  the name nowhere.invalid"),
        "{}",
        told.stdout
    );
}

#[test]
fn a_level_that_is_none_is_told_by_run_and_check() {
    let told = |words: &[&str]| {
        let kinglet = kinglet(words).env("KINGLET_CONFIG", "/dev/null").env("KINGLET_TOKEN", "t");
        kinglet.env("KINGLET_LOG", "verbose").run()
    };
    let check = told(&["check", "--config-only", "--url", "ws://[::1]"]);
    let word = "KINGLET_LOG: \"verbose\" is not one of off, error, warn, info, debug, trace";
    assert_eq!(check.code, 0);
    assert!(check.stdout.contains(word), "{}", check.stdout);
}

/// How long an outage may be stands where an owner looks for it.
#[test]
fn the_reach_of_an_outage_is_told() {
    let url = ["--print-config", "--url", "ws://[::1]", "--interval", "10s"];
    let told = kinglet(&url).env("KINGLET_TOKEN", "t").run();
    let words = "# an outage: 128 KiB of samples wait, 13 min at 1.5 KiB each";
    assert!(told.stdout.contains(words), "{}", told.stdout);
}

#[test]
fn a_token_in_clear_is_warned_of_once() {
    let clear = kinglet(&["check", "--config-only", "--url", "ws://192.0.2.1"]);
    let told = clear.env("KINGLET_TOKEN", "t").run();
    assert_eq!(told.code, 0);
    assert_eq!(told.stdout.matches("travels in clear").count(), 1, "{}", told.stdout);
    let local = kinglet(&["check", "--config-only", "--url", "ws://localhost"]);
    assert!(!local.env("KINGLET_TOKEN", "t").run().stdout.contains("in clear"));
}

/// The next message; a wait with a limit may be interrupted, which is not its end.
fn next(socket: &mut WebSocket<TcpStream>) -> Message {
    loop {
        match socket.read() {
            Err(tungstenite::Error::Io(error)) if error.kind() == ErrorKind::Interrupted => {}
            read => return read.unwrap(),
        }
    }
}

/// Runs against a server that accepts, for each way a token travels, at the most talkative level.
#[test]
fn the_token_is_in_no_log_and_sigterm_ends_it_well() {
    let vstats = ["--protocol", "vstats", "--server-id", "s1"];
    let query = ["--config", "q"];
    for more in [&[][..], &vstats, &query] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let folder = Folder::new();
        let file = folder.write("q.toml", "[[server]]\nauth = \"query\"\n");
        let mut words = vec!["run", "--url", &url, "--interval", "1s"];
        words.extend(more.iter().map(|word| if *word == "q" { file.as_str() } else { word }));
        let mut child =
            kinglet(&words).env("KINGLET_TOKEN", "hunter2/+&").env("KINGLET_LOG", "trace").spawn();
        let (stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut socket = tungstenite::accept(stream).unwrap();
        let first = next(&mut socket);
        if more == vstats {
            assert!(first.to_text().unwrap().contains("hunter2"), "the login holds the token");
            let answer = r#"{"type":"auth","status":"ok"}"#;
            socket.send(Message::text(answer)).unwrap();
            next(&mut socket);
        }
        program::signal(&child, nix::sys::signal::Signal::SIGTERM);
        let code = loop {
            if let Message::Close(frame) = next(&mut socket) {
                break u16::from(frame.unwrap().code);
            }
        };
        assert_eq!(code, 1001);
        assert!(child.wait().unwrap().success());
        let mut log = String::new();
        child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        assert!(log.contains("sends {"), "the level is trace: {log}");
        assert!(!log.contains("hunter2"), "{log}");
        assert!(log.contains("connected") && log.contains("stopping"), "{log}");
    }
}
