//! `[[notify]]`: whom the hub tells of alerts. What each kind needs stands in its row.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::{Fault, fault};
use crate::http::Address;
use crate::limits::{
    NOTIFY_CHANNELS_MAX, NOTIFY_PER_HOUR, NOTIFY_PER_HOUR_MAX, NOTIFY_RECIPIENTS_MAX,
    NOTIFY_TEMPLATE_BYTES_MAX,
};
use crate::notify::{KINDS, Kind, Level, Mail, MailTls, Rules, Settings, Template, is_mailbox};

/// A text, where one was written.
type Text = Option<Spanned<String>>;

/// One table as written: every key of every kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNotify {
    kind: Spanned<String>,
    pub(super) name: Text,
    level: Text,
    hosts: Option<Spanned<Vec<String>>>,
    groups: Option<Spanned<Vec<String>>>,
    resolved: Option<bool>,
    per_hour: Option<Spanned<usize>>,
    url: Text,
    url_file: Text,
    token_file: Text,
    user: Text,
    password_file: Text,
    ca_file: Text,
    topic: Text,
    chat: Option<Spanned<Chat>>,
    from: Text,
    to: Option<Spanned<OneOrMore>>,
    tls: Text,
    template: Text,
    content_type: Text,
}

/// A chat's number, or its name.
#[derive(Deserialize)]
#[serde(untagged)]
enum Chat {
    Number(i64),
    Name(String),
}

/// A text or some.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// What they mean, in their order.
pub(super) fn settings(raw: Vec<Spanned<RawNotify>>) -> Result<Vec<Settings>, Fault> {
    let mut all: Vec<Settings> = Vec::with_capacity(raw.len());
    for table in raw {
        let at = table.span().start;
        let settings = channel(table)?;
        let what = if all.iter().any(|other| other.name == settings.name) {
            format!("a second [[notify]] called \"{}\": give them a `name` each", settings.name)
        } else if all.len() == NOTIFY_CHANNELS_MAX {
            format!("more than {NOTIFY_CHANNELS_MAX} [[notify]]")
        } else {
            all.push(settings);
            continue;
        };
        return Err(Fault { at, what });
    }
    Ok(all)
}

pub(super) fn channel(table: Spanned<RawNotify>) -> Result<Settings, Fault> {
    let kind = kind(&table.get_ref().kind)?;
    check_keys(&table, kind)?;
    let rules = rules(table.get_ref())?;
    let url = url(table.get_ref(), kind)?;
    let mail = mail(table.get_ref(), url.as_ref())?;
    let template = template(table.get_ref())?;
    let raw = table.into_inner();
    let path = |text: Text| text.map(|text| PathBuf::from(text.into_inner()));
    let to = raw.topic.map(Spanned::into_inner).or(raw.chat.map(|chat| match chat.into_inner() {
        Chat::Number(number) => number.to_string(),
        Chat::Name(name) => name,
    }));
    Ok(Settings {
        name: raw.name.map_or_else(|| kind.name.to_owned(), Spanned::into_inner),
        kind,
        url,
        url_file: path(raw.url_file),
        secret_file: path(raw.token_file.or(raw.password_file)),
        user: raw.user.map(Spanned::into_inner),
        ca_file: path(raw.ca_file),
        to: to.unwrap_or_default(),
        mail,
        template,
        rules,
    })
}

fn kind(text: &Spanned<String>) -> Result<&'static Kind, Fault> {
    let names: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    let found = KINDS.iter().find(|kind| kind.name == text.get_ref());
    found.ok_or_else(|| fault(text, &format!("`kind` must be \"{}\"", names.join("\", \""))))
}

/// Whether the keys are those of the kind.
fn check_keys(table: &Spanned<RawNotify>, kind: &Kind) -> Result<(), Fault> {
    let given = given(table.get_ref());
    let Kind { name, needs, takes, .. } = kind;
    if let Some((key, at)) =
        given.iter().find(|(key, _)| !needs.contains(key) && !takes.contains(key))
    {
        let why = match *key {
            "url" if needs.contains(&"url_file") => {
                ": who knows its address can write there, so put it into a file and say `url_file`"
            }
            _ => "",
        };
        let allowed = [*needs, *takes].concat().join("`, `");
        let what = format!("`{key}` is not for kind \"{name}\"{why}; allowed here: `{allowed}`");
        return Err(Fault { at: *at, what });
    }
    let has = |key: &str| given.iter().any(|(given, _)| *given == key);
    if let Some(key) = needs.iter().find(|key| !has(key)) {
        return Err(fault(table, &format!("kind \"{name}\" needs a `{key}`")));
    }
    let wrong = if has("user") != has("password_file") {
        "`user` and `password_file` are needed together"
    } else if has("token_file") && has("password_file") {
        "`token_file` or `user` and `password_file`, not both"
    } else if has("url") && has("url_file") {
        "`url` or `url_file`, not both"
    } else if !has("url") && !has("url_file") && kind.usual_url.is_empty() {
        "it needs a `url`, or a `url_file` where who knows it can write there"
    } else if has("content_type") && !has("template") {
        "`content_type` is that of a `template`, and there is none"
    } else {
        return Ok(());
    };
    Err(fault(table, wrong))
}

/// Keys of some kinds that were written, and where.
fn given(raw: &RawNotify) -> Vec<(&'static str, usize)> {
    let text = |key, text: &Text| text.as_ref().map(|text| (key, text.span().start));
    let RawNotify { url, url_file, token_file, user, password_file, ca_file, .. } = raw;
    let RawNotify { topic, chat, from, to, tls, template, content_type, .. } = raw;
    [
        text("url", url),
        text("url_file", url_file),
        text("token_file", token_file),
        text("user", user),
        text("password_file", password_file),
        text("ca_file", ca_file),
        text("topic", topic),
        chat.as_ref().map(|chat| ("chat", chat.span().start)),
        text("from", from),
        to.as_ref().map(|to| ("to", to.span().start)),
        text("tls", tls),
        text("template", template),
        text("content_type", content_type),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn rules(raw: &RawNotify) -> Result<Rules, Fault> {
    let level = match raw.level.as_ref().map(|level| (level, level.get_ref().as_str())) {
        None | Some((_, "warning")) => Level::Warning,
        Some((_, "critical")) => Level::Critical,
        Some((text, _)) => return Err(fault(text, "`level` must be \"warning\" or \"critical\"")),
    };
    let per_hour = match &raw.per_hour {
        Some(number) if !(1..=NOTIFY_PER_HOUR_MAX).contains(number.get_ref()) => {
            return Err(fault(number, &format!("`per_hour` must be 1 to {NOTIFY_PER_HOUR_MAX}")));
        }
        number => number.as_ref().map_or(NOTIFY_PER_HOUR, |number| *number.get_ref()),
    };
    let list = |name: &str, list: &Option<Spanned<Vec<String>>>| match list {
        Some(list) if list.get_ref().is_empty() => {
            Err(fault(list, &format!("`{name}` is empty: leave it out for all")))
        }
        list => Ok(list.as_ref().map(|list| list.get_ref().clone()).unwrap_or_default()),
    };
    let (hosts, groups) = (list("hosts", &raw.hosts)?, list("groups", &raw.groups)?);
    Ok(Rules { level, hosts, groups, resolved: raw.resolved.unwrap_or(true), per_hour })
}

fn url(raw: &RawNotify, kind: &Kind) -> Result<Option<Address>, Fault> {
    let Some(text) = &raw.url else { return Ok(Address::parse(kind.usual_url)) };
    let (address, what) = if raw.from.is_some() {
        let what = "`url` must be smtp:// or smtps://, a host and a port, without credentials";
        (Address::parse_mail(text.get_ref()), what)
    } else if kind.takes.contains(&"template") {
        let what = "`url` must be http:// or https://, a host and a path, without credentials";
        (Address::parse_whole(text.get_ref()), what)
    } else {
        let what = "`url` must be http:// or https://, a host and a port, without credentials";
        (Address::parse(text.get_ref()), what)
    };
    address.map(Some).ok_or_else(|| fault(text, what))
}

fn mail(raw: &RawNotify, url: Option<&Address>) -> Result<Option<Mail>, Fault> {
    let (Some(from), Some(to), Some(url)) = (&raw.from, &raw.to, url) else { return Ok(None) };
    let address = "an address, \"a@example.org\" or \"Name <a@example.org>\"";
    if !is_mailbox(from.get_ref()) {
        return Err(fault(from, &format!("`from` must be {address}")));
    }
    let list = match to.get_ref() {
        OneOrMore::One(one) => vec![one.clone()],
        OneOrMore::More(more) => more.clone(),
    };
    if list.is_empty()
        || list.len() > NOTIFY_RECIPIENTS_MAX
        || !list.iter().all(|to| is_mailbox(to))
    {
        let what = format!("`to` must be {address}, or 1 to {NOTIFY_RECIPIENTS_MAX} of them");
        return Err(fault(to, &what));
    }
    let tls = match raw.tls.as_ref().map(|tls| (tls, tls.get_ref().as_str())) {
        None if url.tls => MailTls::Implicit,
        // Nobody is between this machine and itself, and its server's certificate is of its making.
        None if url.is_loopback() && raw.ca_file.is_none() => MailTls::None,
        None => MailTls::Starttls,
        Some((_, "starttls")) if !url.tls => MailTls::Starttls,
        Some((_, "none")) if !url.tls => MailTls::None,
        Some((tls, _)) => {
            let what = "`tls` must be \"starttls\" or \"none\", and smtps:// needs neither";
            return Err(fault(tls, what));
        }
    };
    Ok(Some(Mail { from: from.get_ref().clone(), to: list, tls }))
}

fn template(raw: &RawNotify) -> Result<Option<Template>, Fault> {
    let Some(text) = &raw.template else { return Ok(None) };
    if text.get_ref().len() > NOTIFY_TEMPLATE_BYTES_MAX {
        let what = format!("`template` has more than {NOTIFY_TEMPLATE_BYTES_MAX} bytes");
        return Err(fault(text, &what));
    }
    let kind = match &raw.content_type {
        Some(kind) if !kind.get_ref().bytes().all(|byte| (b' '..=b'~').contains(&byte)) => {
            return Err(fault(kind, "`content_type` must be a type, as \"text/plain\""));
        }
        kind => kind.as_ref().map_or("application/json", |kind| kind.get_ref()).to_owned(),
    };
    let template = Template::parse(text.get_ref().clone(), kind);
    template.map(Some).map_err(|what| fault(text, &format!("`template`: {what}")))
}

#[cfg(test)]
mod tests;
