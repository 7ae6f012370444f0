use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread::{self, JoinHandle};

use super::super::tests::{DB, Host, WEB, docker};
use super::*;

const SOCKET: &str = "/run/docker.sock";
const STAT: &str = "usage_usec 1000000\n";

/// A host with an engine, which we are.
struct Engine {
    host: Host,
    listener: UnixListener,
}

impl Engine {
    /// With these containers, by where they lie.
    fn new(name: &str, containers: &[&str]) -> Self {
        let name = format!("names-{name}");
        let mut files = vec![("fs/cgroup/cgroup.controllers", "cpu\n"), ("run/a", "")];
        files.extend(containers.iter().map(|path| (*path, STAT)));
        let host = Host::with_engine(&name, &files, SOCKET);
        host.write("fs/cgroup/cgroup.stat", "nr_descendants 1\n");
        let listener = listen(&host);
        Self { host, listener }
    }

    fn web(name: &str) -> Self {
        Self::new(name, &[&docker(WEB, "cpu.stat")])
    }

    /// The question that waits, if there is one.
    fn asked(&self) -> Option<UnixStream> {
        let (mut stream, _) = self.listener.accept().ok()?;
        stream.set_nonblocking(true).unwrap();
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).unwrap();
        assert_eq!(&bytes[..count], QUESTION, "nothing else is ever sent");
        Some(stream)
    }

    /// Another sample, ten seconds after the one before; the question is answered before the next.
    fn answer(&mut self, answer: &[u8]) {
        self.host.collect();
        self.asked().expect("it is asked").write_all(answer).unwrap();
        self.host.collect();
    }

    /// Answers the next question within it.
    fn answer_at_once(&self, answer: Vec<u8>) -> JoinHandle<()> {
        let listener = self.listener.try_clone().unwrap();
        listener.set_nonblocking(false).unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut bytes = [0; 4096];
            assert!(stream.read(&mut bytes).unwrap() > 0);
            for piece in answer.chunks(100) {
                stream.write_all(piece).unwrap();
            }
            listener.set_nonblocking(true).unwrap();
        })
    }

    /// So many samples, ten seconds apart, at which nothing is asked.
    fn passes(&mut self, samples: u32) {
        for _ in 0..samples {
            self.host.collect();
            assert!(self.asked().is_none(), "at {}", self.host.seconds);
        }
    }

    fn faults(&self) -> Vec<String> {
        self.host.collector.names.faults.take()
    }
}

fn listen(host: &Host) -> UnixListener {
    let listener = UnixListener::bind(host.path.join("run/docker.sock")).unwrap();
    listener.set_nonblocking(true).unwrap();
    listener
}

fn list(containers: &[(&str, &str)]) -> Vec<u8> {
    let row = |(id, name): &(&str, &str)| format!(r#"{{"Id":"{id}","Names":["/{name}"]}}"#);
    let body = format!("[{}]", containers.iter().map(row).collect::<Vec<_>>().join(","));
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[test]
fn a_container_has_its_name_from_its_first_sample_on_where_the_engine_is_quick() {
    // It is lent a moment: on a busy machine that may be too short, but not again and again.
    let is_named = |_: &u32| {
        let mut engine = Engine::web("quick");
        let answered = engine.answer_at_once(list(&[(DB, "db"), (WEB, "web")]));
        let is_named = engine.host.names() == ["web"];
        answered.join().unwrap();
        engine.host.collect();
        engine.passes(4);
        assert_eq!(engine.faults(), [""; 0]);
        is_named
    };
    assert!((0..20).find(is_named).is_some());
}

#[test]
fn a_slow_engine_is_not_waited_for() {
    let mut engine = Engine::web("slow");
    assert_eq!(engine.host.names(), [&WEB[..12]]);
    let mut stream = engine.asked().unwrap();
    let answer = list(&[(WEB, "web")]);
    let (first, rest) = answer.split_at(70);
    stream.write_all(first).unwrap();
    engine.host.seconds -= 9; // a second later
    engine.host.collect();
    assert_eq!(engine.host.sample.containers[0].name, WEB[..12]);
    stream.write_all(rest).unwrap();
    engine.host.seconds -= 9;
    engine.host.collect();
    assert_eq!(engine.host.sample.containers[0].name, "web");
    assert_eq!(engine.faults(), [""; 0]);
}

#[test]
fn a_new_container_is_asked_for_and_a_renamed_one_noticed_in_a_while() {
    let mut engine = Engine::web("renamed");
    engine.answer(&list(&[(WEB, "web")]));
    engine.host.write(&docker(DB, "cpu.stat"), STAT);
    engine.host.write("fs/cgroup/cgroup.stat", "nr_descendants 2\n");
    engine.passes(1); // asked 20 s ago
    engine.answer(&list(&[(WEB, "web"), (DB, "db")]));
    assert_eq!(engine.host.names(), ["web", "db"]);
    engine.passes(27);
    engine.answer(&list(&[(WEB, "old"), (DB, "db")]));
    assert_eq!(engine.host.names(), ["old", "db"]);
}

#[test]
fn who_is_not_the_engines_is_no_reason_to_ask_for_ever() {
    let mut engine = Engine::web("others");
    for _ in 0..NAMES_TRIES {
        engine.answer(&list(&[(DB, "db")]));
        engine.host.collect(); // 30 s
    }
    engine.passes(27);
    engine.answer(&list(&[(WEB, "web")]));
    assert_eq!(engine.host.names(), ["web"], "it is now");
}

#[test]
fn nobody_is_asked_without_a_container_of_an_engine() {
    let mut none = Engine::new("none", &[]);
    none.passes(40);
    let mut lxc = Engine::new("lxc", &["fs/cgroup/lxc.payload.web/cpu.stat"]);
    lxc.passes(40);
    assert_eq!(lxc.host.names(), ["web"]);
    let mut off = Engine::web("off");
    off.host.collector.names.socket = PathBuf::new();
    off.passes(40);
    off.host.collector.names.socket = SOCKET.into();
    off.host.collector.is_on = false;
    off.passes(40);
}

#[test]
fn two_are_never_called_the_same() {
    let paths = [docker(WEB, "cpu.stat"), docker(DB, "cpu.stat")];
    let mut engine = Engine::new("same", &[&paths[0], &paths[1]]);
    engine.answer(&list(&[(WEB, "one"), (DB, "one")]));
    assert_eq!(engine.host.names(), ["one", &DB[..12]]);
    let mut engine = Engine::new("lxc-too", &[&paths[0], "fs/cgroup/lxc.payload.one/cpu.stat"]);
    engine.answer(&list(&[(WEB, "one")]));
    assert_eq!(engine.host.names(), [&WEB[..12], "one"]);
}

#[test]
fn what_is_wrong_is_said_once_and_again_when_it_was_well() {
    let huge = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec();
    let cases: [(&str, &[u8], &str); 7] = [
        ("500", b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n", "status 500"),
        ("403", b"HTTP/1.1 403 Forbidden\r\n\r\n<html>", "status 403"),
        ("garbage", b"\x00\x01 garbage", "no list of containers"),
        ("json", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "no list of containers"),
        ("cut", b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n[", "hung up"),
        ("nothing", b"", "hung up"),
        ("huge", &huge, "too long"),
    ];
    for (name, answer, why) in cases {
        let mut engine = Engine::web(name);
        for _ in 0..2 {
            engine.host.collect();
            let mut stream = engine.asked().unwrap();
            stream.write_all(answer).unwrap();
            if name == "huge" {
                stream.set_nonblocking(false).unwrap();
                let talker = thread::spawn(move || stream.write_all(&vec![7; 1 << 20]).is_err());
                while engine.host.collector.names.asked.is_some() {
                    engine.host.seconds -= 10;
                    engine.host.collect();
                }
                assert!(talker.join().unwrap(), "nobody listens to the end");
            } else {
                drop(stream);
            }
            engine.host.collect();
            engine.host.collect();
        }
        let told = engine.faults();
        assert!(told.len() == 1 && told[0].contains(why), "{name}: {told:?}");
        assert!(told[0].starts_with("containers: /run/docker.sock: "), "{told:?}");
        let place = Path::new("/run/docker.sock");
        assert_eq!(engine.host.collector.names.trouble(), Some((place, Errno::EPROTO)), "{name}");
        assert_eq!(engine.host.names(), [&WEB[..12]]);
    }
}

#[test]
fn an_engine_that_never_answers_is_left() {
    let mut engine = Engine::web("silent");
    engine.host.collect();
    let mut silent = engine.asked().unwrap();
    assert_eq!(engine.faults(), [""; 0]);
    engine.host.collect();
    let told = engine.faults();
    assert!(told.len() == 1 && told[0].contains("does not answer"), "{told:?}");
    assert!(matches!(silent.read(&mut [0; 9]), Ok(0)), "it is closed");
    engine.passes(1);
    engine.answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n");
    assert_eq!(engine.faults(), [""; 0]);
}

#[test]
fn without_the_socket_names_stay_and_a_new_engine_is_found() {
    let mut engine = Engine::web("gone");
    engine.answer(&list(&[(WEB, "web")]));
    fs::remove_file(engine.host.path.join("run/docker.sock")).unwrap();
    engine.host.write(&docker(DB, "cpu.stat"), STAT);
    engine.host.write("fs/cgroup/cgroup.stat", "nr_descendants 2\n");
    for _ in 0..6 {
        engine.host.collect();
    }
    assert_eq!(engine.host.names(), ["web", &DB[..12]]);
    let told = engine.faults();
    assert!(told.len() == 1 && told[0].contains("No such file"), "{told:?}");
    engine.listener = listen(&engine.host);
    engine.answer(&list(&[(WEB, "web"), (DB, "db")]));
    assert_eq!(engine.host.names(), ["web", "db"]);
}

#[test]
fn who_may_not_ask_is_told_which_group_may() {
    let engine = Engine::web("denied");
    let number = fs::metadata(engine.host.path.join("run/docker.sock")).unwrap().gid();
    let group = || engine.host.collector.names.group(&mut Buffer::default());
    assert_eq!(group(), Some(number.to_string()), "which nobody calls anything");
    engine.host.write("etc/group", &format!("adm:x:{}:\ndocker:x:{number}:\n", number + 1));
    assert_eq!(group().as_deref(), Some("docker"));
    let denied = io::Error::from_raw_os_error(13);
    let told = Fault::from(denied).to_string();
    assert_eq!(told, "the agent's user may not open it");
    let told = Fault::Denied(group()).to_string();
    assert!(told.ends_with("only root and the group docker"), "{told}");
}
