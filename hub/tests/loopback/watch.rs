//! Rows: the figures of a list, of the hosts that a viewer watches, and what they cost.

use std::collections::BTreeMap;
use std::time::Duration;

use kinglet_hub::auth::TokenHash;
use nix::sys::socket::{setsockopt, sockopt};
use serde_json::{Map, Value, json};
use tungstenite::protocol::frame::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;

use super::support::{Client, DB, Deadline, FLEET, Hub, WEB};

const PROTOCOL: (&str, &str) = ("sec-websocket-protocol", "kinglet.page.v1, kinglet.v1");

/// A viewer of rows, and what it knows by them.
struct List {
    client: Client,
    columns: Vec<String>,
    /// By number: the host, as it was added, and its row.
    hosts: BTreeMap<u64, (Value, BTreeMap<usize, Value>)>,
    /// What else it was told.
    told: Vec<Value>,
}

impl List {
    fn open(hub: &Hub, watch: &Value) -> Self {
        let (mut client, answer) = hub.open_with_response("/ws", &[PROTOCOL]).unwrap();
        assert_eq!(answer.headers()["sec-websocket-protocol"], "kinglet.page.v1");
        assert_eq!(client.json()["data"]["status"], "connected");
        let columns = client.json_of("columns")["data"]["list"].clone();
        let columns = serde_json::from_value(columns).unwrap();
        let mut list = Self { client, columns, hosts: BTreeMap::new(), told: Vec::new() };
        list.watch(watch);
        list.hear_until("synced");
        list
    }

    fn watch(&mut self, hosts: &Value) {
        self.client.send(&json!({"type":"watch","data":{"hosts":hosts}}).to_string());
        self.client.settle_by_word(&mut self.told);
        for message in std::mem::take(&mut self.told) {
            self.take(message);
        }
    }

    fn hear_until(&mut self, kind: &str) {
        while !self.told.iter().any(|message| message["type"] == kind) {
            let message = self.client.json();
            self.take(message);
        }
    }

    /// Takes what comes until nothing comes for longer than rows wait.
    fn hear(&mut self) {
        while let Some(message) = self.client.try_json(Duration::from_millis(500)) {
            self.take(message);
        }
    }

    fn take(&mut self, message: Value) {
        let data = &message["data"];
        match message["type"].as_str().unwrap() {
            "server_added" => {
                let number = data["number"].as_u64().unwrap();
                self.hosts.entry(number).or_default().0 = data.clone();
            }
            "rows" => {
                for row in data["whole"].as_array().into_iter().flatten() {
                    self.row(row, true);
                }
                for row in data["changed"].as_array().into_iter().flatten() {
                    self.row(row, false);
                }
            }
            _ => self.told.push(message),
        }
    }

    fn row(&mut self, row: &Value, whole: bool) {
        let row = row.as_array().unwrap();
        // After a loss rows may come before their hosts.
        let Some((_, values)) = self.hosts.get_mut(&row[0].as_u64().unwrap()) else { return };
        if whole {
            values.clear();
        }
        for pair in row[1..].chunks(2) {
            values.insert(usize::try_from(pair[0].as_u64().unwrap()).unwrap(), pair[1].clone());
        }
        values.retain(|_, value| !value.is_null());
    }

    /// What it knows of a host, by the names of the columns.
    fn row_of(&self, id: &str) -> Map<String, Value> {
        let host = self.hosts.values().find(|(host, _)| host["id"] == id);
        let (_, row) = host.unwrap_or_else(|| panic!("{id} was not added"));
        row.iter().map(|(column, value)| (self.columns[*column].clone(), value.clone())).collect()
    }

    fn kinds(&self) -> Vec<&str> {
        self.told.iter().map(|message| message["type"].as_str().unwrap()).collect()
    }
}

impl Client {
    /// Waits until what was said was taken in; what comes meanwhile is kept.
    fn settle_by_word(&mut self, told: &mut Vec<Value>) {
        self.send(r#"{"type":"ping"}"#);
        loop {
            let message = self.json();
            if message["type"] == "pong" {
                return;
            }
            told.push(message);
        }
    }
}

/// What a row has to say of a whole object, told anew: by the documents, not by the code.
fn due(metrics: &Value) -> Map<String, Value> {
    let mut due = Map::new();
    let mut put = |name: &str, value: Value| {
        if !value.is_null() && value != "" {
            due.insert(name.to_owned(), value);
        }
    };
    for name in [
        "cpu.usage",
        "memory.usage_percent",
        "hostname",
        "os.name",
        "os.version",
        "os.arch",
        "cpu.brand",
        "cpu.cores",
        "load_average.one",
        "units.failed",
    ] {
        put(name, at(metrics, name).clone());
    }
    for (name, other) in [("network.rx_speed", "network.rx"), ("network.tx_speed", "network.tx")] {
        match at(metrics, name) {
            Value::Null => put(other, at(metrics, other).clone()),
            rate => put(name, rate.clone()),
        }
    }
    let uptime = metrics["uptime"].as_u64();
    put("uptime", json!(uptime.map(|s| if s < 86_400 { s / 60 * 60 } else { s / 3600 * 3600 })));
    if metrics["power"]["undervoltage"] == true {
        put("power.undervoltage", json!(true));
    }
    let empty = Vec::new();
    let sensors = metrics["temperatures"].as_array().unwrap_or(&empty);
    if let Some(hottest) = sensors.iter().max_by(|one, other| {
        one["celsius"].as_f64().unwrap().total_cmp(&other["celsius"].as_f64().unwrap())
    }) {
        put("temperatures.0.label", hottest["label"].clone());
        put("temperatures.0.celsius", json!(hottest["celsius"].as_f64().unwrap().round()));
    }
    let mounts = metrics["filesystems"].as_array().unwrap_or(&empty);
    let listed = mounts.iter().enumerate().filter(|(place, mount)| {
        *place == 0 || mount["stuck"] == true || mount["usage_percent"].as_f64() >= Some(95.0)
    });
    let listed: Vec<_> =
        listed.map(|(_, mount)| parts(mount, &["mount_point", "usage_percent", "stuck"])).collect();
    put("filesystems", if listed.is_empty() { Value::Null } else { listed.into() });
    let disks = metrics["disks"].as_array().unwrap_or(&empty);
    let listed = disks.iter().enumerate().filter(|(place, disk)| {
        disk["health_failed"] == true || (*place == 0 && mounts.is_empty())
    });
    let listed: Vec<_> =
        listed.map(|(_, disk)| parts(disk, &["name", "usage_percent", "health_failed"])).collect();
    put("disks", if listed.is_empty() { Value::Null } else { listed.into() });
    due
}

fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, member| &value[member])
}

fn parts(of: &Value, members: &[&str]) -> Value {
    let parts = members.iter().filter(|member| !of[**member].is_null() && of[**member] != false);
    Value::Object(parts.map(|member| ((*member).to_owned(), of[*member].clone())).collect())
}

/// Whether a row says what is due, as far as it is shown.
fn same(row: &Map<String, Value>, due: &Map<String, Value>) -> bool {
    let near = |(name, due): (&String, &Value)| match (row.get(name), due.as_f64()) {
        (Some(told), Some(due)) => {
            let told = told.as_f64().unwrap();
            // A rate has tenths of its unit.
            let most = if name.starts_with("network") { 0.051 * due } else { 1e-9 };
            (told - due).abs() <= most
        }
        (told, None) => told == Some(due),
        (None, Some(_)) => false,
    };
    row.len() == due.len() && due.iter().all(near)
}

/// A host's figures that move as real ones do, some of them now there and now not.
fn figures(seed: u64, step: u64) -> Value {
    let wave =
        |n: u64, from: u64, to: u64| from + (seed * 7919 + step * 104_729 + n * 31) % (to - from);
    #[expect(clippy::cast_precision_loss)]
    let tenths = |n: u64, to: u64| wave(n, 0, to * 10) as f64 / 10.0;
    let core: Vec<_> = (0..4).map(|n| tenths(n, 100)).collect();
    let mut data = json!({
        "hostname":format!("h{seed}"),"os":{"name":"debian","version":"12","kernel":"6.12.9","arch":"aarch64"},
        "cpu":{"brand":"Cortex-A76","cores":4,"usage":tenths(1,100),"user":tenths(2,60),
            "system":tenths(3,30),"iowait":tenths(4,9),"per_core":core},
        "memory":{"total":4_294_967_296_u64,"used":wave(5,1_000_000_000,3_000_000_000),"available":wave(6,1_000_000_000,2_000_000_000),
            "usage_percent":tenths(7,100)},
        "disks":[{"name":"sda","model":"SSD","serial":"SERIAL","total":64_000_000_000_u64,"mount_points":["/"],
            "read_speed":wave(8,0,9_000_000),"write_speed":wave(9,0,800_000),"busy_percent":tenths(10,100)}],
        "filesystems":[{"mount_point":"/","device":"/dev/sda2","fstype":"ext4","total":64_000_000_000_u64,
            "used":wave(11,9_000_000_000,9_100_000_000),"free":50_000_000_000_u64,"usage_percent":33.3,
            "inodes_total":1_933_312,"inodes_used":wave(12,130_000,131_000)},
            {"mount_point":"/boot","device":"/dev/sda1","fstype":"vfat","total":536_870_912,"used":134_217_728,
            "free":402_653_184,"usage_percent":25.0}],
        "network":{"wan":"eth0","rx_speed":wave(13,1_000,9_000_000),"tx_speed":wave(14,1_000,900_000),
            "total_rx":90_000_000_000_u64 + step * 100_000,"total_tx":20_000_000_000_u64 + step * 9_000,
            "interfaces":[{"name":"eth0","mac":"02:00:5e:10:00:01","speed":1000,"state":"up",
            "rx_bytes":90_000_000_000_u64 + step,"tx_bytes":20_000_000_000_u64 + step,"rx_speed":wave(13,1_000,9_000_000),
            "tx_speed":wave(14,1_000,900_000)}]},
        "uptime":86_000 + seed * 3600 + step,"load_average":{"one":tenths(15,4),"five":tenths(16,4),"fifteen":1.2},
        "processes":{"total":wave(17,120,140),"running":wave(18,1,4)},
        "pressure":{"cpu":{"some_avg10":tenths(19,10)},"memory":{"some_avg10":0.0},"io":{"some_avg10":tenths(20,10)}},
        "temperatures":[{"label":"cpu","celsius":tenths(21,90)},{"label":"soc","celsius":tenths(22,90)}]
    });
    let gone = ["temperatures", "load_average", "filesystems", "power", "uptime", "network"];
    if step % 5 == 4 {
        let member = gone[usize::try_from((seed + step) % 6).unwrap()];
        data.as_object_mut().unwrap().remove(member);
    }
    if step % 7 == 3 {
        data["power"] = json!({"undervoltage":true});
        data["cpu"]["usage"] = Value::Null;
        data["filesystems"][1]["usage_percent"] = json!(99.0);
        data["disks"][0]["health_failed"] = json!(true);
    }
    data
}

fn report(agent: &mut Client, seq: u64, data: &Value) {
    let meta = json!({"seq":seq,"boot_id":"b","uptime_ms":seq,"age_ms":0});
    agent.send(&json!({"type":"metrics","data":data,"meta":meta}).to_string());
    agent.settle();
}

#[test]
fn rows_say_what_whole_objects_do_at_a_fifth_of_the_bytes() {
    let hub = Hub::public();
    let mut agents: Vec<_> = (0..4).map(|n| hub.agent(&format!("h{n}"), FLEET)).collect();
    let mut whole = hub.panel();
    let mut list = List::open(&hub, &json!({"*":"list"}));
    let mut newest = BTreeMap::new();
    let (mut whole_bytes, mut row_bytes) = (0, 0);
    for step in 1..=16 {
        if step == 9 {
            agents.push(hub.agent("h4", FLEET));
        }
        for (seed, agent) in (0..).zip(&mut agents) {
            report(agent, step, &figures(seed, step));
        }
        let (mut left, deadline) = (agents.len(), Deadline::in_seconds(10));
        while left > 0 {
            let message = whole.json();
            whole_bytes += message.to_string().len();
            if message["type"] == "performance" {
                left -= 1;
            } else if message["type"] == "metrics" {
                let data = &message["data"];
                newest.insert(
                    data["server_id"].as_str().unwrap().to_owned(),
                    data["metrics"].clone(),
                );
            }
            deadline.check("the whole objects");
        }
        while let Some(message) = list.client.try_json(Duration::from_millis(300)) {
            row_bytes += message.to_string().len();
            list.take(message);
        }
        for (id, metrics) in &newest {
            let (row, due) = (list.row_of(id), due(metrics));
            assert!(same(&row, &due), "{id} at {step}:\n{row:?}\n{due:?}");
        }
        // Who comes now knows the same.
        if step % 5 == 0 {
            let late = List::open(&hub, &json!({"*":"list"}));
            newest.keys().for_each(|id| assert_eq!(late.row_of(id), list.row_of(id)));
        }
    }
    println!("{whole_bytes} bytes whole, {row_bytes} in rows");
    assert!(row_bytes * 5 <= whole_bytes, "{row_bytes} of {whole_bytes}");
    assert!(!list.kinds().contains(&"performance") && !list.kinds().contains(&"metrics"));
    let mut last = agents.pop().unwrap();
    let code = CloseCode::Away;
    last.socket.close(Some(CloseFrame { code, reason: "".into() })).unwrap();
    let offline = list.client.json_of("status");
    assert_eq!(
        (&offline["data"]["server_id"], &offline["data"]["online"]),
        (&json!("h4"), &json!(false))
    );
}

#[test]
fn only_what_is_watched_is_told_and_of_one_host_everything() {
    let hub = Hub::public();
    let (mut web, mut db) = (hub.agent("web-1", WEB), hub.agent("db-1", DB));
    let mut list = List::open(&hub, &json!({"db-1":"list"}));
    report(&mut web, 1, &figures(1, 1));
    report(&mut db, 1, &figures(2, 1));
    list.hear();
    assert!(list.row_of("web-1").is_empty() && !list.row_of("db-1").is_empty());
    // All of a host: at once, and with each report; its row too.
    list.watch(&json!({"web-1":"all"}));
    list.hear();
    assert_eq!(list.told.pop().unwrap()["data"]["metrics"]["per_core"], Value::Null);
    list.told.clear();
    let before = list.row_of("db-1");
    report(&mut web, 2, &figures(1, 2));
    report(&mut db, 2, &figures(2, 2));
    list.hear();
    assert_eq!(list.kinds(), ["metrics"]);
    let metrics = &list.told[0]["data"]["metrics"];
    assert_eq!(list.told[0]["data"]["server_id"], "web-1");
    assert_eq!(metrics["cpu"]["per_core"].as_array().unwrap().len(), 4);
    assert!(same(&list.row_of("web-1"), &due(metrics)));
    assert_eq!(list.row_of("db-1"), before, "it is not watched any more");
    // In the background: what happens, and no figures.
    list.watch(&json!({}));
    list.told.clear();
    let row = list.row_of("web-1");
    report(&mut web, 3, &figures(1, 3));
    web.send(r#"{"type":"alert","data":{"alert_id":"a","type":"cpu","level":"warning"}}"#);
    list.hear();
    assert_eq!((list.kinds(), list.row_of("web-1")), (vec!["alert"], row));
    // Looked at again, it has caught up.
    list.watch(&json!({"*":"list"}));
    list.hear();
    assert!(same(&list.row_of("web-1"), &due(&hub.host("web-1")["metrics"])));
    assert!(same(&list.row_of("db-1"), &due(&hub.host("db-1")["metrics"])));
}

#[test]
fn what_cannot_be_watched_is_refused_with_a_reason_and_changes_nothing() {
    let hub = Hub::public();
    let mut web = hub.agent("web-1", WEB);
    let mut list = List::open(&hub, &json!({"*":"list"}));
    let many: Map<_, _> = (0..300).map(|n| (n.to_string(), json!("list"))).collect();
    for (data, reason) in [
        (json!({}), "`hosts`"),
        (json!({"hosts":["*"]}), "`hosts`"),
        (json!({"hosts":{"*":1}}), "`hosts`"),
        (json!({"hosts":{"*":"some"}}), "no such fields: some"),
        (json!({"hosts":{"*":"all"}}), "only list"),
        (json!({"hosts":{"a b":"list"}}), "no id of a host: a b"),
        (json!({"hosts":many}), "more than 256 hosts"),
    ] {
        list.client.send(&json!({"type":"watch","data":data}).to_string());
        let error = list.client.json_of("error");
        assert_eq!(error["data"]["code"], "INVALID_MESSAGE");
        let message = error["data"]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    report(&mut web, 1, &figures(1, 1));
    list.hear();
    assert!(!list.row_of("web-1").is_empty(), "it watches as before");
    let mut panel = hub.panel();
    panel.send(r#"{"type":"watch","data":{"hosts":{"*":"list"}}}"#);
    let error = panel.json_of("error");
    assert!(error["data"]["message"].as_str().unwrap().contains("kinglet.page.v1"), "{error}");
}

#[test]
fn where_anyone_may_look_rows_and_whole_hosts_keep_back_what_objects_do() {
    let marked = json!({"hostname":"h","ip_addresses":["MARK"],"cpu":{"usage":1.0},
        "disks":[{"name":"sda","serial":"MARK","health_failed":true}],
        "network":{"rx_speed":5,"interfaces":[{"name":"e","mac":"MARK","addresses":["MARK"]}]},
        "wireguard":[{"peer":"MARK","interface":"MARK"}],"containers":[{"name":"MARK"}],
        "top":[{"name":"MARK","command":"MARK"}],"units":{"failed":1,"failed_names":["MARK"]},
        "custom":[{"name":"MARK","value":1.0}],"leases":{"active":1}});
    let token = |public: bool| match public {
        true => "[viewers]\npublic = true\n".to_owned(),
        false => format!("[viewers]\ntoken_hash = \"{}\"\n", TokenHash::of(super::support::VIEWER)),
    };
    for public in [true, false] {
        let hub = Hub::start(&token(public));
        let mut web = hub.agent("web-1", WEB);
        report(&mut web, 1, &marked);
        let headers = [("sec-websocket-protocol", "kinglet.page.v1, bearer.viewer-token-90ab")];
        let mut viewer = hub.open("/ws", &headers).unwrap();
        viewer.send(r#"{"type":"watch","data":{"hosts":{"*":"list","web-1":"all"}}}"#);
        let mut told = String::new();
        while let Some(message) = viewer.try_json(Duration::from_millis(400)) {
            told += &message.to_string();
        }
        assert!(told.contains(r#""type":"rows""#) && told.contains(r#""type":"metrics""#));
        assert_eq!(told.contains("MARK"), !public, "{told}");
        let rows = told.split(r#""type":"metrics""#).next().unwrap();
        assert!(!rows.contains("MARK") || !public);
    }
}

#[test]
fn who_was_too_slow_is_told_all_hosts_anew() {
    const REPORTS: u64 = 100;
    let hub = Hub::public();
    let mut agents: Vec<_> = (0..8).map(|n| hub.agent(&format!("h{n}"), FLEET)).collect();
    let all: Map<_, _> = (0..8).map(|n| (format!("h{n}"), json!("all"))).collect();
    let mut list = List::open(&hub, &Value::Object(all));
    let mounts = vec![json!({"mount_point":"/a/rather/long/mount/point"}); 250];
    setsockopt(list.client.socket.get_ref(), sockopt::RcvBuf, &(128 * 1024)).unwrap();
    // More than the sockets and the queue of 512 messages hold together.
    for seq in 1..=REPORTS {
        let data = json!({"filesystems":mounts,"uptime":seq * 60});
        let meta = json!({"seq":seq,"boot_id":"b","uptime_ms":seq,"age_ms":0});
        let text = json!({"type":"metrics","data":data,"meta":meta}).to_string();
        agents.iter_mut().for_each(|agent| agent.send(&text));
    }
    agents.iter_mut().for_each(Client::settle);
    list.told.clear();
    list.hear_until("resync");
    list.hosts.clear();
    list.told.clear();
    list.hear_until("synced");
    list.hear();
    for n in 0..8 {
        assert_eq!(list.row_of(&format!("h{n}"))["uptime"], REPORTS * 60);
    }
}
