//! Every form of message an agent is known to send, and the ones no agent should.

use serde_json::Value;

use super::*;
use crate::percent::Percent;
use crate::time::WallTime;
use crate::viewer;

fn report(text: &str) -> Report {
    match decode(text) {
        Ok(Message::Report(report)) => *report,
        other => panic!("{other:?}: {text}"),
    }
}

#[test]
fn the_native_envelope() {
    let report = report(
        r#"{"type":"metrics","id":"m_7","timestamp":"2026-11-20T08:00:00Z",
            "data":{"timestamp":"2026-11-20T08:00:00.250Z","hostname":"pi","uptime":9,
                    "cpu":{"usage":12.5,"per_core":[10,15]},"from_the_future":{"x":[1]}},
            "meta":{"seq":42,"boot_id":"b","uptime_ms":9000,"age_ms":1500,
                    "host":{"name":"Attic","group":null}}}"#,
    );
    assert_eq!((report.label.name.as_deref(), report.label.group), (Some("Attic"), None));
    assert_eq!(report.label.has_rules, Some(false));
    assert_eq!(report.place, Some(Place { boot_id: "b".to_owned(), seq: 42 }));
    assert_eq!(report.age, Duration::from_millis(1500));
    assert_eq!(report.sample.hostname, "pi");
    assert_eq!(report.sample.cpu.per_core.len(), 2);
    assert_eq!(Some(report.sample.timestamp), WallTime::parse("2026-11-20T08:00:00.250Z"));
}

#[test]
fn who_says_what_its_host_is_called_says_whether_it_has_rules() {
    for (meta, has_rules) in [
        (r#""host":{"name":"Attic"},"alerts":true"#, Some(true)),
        (r#""host":{"name":"Attic"},"alerts":false"#, Some(false)),
        (r#""host":{}"#, Some(false)),
        (r#""seq":1"#, None),
        (r#""alerts":true"#, None),
    ] {
        let text = format!(r#"{{"type":"metrics","data":{{}},"meta":{{{meta}}}}}"#);
        assert_eq!(report(&text).label.has_rules, has_rules, "{meta}");
    }
}

#[test]
fn vstats_documented_and_shipped() {
    let documented = r#"{"type":"metrics","data":{"timestamp":"2024-01-01T12:00:00Z",
        "hostname":"my-server","os":{"name":"Ubuntu","version":"22.04","kernel":"5.15.0",
        "arch":"x86_64"},"cpu":{"brand":"Intel Core i7","cores":8,"usage":45.2},"memory":{
        "total":17179869184,"used":8589934592,"usage_percent":50.0},"disks":[],"network":{},
        "uptime":86400,"load_average":{"one":0.5,"five":0.7,"fifteen":0.6}}}"#;
    let shipped = r#"{"type":"metrics","metrics":{"timestamp":"2024-01-01T20:00:00.1234567+08:00",
        "hostname":"my-server","os":{"name":"Ubuntu"},"cpu":{"brand":"Intel Core i7","cores":8,
        "usage":45.2,"frequency":2400,"per_core":[45.2]},"memory":{"total":17179869184,
        "used":8589934592,"usage_percent":50.0,"modules":[{"slot":"A"}]},"disks":[{"name":"sda",
        "total":5,"disk_type":"SSD","usage_percent":1.5,"used":1}],"network":{"interfaces":[
        {"name":"eth0","mac":"","speed":1000,"rx_bytes":1,"tx_bytes":2,"rx_packets":3,
        "tx_packets":4}],"total_rx":1,"total_tx":2,"rx_speed":3,"tx_speed":4},"uptime":86400,
        "load_average":{"one":0.5,"five":0.7,"fifteen":0.6},"ping":{"targets":[{"latency_ms":null}]
        },"version":"3.2.0","ip_addresses":["192.0.2.1"],"gpu":{"gpus":[]}}}"#;
    for text in [documented, shipped] {
        let Report { sample, place, age, .. } = report(text);
        assert_eq!((place, age), (None, Duration::ZERO));
        assert_eq!(sample.hostname, "my-server");
        assert_eq!(sample.cpu.usage, Some(Percent::new(45.2)));
        assert_eq!(sample.memory.usage_percent, Some(Percent::new(50.0)));
        assert_eq!(sample.uptime, Some(86_400));
    }
}

#[test]
fn vstats_logins_heartbeats_and_batches() {
    let login = r#"{"type":"auth","server_id":"abc","token":"secret","version":"3.2.0"}"#;
    let Ok(Message::Login(login)) = decode(login) else { panic!("no login") };
    assert_eq!((&*login.server_id, &*login.token), ("abc", "secret"));
    assert!(!format!("{login:?}").contains("secret"));
    let error = decode(r#"{"type":"auth","token":"t"}"#);
    assert_eq!(error, Err(DecodeError::WrongShape("server_id")));
    assert_eq!(decode(r#"{"type":"heartbeat","timestamp":5}"#), Ok(Message::Heartbeat));
    assert_eq!(decode(r#"{"type":"ping"}"#), Ok(Message::Ping));
    let aggregated = r#"{"type":"aggregated_metrics","granularities":[{"metrics":[]}]}"#;
    assert_eq!(decode(aggregated), Ok(Message::Aggregates(Vec::new())));

    let item = |uptime: u64| {
        format!(r#"{{"timestamp":"2026-01-01T00:00:00Z","metrics":{{"uptime":{uptime}}}}}"#)
    };
    let (one, two) = (item(1), item(2));
    for key in ["metrics_batch", "metrics"] {
        let text = format!(r#"{{"type":"batch_metrics","batch_id":"b","{key}":[{one},{two},7]}}"#);
        let Ok(Message::Batch(batch)) = decode(&text) else { panic!("no batch: {text}") };
        assert_eq!((&*batch.id, batch.reports.len(), batch.rejected), ("b", 2, 1));
        assert_eq!(batch.reports[1].sample.uptime, Some(2));
        assert_eq!(batch.reports[1].sample.timestamp.unix_seconds(), 1_767_225_600);
    }
    let many = vec!["{\"cpu\":{}}"; crate::limits::INGEST_BATCH_MAX + 5].join(",");
    let text = format!(r#"{{"type":"batch_metrics","batch_id":9,"metrics":[{many}]}}"#);
    let Ok(Message::Batch(batch)) = decode(&text) else { panic!("no batch") };
    assert_eq!((&*batch.id, batch.rejected), ("9", 5));
}

/// The documented report, with values of our own.
const DOCUMENTED: &str = r#"{"serverId":"web-1","serverName":"Web Server 1","group":"production",
    "countryCode":"CN","location":"Beijing, China","ip":"192.0.2.45","cpu":{"percent":45.2,
    "cores":8,"modelName":"Xeon"},"memory":{"total":16777216000,"used":8388608000,
    "available":8388608000,"usedPercent":50.0},"disk":[{"path":"/","total":107374182400,
    "used":53687091200,"free":53687091200,"usedPercent":50.0,"readSpeed":1048576,
    "writeSpeed":524288},{"path":"/data","total":10,"used":1,"free":9,"usedPercent":10.0,
    "readSpeed":5,"writeSpeed":6}],"network":{"interfaceName":"eth0","bytesSent":1073741824,
    "bytesRecv":2147483648,"inSpeed":1048576,"outSpeed":524288},"system":{"hostname":"web-server-1",
    "os":"linux","platform":"ubuntu","arch":"amd64","kernel":"5.15.0-58-generic","uptime":864000},
    "timestamp":1699123456}"#;

#[test]
fn the_documented_object_leaves_as_it_came() {
    let Report { sample, label, .. } = decode_server_info(DOCUMENTED).unwrap();
    let host = viewer::Host {
        id: "web-1",
        name: label.name.as_deref().unwrap_or_default(),
        group: label.group.as_deref().unwrap_or_default(),
        location: label.location.as_deref().unwrap_or_default(),
        country_code: label.country_code.as_deref().unwrap_or_default(),
        online: true,
        stopped: false,
        last_seen: None,
    };
    let sent: Value = serde_json::from_str(DOCUMENTED).unwrap();
    let left = viewer::server_info(&host, label.ip.as_deref(), &sample);
    assert_eq!(serde_json::from_str::<Value>(&left).unwrap(), sent);
}

#[test]
fn the_shipped_object() {
    let text = r#"{"ip":"192.0.2.9","loc":"DE","hostInfo":{"kernelArch":"x86_64",
        "kernelVersion":"6.1.0","virtualizationSystem":"kvm","os":"linux","platform":"debian",
        "platformFamily":"debian","platformVersion":"12","uptime":77,"bootTime":1,
        "avgStat":{"load1":0.5,"load5":0.25,"load15":0.1}},"cpuInfo":{"percent":12.5,
        "info":["AMD EPYC 7B13 x 4"]},"virtualMemoryInfo":{"total":100,"used":40,
        "usedPercent":40.0},"swapMemoryInfo":{"total":50,"used":5,"free":45,"usedPercent":10},
        "diskInfo":{"total":10,"used":5,"usedPercent":50,"partitions":[{"mountPoint":"/",
        "fstype":"ext4","total":10,"free":5,"used":5,"usedPercent":50}]},"networkInfo":{
        "netInSpeed":1,"netOutSpeed":2,"netInTransfer":3,"netOutTransfer":4}}"#;
    let Report { sample, label, .. } = decode_server_info(text).unwrap();
    assert_eq!(
        (label.country_code.as_deref(), label.ip.as_deref()),
        (Some("DE"), Some("192.0.2.9"))
    );
    assert_eq!((&*sample.cpu.brand, sample.cpu.cores), ("AMD EPYC 7B13", Some(4)));
    assert_eq!((&*sample.os.name, &*sample.os.version), ("debian", "12"));
    assert_eq!((sample.memory.available, sample.memory.swap_used), (Some(60), Some(5)));
    assert_eq!(sample.filesystems[0].fstype, "ext4");
    assert_eq!(sample.load_average.unwrap().fifteen, 0.1);
    assert_eq!((sample.network.rx_speed, sample.network.total_tx), (Some(1), Some(4)));
    assert_eq!(sample.uptime, Some(77));
}

#[test]
fn what_no_agent_should_send_is_an_error_and_no_more() {
    for (text, error) in [
        ("", DecodeError::NotJson),
        ("{", DecodeError::NotJson),
        (r#"{"type":"metrics","data":{"#, DecodeError::NotJson),
        ("null", DecodeError::NoType),
        ("[]", DecodeError::NoType),
        ("{}", DecodeError::NoType),
        (r#"{"type":null}"#, DecodeError::NoType),
        (r#"{"type":["metrics"]}"#, DecodeError::NoType),
        (DOCUMENTED, DecodeError::NoType),
        (r#"{"type":"metrics"}"#, DecodeError::WrongShape("data")),
        (r#"{"type":"metrics","data":[]}"#, DecodeError::WrongShape("data")),
        (r#"{"type":"metrics","data":null}"#, DecodeError::WrongShape("data")),
        (r#"{"type":"batch_metrics"}"#, DecodeError::WrongShape("metrics_batch")),
    ] {
        assert_eq!(decode(text), Err(error), "{text}");
    }
    let deep = format!(r#"{{"type":"metrics","data":{}"#, "[".repeat(60_000));
    assert_eq!(decode(&deep), Err(DecodeError::NotJson));
    for (text, error) in [
        ("", DecodeError::NotJson),
        ("[]", DecodeError::WrongShape("cpu")),
        ("{}", DecodeError::WrongShape("cpu")),
        (r#"{"type":"metrics","data":{}}"#, DecodeError::WrongShape("cpu")),
    ] {
        assert_eq!(decode_server_info(text), Err(error), "{text}");
    }
}

/// Puts `value` in the place of every value of `object`, one at a time, at every depth.
fn with_each_replaced(object: &Value, value: &Value, check: &mut impl FnMut(&Value)) {
    let paths = paths(object, String::new());
    for path in paths {
        let mut changed = object.clone();
        if let Some(place) = changed.pointer_mut(&path) {
            *place = value.clone();
        }
        check(&changed);
    }
}

fn paths(value: &Value, at: String) -> Vec<String> {
    let below: Vec<String> = match value {
        Value::Object(members) => {
            members.iter().flat_map(|(key, value)| paths(value, format!("{at}/{key}"))).collect()
        }
        Value::Array(items) => {
            let items = items.iter().enumerate();
            items.flat_map(|(index, value)| paths(value, format!("{at}/{index}"))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    std::iter::once(at).chain(below).collect()
}

#[test]
fn any_value_in_any_place_costs_that_place_at_most() {
    use serde_json::json;
    let sample = json!({"hostname":"h","os":{"name":"n"},"cpu":{"usage":1.5,"per_core":[1]},
        "memory":{"total":1},"disks":[{"name":"d","mount_points":["/"]}],"filesystems":
        [{"mount_point":"/"}],"network":{"interfaces":[{"name":"e"}]},"uptime":1,"load_average":
        {"one":0.5},"pressure":{"cpu":{"some_avg10":1}},"temperatures":[{"celsius":1.5}],
        "battery":{"percent":5},"agent":{"version":"v"}});
    let native = json!({"type":"metrics","data":sample,"meta":{"seq":1,"age_ms":0}});
    let documented: Value = serde_json::from_str(DOCUMENTED).unwrap();
    let mut understood = 0;
    for value in [
        json!(null),
        json!(-1),
        json!(1.5),
        json!(1e300),
        json!("x"),
        json!([]),
        json!({}),
        json!([null]),
        json!({"x":null}),
        json!(true),
        json!(u64::MAX),
    ] {
        with_each_replaced(&native, &value, &mut |changed| {
            let text = changed.to_string();
            if let Ok(Message::Report(report)) = decode(&text) {
                understood += 1;
                assert!(serde_json::to_string(&report.sample).is_ok());
                let touched = text.contains(r#""hostname":"h""#) && text.contains(r#""uptime":1,"#);
                assert!(!touched || report.sample.uptime == Some(1), "{text}");
            } else {
                assert!(!changed["data"].is_object() || changed["type"] != "metrics", "{text}");
            }
        });
        with_each_replaced(&documented, &value, &mut |changed| {
            if changed.get("memory").is_some() {
                assert!(decode_server_info(&changed.to_string()).is_ok(), "{changed}");
            }
        });
    }
    assert!(understood > 300, "{understood}");
}
