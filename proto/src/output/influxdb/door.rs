//! Where points are handed in: path, query and credentials, by the server's generation.

use super::super::account::Account;
use super::super::request::Request;
use super::super::settings::BadSetting;
use crate::wire::base64::base64;

/// The way into one server.
pub(super) struct Door {
    kind: Kind,
    write: Request,
    create: Option<Request>,
}

/// A generation of the server, told by the end of the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// InfluxDB 1.x, and VictoriaMetrics.
    V1,
    /// InfluxDB 2, and 3 in its place.
    V2,
    /// InfluxDB 3.
    V3,
}

impl Kind {
    pub(super) const fn path(self) -> &'static str {
        match self {
            Self::V1 => "/write",
            Self::V2 => "/api/v2/write",
            Self::V3 => "/api/v3/write_lp",
        }
    }

    /// By the path of the URL, or else by what is named: a bucket is of 2, a database of 1.x.
    fn of(account: &Account) -> Self {
        let path = account.path_and_query.split('?').next().unwrap_or_default();
        let has_bucket = account.settings.text("bucket").is_some();
        match path {
            "" | "/" if has_bucket => Self::V2,
            path if path.ends_with(Self::V2.path()) => Self::V2,
            path if path.ends_with(Self::V3.path()) => Self::V3,
            _ => Self::V1,
        }
    }

    /// The keys that it has a place for.
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::V1 => &["database", "retention_policy", "user"],
            Self::V2 => &["org", "bucket"],
            Self::V3 => &["database", "org"],
        }
    }

    const fn needed(self) -> &'static str {
        match self {
            Self::V1 | Self::V3 => "database",
            Self::V2 => "bucket",
        }
    }
}

impl Door {
    pub(super) fn of(account: &Account) -> Self {
        let kind = Kind::of(account);
        let text = |key| account.settings.text(key).unwrap_or_default();
        let credentials = credentials(account, kind);
        let authorized = |request: Request| match &credentials {
            Some(value) => request.header("Authorization", value),
            None => request,
        };
        let pair = |request: Request, name, value: &str| match value {
            "" => request,
            value => request.pair(name, value),
        };
        let request = account.request(kind.path());
        let write = match kind {
            Kind::V1 => {
                let request = pair(request, "db", text("database"));
                pair(request, "rp", text("retention_policy")).pair("precision", "s")
            }
            Kind::V2 => {
                let request = pair(request, "org", text("org"));
                pair(request, "bucket", text("bucket")).pair("precision", "s")
            }
            Kind::V3 => pair(request, "db", text("database")).pair("precision", "second"),
        };
        let write = authorized(write).header("Content-Type", "text/plain; charset=utf-8");
        let create = create(account, kind).map(authorized);
        Self { kind, write, create }
    }

    /// Finds the first setting that this server has no place for, or that it lacks.
    pub(super) fn check(account: &Account) -> Result<(), BadSetting> {
        let kind = Kind::of(account);
        for key in ["database", "retention_policy", "user", "org", "bucket"] {
            if account.settings.text(key).is_some() && !kind.keys().contains(&key) {
                let path = kind.path();
                return Err(BadSetting::new(key, format!("means nothing to {path}")));
            }
        }
        let needed = kind.needed();
        let is_in_url =
            account.path_and_query.contains(if kind == Kind::V2 { "bucket=" } else { "db=" });
        if account.settings.text(needed).is_none_or(str::is_empty) && !is_in_url {
            let or = if kind == Kind::V1 { ", or a bucket, for InfluxDB 2" } else { "" };
            return Err(BadSetting::new(needed, format!("is missing: name it{or}")));
        }
        Ok(())
    }

    /// The request that takes points.
    pub(super) fn write(&self) -> Request {
        self.write.clone()
    }

    /// The request that makes the database, where there is one.
    pub(super) fn create(&self) -> Option<Request> {
        self.create.clone()
    }

    pub(super) const fn can_create(&self) -> bool {
        self.create.is_some()
    }
}

impl std::fmt::Debug for Door {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Door").field("kind", &self.kind).field("write", &self.write).finish()
    }
}

fn credentials(account: &Account, kind: Kind) -> Option<String> {
    let token = account.token.expose();
    if token.is_empty() {
        return None;
    }
    Some(match (kind, account.settings.text("user")) {
        (Kind::V1, Some(user)) => format!("Basic {}", base64(format!("{user}:{token}").as_bytes())),
        (Kind::V3, _) => format!("Bearer {token}"),
        (Kind::V1 | Kind::V2, _) => format!("Token {token}"),
    })
}

/// `CREATE DATABASE`, at the path beside the one for points; only 1.x makes databases so.
fn create(account: &Account, kind: Kind) -> Option<Request> {
    let database = account.settings.text("database").filter(|_| kind == Kind::V1)?;
    let path = account.path_and_query.split('?').next().unwrap_or_default();
    let before = if matches!(path, "" | "/") { "" } else { path.strip_suffix(kind.path())? };
    let name = database.replace('\\', "\\\\").replace('"', "\\\"");
    let query = Request::new(&format!("{before}/query"), "");
    Some(query.pair("q", &format!("CREATE DATABASE \"{name}\"")).post(FORM, String::new()))
}

/// Nothing stands in the body: what is asked for is in the query, where all servers look.
const FORM: &str = "application/x-www-form-urlencoded";
