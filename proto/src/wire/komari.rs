//! Messages of Komari: the report and the basic info, in JSON-RPC 2.0 (version 2) or bare (1).
//!
//! Every member is always written: one that is missing counts as zero there, and one that is
//! unknown costs the whole message. Counts are whole numbers: a fraction in `mem_total` makes the
//! server's own list unreadable until its database is repaired.

use std::borrow::Cow;

use serde::Serialize;

use crate::percent::Percent;

/// A request, or with no `id` a notice that nobody answers.
#[derive(Serialize)]
pub(crate) struct Call<'a, P> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    method: &'a str,
    params: P,
}

impl<'a, P> Call<'a, P> {
    pub(crate) const fn new(id: Option<u64>, method: &'a str, params: P) -> Self {
        Self { jsonrpc: "2.0", id, method, params }
    }
}

/// `params` of `agent.report`.
#[derive(Serialize)]
pub(crate) struct ReportParams<'a> {
    pub(crate) report: Report<'a>,
}

/// One reading.
#[derive(Serialize)]
pub(crate) struct Report<'a> {
    pub(crate) cpu: Cpu,
    pub(crate) ram: Space,
    pub(crate) swap: Space,
    pub(crate) load: Load,
    pub(crate) disk: Space,
    pub(crate) network: Network,
    pub(crate) connections: Connections,
    /// Seconds since boot.
    pub(crate) uptime: u64,
    pub(crate) process: u64,
    /// Shown to every visitor.
    pub(crate) message: &'a str,
}

#[derive(Serialize)]
pub(crate) struct Cpu {
    pub(crate) usage: Percent,
}

/// Bytes.
#[derive(Serialize, Clone, Copy)]
pub(crate) struct Space {
    pub(crate) total: u64,
    pub(crate) used: u64,
}

#[derive(Serialize)]
pub(crate) struct Load {
    pub(crate) load1: f64,
    pub(crate) load5: f64,
    pub(crate) load15: f64,
}

/// Bytes a second, and bytes since boot.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Network {
    pub(crate) up: u64,
    pub(crate) down: u64,
    pub(crate) total_up: u64,
    pub(crate) total_down: u64,
}

#[derive(Serialize)]
pub(crate) struct Connections {
    pub(crate) tcp: u64,
    pub(crate) udp: u64,
}

/// `params` of `agent.basicInfo`.
#[derive(Serialize)]
pub(crate) struct InfoParams<'a> {
    pub(crate) info: &'a BasicInfo<'a>,
}

/// What of the host changes rarely. It is written into the server's table column by column.
#[derive(Serialize)]
pub(crate) struct BasicInfo<'a> {
    pub(crate) os: Cow<'a, str>,
    /// Unknown to servers up to 1.0.2.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kernel_version: Option<&'a str>,
    pub(crate) version: &'static str,
    pub(crate) arch: &'a str,
    pub(crate) cpu_name: &'a str,
    pub(crate) cpu_cores: u32,
    /// Unknown to servers up to 1.2.0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) cpu_physical_cores: Option<u32>,
    pub(crate) mem_total: u64,
    pub(crate) swap_total: u64,
    pub(crate) disk_total: u64,
    pub(crate) virtualization: &'static str,
    pub(crate) gpu_name: &'static str,
    pub(crate) ipv4: &'a str,
    pub(crate) ipv6: &'a str,
}

/// The result of a ping task: what of it was measured, or -1.
#[derive(Serialize)]
pub(crate) struct PingResult<'a> {
    /// `ping_result`; only in version 1.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<&'static str>,
    pub(crate) task_id: u64,
    pub(crate) ping_type: &'a str,
    /// Milliseconds.
    pub(crate) value: i64,
}

/// The result of a command.
#[derive(Serialize)]
pub(crate) struct TaskResult<'a> {
    pub(crate) task_id: &'a str,
    pub(crate) result: &'a str,
    pub(crate) exit_code: i32,
}

/// The result of a request for files or settings.
#[derive(Serialize)]
pub(crate) struct Declined<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) uuid: Option<&'a str>,
    pub(crate) request_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ok: Option<bool>,
    pub(crate) error: &'static str,
}
