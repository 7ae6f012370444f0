//! A host that runs telegraf: its WebSocket, and its output for an InfluxDB.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, SystemTime};

use flate2::Compression;
use flate2::write::GzEncoder;
use kinglet_hub::auth::TokenHash;
use serde_json::{Value, json};
use tungstenite::Message;
use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::support::{Client, DB, Deadline, FLEET, Hub, WEB, report};

/// A round as telegraf writes it, so many seconds ago; all counters are `n` times what they were.
fn round(host: &str, ago: u64, n: u64) -> String {
    let time = format!("{}000000000", unix() - ago);
    let counters = [
        ("READ", 1_000_000 * n),
        ("WRITE", 500_000 * n),
        ("SENT", 70_000 * n),
        ("RECV", 90_000 * n),
    ];
    let text = include_str!("../../../proto/src/ingest/telegraf/round.lp");
    let text = text.replace("TIME", &time).replace("host=pi", &format!("host={host}"));
    counters.iter().fold(text, |text, (name, count)| text.replace(name, &count.to_string()))
}

#[expect(clippy::disallowed_methods, reason = "what telegraf says has the time of now")]
fn unix() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// Waits until the host is there with all that the round says.
fn wait_for_round(hub: &Hub, id: &str) -> Value {
    let host = hub.wait_for(id, |host| host["metrics"]["network"]["rx_speed"].is_u64());
    let metrics = &host["metrics"];
    assert_eq!(host["online"], true);
    assert_eq!(
        (&metrics["cpu"]["usage"], &metrics["cpu"]["per_core"]),
        (&json!(12.5), &json!([25.0, 0.0]))
    );
    assert_eq!(metrics["memory"]["usage_percent"], 40.0);
    assert_eq!(metrics["filesystems"][0]["mount_point"], "/");
    assert_eq!(
        (&metrics["disks"][0]["name"], &metrics["disks"][0]["read_speed"]),
        (&json!("mmcblk0"), &json!(100_000))
    );
    assert_eq!(metrics["network"]["rx_speed"], 9000);
    assert_eq!(
        (&metrics["uptime"], &metrics["load_average"]["one"]),
        (&json!(86_400), &json!(0.5))
    );
    host
}

fn socket(hub: &Hub, token: &str) -> Client {
    let bearer = format!("Bearer {token}");
    hub.open("/ws/telegraf", &[("authorization", &bearer)]).unwrap()
}

/// `POST`: the status and the answer's body.
fn post(hub: &Hub, path: &str, headers: &[(&str, &str)], body: &[u8]) -> (u16, Value) {
    let mut stream = TcpStream::connect(hub.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    let headers: String =
        headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: hub\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    // One that is refused early is not read to its end.
    let _ = stream.write_all(body);
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text);
    let text = String::from_utf8(text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.to_ascii_lowercase().contains("x-influxdb-version: 1.8"), "{head}");
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body).unwrap_or_default())
}

fn gzip(text: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(text.as_bytes()).unwrap();
    packed.finish().unwrap()
}

#[test]
fn a_websocket_takes_batches_as_text_as_bytes_and_in_fragments() {
    let hub = Hub::public();
    let mut text = socket(&hub, WEB);
    text.send(&round("web-1", 10, 1));
    text.send(&round("web-1", 0, 2));
    let host = wait_for_round(&hub, "web-1");
    assert_eq!((&host["name"], &host["metrics"]["hostname"]), (&json!("Web"), &json!("web-1")));
    let mut bytes = socket(&hub, DB);
    bytes.socket.send(Message::binary(round("db-1", 10, 1).into_bytes())).unwrap();
    let second = round("db-1", 0, 2);
    let parts: Vec<_> = second.as_bytes().chunks(1000).collect();
    for (at, part) in parts.iter().enumerate() {
        let code = OpCode::Data(if at == 0 { Data::Binary } else { Data::Continue });
        let frame = Frame::message(part.to_vec(), code, at + 1 == parts.len());
        bytes.socket.send(Message::Frame(frame)).unwrap();
    }
    wait_for_round(&hub, "db-1");
}

#[test]
fn a_websocket_takes_json_of_many_points_and_of_several_hosts() {
    let hub = Hub::public();
    let mut telegraf = socket(&hub, FLEET);
    let row = |host: &str, n: u32| {
        json!({"fields": {"load1": n, "n_cpus": 4}, "name": "system", "tags": {"host": host},
               "timestamp": unix()})
    };
    // Far more than a frame of ours may have.
    let points: Vec<_> = (0..3000).map(|n| row(["a", "b"][n as usize % 2], n)).collect();
    let text = json!({ "metrics": points }).to_string();
    assert!(text.len() > 4 * 64 * 1024);
    telegraf.send(&text);
    hub.wait_for("a", |host| host["metrics"]["load_average"]["one"] == 2998.0);
    hub.wait_for("b", |host| host["metrics"]["load_average"]["one"] == 2999.0);
    // One that makes no sense costs nothing.
    telegraf.send("{\"metrics\":[");
    telegraf.send("no line");
    telegraf.send(&row("a", 1).to_string());
    hub.wait_for("a", |host| host["metrics"]["load_average"]["one"] == 1.0);
}

#[test]
fn the_hub_pings_before_telegraf_gives_up() {
    let hub = Hub::public();
    let mut telegraf = socket(&hub, WEB);
    telegraf.socket.get_ref().set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    assert!(matches!(telegraf.socket.read().unwrap(), Message::Ping(_)));
}

#[test]
fn who_shows_no_good_token_is_refused_before_the_upgrade() {
    let hub = Hub::public();
    assert_eq!(hub.open("/ws/telegraf", &[]).err(), Some(401));
    assert_eq!(hub.open("/ws/telegraf", &[("authorization", "Bearer wrong")]).err(), Some(401));
    assert_eq!(hub.open(&format!("/ws/telegraf?token={WEB}"), &[]).err(), None);
    let mut other = socket(&hub, WEB);
    other.send(&round("db-1", 0, 1));
    other.send(&round("web-1", 0, 1));
    hub.wait_for("web-1", |host| host["metrics"].is_object());
    assert!(hub.host("db-1")["metrics"].is_null(), "a token is good for its own host");
}

#[test]
fn a_hub_that_stops_says_goodbye() {
    let mut hub = Hub::public();
    let mut telegraf = socket(&hub, WEB);
    telegraf.settle();
    hub.stop();
    assert_eq!(telegraf.closed().map(|frame| u16::from(frame.code)), Some(1001));
}

#[test]
fn an_influxdb_of_either_kind_is_written_to() {
    let hub = Hub::public();
    let basic = format!("Basic {}", data_encoding::BASE64.encode(format!("u:{WEB}").as_bytes()));
    let token = format!("Token {DB}");
    let user = format!("/write?db=telegraf&u=any&p={WEB}");
    let two = "/api/v2/write?bucket=b&org=o&precision=ns";
    let (first, second) = (round("web-1", 10, 1), round("web-1", 0, 2));
    assert_eq!(post(&hub, &user, &[], first.as_bytes()).0, 204);
    let written = [("authorization", &*basic)];
    assert_eq!(post(&hub, "/write?db=telegraf", &written, second.as_bytes()).0, 204);
    wait_for_round(&hub, "web-1");
    let packed = [("authorization", &*token), ("content-encoding", "gzip")];
    assert_eq!(post(&hub, two, &packed, &gzip(&round("db-1", 10, 1))).0, 204);
    assert_eq!(post(&hub, two, &packed, &gzip(&round("db-1", 0, 2))).0, 204);
    wait_for_round(&hub, "db-1");
    // In seconds, and of no host: then of the one whose token it is.
    let line = format!("system uptime=7i {}", unix() + 1);
    let precise = "/api/v2/write?bucket=b&org=o&precision=s";
    assert_eq!(post(&hub, precise, &packed[..1], line.as_bytes()).0, 204);
    hub.wait_for("db-1", |host| host["metrics"]["uptime"] == 7);
}

#[test]
fn what_is_wrong_is_said_as_an_influxdb_says_it() {
    let hub = Hub::public();
    let of = |token: &str| format!("/write?db=telegraf&p={token}");
    let words = |answer: &Value| answer["error"].as_str().unwrap_or_default().to_owned();
    let line = b"system,host=web-1 uptime=7i";
    for (path, headers, body, status, said) in [
        ("/write?db=telegraf".to_owned(), &[][..], &line[..], 401, "a valid token is needed"),
        (of("wrong"), &[], line, 401, "a valid token is needed"),
        (of(DB), &[], line, 401, "this token is not good for host \"web-1\""),
        (of(WEB) + "&precision=d", &[], line, 400, "precision is ns, us, ms, s, m or h, not \"d\""),
        (of(WEB), &[], b"system,host=web-1 uptime=7i\nmem\n", 400, "partial write: a line has no"),
        (
            of(FLEET),
            &[],
            b"system uptime=7i",
            400,
            "partial write: a point has no tag `host`; dropped=1",
        ),
        (of(WEB), &[("content-encoding", "gzip")], line, 400, "the body is not whole"),
        (of(WEB), &[("content-encoding", "br")], line, 415, "a body comes as it is, or as gzip"),
        (of(WEB), &[], b"\xff\xfe", 400, "the body is no UTF-8"),
    ] {
        let (code, answer) = post(&hub, &path, headers, body);
        assert_eq!(code, status, "{path}: {answer}");
        assert!(words(&answer).starts_with(said), "{said}: {answer}");
    }
    hub.wait_for("web-1", |host| host["metrics"]["uptime"] == 7);
    let large = "#".repeat(5 * 1024 * 1024);
    assert_eq!(post(&hub, &of(WEB), &[], large.as_bytes()).0, 413);
    let bomb = gzip(&large);
    assert!(bomb.len() < 64 * 1024);
    assert_eq!(post(&hub, &of(WEB), &[("content-encoding", "gzip")], &bomb).0, 413);
}

#[test]
fn what_telegraf_asks_at_its_start_is_answered() {
    let hub = Hub::public();
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = b"q=CREATE+DATABASE+%22telegraf%22";
    let path = format!("/query?u=any&p={WEB}");
    let created = (200, json!({ "results": [{ "statement_id": 0 }] }));
    assert_eq!(post(&hub, &path, &[form], body), created);
    assert_eq!(post(&hub, &(path.clone() + "&q=CREATE%20DATABASE%20x"), &[], b""), created);
    assert_eq!(post(&hub, "/query", &[form], body).0, 401);
    assert_eq!(post(&hub, &path, &[form], b"q=SHOW+DATABASES").0, 400);
    let (status, head) = hub.http("/ping", "");
    assert_eq!(status, 204);
    assert!(head.contains("x-influxdb-version: 1.8"), "{head}");
}

#[test]
fn what_is_no_figure_of_ours_is_relayed_and_kept() {
    let hub = Hub::public();
    let mut viewer = hub.panel();
    let line = format!("nginx,host=web-1,port=80 active=3i {}", unix());
    let path = format!("/write?db=telegraf&precision=s&p={WEB}");
    assert_eq!(post(&hub, &path, &[], line.as_bytes()).0, 204);
    let told = viewer.json_of("performance");
    assert_eq!(told["meta"]["server_id"], "web-1");
    let data = json!({
        "metric_name": "nginx.active", "value": 3, "unit": "", "category": "telegraf",
    });
    assert_eq!(told["data"], data, "tags are an agent's own text, and not for everybody");
}

#[test]
fn a_host_that_says_no_more_is_offline_and_comes_back() {
    let hash = TokenHash::of(FLEET);
    let hub = Hub::configured(&format!(
        "listen = \"127.0.0.1:0\"\n[viewers]\npublic = true\n\
         [fleet]\ntoken_hash = \"{hash}\"\noffline_after = \"1s\"\n"
    ));
    let path = format!("/write?db=telegraf&p={FLEET}");
    assert_eq!(post(&hub, &path, &[], round("pi", 20, 1).as_bytes()).0, 204);
    hub.wait_for("pi", |host| host["online"] == true);
    hub.wait_for("pi", |host| host["online"] == false);
    assert_eq!(post(&hub, &path, &[], round("pi", 10, 2).as_bytes()).0, 204);
    let host = hub.wait_for("pi", |host| host["online"] == true);
    let speed = &host["metrics"]["disks"][0]["read_speed"];
    assert!(speed.is_u64(), "what was known is known: {host}");
}

#[test]
fn an_agent_of_the_same_host_goes_before() {
    let hub = Hub::public();
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(1, 50.0));
    hub.wait_for("web-1", |host| host["metrics"]["cpu"]["usage"] == 50.0);
    let path = format!("/write?db=telegraf&p={WEB}");
    let (status, answer) = post(&hub, &path, &[], round("web-1", 0, 1).as_bytes());
    assert_eq!(status, 400);
    let words = "partial write: an agent reports as host \"web-1\" already";
    assert_eq!(answer["error"], words);
    agent.settle();
    drop(agent);
    let deadline = Deadline::in_seconds(10);
    while post(&hub, &path, &[], round("web-1", 0, 1).as_bytes()).0 != 204 {
        deadline.check("the agent is gone");
    }
}
