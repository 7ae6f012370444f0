//! `/ws`: the panel messages of vStats, `metrics`, `status`, `server_added`, `server_removed`.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::sample::{Public, Sample};
use crate::time::WallTime;
use crate::wire::envelope::{Head, envelope};

/// A host as viewers know it.
#[derive(Debug, Clone, Serialize)]
pub struct Host<'a> {
    /// Its id.
    pub id: &'a str,
    /// Display name; the id where nobody gave one.
    pub name: &'a str,
    /// Group on the dashboard; empty without.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub group: &'a str,
    /// Where it stands, in words; empty when unknown.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub location: &'a str,
    /// ISO 3166-1 alpha-2; empty when unknown.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub country_code: &'a str,
    /// Whether it was heard of within the silence limit.
    pub online: bool,
    /// It is offline because its agent said goodbye, as when it or its host is stopped.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub stopped: bool,
    /// When it was last heard of, by the hub's clock; `None` for never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<WallTime>,
}

/// The figures of a host as viewers may see them.
#[derive(Debug, Clone, Copy)]
pub struct Metrics<'a> {
    /// The last reading, inventory merged in.
    pub sample: &'a Sample,
    /// Anyone may look: only what the sample says is public goes out.
    pub public: bool,
}

impl Serialize for Metrics<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.public {
            Public(self.sample).serialize(serializer)
        } else {
            self.sample.serialize(serializer)
        }
    }
}

/// New figures of a host.
pub fn metrics(head: Head, server_id: &str, metrics: Metrics<'_>) -> String {
    #[derive(Serialize)]
    struct Data<'a> {
        server_id: &'a str,
        metrics: Metrics<'a>,
    }
    envelope("metrics", head, Some(&Data { server_id, metrics }))
}

/// A host came or went. For clients of the component form the host is the component.
pub fn status(head: Head, host: &Host<'_>) -> String {
    struct Data<'a>(&'a Host<'a>);
    impl Serialize for Data<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            #[derive(Serialize)]
            struct Details<'a> {
                name: &'a str,
            }
            let host = self.0;
            let status = if host.online { "online" } else { "offline" };
            let mut data = serializer.serialize_struct("status", 7)?;
            data.serialize_field("server_id", host.id)?;
            data.serialize_field("online", &host.online)?;
            if host.stopped {
                data.serialize_field("stopped", &true)?;
            }
            data.serialize_field("component", host.id)?;
            data.serialize_field("status", status)?;
            if let Some(last_seen) = &host.last_seen {
                data.serialize_field("last_check", last_seen)?;
            }
            data.serialize_field("details", &Details { name: host.name })?;
            data.end()
        }
    }
    envelope("status", head, Some(&Data(host)))
}

/// A host became known, or changed its name, group or place.
pub fn added(head: Head, host: &Host<'_>) -> String {
    envelope("server_added", head, Some(host))
}

/// The same with the number that stands for the host in rows.
pub fn added_as(head: Head, host: &Host<'_>, number: u64) -> String {
    #[derive(Serialize)]
    struct Data<'a> {
        number: u64,
        #[serde(flatten)]
        host: &'a Host<'a>,
    }
    envelope("server_added", head, Some(&Data { number, host }))
}

/// A host is no longer known.
pub fn removed(head: Head, id: &str) -> String {
    #[derive(Serialize)]
    struct Data<'a> {
        id: &'a str,
    }
    envelope("server_removed", head, Some(&Data { id }))
}
