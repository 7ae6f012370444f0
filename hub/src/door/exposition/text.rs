//! The text of the exposition, some families at a time.

use std::fmt::Write as _;
use std::mem;
use std::ops::Range;
use std::sync::Arc;

use kinglet_proto::sample::Sample;
use kinglet_proto::sample::metric::Figure;
use kinglet_proto::sample::table::METRICS;

use super::family::{FAMILIES, Family, in_base_unit};
use crate::fleet::Snapshot;
use crate::limits::FAMILIES_AT_ONCE;

/// A host as it is scraped.
pub(super) struct Host {
    /// `host="pi",name="Attic Pi",group="home"`
    labels: String,
    online: bool,
    /// Its last reading; `None` before the first.
    sample: Option<Arc<Sample>>,
}

impl Host {
    /// It as it is now.
    pub(super) fn new(snapshot: &Snapshot) -> Self {
        let host = snapshot.host();
        let mut labels = String::new();
        for (name, value) in [("host", host.id), ("name", host.name), ("group", host.group)] {
            label(&mut labels, name, value);
        }
        Self { labels, online: snapshot.online, sample: snapshot.sample.clone() }
    }
}

/// Writes family after family, each with every host.
pub(super) struct Writer {
    /// What is private is left out.
    public: bool,
    /// Metrics whose families are being written; those before are.
    now: Range<usize>,
    texts: Vec<String>,
    up: String,
}

impl Writer {
    /// Before the first family.
    pub(super) fn new(public: bool) -> Self {
        let up = "# HELP kinglet_up Whether the host was heard of within the silence limit.\n\
                  # TYPE kinglet_up gauge\n";
        Self { public, now: 0..0, texts: Vec::new(), up: up.to_owned() }
    }

    /// Begins the next families; false when all are written.
    pub(super) fn begin(&mut self) -> bool {
        let begin = self.now.end;
        self.now = begin..METRICS.len().min(begin + FAMILIES_AT_ONCE);
        self.texts = vec![String::new(); self.now.len()];
        !self.now.is_empty()
    }

    /// Writes a host's figures into them.
    pub(super) fn write(&mut self, host: &Host) {
        if self.now.start == 0 {
            // Writing to a String cannot fail.
            let _ = writeln!(self.up, "kinglet_up{{{}}} {}", host.labels, u8::from(host.online));
        }
        let Some(sample) = host.sample.as_ref().filter(|_| host.online) else { return };
        let begins: Vec<usize> = self.texts.iter().map(String::len).collect();
        sample.read(|figure| {
            let number = usize::from(figure.metric.number);
            let at = number.wrapping_sub(self.now.start);
            let (Some(text), Some(begin)) = (self.texts.get_mut(at), begins.get(at)) else {
                return;
            };
            if let Some(family) = FAMILIES.get(number)
                && !(self.public && figure.metric.private)
            {
                series(text, *begin, family, host, figure);
            }
        });
    }

    /// The families as they stand; empty where no host has any of them.
    pub(super) fn finish(&mut self) -> String {
        let mut all = mem::take(&mut self.up);
        for (text, number) in mem::take(&mut self.texts).iter().zip(self.now.clone()) {
            let (Some(family), Some(metric)) = (FAMILIES.get(number), METRICS.get(number)) else {
                continue;
            };
            if text.is_empty() {
                continue;
            }
            let (Family { name, kind, .. }, help) = (family, metric.help());
            let help = help.replace('\\', "\\\\").replace('\n', "\\n");
            let _ = writeln!(all, "# HELP {name} {help}\n# TYPE {name} {kind}");
            all += text;
        }
        all
    }
}

/// Writes a series, unless this host, whose own begin at `begin`, has it already: nothing keeps an
/// agent from naming two disks alike, and Prometheus would refuse them both.
fn series(text: &mut String, begin: usize, family: &Family, host: &Host, figure: &Figure<'_>) {
    let at = text.len();
    text.push_str(&family.name);
    text.push('{');
    text.push_str(&host.labels);
    for (name, of) in family.labels.iter().zip(figure.labels) {
        label(text, name, &of.value.to_string());
    }
    text.push_str("} ");
    let (before, series) = text.split_at(at);
    if before.get(begin..).is_some_and(|own| own.contains(series)) {
        text.truncate(at);
        return;
    }
    let _ = writeln!(text, "{}", in_base_unit(figure.metric.unit, figure.value));
}

/// Writes a label behind those that are there.
fn label(text: &mut String, name: &str, value: &str) {
    if !text.is_empty() && !text.ends_with('{') {
        text.push(',');
    }
    text.push_str(name);
    text.push_str("=\"");
    for c in value.chars() {
        match c {
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            '\n' => text.push_str("\\n"),
            c => text.push(c),
        }
    }
    text.push('"');
}

#[cfg(test)]
mod tests {
    use kinglet_proto::host::HostId;
    use kinglet_proto::ingest::Label;

    use super::*;

    fn host(id: &str, online: bool, sample: &str) -> Host {
        let name = Some("Attic \"Pi\" \\ 2".to_owned());
        Host::new(&Snapshot {
            id: HostId::parse(id).unwrap(),
            label: Arc::new(Label { name, ..Label::default() }),
            online,
            stopped: false,
            last_seen: None,
            sample: Some(Arc::new(serde_json::from_str(sample).unwrap())),
        })
    }

    fn scrape(hosts: &[Host]) -> String {
        let mut writer = Writer::new(true);
        let mut all = String::new();
        while writer.begin() {
            hosts.iter().for_each(|host| writer.write(host));
            all += &writer.finish();
        }
        all
    }

    #[test]
    fn a_family_has_every_host_that_is_online_and_stands_once() {
        let sample = r#"{"cpu":{"usage":45.2},"load_average":{"one":0.25,"five":0,"fifteen":0}}"#;
        let hosts = [host("a", true, sample), host("b", false, sample), host("c", true, sample)];
        let text = scrape(&hosts);
        let labels = |id| format!(r#"host="{id}",name="Attic \"Pi\" \\ 2",group="""#);
        let due = format!(
            "# HELP kinglet_up Whether the host was heard of within the silence limit.\n\
             # TYPE kinglet_up gauge\n\
             kinglet_up{{{a}}} 1\nkinglet_up{{{b}}} 0\nkinglet_up{{{c}}} 1\n\
             # HELP kinglet_cpu_usage_ratio Share of time not idle, of all cores together; \
             waiting for I/O counts as idle.\n\
             # TYPE kinglet_cpu_usage_ratio gauge\n\
             kinglet_cpu_usage_ratio{{{a}}} 0.452\nkinglet_cpu_usage_ratio{{{c}}} 0.452\n",
            a = labels("a"),
            b = labels("b"),
            c = labels("c")
        );
        assert!(text.starts_with(&due), "{text}");
        assert!(text.contains(&format!("\nnode_load1{{{}}} 0.25\n", labels("c"))), "{text}");
        let families: Vec<_> = text.lines().filter(|line| line.starts_with("# TYPE")).collect();
        let once: std::collections::BTreeSet<_> = families.iter().collect();
        assert_eq!(families.len(), once.len());
    }

    #[test]
    fn a_series_stands_once_however_often_an_agent_names_it() {
        let disk = |name: &str, n: u32| format!(r#"{{"name":"{name}","read_bytes":{n}}}"#);
        let sample = format!(
            r#"{{"disks":[{},{},{}],"filesystems":[{{"mount_point":"/a\nb","device":"d",
                "fstype":"ext4","total":5}}]}}"#,
            disk("sda", 1),
            disk("sda1", 2),
            disk("sda", 3)
        );
        let text = scrape(&[host("a", true, &sample), host("b", true, &sample)]);
        let lines = |part: &str| text.lines().filter(|line| line.contains(part)).count();
        assert_eq!(lines(r#"node_disk_read_bytes_total{host="a""#), 2, "{text}");
        assert_eq!(lines(r#"node_disk_read_bytes_total{host="b""#), 2, "{text}");
        assert_eq!(lines(r#"device="sda"} 1"#), 2, "{text}");
        assert_eq!(lines(r#"device="sda1"} 2"#), 2, "{text}");
        assert_eq!(lines(r#"mountpoint="/a\nb",device="d",fstype="ext4"} 5"#), 2, "{text}");
    }
}
