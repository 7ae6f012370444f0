//! What SECURITY.md says that the agent cannot do, by what it asks of the kernel while it reports
//! and is given orders: every call is seen, and each that does more than read is of a known kind.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tungstenite::Message;

use crate::next;
use crate::program::Folder;

/// Reports that are seen.
const REPORTS: usize = 4;
/// Calls that change what is on a disk, whoever else is there, or who is asking.
const NEVER: [&str; 24] = [
    "accept",
    "accept4",
    "chmod",
    "chown",
    "creat",
    "execveat",
    "fchmod",
    "fchmodat",
    "fchownat",
    "fork",
    "ftruncate",
    "kill",
    "link",
    "linkat",
    "listen",
    "mkdir",
    "mkdirat",
    "mount",
    "ptrace",
    "rename",
    "renameat",
    "renameat2",
    "truncate",
    "vfork",
];
/// The same, by which names go or come.
const NEVER_A_NAME: [&str; 6] = ["mknod", "mknodat", "rmdir", "symlinkat", "unlink", "unlinkat"];
/// Each of these is looked at.
const JUDGED: [&str; 11] = [
    "bind", "clone", "clone3", "connect", "execve", "open", "openat", "pwrite64", "sendto",
    "write", "writev",
];
const ORDERS: [&str; 3] = [
    r#"{"type":"command","data":{"command":"reboot"}}"#,
    r#"{"type":"command","data":{"command":"exec","arguments":["touch","/tmp/x"]}}"#,
    r#"{"type":"config","data":{"probe":{"targets":["tcp://127.0.0.1:9"]},"update":true}}"#,
];

/// What is wrong with a call, as strace writes it with the files behind numbers; `None` for what
/// an agent does.
fn fault(call: &str, server: &str) -> Option<&'static str> {
    let (name, arguments) = call.split_once('(')?;
    let has = |words: &[&str]| words.iter().any(|word| arguments.contains(word));
    match name {
        "bind" if !has(&["AF_NETLINK"]) => Some("it can be reached"),
        "clone" | "clone3" if !has(&["CLONE_THREAD"]) => Some("another process"),
        "connect" if !has(&[server]) => Some("a connection to another than its server"),
        "open" | "openat" if has(&["O_WRONLY", "O_RDWR", "O_CREAT", "O_TRUNC"]) => {
            Some("a file is opened for writing")
        }
        // A number stands for a file where a path follows it; the second one is the log.
        "write" | "writev" | "pwrite64" => {
            let place = arguments.split_once('<').filter(|(number, _)| *number != "2");
            place.filter(|(_, path)| path.starts_with('/')).map(|_| "a file is written")
        }
        "sendto" if has(&["AF_INET"]) => Some("a datagram"),
        "execve" => Some("a program is started"),
        _ if NEVER.contains(&name) || NEVER_A_NAME.contains(&name) => Some("never"),
        _ => None,
    }
}

#[test]
fn calls_are_judged() {
    let server = "sin_port=htons(7), sin_addr=inet_addr(\"127.0.0.1\")";
    for (call, is_good) in [
        ("openat(AT_FDCWD</>, \"/proc/stat\", O_RDONLY|O_CLOEXEC) = 5</proc/stat>", true),
        ("openat(AT_FDCWD</>, \"/tmp/x\", O_WRONLY|O_CREAT, 0666) = 5</tmp/x>", false),
        ("write(2<pipe:[7]>, \"kinglet\"..., 7) = 7", true),
        ("write(2</dev/null>, \"kinglet\"..., 7) = 7", true),
        ("write(5</tmp/x>, \"7\", 1) = 1", false),
        ("connect(5<socket:[7]>, {sa_family=AF_UNIX, sun_path=\"/run/x\"}, 9) = 0", false),
        ("bind(5<socket:[7]>, {sa_family=AF_NETLINK, nl_pid=0}, 12) = 0", true),
        ("bind(5<socket:[7]>, {sa_family=AF_INET}, 16) = 0", false),
        ("clone3({flags=CLONE_VM|CLONE_THREAD}, 88) = 9", true),
        ("clone(child_stack=NULL, flags=SIGCHLD) = 9", false),
        ("execve(\"/bin/sh\", [\"sh\"], 0x7ffc) = 0", false),
        ("listen(5<socket:[7]>, 128) = 0", false),
        ("unlink(\"/tmp/x\") = 0", false),
    ] {
        assert_eq!(fault(call, server).is_none(), is_good, "{call}");
    }
    let known = format!("connect(5, {{sa_family=AF_INET, {server}}}, 16) = 0");
    assert_eq!(fault(&known, server), None);
}

/// The program's connection; panics where it ends before it makes one.
fn accepted(listener: &TcpListener, child: &mut Child) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    loop {
        if let Ok((stream, _)) = listener.accept() {
            stream.set_nonblocking(false).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
            return stream;
        }
        assert!(child.try_wait().unwrap().is_none(), "it connects");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Ends the program of which the first line of a trace is.
fn stop_what(trace: &str) {
    let told = std::fs::read_to_string(trace).unwrap();
    let pid = told.split(' ').next().and_then(|pid| pid.parse().ok()).expect("who asks");
    let pid = nix::unistd::Pid::from_raw(pid);
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
}

/// A configuration with all that reads and needs no rights.
const EVERYTHING: &str = "interval = \"1s\"\n[traffic]\n[router]\nenabled = true\n\
    [containers]\nenabled = true\n[processes]\nenabled = true\n";

#[test]
#[ignore = "needs strace, which .ci/run installs"]
fn it_executes_nothing_listens_on_nothing_and_writes_nothing_whatever_it_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let folder = Folder::new();
    let token = folder.write("token", "t");
    let server = format!("[[server]]\nurl = \"ws://127.0.0.1:{port}\"\ntoken_file = \"{token}\"\n");
    let file = folder.write("kinglet.toml", &format!("{EVERYTHING}{server}"));
    let (trace, calls) = (folder.path("trace"), [&NEVER[..], &NEVER_A_NAME, &JUDGED].concat());
    let mut strace = Command::new("strace");
    // `?`: a processor that has no such call has it under another name.
    let calls = format!("trace=?{}", calls.join(",?"));
    strace.args(["-f", "-y", "-qq", "-s", "16", "-e", "signal=none", "-e", &calls, "-o", &trace]);
    strace.args([env!("CARGO_BIN_EXE_kinglet"), "run", "--config", &file]).env_clear();
    let mut child = strace.stdin(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let stream = accepted(&listener, &mut child);
    let mut socket = tungstenite::accept(stream).unwrap();
    for order in ORDERS.iter().cycle().take(REPORTS) {
        while !matches!(next(&mut socket), Message::Text(_)) {}
        socket.send(Message::text(*order)).unwrap();
    }
    // strace itself leaves a program alone when it is ended.
    stop_what(&trace);
    while !matches!(socket.read(), Ok(Message::Close(_)) | Err(_)) {}
    child.wait().unwrap();
    let told = std::fs::read_to_string(&trace).unwrap();
    // Each line begins with the thread that asks.
    let calls: Vec<_> = told.lines().filter_map(|line| line.split_once(' ')).collect();
    let (start, rest) = calls.split_first().expect("the start is seen");
    assert!(start.1.trim_start().starts_with("execve("), "{start:?}");
    let opened = rest.iter().filter(|(_, call)| call.contains("/proc/stat")).count();
    assert!(opened > 0 && rest.len() > 20, "{told}");
    let server = format!("sin_port=htons({port}), sin_addr=inet_addr(\"127.0.0.1\")");
    let faults = rest.iter().filter_map(|(_, call)| Some((fault(call.trim(), &server)?, call)));
    assert_eq!(faults.collect::<Vec<_>>(), [], "{told}");
}
