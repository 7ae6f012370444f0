//! Ostara's requests, as its client makes them, and their answers against the types it reads.

use std::fs;
use std::path::{Path, PathBuf};

use kinglet_hub::auth::TokenHash;
use serde_json::{Value, json};

use super::support::{Client, Deadline, FLEET, Hub, VIEWER, WEB, scratch};

/// The key that the program's user gave it.
const KEY: &str = "X-Ostara-Key: viewer-token-90ab\r\n";

/// What the client reads of each answer: `[]` is each item of a list, `*` each member of an object;
/// behind a `?` it may be missing or null. Members that are not here it passes over.
const TYPES: &[(&str, &[&str])] = &[
    ("agent", &["version semver", "sources[] text"]),
    ("instances", &["[].appName text", "[].id text", "[].name text", "[].url address"]),
    ("links", &["_links.*.href address", "_links.*.templated flag", "_links.health.href address"]),
    (
        "health",
        &[
            "status health",
            "components?.*.status health",
            "components?.*.description? text",
            "components?.*.details? object",
            "components?.*.components?.*.status health",
            "components?.*.components?.*.details? object",
            "groups?[] text",
            "details? object",
        ],
    ),
    ("metrics", &["names[] text"]),
    (
        "metric",
        &[
            "name text",
            "description? text",
            "baseUnit? text",
            "measurements[].statistic text",
            "measurements[].value number",
            "availableTags[].tag text",
            "availableTags[].values[] text",
        ],
    ),
    (
        "info",
        &[
            "build?.artifact text",
            "build?.group text",
            "build?.name text",
            "build?.version text",
            "os?.name text",
            "os?.version text",
            "os?.arch text",
        ],
    ),
    (
        "env",
        &[
            "activeProfiles[]? text",
            "propertySources[].name text",
            "propertySources[].properties object",
            "propertySources[].properties.*.value text",
            "propertySources[].properties.*.origin? text",
        ],
    ),
    ("property", &["property.source text", "property.value text", "propertySources[].name text"]),
];

/// Holds an answer to its types.
fn assert_types(of: &str, answer: &Value) {
    let (_, fields) = TYPES.iter().find(|(name, _)| *name == of).unwrap();
    for field in *fields {
        let (place, kind) = field.split_once(' ').unwrap();
        walk(answer, place, kind, &format!("{of}: {field} in {answer}"));
    }
}

fn walk(value: &Value, place: &str, kind: &str, what: &str) {
    if let Some(rest) = place.strip_prefix('?') {
        if !value.is_null() {
            walk(value, rest, kind, what);
        }
    } else if let Some(rest) = place.strip_prefix("[]") {
        let items = value.as_array().unwrap_or_else(|| panic!("{what}"));
        items.iter().for_each(|item| walk(item, rest, kind, what));
    } else if let Some(rest) = place.strip_prefix(".*").or(place.strip_prefix('*')) {
        let members = value.as_object().unwrap_or_else(|| panic!("{what}"));
        members.values().for_each(|member| walk(member, rest, kind, what));
    } else if !place.is_empty() {
        let place = place.trim_start_matches('.');
        let end = place.find(['.', '?', '[', '*']).unwrap_or(place.len());
        let member = value.get(&place[..end]).unwrap_or(&Value::Null);
        walk(member, &place[end..], kind, what);
    } else {
        assert!(is(value, kind), "{what}");
    }
}

fn is(value: &Value, kind: &str) -> bool {
    let text = value.as_str();
    match kind {
        "text" => text.is_some(),
        "flag" => value.is_boolean(),
        "number" => value.is_number(),
        "object" => value.is_object(),
        "health" => {
            text.is_some_and(|text| ["UP", "DOWN", "OUT_OF_SERVICE", "UNKNOWN"].contains(&text))
        }
        "address" => text.is_some_and(|text| text.starts_with("http://hub/")),
        "semver" => text.is_some_and(|text| {
            let parts: Vec<_> = text.split('.').collect();
            parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok())
        }),
        other => panic!("no kind {other}"),
    }
}

/// A hub that remembers, and lets a viewer in with a token.
struct Kept {
    hub: Hub,
    state: PathBuf,
}

impl Kept {
    fn new() -> Self {
        Self::with_offline_after("60s")
    }

    fn with_offline_after(silence: &str) -> Self {
        let state = scratch("state");
        Self { hub: start(&state, silence), state }
    }

    fn ask(&self, path: &str) -> (u16, Value) {
        ask(&self.hub, path)
    }

    /// An answer of this type.
    fn told(&self, path: &str, of: &str) -> Value {
        let (status, answer) = self.ask(path);
        assert_eq!(status, 200, "{path}: {answer}");
        assert_types(of, &answer);
        answer
    }

    /// The value of a figure.
    fn figure(&self, path: &str) -> f64 {
        self.told(path, "metric")["measurements"][0]["value"].as_f64().unwrap()
    }

    fn agent(&self, id: &str, token: &str, group: Option<&str>) -> Client {
        let mut agent = self.hub.agent(id, token);
        agent.send(&report(group));
        // A host is up as soon as it is there, and has its group with its report.
        agent.settle();
        self.wait_for(id, "UP");
        agent
    }

    fn wait_for(&self, id: &str, status: &str) {
        let deadline = Deadline::in_seconds(10);
        let path = format!("/api/v1/proxy/{id}/health");
        while self.ask(&path).1["status"] != status {
            deadline.check(&path);
        }
    }
}

fn ask(hub: &Hub, path: &str) -> (u16, Value) {
    let (status, body) = hub.http(path, KEY);
    (status, serde_json::from_str(&body).unwrap())
}

fn start(state: &Path, offline_after: &str) -> Hub {
    let hash = |token: &str| TokenHash::of(token).to_string();
    Hub::configured(&format!(
        "listen = \"127.0.0.1:0\"\nstate_dir = {state:?}\n[store]\n\
         [viewers]\ntoken_hash = \"{}\"\n[fleet]\ntoken_hash = \"{}\"\n\
         offline_after = \"{offline_after}\"\n\
         [[host]]\nid = \"web-1\"\nname = \"Web\"\ngroup = \"production\"\ntoken_hash = \"{}\"\n\
         [[host]]\nid = \"db-1\"\n",
        hash(VIEWER),
        hash(FLEET),
        hash(WEB)
    ))
}

/// A file system of 900 bytes.
fn mount(at: &str, device: &str, free: u32) -> Value {
    json!({"mount_point": at, "device": device, "fstype": "ext4", "total": 900, "free": free})
}

/// A report with all that is private in it.
fn report(group: Option<&str>) -> String {
    let data = json!({
        "hostname": "attic", "ip_addresses": ["198.51.100.7"], "version": "0.9.0",
        "os": {"name": "debian", "version": "12", "kernel": "6.1.0", "arch": "aarch64"},
        "cpu": {"brand": "Cortex-A53", "cores": 4, "usage": 12.5, "per_core": [25.0, 0.0]},
        "memory": {"total": 1000, "used": 400, "available": 600, "usage_percent": 40.0},
        "disks": [
            {"name": "sda", "model": "M1", "serial": "SERIAL-1", "total": 5000, "read_speed": 7},
            {"name": "sdb", "model": "M2", "serial": "SERIAL-2", "total": 3000, "read_speed": 5},
        ],
        "filesystems": [mount("/", "/dev/sda1", 300), mount("/full: 1", "/dev/sdb1", 0)],
        "network": {"interfaces": [{"name": "eth0", "mac": "02:00:00:00:00:01"}]},
        "uptime": 3600, "load_average": {"one": 0.5, "five": 0.25, "fifteen": 0.0},
        "agent": {"version": "0.9.0", "cpu_percent": 0.5},
    });
    let host = group.map(|group| json!({ "group": group }));
    let meta = json!({ "seq": 1, "boot_id": "b", "uptime_ms": 1, "age_ms": 0, "host": host });
    json!({ "type": "metrics", "id": "m1", "data": data, "meta": meta }).to_string()
}

#[test]
fn the_fleet_is_told_as_applications_with_instances() {
    let kept = Kept::new();
    let _web = kept.agent("web-1", WEB, None);
    let _attic = kept.agent("küche", FLEET, Some("home"));
    let _plain = kept.agent("x-y", FLEET, None);
    let agent = kept.told("/api/v1", "agent");
    assert_eq!(agent["sources"], json!(["kinglet"]));
    let list = kept.told("/api/v1/instances", "instances");
    let told: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|it| ["appName", "id", "name"].map(|name| it[name].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            ["Hosts", "db-1", "db-1"],
            ["home", "küche", "attic"],
            ["production", "web-1", "Web"],
            ["Hosts", "x-y", "attic"],
        ]
    );
    // As it was called.
    let base = "http://hub/api/v1/proxy";
    assert_eq!(list[1]["url"], format!("{base}/k%C3%BCche"));
    let links = kept.told("/api/v1/proxy/k%C3%BCche", "links");
    assert_eq!(links["_links"]["health"]["href"], format!("{base}/k%C3%BCche/health"));
    for ability in ["info", "metrics", "env"] {
        assert!(links["_links"][ability].is_object(), "{links}");
    }
    for ability in ["beans", "heapdump", "threaddump", "loggers", "shutdown", "logfile"] {
        assert!(links["_links"][ability].is_null(), "{links}");
    }
    assert_eq!(kept.ask("/api/v1/proxy/nobody/health").0, 404);
    assert_eq!(kept.ask("/api/v1/proxy/k%FCche/health").0, 404);
}

#[test]
fn health_is_200_for_a_host_that_is_down_and_its_parts_are_told() {
    let kept = Kept::new();
    let _web = kept.agent("web-1", WEB, None);
    let up = kept.told("/api/v1/proxy/web-1/health", "health");
    assert_eq!(
        (&up["status"], &up["components"]["connection"]["status"]),
        (&json!("UP"), &json!("UP"))
    );
    assert_eq!(up["components"]["memory"]["details"]["available"], 600);
    let disks = &up["components"]["diskSpace"];
    assert_eq!(disks["status"], "DOWN", "a full disk is told, and the host is not down for it");
    assert_eq!(disks["components"]["/"]["status"], "UP");
    assert_eq!(disks["components"]["/full: 1"]["status"], "DOWN");
    let down = kept.told("/api/v1/proxy/db-1/health", "health");
    assert_eq!(
        (&down["status"], &down["components"]["connection"]["status"]),
        (&json!("DOWN"), &json!("DOWN"))
    );
}

#[test]
fn a_figure_is_told_by_name_and_narrowed_by_tags() {
    let kept = Kept::new();
    let _web = kept.agent("web-1", WEB, None);
    let at = |name: &str| format!("/api/v1/proxy/web-1/metrics/{name}");
    let names = kept.told("/api/v1/proxy/web-1/metrics", "metrics");
    let names: Vec<_> =
        names["names"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for name in &names {
        let name = name.replace('{', "%7B").replace('}', "%7D");
        kept.told(&at(&name), "metric");
    }
    for (name, value) in [
        ("process.uptime", 3600.0),
        ("process.cpu.usage", 0.005),
        ("system.cpu.usage", 0.125),
        ("system.cpu.count", 4.0),
        ("disk.total", 900.0),
        ("disk.free", 300.0),
        ("memory.available", 600.0),
    ] {
        assert!(names.contains(&name), "{name}: {names:?}");
        assert_eq!(kept.figure(&at(name)), value, "{name}");
    }
    let speed = "disks.%7Bdisk%7D.read_speed";
    let both = kept.told(&at(speed), "metric");
    assert_eq!(both["measurements"], json!([{ "statistic": "VALUE", "value": 12.0 }]));
    assert_eq!(both["availableTags"], json!([{ "tag": "disk", "values": ["sda", "sdb"] }]));
    assert_eq!(
        (&both["name"], &both["baseUnit"]),
        (&json!("disks.{disk}.read_speed"), &json!("bytes/second"))
    );
    let one = kept.told(&at(&format!("{speed}?tag=disk%3Asdb")), "metric");
    assert_eq!(
        (&one["measurements"][0]["value"], &one["availableTags"]),
        (&json!(5.0), &json!([]))
    );
    // A colon and a blank in a value, and a tag more.
    let free = "filesystems.%7Bmount_point%7D.free";
    let two = format!("{free}?tag=mount_point%3A%2Ffull%3A%201&tag=fstype:ext4");
    assert_eq!(kept.figure(&at(&two)), 0.0);
    assert_eq!(kept.figure(&at("cpu.%7Bcore%7D.usage")), 25.0, "of percents the highest");
    for name in [
        "jvm.memory.used",
        "jvm.threads.live",
        "http.server.requests",
        "nothing",
        "cpu.nice",
        "network_io",
        "disks.%7Bdisk%7D.read_speed?tag=disk:sdc",
        "disks.%7Bdisk%7D.read_speed?tag=color:red",
    ] {
        assert_eq!(kept.ask(&at(name)).0, 404, "{name}");
    }
}

#[test]
fn of_a_host_that_is_away_there_is_no_figure() {
    let kept = Kept::with_offline_after("1s");
    drop(kept.agent("web-1", WEB, None));
    kept.wait_for("web-1", "DOWN");
    assert_eq!(kept.told("/api/v1/proxy/web-1/metrics", "metrics"), json!({ "names": [] }));
    assert_eq!(kept.ask("/api/v1/proxy/web-1/metrics/cpu.usage").0, 404);
    kept.told("/api/v1/proxy/web-1/info", "info");
}

#[test]
fn facts_are_told_and_the_host_s_own_name_among_them() {
    let kept = Kept::new();
    let _web = kept.agent("web-1", WEB, None);
    let info = kept.told("/api/v1/proxy/web-1/info", "info");
    assert_eq!(
        (&info["build"]["version"], &info["os"]["arch"]),
        (&json!("0.9.0"), &json!("aarch64"))
    );
    let env = kept.told("/api/v1/proxy/web-1/env", "env");
    let names: Vec<_> =
        env["propertySources"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["systemEnvironment", "systemProperties", "host"]);
    let properties = &env["propertySources"][2]["properties"];
    assert_eq!(properties["disks[1].serial"]["value"], "SERIAL-2", "a viewer with a token sees it");
    let hostname = kept.told("/api/v1/proxy/web-1/env/HOSTNAME", "property");
    assert_eq!(hostname["property"], json!({ "source": "systemEnvironment", "value": "attic" }));
    assert_eq!(kept.ask("/api/v1/proxy/web-1/env/NOTHING").0, 404);
    assert_eq!(kept.ask("/api/v1/proxy/db-1/env/HOSTNAME").0, 404, "it never reported");
    kept.told("/api/v1/proxy/db-1/env", "env");
    kept.told("/api/v1/proxy/db-1/info", "info");
}

const PATHS: [&str; 9] = [
    "/api/v1",
    "/api/v1/instances",
    "/api/v1/proxy/web-1",
    "/api/v1/proxy/web-1/health",
    "/api/v1/proxy/web-1/metrics",
    "/api/v1/proxy/web-1/metrics/cpu.usage",
    "/api/v1/proxy/web-1/info",
    "/api/v1/proxy/web-1/env",
    "/api/v1/proxy/web-1/env/HOSTNAME",
];

#[test]
fn who_has_no_token_is_told_nothing() {
    let kept = Kept::new();
    let _web = kept.agent("web-1", WEB, None);
    for path in PATHS {
        assert_eq!(kept.hub.http(path, "").0, 401, "{path}");
        assert_eq!(kept.hub.http(path, "X-Ostara-Key: wrong\r\n").0, 401, "{path}");
        assert_eq!(kept.hub.http(path, KEY).0, 200, "{path}");
        let bearer = format!("Authorization: Bearer {VIEWER}\r\n");
        assert_eq!(kept.hub.http(path, &bearer).0, 200, "{path}");
        assert_eq!(kept.hub.http(&format!("{path}?token={VIEWER}"), "").0, 200, "{path}");
    }
}

#[test]
fn where_anyone_may_look_nothing_private_is_told() {
    let hash = TokenHash::of(WEB);
    let hub = Hub::configured(&format!(
        "listen = \"127.0.0.1:0\"\n[viewers]\npublic = true\n\
         [[host]]\nid = \"web-1\"\ntoken_hash = \"{hash}\"\n"
    ));
    let mut agent = hub.agent("web-1", WEB);
    agent.send(&report(None));
    hub.wait_for("web-1", |host| host["metrics"].is_object());
    for path in PATHS {
        let (status, body) = hub.http(path, "");
        assert_eq!(status, 200, "{path}");
        for secret in ["SERIAL", "02:00:00", "198.51.100"] {
            assert!(!body.contains(secret), "{path}: {body}");
        }
    }
}

#[test]
fn a_host_that_is_away_stays_in_the_list_over_a_restart() {
    let mut kept = Kept::new();
    drop(kept.agent("attic", FLEET, Some("home")));
    drop(kept.agent("db-1", FLEET, Some("cellar")));
    let before = kept.told("/api/v1/instances", "instances");
    kept.hub.stop();
    kept.hub = start(&kept.state, "60s");
    // Nobody has come back, and the list is whole at the first question: the same.
    let after = kept.told("/api/v1/instances", "instances");
    let names = |list: &Value| -> Vec<_> {
        let items = list.as_array().unwrap().iter();
        items.map(|it| [&it["appName"], &it["id"], &it["name"]].map(Value::to_string)).collect()
    };
    assert_eq!(names(&after), names(&before));
    assert_eq!(after[0]["appName"], "home");
    assert_eq!(kept.told("/api/v1/proxy/attic/health", "health")["status"], "DOWN");
    kept.told("/api/v1/proxy/attic", "links");
    // One that comes back is the same instance.
    let _attic = kept.agent("attic", FLEET, Some("home"));
    assert_eq!(names(&kept.told("/api/v1/instances", "instances")), names(&before));
}

#[test]
fn a_killed_hub_knows_whom_it_wrote_down() {
    let kept = Kept::new();
    let _attic = kept.agent("attic", FLEET, Some("home"));
    let file = kept.state.join("roster.json");
    let deadline = Deadline::in_seconds(10);
    while !file.exists() {
        deadline.check("the roster");
    }
    // What a kill leaves is what is on the disk.
    let copy = scratch("copy");
    fs::create_dir_all(&copy).unwrap();
    fs::copy(&file, copy.join("roster.json")).unwrap();
    let hub = start(&copy, "60s");
    assert!(ask(&hub, "/api/v1/instances").1.to_string().contains(r#""id":"attic""#));
}

#[test]
fn until_it_is_known_who_is_there_the_answer_is_503() {
    let state = scratch("damaged");
    fs::create_dir_all(&state).unwrap();
    fs::write(state.join("roster.json"), "{\"time\":").unwrap();
    let hub = start(&state, "2s");
    for path in PATHS {
        let (status, answer) = ask(&hub, path);
        assert_eq!((status, &answer["error"]), (503, &json!("loading")), "{path}");
    }
    let (deadline, mut agent) = (Deadline::in_seconds(10), hub.agent("attic", FLEET));
    agent.send(&report(None));
    while ask(&hub, "/api/v1").0 != 200 {
        deadline.check("the fleet is loaded");
    }
    assert!(ask(&hub, "/api/v1/instances").1.to_string().contains(r#""id":"attic""#));
}
