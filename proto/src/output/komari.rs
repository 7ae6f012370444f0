//! `komari`: JSON-RPC 2.0, and where a server does not have it yet, the JSON of version 1.
//!
//! ```text
//! version 2  > {"jsonrpc":"2.0","id":1,"method":"agent.report","params":{"report":{..}}}
//!            > {"jsonrpc":"2.0","id":2,"method":"agent.basicInfo","params":{"info":{..}}}
//!            < {"jsonrpc":"2.0","id":1,"result":{"status":"ok"}}
//!            < {"jsonrpc":"2.0","method":"agent.ping","params":{"ping_task_id":1,..}}
//! version 1  > {..the report..}
//!            > POST {..the info..}
//!            < {"message":"ping","ping_task_id":1,..}
//! ```
//!
//! The server shows a host offline 11 s after its last message, whatever Pings came, and takes a
//! member that is missing for zero: so every report is complete, and the first one waits until
//! there is something to complete it with. Version 1 is spoken where version 2's path answers with
//! a page or not at all, and for one connection only. Wishes come in the shape of either version on
//! either connection; what an agent does not do has words for each.

mod report;
mod wish;

use std::collections::VecDeque;
use std::ops::Range;

use report::{Traffic, basic_info};
use wish::Wish;

use super::{Account, Auth, Errand, Heard, Output, Protocol, Request, Seat, Stamp};
use crate::alert::Watch;
use crate::limits::{
    KOMARI_ASK_EVERY, KOMARI_INFO_INTERVAL, KOMARI_INTERVAL_MAX, KOMARI_MESSAGE_BYTES_MAX,
    OUTPUT_QUEUE_MAX,
};
use crate::probe::Wanted;
use crate::sample::Sample;
use crate::time::Instant;
use crate::wire::frame::{self, Frame};
use crate::wire::komari::{Call, InfoParams, ReportParams};
use crate::wire::pick;

/// The row of the table.
pub(super) const PROTOCOL: Protocol = Protocol {
    name: "komari",
    schemes: &["wss", "ws"],
    path: REPORT_2,
    auths: &[Auth::Query],
    needs_token: true,
    interval_max: KOMARI_INTERVAL_MAX,
    check: |_| Ok(()),
    new: |account| Box::new(Komari::new(account)),
};

/// Where version 2 listens, and version 1.
const REPORT_2: &str = "/api/clients/v2/rpc";
const REPORT_1: &str = "/api/clients/report";
/// Where version 1 takes the basic info, the result of a command, and a terminal.
const INFO_1: &str = "/api/clients/uploadBasicInfo";
const RESULT_1: &str = "/api/clients/task/result";
const TERMINAL: &str = "/api/clients/terminal";

/// What one connection has seen so far.
struct Komari {
    account: Account,
    version: Version,
    is_open: bool,
    traffic: Traffic,
    /// The last call's number.
    id: u64,
    /// Reports on this connection.
    reports: u64,
    info: Info,
    /// Frames to be said.
    frames: VecDeque<String>,
    errands: VecDeque<Errand>,
    /// Of a call whose refusal means that the result goes another way: its number and the result.
    result: Option<(u64, String)>,
    /// Places the server wants probed, until they were asked for.
    wanted: Vec<Wanted>,
    /// Ping tasks under way: their numbers and kinds.
    tasks: Vec<(u64, &'static str)>,
    /// Which alerts are open, in words for every visitor.
    message: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Version {
    One,
    Two,
}

/// The basic info, and what the server has of it.
#[derive(Debug, Default)]
struct Info {
    /// As it was told last on this connection; empty before that.
    told: String,
    told_at: Instant,
    /// Version 1, while it is on its way: the same without what older servers do not know.
    shorter: Option<String>,
}

impl Output for Komari {
    fn id(&self) -> &str {
        &self.account.host.id
    }

    fn request(&self) -> Request {
        self.to(match self.version {
            Version::Two => REPORT_2,
            Version::One => REPORT_1,
        })
    }

    /// The sample is all of the report, as far as it has a place there.
    fn encode_report(&mut self, sample: &Sample, _stamp: Stamp, out: &mut String) -> Range<usize> {
        let report = report::report(sample, &mut self.traffic, &self.message);
        let mut frame = Frame::new(out);
        match self.version {
            Version::One => frame.value(&report),
            Version::Two => {
                // Only a call with a number is answered when it is refused.
                let asks = self.reports.is_multiple_of(KOMARI_ASK_EVERY);
                let id = asks.then(|| next(&mut self.id));
                frame.value(&Call::new(id, "agent.report", ReportParams { report }))
            }
        };
        frame.finish();
        self.reports += 1;
        0..out.len()
    }

    fn handle_unsent(&mut self) {
        self.reports -= 1;
    }

    /// Their titles, as many as there is room for.
    fn handle_watch(&mut self, watch: &Watch) {
        self.message.clear();
        for alert in watch.open() {
            let parted = if self.message.is_empty() { "" } else { "; " };
            let bytes = self.message.len() + parted.len() + alert.title.len();
            if bytes <= KOMARI_MESSAGE_BYTES_MAX {
                self.message.push_str(parted);
                self.message.push_str(&alert.title);
            }
        }
    }

    fn takes(&mut self, sample: &Sample) -> bool {
        self.traffic.takes(sample)
    }

    fn try_other_way(&mut self) -> bool {
        let was = std::mem::replace(&mut self.version, Version::One);
        was == Version::Two
    }

    fn seat(&self) -> Seat {
        Seat::ByConnection
    }

    fn is_replaced_by_a_cut(&self) -> bool {
        true
    }

    fn handle_opened(&mut self) {
        let version = self.version;
        self.forget();
        (self.version, self.is_open) = (version, true);
    }

    fn handle_lost(&mut self) {
        self.forget();
    }

    fn handle_sample(&mut self, sample: &Sample, stamp: Stamp) {
        if self.is_open {
            let info = frame::json(&basic_info(sample, true));
            let is_old = stamp.now.instant.since(self.info.told_at) >= KOMARI_INFO_INTERVAL;
            if info != self.info.told || is_old {
                self.tell_info(sample, info, stamp.now.instant);
            }
        }
    }

    fn hear(&mut self, text: &str) -> Heard {
        if pick::exists(text, &["error"]) {
            return self.hear_fault(text);
        }
        Wish::read(text).map_or(Heard::Nothing, |wish| self.answer(&wish))
    }

    fn poll_wanted(&mut self) -> Option<Wanted> {
        self.wanted.pop()
    }

    /// A task of a connection that is gone is nobody's.
    fn handle_probed(&mut self, task: u64, millis: Option<u32>) {
        if let Some(at) = self.tasks.iter().position(|(known, _)| *known == task) {
            let (_, kind) = self.tasks.swap_remove(at);
            self.tell_ping(task, kind, millis);
        }
    }

    fn has_message(&self) -> bool {
        !self.frames.is_empty()
    }

    fn encode_message(&mut self, _last: &str, out: &mut String) {
        *out = self.frames.pop_front().unwrap_or_default();
    }

    fn poll_errand(&mut self) -> Option<Errand> {
        self.errands.pop_front()
    }

    fn handle_errand(&mut self, status: Option<u16>) -> Heard {
        let whole = self.info.shorter.take();
        match (status, whole) {
            // It does not know all of it: an older server.
            (Some(500), Some(shorter)) => self.post(INFO_1, shorter),
            (Some(400..), _) => {
                let status = status.unwrap_or_default();
                return Heard::Fault(format!("HTTP {status} to what was posted"));
            }
            // A WebSocket has no answer, and what could not be posted is posted again.
            (Some(_) | None, _) => {}
        }
        Heard::Nothing
    }
}

impl Komari {
    fn new(account: Account) -> Self {
        Self {
            account,
            version: Version::Two,
            is_open: false,
            traffic: Traffic::default(),
            id: 0,
            reports: 0,
            info: Info::default(),
            frames: VecDeque::new(),
            errands: VecDeque::new(),
            result: None,
            wanted: Vec::new(),
            tasks: Vec::new(),
            message: String::new(),
        }
    }

    /// A connection knows nothing of the one before it.
    fn forget(&mut self) {
        (self.version, self.is_open) = (Version::Two, false);
        (self.id, self.reports, self.info, self.result) = (0, 0, Info::default(), None);
        self.frames.clear();
        self.errands.clear();
        self.wanted.clear();
        self.tasks.clear();
    }

    /// A request for one of the server's paths, below whatever a proxy puts before its own.
    fn to(&self, path: &str) -> Request {
        let whole = self.account.path_and_query.as_str();
        let (whole, query) = whole.split_once('?').unwrap_or((whole, ""));
        let whole = whole.strip_suffix('/').unwrap_or(whole);
        let own = [REPORT_2, REPORT_1].into_iter().find_map(|own| whole.strip_suffix(own));
        let before = own.unwrap_or(whole);
        Request::new(&format!("{before}{path}"), query).pair("token", self.account.token.expose())
    }

    fn tell_info(&mut self, sample: &Sample, info: String, now: Instant) {
        match self.version {
            Version::Two => {
                let id = Some(next(&mut self.id));
                let params = InfoParams { info: &basic_info(sample, true) };
                self.say(&Call::new(id, "agent.basicInfo", params));
            }
            Version::One => {
                self.info.shorter = Some(frame::json(&basic_info(sample, false)));
                self.post(INFO_1, info.clone());
            }
        }
        (self.info.told, self.info.told_at) = (info, now);
    }

    /// Puts a frame in line; one too many is left unsaid.
    fn say<T: serde::Serialize>(&mut self, message: &T) {
        if self.frames.len() < OUTPUT_QUEUE_MAX {
            self.frames.push_back(frame::json(message));
        }
    }

    fn post(&mut self, path: &str, body: String) {
        let request = self.to(path).post("application/json", body);
        self.send_off(Errand { request, text: None });
    }

    fn send_off(&mut self, errand: Errand) {
        if self.errands.len() < OUTPUT_QUEUE_MAX {
            self.errands.push_back(errand);
        }
    }
}

fn next(id: &mut u64) -> u64 {
    *id += 1;
    *id
}

#[cfg(test)]
mod tests;
