//! Questions to a small fleet and to a history made up here.

use std::sync::Mutex;
use std::time::Duration;

use kinglet_proto::host::HostId;
use kinglet_proto::ingest::decode;
use kinglet_proto::time::Instant;

use super::*;
use crate::fleet::{ConnectionId, Input, Settings};
use crate::history::{Event, EventQuery, Point, State};

const NOW: Now = Now {
    instant: Instant::from_millis(1_000),
    wall: WallTime::from_unix_millis(1_800_000_000_000),
};

/// Answers with a point for each step, whose value counts up from 0.5; remembers what was asked.
#[derive(Default)]
struct Counting {
    without: Vec<&'static str>,
    refuses: Option<QueryError>,
    asked: Mutex<Vec<(String, Option<u32>)>>,
}

impl History for Counting {
    fn lines(&self, query: &Query<'_>) -> Result<Vec<Line>, QueryError> {
        let Query { metric, label, from, to, step_s, .. } = *query;
        let first = {
            let mut asked = self.asked.lock().unwrap();
            asked.push((format!("{} {label:?}", metric.name), step_s));
            asked.len() == 1
        };
        if let (Some(error), true) = (&self.refuses, first) {
            return Err(error.clone());
        }
        if self.without.contains(&metric.name) {
            return Ok(Vec::new());
        }
        let step_ms = u64::from(step_s.unwrap_or(5)) * 1000;
        let points = (from.unix_millis().div_ceil(step_ms)..to.unix_millis().div_ceil(step_ms))
            .enumerate()
            .map(|(count, step)| {
                let mean = f64::from(u32::try_from(count).unwrap()) + 0.5;
                Point { at_ms: step * step_ms, mean, min: 0.0, max: 100.0 }
            });
        let labels = metric.labels.iter().map(|_| label.unwrap_or("x").to_owned()).collect();
        let step_s = step_s.unwrap_or(1);
        Ok(vec![Line { metric, labels, step_s, points: points.collect() }])
    }

    fn events(&self, _: &EventQuery<'_>) -> Result<Vec<Event>, QueryError> {
        Ok(Vec::new())
    }

    fn state(&self) -> State {
        State::default()
    }
}

fn fleet(hosts: &[(&str, &str)]) -> Fleet {
    let mut fleet = Fleet::new(Settings {
        offline_after: Duration::from_secs(60),
        durable: false,
        hosts: Vec::new(),
    });
    for (number, (host, data)) in (0..).zip(hosts) {
        let (connection, host) = (ConnectionId(number), HostId::parse(host).unwrap());
        fleet.handle_input(Input::Joined { connection, host, greet: false }, NOW);
        let message = decode(&format!(r#"{{"type":"metrics","data":{data}}}"#)).unwrap();
        fleet.handle_input(Input::Received(connection, message), NOW);
    }
    fleet
}

fn question(metrics: &[&str], minutes: f64) -> Question {
    let metrics = metrics.iter().map(|&name| name.to_owned()).collect();
    Question { metrics, minutes, server_id: None }
}

const PI: (&str, &str) = (
    "pi",
    r#"{"cpu":{"usage":45.2},"disks":[{"name":"sda","usage_percent":33.0,"used":7}],
        "network":{"total_tx":10,"total_rx":20},"processes":{"total":125,"running":0}}"#,
);
const NAS: (&str, &str) =
    ("nas", r#"{"cpu":{"usage":5},"filesystems":[{"mount_point":"/","usage_percent":55.1}]}"#);

#[test]
fn the_present_nests_by_metric_then_host() {
    let names = [
        "cpu_percent",
        "disk_usage_percent",
        "network_io",
        "process_count",
        "cpu.usage",
        "disks.sda.used",
        "system.cpu.usage",
    ];
    let asked = question(&names, 0.0);
    let checked = check(&fleet(&[PI, NAS]), asked, (true, Sight::All), NOW).unwrap();
    let due = json!({"metrics":{
        "cpu_percent":{"nas":5,"pi":45.2},
        "disk_usage_percent":{"nas":55.1,"pi":33},
        "network_io":{"pi":{"bytes_sent":10,"bytes_recv":20}},
        "process_count":{"pi":125},
        "cpu.usage":{"nas":5,"pi":45.2},
        "disks.sda.used":{"pi":7},
        "system.cpu.usage":{"nas":0.05,"pi":0.452},
    },"history":{}});
    assert_eq!(checked.answer(&Counting::default()), Ok(due));
}

#[test]
fn the_past_is_pairs_of_a_time_and_a_value() {
    let names = question(&["cpu_percent", "disk_usage_percent", "network_io"], 0.25);
    let checked = check(&fleet(&[PI]), names, (true, Sight::All), NOW).unwrap();
    let history = Counting {
        without: vec!["filesystems.{mount_point}.usage_percent"],
        ..Counting::default()
    };
    let [a, b, c] = [15, 10, 5].map(|age: u64| 1_800_000_000_000 - age * 1000);
    let line = json!([[a, 0.5], [b, 1.5], [c, 2.5]]);
    let io = |value| json!({"bytes_sent":value,"bytes_recv":value});
    let due = json!({
        "cpu_percent":{"pi":line},
        "disk_usage_percent":{"pi":line},
        "network_io":{"pi":[[a, io(0.5)], [b, io(1.5)], [c, io(2.5)]]},
    });
    assert_eq!(checked.answer(&history).unwrap()["history"], due);
    let asked = history.asked.into_inner().unwrap();
    assert_eq!(asked[1].0, "filesystems.{mount_point}.usage_percent Some(\"/\")");
    assert_eq!(asked[2].0, "disks.{disk}.usage_percent None", "the first disk stands in");
}

#[test]
fn an_answer_has_at_most_ten_thousand_points() {
    let count = |answer: &Value| -> usize {
        let lines = answer["history"].as_object().unwrap().values();
        let lines = lines.flat_map(|hosts| hosts.as_object().unwrap().values());
        lines.map(|points| points.as_array().unwrap().len()).sum()
    };
    let names = ["cpu_percent", "memory_percent", "process_count"];
    for (hosts, minutes) in [(1, 10.0), (1, 1440.0), (40, 60.0), (40, 525_600.0), (300, 1e12)] {
        let hosts: Vec<_> = (0..hosts).map(|n| format!("h{n}")).collect();
        let hosts: Vec<_> = hosts.iter().map(|id| (id.as_str(), PI.1)).collect();
        let checked =
            check(&fleet(&hosts), question(&names, minutes), (false, Sight::All), NOW).unwrap();
        let points = count(&checked.answer(&Counting::default()).unwrap());
        assert!(points <= ANSWER_POINTS_MAX && points > 0, "{points} of {minutes} min");
    }
    let most: Vec<_> = (0..4000).map(|n| format!("h{n}")).collect();
    let most: Vec<_> = most.iter().map(|id| (id.as_str(), PI.1)).collect();
    let fleet = fleet(&most);
    assert!(check(&fleet, question(&names, 1.0), (false, Sight::All), NOW).is_err());
    let one = Question { server_id: Some("h7".to_owned()), ..question(&names, 1.0) };
    assert_eq!(
        check(&fleet, one, (false, Sight::All), NOW).map(|checked| checked.hosts.len()),
        Ok(1)
    );
}

#[test]
fn a_step_that_a_store_prefers_is_taken_and_a_failure_said() {
    let asked =
        || check(&fleet(&[PI]), question(&["cpu.usage"], 10.0), (false, Sight::All), NOW).unwrap();
    let history = Counting { refuses: Some(QueryError::TooManyPoints(60)), ..Counting::default() };
    let answer = asked().answer(&history).unwrap();
    assert_eq!(answer["history"]["cpu.usage"]["pi"].as_array().unwrap().len(), 10);
    let history = Counting { refuses: Some(QueryError::UnknownHost), ..Counting::default() };
    assert_eq!(asked().answer(&history).unwrap()["history"], json!({"cpu.usage":{}}));
    let failed = QueryError::Failed("no disk".to_owned());
    let history = Counting { refuses: Some(failed), ..Counting::default() };
    assert_eq!(asked().answer(&history).unwrap_err(), "the history cannot be read: no disk");
}

#[test]
fn who_asks_for_what_is_not_there_is_told() {
    let fleet = fleet(&[PI]);
    let refused = |question, public| check(&fleet, question, (public, Sight::All), NOW).err();
    assert_eq!(refused(question(&["cpu"], 0.0), false), Some("no such metric".to_owned()));
    let many = vec!["cpu.usage"; QUESTION_METRICS_MAX + 1];
    assert_eq!(refused(question(&many, 0.0), false), Some("too many metrics".to_owned()));
    let nobody = Question { server_id: Some("x".to_owned()), ..question(&["uptime"], 0.0) };
    assert_eq!(refused(nobody, false), Some("no such host".to_owned()));
}
