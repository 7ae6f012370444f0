//! Figures that move, and what a row has to say of them.

use serde_json::{Map, Value, json};

/// What a row has to say of a whole object, told anew: by the documents, not by the code.
pub(super) fn due(metrics: &Value) -> Map<String, Value> {
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
        let rate = at(metrics, name);
        let (name, rate) = if rate.is_null() { (other, at(metrics, other)) } else { (name, rate) };
        put(name, rate.clone());
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

pub(super) fn at<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(value, |value, member| &value[member])
}

pub(super) fn parts(of: &Value, members: &[&str]) -> Value {
    let parts = members.iter().filter(|member| !of[**member].is_null() && of[**member] != false);
    Value::Object(parts.map(|member| ((*member).to_owned(), of[*member].clone())).collect())
}

/// Whether a row says what is due, as far as it is shown.
pub(super) fn same(row: &Map<String, Value>, due: &Map<String, Value>) -> bool {
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
pub(super) fn figures(seed: u64, step: u64) -> Value {
    let wave =
        |n: u64, from: u64, to: u64| from + (seed * 7919 + step * 104_729 + n * 31) % (to - from);
    #[expect(clippy::cast_precision_loss)]
    let tenths = |n: u64, to: u64| wave(n, 0, to * 10) as f64 / 10.0;
    let core: Vec<_> = (0..4).map(|n| tenths(n, 100)).collect();
    let mut data = json!({
        "hostname":format!("h{seed}"),"os":{"name":"debian","version":"12","kernel":"6.12.9",
        "arch":"aarch64"},
        "cpu":{"brand":"Cortex-A76","cores":4,"usage":tenths(1,100),"user":tenths(2,60),
            "system":tenths(3,30),"iowait":tenths(4,9),"per_core":core},
        "memory":{"total":4_294_967_296_u64,"used":wave(5,1_000_000_000,3_000_000_000),
        "available":wave(6,1_000_000_000,2_000_000_000),
            "usage_percent":tenths(7,100)},
        "disks":[{"name":"sda","model":"SSD","serial":"SERIAL","total":64_000_000_000_u64,
        "mount_points":["/"],
            "read_speed":wave(8,0,9_000_000),"write_speed":wave(9,0,800_000),
            "busy_percent":tenths(10,100)}],
        "filesystems":[{"mount_point":"/","device":"/dev/sda2","fstype":"ext4",
        "total":64_000_000_000_u64,
            "used":wave(11,9_000_000_000,9_100_000_000),"free":50_000_000_000_u64,
            "usage_percent":33.3,
            "inodes_total":1_933_312,"inodes_used":wave(12,130_000,131_000)},
            {"mount_point":"/boot","device":"/dev/sda1","fstype":"vfat","total":536_870_912,
                "used":134_217_728,
            "free":402_653_184,"usage_percent":25.0}],
        "network":{"wan":"eth0","rx_speed":wave(13,1_000,9_000_000),
        "tx_speed":wave(14,1_000,900_000),
            "total_rx":90_000_000_000_u64 + step * 100_000,
            "total_tx":20_000_000_000_u64 + step * 9_000,
            "interfaces":[{"name":"eth0","mac":"02:00:5e:10:00:01","speed":1000,"state":"up",
            "rx_bytes":90_000_000_000_u64 + step,"tx_bytes":20_000_000_000_u64 + step,
            "rx_speed":wave(13,1_000,9_000_000),
            "tx_speed":wave(14,1_000,900_000)}]},
        "uptime":86_000 + seed * 3600 + step,"load_average":{"one":tenths(15,4),
        "five":tenths(16,4),"fifteen":1.2},
        "processes":{"total":wave(17,120,140),"running":wave(18,1,4)},
        "pressure":{"cpu":{"some_avg10":tenths(19,10)},"memory":{"some_avg10":0.0},
        "io":{"some_avg10":tenths(20,10)}},
        "temperatures":[{"label":"cpu","celsius":tenths(21,90)},{"label":"soc",
        "celsius":tenths(22,90)}]
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
