//! What a host is rather than how it does: Spring's info and environment endpoints.

use kinglet_proto::sample::{Public, Report, Sample};
use serde_json::{Map, Value, json};

use crate::fleet::Snapshot;

/// One source of properties.
struct Source {
    name: &'static str,
    properties: Vec<(String, String)>,
}

/// Version, system, and what the owner calls it. All of it anyone may see where anyone may look.
pub(super) fn info(host: &Snapshot) -> Value {
    let shown = host.host();
    let mut info = Map::new();
    let mut add = |name: &str, value: Value| drop(info.insert(name.to_owned(), value));
    add("host", json!(shown));
    let Some(sample) = host.sample.as_deref() else { return info.into() };
    let version = sample.agent.as_ref().map(|agent| &agent.version);
    if let Some(version) = version.filter(|version| !version.is_empty()) {
        let build = json!({
            "artifact": "kinglet", "group": "kinglet", "name": "kinglet", "version": version,
        });
        add("build", build);
    }
    let os = &sample.os;
    add("os", json!({ "name": os.name, "version": os.version, "arch": os.arch.0 }));
    add("kernel", json!({ "release": os.kernel }));
    add("cpu", json!({ "brand": sample.cpu.brand, "cores": sample.cpu.cores }));
    info.into()
}

/// Every property, by its source.
pub(super) fn environment(host: &Snapshot, public: bool) -> Value {
    let told: Vec<_> = sources(host, public)
        .into_iter()
        .map(|source| {
            let property = |(name, value)| (name, json!({ "value": Value::String(value) }));
            let properties: Map<_, _> = source.properties.into_iter().map(property).collect();
            json!({ "name": source.name, "properties": properties })
        })
        .collect();
    json!({ "activeProfiles": [], "propertySources": told })
}

/// One property; `None` where the host has none of this name. Tags are for figures.
pub(super) fn property(host: &Snapshot, name: &str, _: &[&str], public: bool) -> Option<Value> {
    let sources = sources(host, public);
    let (source, value) = sources.iter().find_map(|source| {
        let (_, value) = source.properties.iter().find(|(known, _)| known == name)?;
        Some((source.name, value))
    })?;
    Some(json!({
        "property": { "source": source, "value": value },
        "activeProfiles": [],
        "propertySources": [{ "name": source, "property": { "value": value } }],
    }))
}

/// The first two have names that Spring gives them, by which the program finds their pages.
fn sources(host: &Snapshot, public: bool) -> Vec<Source> {
    let Some(sample) = host.sample.as_deref() else { return Vec::new() };
    let given = |pairs: &[(&str, &str)]| -> Vec<_> {
        let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
        pairs.map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
    };
    let os = &sample.os;
    let (hostname, kernel) = (sample.hostname.as_str(), os.kernel.as_str());
    vec![
        Source { name: "systemEnvironment", properties: given(&[("HOSTNAME", hostname)]) },
        Source {
            name: "systemProperties",
            properties: given(&[
                ("os.name", "Linux"),
                ("os.version", kernel),
                ("os.arch", &os.arch.0),
            ]),
        },
        Source { name: "host", properties: texts(sample, public) },
    ]
}

/// Every text in a sample by its place there, as `cpu.brand` and `disks[0].model`; numbers are
/// figures, and those are asked for elsewhere.
fn texts(sample: &Sample, public: bool) -> Vec<(String, String)> {
    let all = if public {
        serde_json::to_value(Public(sample))
    } else {
        serde_json::to_value(Report::whole(sample))
    };
    let mut found = Vec::new();
    walk(String::new(), &all.unwrap_or_default(), &mut found);
    found.retain(|(name, _)| name != "timestamp");
    found
}

fn walk(place: String, value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::String(text) if !text.is_empty() => found.push((place, text.clone())),
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(at, item)| walk(format!("{place}[{at}]"), item, found));
        }
        Value::Object(members) => {
            let dot = if place.is_empty() { "" } else { "." };
            for (name, member) in members {
                walk(format!("{place}{dot}{name}"), member, found);
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
