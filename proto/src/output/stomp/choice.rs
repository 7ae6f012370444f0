//! What an owner chooses of STOMP: where messages go, what is in them, and how the broker is met.

use crate::limits::STOMP_BEAT_MIN;
use crate::output::{Account, BadSetting, Settings};
use crate::wire::stomp::Beats;

use super::wanted::Wanted;

/// Where a figure goes when nothing is said: the document's topic, and with it Spring's page's.
const METRIC_TOPIC: &str = "/topic/metric/{id}/{metric}[VALUE]";
/// The same for the whole sample.
const SAMPLE_TOPIC: &str = "/topic/sample/{id}";
/// RabbitMQ's own. Others do not care, and who leaves the header out is refused by ActiveMQ's 1.1.
const VHOST: &str = "/";
/// Headers of CONNECT that have keys of their own.
const OWN_HEADERS: [&str; 6] =
    ["accept-version", "host", "login", "passcode", "heart-beat", "content-length"];

/// The settings, as they are meant.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) mode: Mode,
    pub(super) destination: Destination,
    pub(super) metrics: Wanted,
    pub(super) beats: Beats,
    pub(super) login: Option<String>,
    pub(super) vhost: String,
    /// What else CONNECT says.
    pub(super) headers: Vec<(String, String)>,
}

/// What is in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// A figure.
    Metrics,
    /// The whole sample.
    Sample,
}

/// A destination: what stands before each place of a metric's name, and behind the last.
#[derive(Debug)]
pub(super) struct Destination(Vec<String>);

impl Choice {
    /// What holds where nothing is said.
    pub(super) fn usual(account: &Account) -> Self {
        Self {
            mode: Mode::Metrics,
            destination: Destination::new(METRIC_TOPIC, &account.host.id),
            metrics: Wanted::default(),
            beats: Beats::default(),
            login: None,
            vhost: VHOST.to_owned(),
            headers: Vec::new(),
        }
    }

    /// Reads the settings; the first that means nothing is an error.
    pub(super) fn read(account: &Account) -> Result<Self, BadSetting> {
        let settings = &account.settings;
        let mode = mode(settings)?;
        Ok(Self {
            mode,
            destination: destination(settings, mode, &account.host.id)?,
            metrics: metrics(settings, mode)?,
            beats: beats(settings)?,
            login: text(settings, "login")?.map(str::to_owned),
            vhost: text(settings, "vhost")?.unwrap_or(VHOST).to_owned(),
            headers: headers(settings)?,
        })
    }
}

impl Destination {
    /// The name of a host may have braces in it, too.
    fn new(text: &str, id: &str) -> Self {
        Self(text.split("{metric}").map(|piece| piece.replace("{id}", id)).collect())
    }

    /// Writes the destination of a metric.
    pub(super) fn fill(&self, metric: &str, out: &mut String) {
        out.clear();
        for (at, piece) in self.0.iter().enumerate() {
            if at > 0 {
                out.push_str(metric);
            }
            out.push_str(piece);
        }
    }
}

fn mode(settings: &Settings) -> Result<Mode, BadSetting> {
    match settings.text("mode") {
        None | Some("metrics") => Ok(Mode::Metrics),
        Some("sample") => Ok(Mode::Sample),
        Some(_) => Err(BadSetting::new("mode", "unknown mode; allowed: metrics, sample")),
    }
}

fn destination(settings: &Settings, mode: Mode, id: &str) -> Result<Destination, BadSetting> {
    let bad = |fault| Err(BadSetting::new("destination", fault));
    let usual = if mode == Mode::Metrics { METRIC_TOPIC } else { SAMPLE_TOPIC };
    let text = text(settings, "destination")?.unwrap_or(usual);
    for place in text.split('{').skip(1) {
        match place.split_once('}').map(|(name, _)| name) {
            Some("id") => {}
            Some("metric") if mode == Mode::Metrics => {}
            Some("metric") => return bad("a whole sample has no {metric}"),
            Some(_) | None => return bad("in braces only {id} and {metric} are known"),
        }
    }
    Ok(Destination::new(text, id))
}

fn metrics(settings: &Settings, mode: Mode) -> Result<Wanted, BadSetting> {
    let bad = |fault| Err(BadSetting::new("metrics", fault));
    match settings.list("metrics") {
        None => Ok(Wanted::default()),
        Some(_) if mode == Mode::Sample => bad("a whole sample has all of them".to_owned()),
        Some([]) => bad("is empty: nothing would be sent".to_owned()),
        Some(names) => Wanted::named(names.iter().map(String::as_str)).or_else(|name| {
            bad(format!("no metric has the name \"{name}\"; docs/metrics.md lists them"))
        }),
    }
}

fn beats(settings: &Settings) -> Result<Beats, BadSetting> {
    let Some(text) = settings.text("heartbeat") else { return Ok(Beats::default()) };
    let is_allowed = |ms| ms == 0 || ms >= STOMP_BEAT_MIN;
    Beats::parse(text)
        .filter(|beats| is_allowed(beats.sends) && is_allowed(beats.wants))
        .ok_or_else(|| {
            let fault = "two numbers of milliseconds, sent and wanted, each 0 or from 1000 up: \
                         \"10000,10000\"";
            BadSetting::new("heartbeat", fault)
        })
}

fn headers(settings: &Settings) -> Result<Vec<(String, String)>, BadSetting> {
    let headers = settings.map("headers");
    for (name, _) in headers {
        if OWN_HEADERS.contains(&name.as_str()) {
            let fault = format!("\"{name}\" is said by kinglet itself, or has a key of its own");
            return Err(BadSetting::new("headers", fault));
        }
        if name.is_empty() || name.contains([':', '\n', '\r', '\0']) {
            return Err(BadSetting::new("headers", "a name is empty or has a colon in it"));
        }
    }
    Ok(headers.to_vec())
}

/// A text that may be left out, but not be empty.
fn text<'a>(settings: &'a Settings, key: &'static str) -> Result<Option<&'a str>, BadSetting> {
    match settings.text(key) {
        Some("") => Err(BadSetting::new(key, "is empty: leave the line out")),
        text => Ok(text),
    }
}
