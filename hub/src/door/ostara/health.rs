//! Whether a host is up, and what of it is well, in the words of Spring's health endpoint.
//!
//! A host is UP that reports. A part of it may be DOWN and the host is not: a full disk is told as
//! a full disk.

use kinglet_proto::sample::{Cpu, Filesystem, Memory, Sample};
use serde_json::{Map, Value, json};

use crate::fleet::Snapshot;

/// The answer.
pub(super) fn of(host: &Snapshot) -> Value {
    let connection = json!({
        "status": status(host.online),
        "details": { "lastSeen": host.last_seen },
    });
    let mut components = Map::from_iter([("connection".to_owned(), connection)]);
    // Of one that is away nobody knows how it is.
    if let Some(sample) = host.sample.as_deref().filter(|_| host.online) {
        components.extend(parts(sample));
    }
    json!({ "status": status(host.online), "components": components })
}

const fn status(good: bool) -> &'static str {
    if good { "UP" } else { "DOWN" }
}

/// The parts that the host says something of.
fn parts(sample: &Sample) -> Vec<(String, Value)> {
    let mut parts = Vec::new();
    let mut add = |name: &str, part: Option<Value>| {
        parts.extend(part.map(|part| (name.to_owned(), part)));
    };
    add("cpu", cpu(&sample.cpu));
    add("memory", memory(&sample.memory));
    add("diskSpace", disk_space(&sample.filesystems));
    add(
        "power",
        sample.power.map(|power| {
            let good = !power.undervoltage && power.throttled != Some(true);
            let details =
                json!({ "undervoltage": power.undervoltage, "throttled": power.throttled });
            json!({ "status": status(good), "details": details })
        }),
    );
    parts
}

fn cpu(cpu: &Cpu) -> Option<Value> {
    let usage = cpu.usage?.get();
    Some(json!({ "status": "UP", "details": { "usage": usage, "cores": cpu.cores } }))
}

fn memory(memory: &Memory) -> Option<Value> {
    let Memory { total: Some(total), available, usage_percent, .. } = *memory else { return None };
    let usage = usage_percent.map(kinglet_proto::percent::Percent::get);
    let details = json!({ "total": total, "available": available, "usage": usage });
    Some(json!({ "status": "UP", "details": details }))
}

/// Every file system is a component of this one, which is as well as the worst of them.
fn disk_space(all: &[Filesystem]) -> Option<Value> {
    let one = |it: &Filesystem| {
        let details = json!({
            "total": it.total, "free": it.free, "fstype": it.fstype,
            "readOnly": it.read_only, "stuck": it.stuck,
        });
        let component = json!({ "status": status(is_well(it)), "details": details });
        (it.mount_point.clone(), component)
    };
    let components: Map<_, _> = all.iter().map(one).collect();
    let status = status(all.iter().all(is_well));
    (!all.is_empty()).then(|| json!({ "status": status, "components": components }))
}

/// It answers, and who may write to it can.
fn is_well(it: &Filesystem) -> bool {
    let is_full = it.free == Some(0) && it.total.is_some_and(|total| total > 0);
    !it.stuck && (it.read_only || !is_full)
}
