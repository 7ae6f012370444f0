//! What happens to a host and to its agent: `system` and `status` messages, each told once.
//!
//! What lasts, and may need somebody, is an [alert](crate::alert). This is what a diary would say.

mod observer;

use std::fmt;

pub use observer::Observer;

use crate::host::BootCause;
use crate::quoted::Escaped;
use crate::time::WallTime;
use crate::wire::frame::{Frame, List};

/// Whether this build tells of anything beside its figures: without it nothing is watched for, and
/// what is made for that is no part of the program.
pub const IS_BUILT: bool = cfg!(feature = "alerts");

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occurrence {
    /// The agent was started, so many seconds after the host.
    Started(u64),
    /// So was the host, since the server heard of it last.
    Rebooted(Option<BootCause>, u64),
    /// The supply was too weak for a while.
    Undervoltage,
    /// The processor was slowed down, for its heat or its supply.
    Throttled,
    /// The kernel killed so many processes for want of memory.
    OomKill(u64),
    /// What could be written to under this mount point no longer can.
    ReadOnly(String),
    /// A collector is in another state.
    Status(Status),
    /// The configuration was read anew, and these settings are others.
    Reloaded(Vec<ChangedSetting>),
}

/// A setting, before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedSetting {
    /// Its table and key: `server.1.interval`.
    pub key: String,
    /// What it was; empty for nothing, `***` for a secret.
    pub old: String,
    /// What it is.
    pub new: String,
}

/// The state of a collector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Its name.
    pub component: &'static str,
    /// What it does now.
    pub state: State,
    /// Why, where it is degraded; else empty.
    pub reason: String,
    /// When it was looked at.
    pub at: WallTime,
}

/// What a collector does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    /// It gives what it is there for.
    Running,
    /// Something it reads does not answer, or is refused.
    Degraded,
    /// The host has nothing for it.
    #[default]
    Absent,
}

impl State {
    /// Its name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Degraded => "degraded",
            Self::Absent => "absent",
        }
    }
}

impl Occurrence {
    /// The type of its message.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Started(_)
            | Self::Rebooted(..)
            | Self::Undervoltage
            | Self::Throttled
            | Self::OomKill(_)
            | Self::ReadOnly(_) => "system",
            Self::Status(_) => "status",
            Self::Reloaded(_) => "config",
        }
    }

    /// Writes the `data` of its message.
    pub(crate) fn write(&self, frame: &mut Frame<'_>) {
        let (texts, number): (&[(&str, &str)], _) = match self {
            Self::Started(uptime) => (&[("event", "start")], Some(("uptime", *uptime))),
            Self::Rebooted(cause, uptime) => {
                let cause = cause.map_or("", BootCause::name);
                (&[("event", "reboot"), ("cause", cause)], Some(("uptime", *uptime)))
            }
            Self::Undervoltage => (&[("event", "undervoltage")], None),
            Self::Throttled => (&[("event", "throttled")], None),
            Self::OomKill(killed) => (&[("event", "oom_kill")], Some(("killed", *killed))),
            Self::ReadOnly(mount_point) => {
                (&[("event", "filesystem_read_only"), ("mount_point", mount_point)], None)
            }
            Self::Status(status) => return status.write(frame),
            Self::Reloaded(changes) => return write_changes(changes, frame),
        };
        frame.raw("{").texts(texts);
        if let Some((key, number)) = number {
            frame.key(key).value(&number);
        }
        frame.raw("}");
    }
}

impl Status {
    fn write(&self, frame: &mut Frame<'_>) {
        frame.raw("{").texts(&[("component", self.component), ("status", self.state.name())]);
        frame.key("last_check").value(&self.at);
        frame.key("details").raw("{").texts(&[("reason", &self.reason)]).raw("}}");
    }
}

fn write_changes(changes: &[ChangedSetting], frame: &mut Frame<'_>) {
    frame.raw("{").texts(&[("action", "updated")]);
    frame.key("fields").value(&List(changes.iter().map(|change| &change.key)));
    frame.key("old_values").raw("{");
    for ChangedSetting { key, old, .. } in changes {
        frame.texts(&[(key, old)]);
    }
    frame.raw("}").key("new_values").raw("{");
    for ChangedSetting { key, new, .. } in changes {
        frame.texts(&[(key, new)]);
    }
    frame.raw("}").texts(&[("updated_by", "owner")]).raw("}");
}

/// For the owner's log.
impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.component, self.state.name())?;
        if self.reason.is_empty() { Ok(()) } else { write!(f, ": {}", Escaped(&self.reason)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(occurrence: &Occurrence) -> String {
        let mut out = String::new();
        let mut frame = Frame::new(&mut out);
        occurrence.write(&mut frame);
        frame.finish();
        format!("{} {out}", occurrence.kind())
    }

    #[test]
    fn each_has_its_message() {
        let status = |state, reason: &str| {
            let at = WallTime::from_unix_millis(1_700_000_000_000);
            Occurrence::Status(Status {
                component: "sensors",
                state,
                reason: reason.to_owned(),
                at,
            })
        };
        for (occurrence, message) in [
            (Occurrence::Started(70), r#"system {"event":"start","uptime":70}"#),
            (Occurrence::Rebooted(None, 9), r#"system {"event":"reboot","uptime":9}"#),
            (
                Occurrence::Rebooted(Some(BootCause::Watchdog), 9),
                r#"system {"event":"reboot","cause":"watchdog","uptime":9}"#,
            ),
            (
                Occurrence::Reloaded(
                    [("interval", "5s", "2s"), ("server.2.url", "", "wss://b")]
                        .map(|(key, old, new)| ChangedSetting {
                            key: key.to_owned(),
                            old: old.to_owned(),
                            new: new.to_owned(),
                        })
                        .into(),
                ),
                r#"config {"action":"updated","fields":["interval","server.2.url"],"old_values":{"interval":"5s"},"new_values":{"interval":"2s","server.2.url":"wss://b"},"updated_by":"owner"}"#,
            ),
            (Occurrence::Undervoltage, r#"system {"event":"undervoltage"}"#),
            (Occurrence::Throttled, r#"system {"event":"throttled"}"#),
            (Occurrence::OomKill(2), r#"system {"event":"oom_kill","killed":2}"#),
            (
                Occurrence::ReadOnly("/srv".to_owned()),
                r#"system {"event":"filesystem_read_only","mount_point":"/srv"}"#,
            ),
            (
                status(State::Degraded, "/sys/x: refused"),
                r#"status {"component":"sensors","status":"degraded","last_check":"2023-11-14T22:13:20.000Z","details":{"reason":"/sys/x: refused"}}"#,
            ),
            (
                status(State::Running, ""),
                r#"status {"component":"sensors","status":"running","last_check":"2023-11-14T22:13:20.000Z","details":{}}"#,
            ),
        ] {
            assert_eq!(written(&occurrence), message);
        }
        let Occurrence::Status(status) = status(State::Degraded, "/sys/x\n: refused") else {
            panic!()
        };
        assert_eq!(status.to_string(), r"sensors: degraded: /sys/x\n: refused");
    }
}
