//! The configuration in force, as TOML that could be read again; secrets are `***`.

use std::fmt;
use std::path::Path;

use kinglet_host::{Budget, Filters, Meter, Router, Wanted};
use kinglet_proto::alert::{Rule, Test};
use kinglet_proto::delivery::ring;
use kinglet_proto::host::Host;
use kinglet_proto::limits::RING_BYTES_MAX;
use kinglet_proto::output::{Setting, json};
use kinglet_proto::probe::Bounds;
use kinglet_proto::quoted::{Quoted, QuotedList};

use super::duration::show;
use super::{Config, Probing, Server, traffic};
use crate::link::{Egress, Family};
use crate::options::{Table, collectors};

/// What each part has is named here one by one, so that nothing can be forgotten.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, servers, collect, alerts, probing, roots: _, warnings: _ } = self;
        let Host { id, name, group, location, country_code, ip, boot_id: _, boot_cause: _ } = host;
        writeln!(f, "[host]\nid = {}\nname = {}", Quoted(id), Quoted(name))?;
        text(f, "group", group.as_deref())?;
        text(f, "location", location.as_deref())?;
        text(f, "country_code", country_code.as_deref())?;
        text(f, "ip", ip.as_deref())?;
        for server in servers {
            server.fmt(f)?;
        }
        writeln!(f, "\n[collect]")?;
        for name in collectors() {
            writeln!(f, "{name} = {}", collect.includes(name))?;
        }
        let Filters { disks, mounts, interfaces } = &collect.filters;
        for (name, filter) in [("disks", disks), ("mounts", mounts), ("interfaces", interfaces)] {
            writeln!(
                f,
                "include_{name} = {}\nexclude_{name} = {}",
                QuotedList(&filter.include),
                QuotedList(&filter.exclude)
            )?;
        }
        writeln!(f, "\n[custom]")?;
        let dir = Some(collect.custom.to_string_lossy());
        text(f, "dir", dir.as_deref().filter(|dir| !dir.is_empty()))?;
        if let Some(Meter { reset_day, quota, state_file }) = &collect.meter {
            writeln!(f, "\n[traffic]\nreset_day = \"{reset_day}\"")?;
            text(f, "quota", quota.map(traffic::show).as_deref())?;
            text(f, "state_file", state_file.as_deref().map(Path::to_string_lossy).as_deref())?;
        }
        if let Some(Router { leases }) = &collect.router {
            writeln!(f, "\n[router]\nenabled = true")?;
            let leases = Some(leases.to_string_lossy());
            text(f, "leases", leases.as_deref().filter(|path| !path.is_empty()))?;
        }
        let Wanted { containers, engine, processes, smart, units } = &collect.wanted;
        writeln!(f, "\n[containers]\nenabled = {containers}")?;
        let socket = Some(engine.to_string_lossy());
        text(f, "socket", socket.as_deref().filter(|path| !path.is_empty()))?;
        writeln!(f, "\n[processes]\nenabled = {processes}")?;
        writeln!(f, "\n[smart]\nenabled = {smart}")?;
        writeln!(f, "\n[units]\nenabled = {units}")?;
        writeln!(f, "\n[budget]")?;
        let Budget { processor, rss } = collect.budget.unwrap_or_default();
        if let Some(hundredths) = processor {
            writeln!(f, "cpu_percent = {}", json(&(f64::from(hundredths) / 100.0)))?;
        }
        if let Some(bytes) = rss {
            writeln!(f, "rss_bytes = {bytes}")?;
        }
        writeln!(f, "\n[alerts]")?;
        for name in Table::Alerts.switches() {
            let is_on = alerts.iter().any(|rule| !rule.own && rule.name == name);
            writeln!(f, "{name} = {is_on}")?;
        }
        alerts.iter().filter(|rule| rule.own).try_for_each(|rule| alert(f, rule))?;
        probing.fmt(f)
    }
}

impl fmt::Display for Probing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { targets, bounds, from_server, ca_file, trust: _ } = self;
        let Bounds { interval, count, private } = bounds;
        let pairs = targets.iter().map(|target| (target.name.clone(), target.to_string()));
        writeln!(f, "\n[probe]")?;
        setting(f, "targets", &Setting::Map(pairs.collect()))?;
        writeln!(f, "interval = \"{}\"", show(*interval))?;
        writeln!(f, "from_server = {from_server}\ncount = {count}\nprivate = {private}")?;
        text(f, "ca_file", ca_file.as_deref().map(Path::to_string_lossy).as_deref())
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            url,
            proxy,
            others,
            return_after: _,
            egress,
            protocol,
            auth,
            server_id,
            settings,
            token,
            token_file,
            ca_file,
            pin,
            client_cert,
            trust: _,
            interval,
        } = self;
        let query = if url.path_and_query.contains('?') { "?***" } else { "" };
        writeln!(f, "\n[[server]]\nprotocol = \"{protocol}\"")?;
        let urls: Vec<_> = self.urls().map(|url| format!("{url}{query}")).collect();
        match urls.as_slice() {
            [url] => writeln!(f, "url = {}", Quoted(url))?,
            urls => writeln!(f, "url = {}", QuotedList(urls))?,
        }
        writeln!(f, "auth = \"{auth}\"")?;
        text(f, "proxy", proxy.as_ref().map(ToString::to_string).as_deref())?;
        let Egress { prefer, source } = egress;
        text(f, "prefer", prefer.map(Family::name))?;
        text(f, "interface", source.as_ref().map(ToString::to_string).as_deref())?;
        text(f, "server_id", server_id.as_deref())?;
        for (key, value) in settings.iter() {
            setting(f, key, value)?;
        }
        text(f, "token_file", token_file.as_deref().map(Path::to_string_lossy).as_deref())?;
        writeln!(f, "# token = {token}")?;
        for way in others.iter().filter(|way| way.proxy != *proxy) {
            let found = way.proxy.as_ref().map_or("none".to_owned(), ToString::to_string);
            writeln!(f, "# its proxy to {} is {found}", way.url)?;
        }
        text(f, "ca_file", ca_file.as_deref().map(Path::to_string_lossy).as_deref())?;
        if let Some(pin) = pin {
            writeln!(f, "pin = \"{pin}\"")?;
        }
        if let Some(client_cert) = client_cert {
            text(f, "client_cert", Some(&client_cert.cert().to_string_lossy()))?;
            text(f, "client_key", Some(&client_cert.key().to_string_lossy()))?;
        }
        writeln!(f, "interval = \"{}\"", show(*interval))?;
        let (kept, minutes) = (RING_BYTES_MAX / 1024, ring::reach(1536, *interval).as_secs() / 60);
        writeln!(f, "# an outage: {kept} KiB of samples wait, {minutes} min at 1.5 KiB each")
    }
}

fn alert(f: &mut fmt::Formatter<'_>, rule: &Rule) -> fmt::Result {
    let metric = rule.subject.metric().map_or("", |metric| metric.name);
    writeln!(f, "\n[[alert]]\nmetric = {}", Quoted(metric))?;
    let (way, has_clear) = match rule.test {
        Test::Above(_) => ("above", true),
        Test::Below(_) => ("below", true),
        Test::Equals(_) => ("equals", false),
    };
    // Numbers are written as in JSON, which the agent can anyway: TOML has the same.
    writeln!(f, "{way} = {}", json(&rule.test.threshold()))?;
    if has_clear {
        writeln!(f, "clear = {}", json(&rule.clear))?;
    }
    writeln!(f, "for = \"{}\"\nlevel = \"{}\"", show(rule.hold), rule.level.name())?;
    writeln!(f, "title = {}\nmessage = {}", Quoted(&rule.title), Quoted(&rule.message))?;
    let labels = rule.labels.iter().map(|(name, pattern)| (*name, pattern.as_str()));
    map(f, "labels", labels)
}

/// A key, if it has a value.
fn text(f: &mut fmt::Formatter<'_>, key: &str, value: Option<&str>) -> fmt::Result {
    value.map_or(Ok(()), |value| writeln!(f, "{key} = {}", Quoted(value)))
}

/// A key of one protocol.
fn setting(f: &mut fmt::Formatter<'_>, key: &str, value: &Setting) -> fmt::Result {
    match value {
        Setting::Text(text) => writeln!(f, "{key} = {}", Quoted(text)),
        Setting::List(list) => writeln!(f, "{key} = {}", QuotedList(list)),
        Setting::Map(pairs) => {
            map(f, key, pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())))
        }
    }
}

fn map<'a>(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    pairs: impl Iterator<Item = (&'a str, &'a str)>,
) -> fmt::Result {
    write!(f, "{key} = {{")?;
    for (at, (name, value)) in pairs.enumerate() {
        let comma = if at == 0 { "" } else { "," };
        write!(f, "{comma} {} = {}", Quoted(name), Quoted(value))?;
    }
    writeln!(f, " }}")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use kinglet_proto::alert::built_in::BUILT_IN;
    use kinglet_proto::secret::Secret;

    use super::*;
    use crate::link::{Pin, Proxy, ServerUrl, Source};
    use crate::options::{Entry, keys_of};

    #[test]
    fn every_key_of_the_file_is_printed() {
        let url = ServerUrl::parse("wss://hub.example.org").unwrap();
        let mut config =
            Config::local(url, Secret::new("hunter2"), Duration::from_secs(5)).unwrap();
        let Host { id: _, name: _, group, location, country_code, ip, boot_id: _, boot_cause: _ } =
            &mut config.host;
        for text in [group, location, country_code, ip] {
            *text = Some("x".to_owned());
        }
        config.probing.ca_file = Some("/ca".into());
        let server = &mut config.servers[0];
        server.server_id = Some("s".to_owned());
        server.proxy = Proxy::parse("http://me:hunter2@p").ok();
        server.egress = Egress { prefer: Some(Family::V4), source: Source::parse("eth0") };
        for key in Entry::of_table(Table::Server).filter(|key| !key.protocols.is_empty()) {
            server.settings.add(key.name, Setting::Text("x".to_owned()));
        }
        config.collect.custom = "/figures".into();
        let state_file = Some("/state".into());
        config.collect.meter = Some(Meter { reset_day: 9, quota: Some(1), state_file });
        config.collect.wanted.engine = "/run/docker.sock".into();
        config.collect.router = Some(Router { leases: "/leases".into() });
        config.collect.budget = Some(Budget { processor: Some(50), rss: Some(1) });
        server.token_file = Some("/token".into());
        server.ca_file = Some("/ca".into());
        #[cfg(feature = "client-cert")]
        {
            server.client_cert = Some(crate::link::ClientCert::unread("/cert", "/key"));
        }
        server.pin = Pin::parse(&format!("sha256:{}", "0".repeat(64)));
        let own = Rule { own: true, ..BUILT_IN[0].rule() };
        let tests = [Test::Above(90.0), Test::Below(1.5), Test::Equals(1.0)];
        config.alerts.extend(tests.map(|test| Arc::new(Rule { test, ..own.clone() })));
        let printed = config.to_string();
        for table in Table::ALL {
            let header = format!("[{}]", table.name());
            let blocks: Vec<_> = printed.split(&header).skip(1).collect();
            let own = blocks.iter().map(|block| block.split("\n[").next().unwrap_or_default());
            let block = own.collect::<String>();
            let is_built = |key: &str| cfg!(feature = "client-cert") || !key.starts_with("client_");
            for (key, _) in keys_of(table).into_iter().filter(|(key, _)| is_built(key)) {
                assert!(block.contains(&format!("\n{key} = ")), "{header} {key}: {printed}");
            }
        }
        // The top level's only key is a default, which each server shows as its own.
        assert_eq!(keys_of(Table::Top).len(), 1);
        assert!(!printed.contains("hunter2"), "{printed}");
    }
}
