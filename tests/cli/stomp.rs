//! The settings that only STOMP has.

use super::program::{Folder, kinglet};

const SERVER: &str = "[[server]]\nprotocol = \"stomp\"\nurl = \"wss://broker.example/ws\"\n";

#[test]
fn what_means_nothing_to_a_broker_is_told_with_its_line() {
    let folder = Folder::new();
    for (setting, words) in [
        ("mode = \"all\"", "server.mode: unknown mode; allowed: metrics, sample"),
        ("heartbeat = \"10 s\"", "server.heartbeat: two numbers of milliseconds"),
        ("metrics = [\"cpu.usge\"]", "server.metrics: no metric has the name \"cpu.usge\""),
        ("destination = \"/topic/{host}\"", "server.destination: in braces only {id} and"),
        ("headers = { host = \"x\" }", "server.headers: \"host\" is said by kinglet itself"),
        ("headers = \"x\"", "server.headers: expected texts by name: { name = \"text\" }"),
        ("database = \"x\"", "server.database: "),
    ] {
        let file = folder.write("k.toml", &format!("{SERVER}{setting}\n"));
        let told = kinglet(&["check", "--config-only", "--config", &file]).run();
        assert_eq!(told.code, 2, "{setting}");
        let line = format!("{file}:4: {words}");
        assert!(told.stdout.starts_with(&line), "{setting}: {}", told.stdout);
    }
}

#[test]
fn a_broker_needs_no_token_and_what_is_printed_can_be_read_again() {
    let folder = Folder::new();
    let more = "destination = \"/topic/metric.{id}.{metric}\"\nmetrics = [\"cpu.usage\"]\n\
                heartbeat = \"1000,0\"\nlogin = \"kinglet\"\nvhost = \"a\"\n\
                headers = { client-id = \"a b\", \"x y\" = \"\\\"\" }\n";
    let file = folder.write("k.toml", &format!("[host]\nid = \"pi-1\"\n{SERVER}{more}"));
    let first = kinglet(&["--print-config", "--config", &file]).run();
    assert_eq!(first.code, 0, "{}", first.stderr);
    for line in more.lines().take(5) {
        assert!(first.stdout.contains(line), "{line} is not in {}", first.stdout);
    }
    let file = folder.write("again.toml", &first.stdout);
    let again = kinglet(&["--print-config", "--config", &file]).run();
    assert_eq!(first.stdout, again.stdout);
}
