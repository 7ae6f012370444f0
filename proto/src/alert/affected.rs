//! Which processes an alert is likely about: those that took most of the processor or of memory.

use std::sync::Arc;

use super::series::{Phase, Series};
use super::{Alert, Change};
use crate::percent::Percent;
use crate::sample::{Process, Sample};

/// Gives what has just fired the names, where the sample has any.
pub(super) fn name(changes: &mut [Change], series: &mut [Series], sample: &Sample) {
    for change in changes {
        let Change::Fired(alert) = change else { continue };
        let processes = names(alert.rule.kind(), &sample.top);
        if processes.is_empty() {
            continue;
        }
        let named = Arc::new(Alert { processes, ..Alert::clone(alert) });
        for series in &mut *series {
            match &mut series.phase {
                Phase::Firing(held) if Arc::ptr_eq(held, alert) => *held = named.clone(),
                Phase::Firing(_) | Phase::Well | Phase::Pending(_) | Phase::Unseen(_) => {}
            }
        }
        *alert = named;
    }
}

/// Of those that take most, whose share of this is known, the greatest first.
fn names(kind: &str, top: &[Process]) -> Vec<String> {
    let figure: fn(&Process) -> u64 = match kind {
        "cpu" | "load_average" => |process| process.cpu_percent.map_or(0, Percent::tenths),
        "memory" => |process| process.memory_used.unwrap_or(0),
        _ => return Vec::new(),
    };
    let mut rows: Vec<&Process> = top.iter().filter(|process| figure(process) > 0).collect();
    rows.sort_unstable_by_key(|process| (std::cmp::Reverse(figure(process)), process.pid));
    let mut names: Vec<String> = Vec::new();
    for process in rows {
        // Five workers of one server are one name.
        if !names.contains(&process.name) {
            names.push(process.name.clone());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_names_who_takes_most_of_what_it_is_about() {
        let row = |name: &str, tenths: u64, memory| Process {
            name: name.to_owned(),
            cpu_percent: Some(Percent::of(tenths, 1000)),
            memory_used: Some(memory),
            ..Process::default()
        };
        let top = [
            row("python", 900, 0),
            row("python", 800, 0),
            row("java", 40, 900),
            row("cache", 0, 9000),
        ];
        assert_eq!(names("cpu", &top), ["python", "java"]);
        assert_eq!(names("memory", &top), ["cache", "java"]);
        assert_eq!(names("filesystems", &top), [""; 0]);
    }
}
