//! The same readings, remembered by the hub's own file and by the databases of others: the same
//! answers. `tests/interop/influx-hub/run` starts the databases.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{Deadline, FLEET, Hub, scratch};

/// Readings, and how far apart.
const READINGS: u64 = 190;
const APART_MS: u64 = 40_000;
/// When each falls, in milliseconds after a multiple of their distance.
const WITHIN_MS: u64 = 17_000;
/// Databases are told whole seconds: it falls within one, so that neither a slow line nor another
/// clock moves it into the next.
const IN_SECOND_MS: u64 = 300;

/// Wall time, milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a test with a clock of its own")]
fn now_ms() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// A reading with figures of every kind: gauges with and without labels, names that need escapes,
/// counters that begin anew twice, what is there only now and then. More than an hour lies between
/// those two: of the longest step a database says enough for one of them.
fn reading(seq: u64, age_ms: u64) -> String {
    let wave = seq * 37 % 100;
    let rises = match seq {
        1..50 => 5_000_000_000 + seq * 1_000_003,
        50..145 => (seq - 49) * 77_777,
        _ => (seq - 144) * 13 + seq % 3,
    };
    let mut text = format!(
        r#"{{"type":"metrics","data":{{"hostname":"pi","uptime":{seq},"cpu":{{"usage":{wave}.5,
        "per_core":[{wave},{}]}},"memory":{{"total":8589934592,"used":{}}},"network":{{
        "total_rx":{rises},"interfaces":[{{"name":"eth0","rx_bytes":{rises}}}]}},
        "disks":[{{"name":"sda","used":{}}},{{"name":"my disk,a=b","used":{wave}}}],
        "filesystems":[{{"mount_point":"/mnt/it's \"mine\"","device":"/dev/x y","fstype":"ext4",
        "total":1000,"used":{wave}}}]"#,
        99 - wave,
        4_294_967_296 + seq * 4096,
        7 * wave,
    );
    if seq.is_multiple_of(3) {
        let _ = write!(text, r#","temperatures":[{{"label":"cpu thermal","celsius":{wave}.1}}]"#);
    }
    let _ = write!(text, r#"}},"meta":{{"boot_id":"b","seq":{seq},"age_ms":{age_ms}}}}}"#);
    text
}

fn hub(more: &str) -> Hub {
    let state = scratch("state");
    Hub::start(&format!("state_dir = \"{}\"\n[viewers]\npublic = true\n{more}", state.display()))
}

/// A hub that keeps its past in the database at the address in this variable.
fn hub_of(variable: &str) -> Hub {
    let url = std::env::var(variable).expect("where it is");
    let name = format!("past_{}", std::process::id());
    let password = std::env::var("KINGLET_DATABASE_PASSWORD").expect("the file of user me");
    hub(&format!(
        "[sink.influxdb]\nurl = \"{url}\"\ndatabase = \"{name}\"\ninterval = \"1s\"\n\
         user = \"me\"\ntoken_file = \"{password}\"\n\
         [store]\nbackend = \"influxdb\"\npath = \"memory\"\n"
    ))
}

fn ask(hub: &Hub, query: &str) -> Value {
    let (status, body) = hub.http(&format!("/api/history/{query}"), "");
    let answer: Value = serde_json::from_str(&body).unwrap_or_else(|_| panic!("{query}: {body}"));
    serde_json::json!({ "status": status, "answer": answer })
}

/// Whether the two are equal, numbers within this share of themselves.
fn is_same(one: &Value, other: &Value, within: f64) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= within * one.abs().max(1.0)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(a, b)| is_same(a, b, within))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(key, a)| other.get(key).is_some_and(|b| is_same(a, b, within)))
        }
        _ => one == other,
    }
}

/// Of an answer what lies wholly within the range that was asked for: of what is folded the hub's
/// own file knows no part of a minute. A line without a point is none, as long as others have some.
fn whole(query: &Query, answer: &Value) -> Value {
    let mut answer = answer.clone();
    let is_list = answer["answer"].is_array();
    let said = &mut answer["answer"];
    let one = if is_list { None } else { Some(said.take()) };
    let mut lines = one.map_or_else(|| said.as_array().cloned().unwrap_or_default(), |it| vec![it]);
    for line in &mut lines {
        let step = line["step"].as_u64().unwrap_or(1) * 1000;
        if let Some(points) = line["points"].as_array_mut() {
            points.retain(|point| {
                let at = point[0].as_u64().unwrap();
                step == 1000 || (at >= query.from && at + step <= query.to)
            });
        }
    }
    let has_points =
        |line: &Value| line["points"].as_array().is_some_and(|points| !points.is_empty());
    lines.retain(|line| !is_list || has_points(line));
    answer["answer"] = if is_list { Value::Array(lines) } else { lines.remove(0) };
    answer
}

/// Sends the readings, and waits until they can be asked for.
fn fill(hub: &Hub, first: u64, is_there: impl Fn(&Hub) -> bool) {
    let mut agent = hub.agent("pi", FLEET);
    for seq in 1..=READINGS {
        let age_ms = now_ms() - (first + IN_SECOND_MS + (seq - 1) * APART_MS);
        agent.send(&reading(seq, age_ms));
        // What waited for a second would be one older; and who asks too often is not heard.
        if seq.is_multiple_of(40) {
            agent.settle();
        }
    }
    let deadline = Deadline::in_seconds(60);
    while !is_there(hub) {
        deadline.check("the last reading");
    }
}

/// A question, and the range in it.
struct Query {
    text: String,
    from: u64,
    to: u64,
}

const METRICS: [&str; 14] = [
    "cpu.usage",
    "cpu.%7Bcore%7D.usage",
    "cpu.1.usage",
    "memory.used",
    "uptime",
    "network.total_rx",
    "network.eth0.rx_bytes",
    "disks.%7Bdisk%7D.used",
    "disks.sda.used",
    "disks.my%20disk,a=b.used",
    "filesystems.%7Bmount_point%7D.used",
    "temperatures.%7Bsensor%7D",
    "temperatures.cpu%20thermal",
    "battery.percent",
];

const STEPS: [&str; 7] =
    ["", "&step=1", "&step=10", "&step=60", "&step=90", "&step=600", "&step=3600"];

/// Every metric of the readings, in steps that the ranges begin and end within, and at.
fn questions(first: u64) -> Vec<Query> {
    let last = first + (READINGS - 1) * APART_MS;
    let hours = first - first % 3_600_000;
    let year = 366 * 24 * 3_600_000_u64;
    let mut all = Vec::new();
    let mut ask = |start: &str, from, to, step: &str| {
        all.push(Query { text: format!("{start}&from={from}&to={to}{step}"), from, to });
    };
    for metric in METRICS {
        for (from, to) in [
            (hours, hours + 4 * 3_600_000),
            (first, last + 1000),
            (first + 1_234_000, last - 777_000),
            (first + 50 * APART_MS, first + 51 * APART_MS),
            (first - 100_000, first - 50_000),
        ] {
            STEPS.iter().for_each(|step| ask(&format!("pi?metric={metric}"), from, to, step));
        }
    }
    ask("pi?metric=cpu.usage", last - year, last, "&step=5");
    ask("nobody?metric=cpu.usage", first, last, "&step=60");
    all
}

/// Fails with the first of those that differ.
fn assert_same(what: &str, one: &[Value], other: &[Value], queries: &[Query], within: f64) {
    let pairs = queries.iter().zip(one.iter().zip(other));
    let differ = pairs.filter(|(_, (one, other))| !is_same(one, other, within));
    let shown = differ.map(|(query, (one, other))| format!("{}\n  {one}\n  {other}", query.text));
    let shown: Vec<_> = shown.collect();
    let few = shown.iter().take(5).map(String::as_str);
    let few = Vec::from_iter(few).join("\n");
    assert!(shown.is_empty(), "{what}: {} of {} differ:\n{few}", shown.len(), queries.len());
}

#[test]
#[ignore = "needs databases: tests/interop/influx-hub/run starts them"]
fn every_engine_answers_as_the_hubs_own_file() {
    let last = now_ms() - 300_000;
    let first = last - last % APART_MS + WITHIN_MS - READINGS * APART_MS;
    let queries = questions(first);
    let query = format!("pi?metric=uptime&from={first}&to={}&step=1", now_ms());
    let points = |hub: &Hub| ask(hub, &query)["answer"]["points"].as_array().map_or(0, Vec::len);
    let answers = |hub: Hub| {
        fill(&hub, first, |hub| points(hub) == usize::try_from(READINGS).unwrap());
        Vec::from_iter(queries.iter().map(|query| ask(&hub, &query.text)))
    };
    let whole = |all: &[Value]| -> Vec<Value> {
        queries.iter().zip(all).map(|(query, answer)| whole(query, answer)).collect()
    };
    let own = answers(hub("[store]\ncommit_interval = \"1s\"\n"));
    let influxdb = answers(hub_of("KINGLET_INFLUXDB_URL"));
    let victoria = answers(hub_of("KINGLET_VICTORIAMETRICS_URL"));
    assert_same("InfluxDB and VictoriaMetrics", &influxdb, &victoria, &queries, 1e-9);
    // Of what is folded the hub's own file has means of four digits.
    assert_same("own and InfluxDB", &whole(&own), &whole(&influxdb), &queries, 1e-3);
    let points: usize = own.iter().map(|answer| answer.to_string().len()).sum();
    assert!(points > 100_000, "{points} bytes were compared");
}
