//! The realtime API: `performance` of a host, and what agents tell beside their figures.

use serde::Serialize;
use serde_json::{Map, Value};

use super::Topic;
use crate::ingest::Scalar;
use crate::percent::Percent;
use crate::sample::Sample;
use crate::time::WallTime;
use crate::wire::envelope::{Head, envelope, envelope_of, silent_envelope_of};

/// The system form of `performance`. What the host did not give is absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Performance {
    /// Of all processors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_percent: Option<Percent>,
    /// Of the memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_percent: Option<Percent>,
    /// Of the file system at `/`, else of the first disk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_usage_percent: Option<Percent>,
    /// Bytes since boot.
    #[serde(skip_serializing_if = "NetworkIo::is_empty")]
    pub network_io: NetworkIo,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub process_count: Option<u64>,
}

/// Bytes that went over the network, counted once, since boot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NetworkIo {
    /// Out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_sent: Option<u64>,
    /// In.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_recv: Option<u64>,
}

impl NetworkIo {
    fn is_empty(&self) -> bool {
        self.bytes_sent.is_none() && self.bytes_recv.is_none()
    }
}

impl Performance {
    /// Of this reading.
    pub fn of(sample: &Sample) -> Self {
        let root = sample.filesystems.iter().find(|fs| fs.mount_point == "/");
        let disk = sample.disks.first().and_then(|disk| disk.usage_percent);
        Self {
            cpu_percent: sample.cpu.usage,
            memory_percent: sample.memory.usage_percent,
            disk_usage_percent: root.and_then(|fs| fs.usage_percent).or(disk),
            network_io: NetworkIo {
                bytes_sent: sample.network.total_tx,
                bytes_recv: sample.network.total_rx,
            },
            process_count: sample.processes.as_ref().and_then(|processes| processes.total),
        }
    }

    /// What a message of a host with it is about.
    pub fn topic(&self, server_id: &str) -> Topic {
        // Above 2^53 the last digits are lost.
        #[expect(clippy::cast_precision_loss)]
        let processes = self.process_count.map(|count| count as f64);
        let numbers = [
            ("cpu_percent", self.cpu_percent.map(Percent::get)),
            ("memory_percent", self.memory_percent.map(Percent::get)),
            ("disk_usage_percent", self.disk_usage_percent.map(Percent::get)),
            ("process_count", processes),
        ];
        let numbers = numbers.into_iter().filter_map(|(name, number)| Some((name, number?)));
        let numbers = numbers.map(|(name, number)| (name.into(), Scalar::Number(number)));
        let server_id = ("server_id".into(), Scalar::Text(server_id.to_owned()));
        Topic::new("performance", numbers.chain([server_id]).collect())
    }
}

/// New figures of a host, in the system form.
pub fn performance(head: Head, server_id: &str, performance: &Performance) -> String {
    envelope_of("performance", head, performance, server_id)
}

/// The answer to a `request_data`.
pub fn answer(head: Head, data: &Value) -> String {
    envelope("performance", head, Some(data))
}

/// What an agent told beside its figures; `silenced` until when it is not passed on.
pub fn told(
    head: Head,
    kind: &str,
    server_id: &str,
    data: &Map<String, Value>,
    silenced: Option<WallTime>,
) -> String {
    match silenced {
        None => envelope_of(kind, head, data, server_id),
        Some(until) => silent_envelope_of(kind, head, data, server_id, until),
    }
}

/// Of what an agent told, what everybody may know. An agent's owner writes titles and messages for
/// people; lists of processes, connections, settings and free details stay with who has a token.
pub fn public_part(kind: &str, data: Map<String, Value>) -> Map<String, Value> {
    let members: &[&str] = match kind {
        "alert" => &[
            "alert_id",
            "type",
            "level",
            "title",
            "message",
            "value",
            "threshold",
            "status",
            "resolved_at",
        ],
        "performance" => &["metric_name", "value", "unit", "category"],
        "status" => &["component", "status", "last_check"],
        "config" => &["action"],
        "system" => &["event", "down_ms", "attempts", "cause", "uptime", "killed"],
        _ => &[],
    };
    let is_public = |(member, value): &(String, Value)| {
        members.contains(&member.as_str()) && Scalar::read(value).is_some()
    };
    data.into_iter().filter(is_public).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::time::WallTime;

    const HEAD: Head = Head { id: 3, wall: WallTime::from_unix_millis(0) };

    fn sample(text: &Value) -> Sample {
        serde_json::from_value(text.clone()).unwrap()
    }

    #[test]
    fn a_reading_in_the_documents_words() {
        let full = json!({"cpu":{"usage":45.2},"memory":{"usage_percent":67.8},
            "filesystems":[{"mount_point":"/boot","usage_percent":9.0},
                {"mount_point":"/","usage_percent":55.1}],
            "disks":[{"name":"sda","usage_percent":33.0}],
            "network":{"total_tx":1_048_576_000,"total_rx":2_097_152_000_u64},
            "processes":{"total":125}});
        let text = performance(HEAD, "pi", &Performance::of(&sample(&full)));
        let due = json!({"type":"performance","id":"performance_3",
            "timestamp":"1970-01-01T00:00:00.000Z","data":{"cpu_percent":45.2,
            "memory_percent":67.8,"disk_usage_percent":55.1,"network_io":
            {"bytes_sent":1_048_576_000,"bytes_recv":2_097_152_000_u64},"process_count":125},
            "meta":{"server_id":"pi"}});
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), due);
        let little = json!({"disks":[{"name":"sda","usage_percent":33.0}]});
        let text = performance(HEAD, "pi", &Performance::of(&sample(&little)));
        assert!(text.contains(r#""data":{"disk_usage_percent":33.0},"#), "{text}");
    }

    #[test]
    fn what_anyone_may_see_of_an_event_is_on_a_list() {
        let data = json!({"alert_id":"a","type":"cpu","title":{"odd":1},"message":"m",
            "metadata":{"affected_processes":["secret"]},"resolved_by":"admin","x":1});
        let Value::Object(data) = data else { panic!() };
        let public = Value::Object(public_part("alert", data.clone()));
        assert_eq!(public, json!({"alert_id":"a","type":"cpu","message":"m"}));
        for kind in ["performance", "status", "config", "system", "another"] {
            assert!(public_part(kind, data.clone()).is_empty(), "{kind}");
        }
    }
}
