//! The configuration file: its tables and keys into the configuration as written.

use kinglet_host::collect::switches;

use super::raw::{RawCollect, RawConfig, RawHost, RawServer};
use crate::options::{Document, Problems, Section};

/// The lists of `[collect]`.
const LISTS: [&str; 6] = [
    "include_disks",
    "exclude_disks",
    "include_mounts",
    "exclude_mounts",
    "include_interfaces",
    "exclude_interfaces",
];

impl RawConfig {
    /// Reads a file's text.
    pub(super) fn read(file: &str, text: &str, problems: &mut Problems) -> Self {
        let document = Document::new(file, text);
        let Some(table) = document.parse(problems) else { return Self::default() };
        let mut top = Section::top(&document, &table);
        let raw = Self {
            interval: top.string("interval", problems),
            host: top
                .section("host", problems)
                .map(|s| RawHost::read(s, problems))
                .unwrap_or_default(),
            servers: top
                .sections("server", problems)
                .into_iter()
                .map(|section| RawServer::read(section, problems))
                .collect(),
            collect: top
                .section("collect", problems)
                .map(|section| RawCollect::read(section, problems))
                .unwrap_or_default(),
        };
        top.finish(problems);
        raw
    }
}

impl RawHost {
    fn read(mut section: Section<'_, '_>, problems: &mut Problems) -> Self {
        let host = Self {
            id: section.string("id", problems),
            name: section.string("name", problems),
            group: section.string("group", problems),
            location: section.string("location", problems),
            country_code: section.string("country_code", problems),
            ip: section.string("ip", problems),
        };
        section.finish(problems);
        host
    }
}

impl RawServer {
    fn read(mut section: Section<'_, '_>, problems: &mut Problems) -> Self {
        let server = Self {
            place: section.place.clone(),
            protocol: section.string("protocol", problems),
            url: section.string("url", problems),
            auth: section.string("auth", problems),
            server_id: section.string("server_id", problems),
            token_file: section.string("token_file", problems),
            ca_file: section.string("ca_file", problems),
            pin: section.string("pin", problems),
            interval: section.string("interval", problems),
            token: None,
        };
        section.finish(problems);
        server
    }
}

impl RawCollect {
    fn read(mut section: Section<'_, '_>, problems: &mut Problems) -> Self {
        let mut collect = Self::default();
        for name in switches() {
            collect.switches.extend(section.boolean(name, problems).map(|on| (name, on)));
        }
        for name in LISTS {
            collect.lists.extend(section.strings(name, problems).map(|list| (name, list)));
        }
        section.finish(problems);
        collect
    }
}
