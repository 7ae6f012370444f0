//! The keys of `protocol = "influxdb"`, and what a check of such a server says.

use std::io::{Read, Write};
use std::net::TcpListener;

use super::program::{Folder, kinglet};

#[test]
fn keys_that_do_not_fit_are_told_with_their_lines() {
    let folder = Folder::new();
    let server = |lines: &str| format!("[[server]]\nprotocol = \"influxdb\"\n{lines}");
    let file = folder.write(
        "k.toml",
        &[
            server("url = \"http://a\"\n"),
            server("url = \"wss://a\"\ndatabase = \"d\"\n"),
            server("url = \"https://a\"\nbucket = \"b\"\nuser = \"u\"\n"),
            server("url = \"https://a\"\ndatabase = \"d\"\ntags = { host = \"x\" }\n"),
            server("url = \"https://a\"\ndatabase = \"d\"\ntags = \"x\"\n"),
            "[[server]]\nprotocol = \"komari\"\nurl = \"https://a\"\ndatabase = \"d\"\n".to_owned(),
        ]
        .concat(),
    );
    let told =
        kinglet(&["check", "--config-only", "--config", &file]).env("KINGLET_TOKEN", "t").run();
    assert_eq!(told.code, 2, "{}", told.stdout);
    for line in [
        "1: server: database: is missing: name it, or a bucket, for InfluxDB 2",
        "6: server.url: wss:// is not spoken here, only https:// and http://",
        "12: server.user: means nothing to /api/v2/write",
        "17: server.tags: host is a tag of the points' own",
        "22: server.tags: expected texts by name",
        "25: server.url: https:// is not spoken here, only wss:// and ws://",
        "26: server.database: is for influxdb only, not for komari",
    ] {
        let found = told.stdout.lines().any(|told| told.starts_with(&format!("{file}:{line}")));
        assert!(found, "{line}\n{}", told.stdout);
    }
}

/// What a check says of a server that gives these answers to the first requests, and its status.
fn checked(answers: &'static [&'static str]) -> (i32, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = Folder::new();
    let port = listener.local_addr().unwrap().port();
    let token = folder.write("token", "hunter2");
    std::fs::set_permissions(&token, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let text = format!(
        "[[server]]\nprotocol = \"influxdb\"\nurl = \"http://127.0.0.1:{port}\"\n\
         database = \"d\"\nuser = \"u\"\ntoken_file = \"{token}\"\n"
    );
    let file = folder.write("k.toml", &text);
    let serving = std::thread::spawn(move || {
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                let mut piece = [0; 1024];
                let count = stream.read(&mut piece).unwrap();
                head.extend_from_slice(&piece[..count]);
            }
            let answer = format!("HTTP/1.1 {answer}");
            stream.write_all(answer.as_bytes()).unwrap();
            stream.shutdown(std::net::Shutdown::Write).unwrap();
            let _ = std::io::copy(&mut stream, &mut std::io::sink());
        }
    });
    let told = kinglet(&["check", "--config", &file]).run();
    serving.join().unwrap();
    assert!(!told.stdout.contains("hunter2"), "{}", told.stdout);
    (told.code, told.stdout)
}

#[test]
fn check_says_what_the_server_answered() {
    const STORED: &str = "204 No Content\r\nConnection: close\r\n\r\n";
    const MADE: &str = "200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}";
    const MISSING: &str = "404 Not Found\r\n\r\n{\"error\":\"database not found: \\\"d\\\"\"}";
    const WRONG: &str = "401 Unauthorized\r\n\r\n{\"error\":\"authorization failed\"}";
    const MOVED: &str = "302 Found\r\nLocation: https://elsewhere/\r\nContent-Length: 0\r\n\r\n";
    const PAGE: &str = "502 Bad Gateway\r\n\r\n<html><h1>Bad</h1></html>";
    const PARTLY: &str = "400 Bad Request\r\n\r\n{\"error\":\"partial write: dropped=1\"}";
    for (answers, code, words) in [
        (&[STORED][..], 0, "first report  ok "),
        (&[MISSING, MADE, STORED], 0, "bytes, and they are stored"),
        (&[MISSING, WRONG], 1, "the database is missing and may not be made: status 401: authoriz"),
        (&[WRONG], 1, "FAILED  credentials refused (status 401: authorization failed)"),
        (&[MOVED], 1, "FAILED  the server answered status 302, a redirect, which a token must not"),
        (&[PAGE], 1, "first report  FAILED  the server answered status 502"),
        (&[PARTLY], 1, "first report  FAILED  status 400: partial write: dropped=1"),
        (&["nonsense"], 1, "FAILED  the server broke the protocol"),
    ] {
        let (found, told) = checked(answers);
        assert_eq!(found, code, "{answers:?}: {told}");
        assert!(told.contains(words), "{words}: {told}");
    }
}
