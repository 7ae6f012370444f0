//! What a check says: lines for a terminal as they come, or one JSON document at the end.

use std::fmt::Arguments;
use std::io::{self, Write};

use kinglet_proto::output::json;
use kinglet_proto::quoted::Quoted;

/// One step of the way, or what is to be known of it.
#[derive(Debug)]
pub(super) struct Line {
    step: &'static str,
    outcome: Outcome,
    detail: String,
    /// Milliseconds that it took.
    ms: Option<u64>,
    /// What an owner can do about it.
    advice: Option<&'static str>,
}

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Ok,
    Failed,
    LeftOut,
    /// It is no step.
    Note,
}

/// Where it is said.
pub(super) struct Paper<W> {
    out: W,
    /// The document; `None` for a terminal.
    found: Option<Found>,
    /// The first fault of the terminal.
    written: io::Result<()>,
}

/// Everything that a check found.
#[derive(Debug, Default)]
struct Found {
    /// JSON, as are the others.
    host: Option<String>,
    errors: Vec<String>,
    warnings: Vec<String>,
    servers: Vec<Server>,
}

#[derive(Debug)]
struct Server {
    url: String,
    protocol: &'static str,
    good: bool,
    steps: Vec<String>,
}

impl Outcome {
    /// Its name in a document.
    const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::LeftOut => "left_out",
            Self::Note => "note",
        }
    }

    /// On a terminal.
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok      ",
            Self::Failed => "FAILED  ",
            Self::LeftOut => "left out: ",
            Self::Note => "",
        }
    }
}

impl Line {
    pub(super) const fn new(step: &'static str, outcome: Outcome, detail: String) -> Self {
        Self { step, outcome, detail, ms: None, advice: None }
    }

    pub(super) fn took(self, ms: u64) -> Self {
        Self { ms: Some(ms), ..self }
    }

    fn document(&self) -> String {
        let Self { step, outcome, detail, ms, advice } = self;
        let ms = ms.map(|ms| format!(",\"ms\":{ms}")).unwrap_or_default();
        let advice = advice.map(|words| format!(",\"advice\":{}", json(words)));
        format!(
            "{{\"step\":{},\"outcome\":\"{}\",\"detail\":{}{ms}{}}}",
            json(step),
            outcome.name(),
            json(detail),
            advice.unwrap_or_default(),
        )
    }

    pub(super) fn advised(self, advice: Option<&'static str>) -> Self {
        Self { advice, ..self }
    }
}

impl Found {
    fn document(&self, good: bool) -> String {
        let Self { host, errors, warnings, servers } = self;
        let servers: Vec<_> = servers.iter().map(Server::document).collect();
        format!(
            "{{\"version\":{},\"good\":{good},\"host\":{},\"errors\":[{}],\"warnings\":[{}],\
             \"servers\":[{}]}}",
            json(env!("CARGO_PKG_VERSION")),
            host.as_deref().unwrap_or("null"),
            errors.join(","),
            warnings.join(","),
            servers.join(","),
        )
    }
}

impl Server {
    fn document(&self) -> String {
        let Self { url, protocol, good, steps } = self;
        let (url, protocol, steps) = (json(url), json(*protocol), steps.join(","));
        format!("{{\"url\":{url},\"protocol\":{protocol},\"good\":{good},\"steps\":[{steps}]}}")
    }
}

impl<W: Write> Paper<W> {
    pub(super) fn new(out: W, json: bool) -> Self {
        Self { out, found: json.then(Found::default), written: Ok(()) }
    }

    /// The configuration is good, and is of this host.
    pub(super) fn begin(&mut self, id: &str, name: &str) {
        match &mut self.found {
            Some(found) => {
                let (id, name) = (json(id), json(name));
                found.host = Some(format!("{{\"id\":{id},\"name\":{name}}}"));
            }
            None => {
                let name = Quoted(name);
                self.write(format_args!("configuration good; this host is {name} ({id})"));
            }
        }
    }

    /// The configuration cannot be used.
    pub(super) fn error(&mut self, words: String) {
        match &mut self.found {
            Some(found) => found.errors.push(json(&*words)),
            None => self.write(format_args!("{words}")),
        }
    }

    /// Something works that should not stay as it is.
    pub(super) fn warn(&mut self, words: String) {
        match &mut self.found {
            Some(found) => found.warnings.push(json(&*words)),
            None => self.write(format_args!("warning: {words}")),
        }
    }

    /// What follows is of this server; `place` says which of its addresses, where it has several.
    pub(super) fn server(&mut self, url: String, protocol: &'static str, place: &str) {
        match &mut self.found {
            Some(found) => {
                found.servers.push(Server { url, protocol, good: false, steps: Vec::new() });
            }
            None => self.write(format_args!("\n{url} ({protocol}){place}")),
        }
    }

    /// A step of it.
    pub(super) fn line(&mut self, line: Line) {
        if let Some(found) = &mut self.found {
            let server = found.servers.last_mut().into_iter();
            return server.for_each(|server| server.steps.push(line.document()));
        }
        let Line { step, outcome, detail, ms, advice } = line;
        let took = ms.map(|ms| format!(" ({ms} ms)")).unwrap_or_default();
        self.write(format_args!("  {step:12}  {}{detail}{took}", outcome.word()));
        if let Some(advice) = advice {
            self.write(format_args!("  what to do    {advice}"));
        }
    }

    /// Whether the server takes reports of which the last lines were.
    pub(super) fn end_server(&mut self, good: bool) {
        let found = self.found.as_mut().and_then(|found| found.servers.last_mut());
        found.into_iter().for_each(|server| server.good = good);
    }

    /// All is said.
    pub(super) fn end(mut self, good: bool, verdict: Option<Arguments<'_>>) -> io::Result<()> {
        if let Some(found) = self.found.take() {
            self.write(format_args!("{}", found.document(good)));
        } else if let Some(verdict) = verdict {
            self.write(verdict);
        }
        self.written
    }

    fn write(&mut self, text: Arguments<'_>) {
        if self.written.is_ok() {
            self.written = writeln!(self.out, "{text}");
        }
    }
}
