//! The protocols servers speak: pure functions from samples to frames and from frames to meaning.
//!
//! One file per protocol. A dialect knows no socket, no clock and no file.

#[cfg(test)]
mod fixture;
mod kinglet;
mod protocol;
mod simple_server_status;
mod trim;
mod upgrade;
mod vstats;

use std::ops::Range;
use std::time::Duration;

pub use protocol::{Auth, Protocol, UnknownName};
use serde::Serialize;
pub use upgrade::{Upgrade, upgrade};

use crate::delivery::ring::Ring;
use crate::host::Host;
use crate::limits::{FRAME_OUT_MAX, HEARTBEAT_INTERVAL, KEPT_BYTES_MAX, REAUTH_INTERVAL};
use crate::sample::{Report, Sample};
use crate::secret::Secret;
use crate::time::Now;
use crate::wire::frame::Frame;
pub use crate::wire::frame::json;

/// What stands on a report beside the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stamp {
    /// The moment it is encoded.
    pub now: Now,
    /// The sample's number: it rises by one per sample, over reconnects too.
    pub seq: u64,
}

/// One server's protocol, with what it has to remember.
#[derive(Debug)]
pub struct Dialect {
    protocol: Protocol,
    host: Host,
    form: Form,
}

#[derive(Debug)]
enum Form {
    Kinglet(kinglet::Kinglet),
    Vstats,
    VstatsShipped(Box<vstats::Shipped>),
    SimpleServerStatus { id: String, status: simple_server_status::SimpleServerStatus },
}

/// Which samples a protocol can hand in later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// None: a sample that finds no connection is lost.
    Nothing,
    /// Those that found no connection.
    Outage,
    /// All, until the server says that it has them.
    UntilAcked,
}

/// What a server may learn of an outage once it is over.
#[derive(Debug, Serialize)]
pub(crate) struct Restored {
    event: &'static str,
    reason: String,
    down_ms: u64,
    attempts: u32,
}

/// What a server's message means to a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Nothing, or nothing we understand.
    Nothing,
    /// The login is accepted.
    LoggedIn,
    /// The credentials are refused, in the server's words.
    Refused(String),
    /// The sample with this number is stored, and what was sent before it with a lower one.
    Ack(u64),
    /// The batch with this number was taken, but for so many samples.
    BatchAck { frame: u64, rejected: u64 },
    /// No report is wanted for this long.
    RateLimit(Duration),
    /// The server wants something done.
    Command(String),
    /// The server reports a fault.
    Fault(String),
}

impl Restored {
    /// An outage of this length, ended by the attempt of this number.
    pub(crate) fn new(reason: String, down_for: Duration, attempts: u32) -> Self {
        let down_ms = u64::try_from(down_for.as_millis()).unwrap_or(u64::MAX);
        Self { event: "link_restored", reason, down_ms, attempts }
    }
}

impl Dialect {
    /// The dialect for one server. `server_id` is the name a server knows the host by, where it
    /// has one of its own; with one, vStats is spoken as it ships.
    pub fn new(protocol: Protocol, host: Host, server_id: Option<String>, token: Secret) -> Self {
        let form = match (protocol, server_id) {
            (Protocol::Kinglet, _) => Form::Kinglet(kinglet::Kinglet::default()),
            (Protocol::Vstats, None) => Form::Vstats,
            (Protocol::Vstats, Some(id)) => {
                Form::VstatsShipped(Box::new(vstats::Shipped::new(id, token)))
            }
            (Protocol::SimpleServerStatus, id) => Form::SimpleServerStatus {
                id: id.unwrap_or_else(|| host.id.clone()),
                status: simple_server_status::SimpleServerStatus::default(),
            },
        };
        Self { protocol, host, form }
    }

    /// The protocol spoken.
    pub const fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// The identity the server knows the host by.
    pub fn id(&self) -> &str {
        match &self.form {
            Form::Kinglet(_) | Form::Vstats => &self.host.id,
            Form::VstatsShipped(shipped) => shipped.server_id(),
            Form::SimpleServerStatus { id, .. } => id,
        }
    }

    /// Writes a report into `out`, in place of what is there; returns where in it the sample lies.
    ///
    /// A report above the largest frame loses file systems and interfaces from the bottom.
    pub fn encode_report(
        &mut self,
        sample: &Sample,
        stamp: Stamp,
        out: &mut String,
    ) -> Range<usize> {
        let inventory = match &mut self.form {
            Form::Kinglet(kinglet) => kinglet.handle_inventory(sample),
            Form::Vstats | Form::VstatsShipped(_) | Form::SimpleServerStatus { .. } => true,
        };
        trim::to_fit(FRAME_OUT_MAX, sample, |sample| {
            let payload = match &mut self.form {
                Form::Kinglet(kinglet) => {
                    kinglet.encode_report(&self.host, Report { sample, inventory }, stamp, out)
                }
                Form::Vstats => vstats::encode_documented(sample, stamp.now, out),
                Form::VstatsShipped(shipped) => shipped.encode_report(sample, out),
                Form::SimpleServerStatus { id, status } => {
                    status.encode_report(id, &self.host, sample, stamp, out)
                }
            };
            (out.len(), payload)
        })
    }

    /// Writes a sample as the ring keeps it: what the server needs of it later.
    pub(crate) fn encode_kept(&mut self, sample: &Sample, out: &mut String) {
        let inventory = matches!(self.form, Form::VstatsShipped(_));
        trim::to_fit(KEPT_BYTES_MAX, sample, |sample| {
            let mut frame = Frame::new(out);
            if inventory {
                frame.value(&Report { sample: &vstats::named(sample), inventory });
            } else {
                frame.value(&Report { sample, inventory });
            }
            frame.finish();
            (out.len(), ())
        });
    }

    /// Counts a sample, sent or not, towards what is reported about many.
    pub(crate) fn handle_sample(&mut self, sample: &Sample, stamp: Stamp) {
        if let Form::VstatsShipped(shipped) = &mut self.form {
            shipped.handle_sample(sample, stamp);
        }
    }

    /// A connection is open: nothing is said on it yet.
    pub(crate) fn handle_opened(&mut self) {
        if let Form::Kinglet(kinglet) = &mut self.form {
            kinglet.handle_opened();
        }
    }

    /// Which samples can be handed in later.
    pub(crate) const fn keeps(&self) -> Keep {
        match &self.form {
            Form::Kinglet(_) => Keep::UntilAcked,
            Form::VstatsShipped(_) => Keep::Outage,
            Form::Vstats | Form::SimpleServerStatus { .. } => Keep::Nothing,
        }
    }

    /// How often the login is repeated; `None` in protocols without one.
    pub(crate) const fn login_interval(&self) -> Option<Duration> {
        match &self.form {
            Form::VstatsShipped(_) => Some(REAUTH_INTERVAL),
            Form::Kinglet(_) | Form::Vstats | Form::SimpleServerStatus { .. } => None,
        }
    }

    /// How long the agent may be silent; `None` in protocols without a sign of life.
    pub(crate) const fn heartbeat_interval(&self) -> Option<Duration> {
        match &self.form {
            Form::Kinglet(_) | Form::Vstats => Some(HEARTBEAT_INTERVAL),
            Form::VstatsShipped(_) | Form::SimpleServerStatus { .. } => None,
        }
    }

    /// Writes the login, in protocols that have one.
    pub(crate) fn encode_login(&self, out: &mut String) {
        out.clear();
        if let Form::VstatsShipped(shipped) = &self.form {
            shipped.encode_login(out);
        }
    }

    /// Writes the sign of life, in protocols that have one.
    pub(crate) fn encode_heartbeat(&mut self, now: Now, out: &mut String) {
        out.clear();
        match &mut self.form {
            Form::Kinglet(kinglet) => kinglet.encode_heartbeat(now, out),
            Form::Vstats => vstats::encode_heartbeat(now.wall, out),
            Form::VstatsShipped(_) | Form::SimpleServerStatus { .. } => {}
        }
    }

    /// Writes the news that an outage is over, in protocols that have a message for it.
    pub(crate) fn encode_restored(&mut self, restored: &Restored, now: Now, out: &mut String) {
        out.clear();
        if let Form::Kinglet(kinglet) = &mut self.form {
            kinglet.encode_system(restored, now, out);
        }
    }

    /// Writes the oldest waiting samples as one frame; returns how many it carries.
    pub(crate) fn encode_oldest(
        &mut self,
        ring: &Ring,
        frame: u64,
        now: Now,
        out: &mut String,
    ) -> usize {
        out.clear();
        match (&mut self.form, ring.unsent().next()) {
            (Form::Kinglet(kinglet), Some(oldest)) => {
                kinglet.encode_kept(&self.host, oldest, now, out);
                1
            }
            (Form::VstatsShipped(shipped), Some(_)) => shipped.encode_batch(ring, frame, out),
            _ => 0,
        }
    }

    /// Whether sums over many samples are ready to be sent.
    pub(crate) fn has_aggregates(&self) -> bool {
        matches!(&self.form, Form::VstatsShipped(shipped) if shipped.has_aggregates())
    }

    /// Writes those sums beside the newest report's sample.
    pub(crate) fn encode_aggregates(&mut self, last: &str, out: &mut String) {
        out.clear();
        if let Form::VstatsShipped(shipped) = &mut self.form {
            shipped.encode_aggregates(last, out);
        }
    }

    /// What a server's frame means; anything that makes no sense means nothing.
    pub(crate) fn hear(&mut self, text: &str) -> Heard {
        match &mut self.form {
            Form::Kinglet(_) => kinglet::hear(text),
            Form::Vstats => vstats::hear_documented(text),
            Form::VstatsShipped(shipped) => shipped.hear(text),
            Form::SimpleServerStatus { .. } => Heard::Nothing, // the server only listens
        }
    }
}
