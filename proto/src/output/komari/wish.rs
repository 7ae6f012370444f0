//! What a Komari server wants of an agent beside reports, and what it is told: every wish has an
//! answer that the server's own page shows, so that nobody waits for a result.

use std::borrow::Cow;

use super::{Errand, Heard, Komari, RESULT_1, TERMINAL, Version, next};
use crate::limits::TARGETS_MAX;
use crate::probe::{Kind, Target, Wanted};
use crate::wire::frame;
use crate::wire::komari::{Call, Declined, PingResult, TaskResult};
use crate::wire::pick;

/// What a visitor of the server's page reads.
const NOTHING_EXECUTED: &str = "Refused: this is Kinglet, an agent that executes nothing.";
const NOTHING_SHOWN: &str = "Refused: this is Kinglet, an agent that shows no files or settings.";
/// JSON-RPC 2.0 section 5.1.
const METHOD_NOT_FOUND: f64 = -32_601.0;

/// One wish.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Wish<'a> {
    Ping {
        task: u64,
        kind: Cow<'a, str>,
        target: Cow<'a, str>,
    },
    Execute {
        task: Cow<'a, str>,
    },
    Terminal {
        request: Cow<'a, str>,
    },
    File {
        request: Cow<'a, str>,
        uuid: Option<Cow<'a, str>>,
    },
    Settings {
        request: Cow<'a, str>,
    },
    /// Another that an agent of a later version would understand.
    Other(String),
}

impl<'a> Wish<'a> {
    /// Reads a wish in the shape of either version; `None` for what wants nothing.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        // Version 2 has what of it in `params`, version 1 beside the name.
        let method = pick::text(text, &["method"]);
        let place: &[&str] = if method.is_some() { &["params"] } else { &[] };
        let at = |member| [place, &[member]].concat();
        let member = |name| pick::text(text, &at(name));
        let name = method.or_else(|| pick::text(text, &["message"]))?;
        match name.strip_prefix("agent.").unwrap_or(&name) {
            "ping" => Some(Self::Ping {
                task: pick::whole(text, &at("ping_task_id"))?,
                kind: member("ping_type").unwrap_or_default(),
                target: member("ping_target").unwrap_or_default(),
            }),
            "exec" => Some(Self::Execute { task: member("task_id")? }),
            "terminal" | "terminal.request" => {
                Some(Self::Terminal { request: member("request_id")? })
            }
            "file" => Some(Self::File { request: member("request_id")?, uuid: member("uuid") }),
            "startupConfig" => Some(Self::Settings { request: member("request_id")? }),
            "message" | "event" => None,
            other => Some(Self::Other(other.to_owned())),
        }
    }
}

impl Komari {
    /// Serves a ping where the owner allows it, and answers any other wish with no; says what was
    /// wanted.
    pub(super) fn answer(&mut self, wish: &Wish<'_>) -> Heard {
        match wish {
            Wish::Ping { task, kind, target } => self.take_ping(*task, kind, target),
            Wish::Execute { task } => {
                self.decline_execution(task);
                Heard::Command("a command to be run".into())
            }
            Wish::Terminal { request } => {
                let request = self.to(TERMINAL).pair("id", request);
                self.send_off(Errand { request, text: Some(format!("{NOTHING_EXECUTED}\r\n")) });
                Heard::Command("a terminal".into())
            }
            Wish::File { request, uuid } => {
                self.decline_showing("agent.file.result", request, uuid.as_deref(), Some(false));
                Heard::Command("files".into())
            }
            Wish::Settings { request } => {
                self.decline_showing("agent.startupConfig.result", request, None, None);
                Heard::Command("the agent's settings".into())
            }
            Wish::Other(name) => Heard::Command(frame::clean(name)),
        }
    }

    fn take_ping(&mut self, task: u64, kind: &str, target: &str) -> Heard {
        let words = if !self.account.probes || !cfg!(feature = "probe") {
            "a ping task: answered as failed, for only [probe] from_server allows it".to_owned()
        } else if self.wanted.len() >= TARGETS_MAX || self.tasks.len() >= 2 * TARGETS_MAX {
            "more ping tasks than are done at one time: answered as failed".to_owned()
        } else {
            match Target::of("", kind, target, (kind == "tcp").then_some(80)) {
                Ok(target) => {
                    // A page may be asked for over TLS, which is no kind of its own there.
                    let is_page = matches!(target.kind, Kind::Http | Kind::Https);
                    let kind = if is_page { "http" } else { target.kind.name() };
                    self.tasks.push((task, kind));
                    self.wanted.push(Wanted::Task(task, target));
                    return Heard::Nothing;
                }
                Err(bad) => format!("a ping task: answered as failed, its target {bad}"),
            }
        };
        self.tell_ping(task, kind, None);
        Heard::Unserved(words)
    }

    /// The result of a ping: whole milliseconds, and -1 for one that was not answered.
    pub(super) fn tell_ping(&mut self, task_id: u64, ping_type: &str, millis: Option<u32>) {
        let value = millis.map_or(-1, i64::from);
        let mut result = PingResult { kind: None, task_id, ping_type, value };
        match self.version {
            Version::Two => self.say(&Call::new(None, "agent.pingResult", result)),
            Version::One => {
                result.kind = Some("ping_result");
                self.say(&result);
            }
        }
    }

    fn decline_execution(&mut self, task_id: &str) {
        let result = TaskResult { task_id, result: NOTHING_EXECUTED, exit_code: -1 };
        let alone = frame::json(&result);
        match self.version {
            Version::Two => {
                let id = next(&mut self.id);
                self.say(&Call::new(Some(id), "agent.taskResult", result));
                self.result = Some((id, alone));
            }
            Version::One => self.post(RESULT_1, alone),
        }
    }

    fn decline_showing(
        &mut self,
        method: &str,
        request_id: &str,
        uuid: Option<&str>,
        ok: Option<bool>,
    ) {
        let declined = Declined { uuid, request_id, ok, error: NOTHING_SHOWN };
        self.say(&Call::new(None, method, declined));
    }

    /// A call was refused, or a message of version 1 was.
    pub(super) fn hear_fault(&mut self, text: &str) -> Heard {
        let call = pick::whole(text, &["id"]);
        let is_unknown = pick::number(text, &["error", "code"]) == Some(METHOD_NOT_FOUND);
        if let Some((_, result)) = self.result.take_if(|(id, _)| is_unknown && call == Some(*id)) {
            // A server that takes results over HTTP only.
            self.post(RESULT_1, result);
            return Heard::Nothing;
        }
        // An object with its words in version 2, the words alone in version 1.
        let words = [&["error", "message"][..], &["error"]];
        let words = words.into_iter().find_map(|path| pick::text(text, path));
        Heard::Fault(frame::clean(words.as_deref().unwrap_or("an error")))
    }
}
