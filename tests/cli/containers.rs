//! Containers, where the owner asks for them.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixListener;

use crate::program::{Folder, kinglet};

#[test]
fn containers_are_told_of_only_where_the_owner_wants_them() {
    let folder = Folder::new();
    let on = folder.write("on.toml", "[containers]\nenabled = true\n");
    let root = on.strip_suffix("/on.toml").unwrap();
    fs::create_dir_all(format!("{root}/sys/fs/cgroup/lxc.payload.web")).unwrap();
    folder.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    folder.write("sys/fs/cgroup/lxc.payload.web/cpu.stat", "usage_usec 1000\n");
    folder.write("sys/fs/cgroup/lxc.payload.web/memory.current", "1048576\n");
    let off = folder.write("off.toml", "[containers]\nenabled = false\n");
    let sample = |file: &str, form: &[&str]| {
        let words = [&["sample", "--config", file], form].concat();
        let told = kinglet(&words).env("HOST_SYS", &format!("{root}/sys")).run();
        assert_eq!((told.code, told.stderr.as_str()), (0, ""));
        told.stdout
    };
    let json: serde_json::Value = serde_json::from_str(&sample(&on, &["--json"])).unwrap();
    assert_eq!(json["containers_running"], 1);
    let row = &json["containers"][0];
    assert_eq!((&row["name"], &row["engine"]), (&"web".into(), &"lxc".into()), "{json}");
    assert_eq!(row["memory_used"], 1_048_576);
    let table = sample(&on, &[]);
    assert!(table.lines().any(|line| line.trim_start().starts_with("web")), "{table}");
    assert!(!sample(&off, &["--json"]).contains("containers"));
}

#[test]
fn an_engine_is_asked_for_names_only_where_its_socket_is_named() {
    let id = "3f4e9b1c0d2a".to_owned() + &"0".repeat(52);
    let folder = Folder::new();
    let off = folder.write("off.toml", "[containers]\nenabled = true\n");
    let on = folder.write("on.toml", "[containers]\nenabled = true\nsocket = \"/docker.sock\"\n");
    let root = on.strip_suffix("/on.toml").unwrap();
    fs::create_dir_all(format!("{root}/sys/fs/cgroup/docker-{id}.scope")).unwrap();
    folder.write("sys/fs/cgroup/cgroup.controllers", "cpu memory\n");
    folder.write(&format!("sys/fs/cgroup/docker-{id}.scope/cpu.stat"), "usage_usec 1000\n");
    let sample = |file: &str| {
        let words = ["sample", "--json", "--config", file];
        let sys = format!("{root}/sys");
        let told = kinglet(&words).env("HOST_SYS", &sys).env("HOST_ROOT", root).run();
        assert_eq!(told.code, 0, "{}", told.stderr);
        let json: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
        (json["containers"][0]["name"].as_str().unwrap().to_owned(), told.stderr)
    };
    let (name, fault) = sample(&on);
    assert_eq!(name, id[..12]);
    assert!(fault.starts_with("kinglet: containers: /docker.sock: No such file"), "{fault}");

    let engine = UnixListener::bind(folder.path("docker.sock")).unwrap();
    let answered = std::thread::spawn(move || {
        let (mut stream, _) = engine.accept().unwrap();
        let mut question = vec![0; 1024];
        let count = stream.read(&mut question).unwrap();
        // A Raspberry Pi's takes its time.
        std::thread::sleep(std::time::Duration::from_millis(100));
        let body = format!(r#"[{{"Id":"{id}","Names":["/web"]}}]"#);
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        String::from_utf8_lossy(&question[..count]).into_owned()
    });
    assert_eq!(sample(&off).0, "3f4e9b1c0d2a");
    assert_eq!(sample(&on), ("web".to_owned(), String::new()));
    let question = answered.join().unwrap();
    assert!(question.starts_with("GET /containers/json HTTP/1.1\r\n"), "{question}");

    let bad = folder.write("bad.toml", "[containers]\nsocket = \"unix:///run/docker.sock\"\n");
    let told = kinglet(&["sample", "--config", &bad]).run();
    assert_eq!(told.code, 2);
    assert!(told.stderr.contains(":2: containers.socket: "), "{}", told.stderr);
}
