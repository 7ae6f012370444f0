//! A reading as lines: telegraf's measurements, for the dashboards that there are, and beside them
//! one of our own for each block that telegraf has none for; of every block where the history is
//! read from there.

use std::time::Duration;

use kinglet_proto::sample::Sample;
use kinglet_proto::sample::metric::{Figure, LabelValue};
use kinglet_proto::wire::line_protocol::{Line, Value};
use kinglet_proto::wire::telegraf;

use super::schema::{ID, column};
use super::settings::Settings;
use crate::fleet::Reading;
use crate::limits::{CLOCK_AHEAD_MAX, SAME_LABEL_WITHIN, SPOOL_COMMIT_BYTES};

/// Lines that wait.
#[derive(Default)]
pub(super) struct Lines {
    text: Vec<u8>,
    /// The host's id, and the owner's tags.
    tags: Vec<(String, String)>,
    /// Figures of every block are written as they were read.
    whole: bool,
}

/// The block of the owner's own figures: agents write it as it is here.
const OWN: &str = "custom";
/// Blocks of the sample that telegraf's measurements say, and one that is written beside them.
const TELEGRAFS: [&str; 11] = [
    OWN,
    "cpu",
    "memory",
    "disks",
    "filesystems",
    "network",
    "uptime",
    "load_average",
    "processes",
    "users",
    "kernel",
];

impl Lines {
    pub(super) fn new(settings: &Settings) -> Self {
        let id = (ID.to_owned(), String::new());
        let tags = std::iter::once(id).chain(settings.tags.iter().cloned()).collect();
        Self { text: Vec::new(), tags, whole: settings.is_history }
    }

    /// Bytes of them.
    pub(super) fn bytes(&self) -> usize {
        self.text.len()
    }

    /// So much waits that it is queued before the interval is over.
    pub(super) fn is_full(&self) -> bool {
        self.text.len() >= SPOOL_COMMIT_BYTES
    }

    /// Takes them out.
    pub(super) fn take(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.text)).unwrap_or_default()
    }

    /// Puts back what could not be queued, before what came meanwhile.
    pub(super) fn put_back(&mut self, text: String) {
        let later = std::mem::replace(&mut self.text, text.into_bytes());
        self.text.extend(later);
    }

    /// Writes a reading.
    pub(super) fn write(&mut self, reading: &Reading) {
        let at = moment_of(reading);
        let host = reading.host.host();
        if let Some((_, id)) = self.tags.first_mut() {
            id.clear();
            id.push_str(host.id);
        }
        let sample = &*reading.sample;
        if sample.hostname.is_empty() {
            // Agents that do not say it are few: telegraf's points go by this name.
            let named = Sample { hostname: host.name.to_owned(), ..sample.clone() };
            self.write_sample(&named, at);
        } else {
            self.write_sample(sample, at);
        }
    }

    fn write_sample(&mut self, sample: &Sample, at: u64) {
        telegraf::write(sample, &self.tags, at, &mut self.text);
        let tags = self.tags.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let host = (telegraf::HOST, sample.hostname.as_str());
        let tags = Line::tags(std::iter::once(host).chain(tags));
        self.write_figures(sample, &tags, at);
    }

    /// Figures that stand together in the table are one line where they have the same labels.
    fn write_figures(&mut self, sample: &Sample, tags: &str, at: u64) {
        let whole = self.whole;
        let text = &mut self.text;
        let mut point = Point::default();
        sample.read(|figure| {
            let Some(column) = column(figure.metric) else { return };
            let block = column.measurement.trim_start_matches("kinglet_");
            if (!whole || block == OWN) && TELEGRAFS.contains(&block) {
                return;
            }
            // Within a row the walk goes up the table: what does not is another of the same name.
            let is_other = figure.metric.number <= point.number;
            if is_other || !point.is_of(&column.measurement, figure) {
                point.finish(text, tags, at);
                point.begin(&column.measurement, figure);
            }
            point.number = figure.metric.number;
            point.fields.push((&column.field, figure.value.get()));
        });
        point.finish(text, tags, at);
    }
}

/// A line under way.
#[derive(Default)]
struct Point {
    measurement: &'static str,
    /// The last metric in it.
    number: u16,
    labels: Vec<(&'static str, String)>,
    fields: Vec<(&'static str, f64)>,
}

impl Point {
    fn is_of(&self, measurement: &str, figure: &Figure<'_>) -> bool {
        self.measurement == measurement
            && self.labels.len() == figure.labels.len()
            && self
                .labels
                .iter()
                .zip(figure.labels)
                .all(|((name, value), label)| *name == label.name && is_same(label.value, value))
    }

    fn begin(&mut self, measurement: &'static str, figure: &Figure<'_>) {
        self.measurement = measurement;
        self.labels.clear();
        self.labels.extend(figure.labels.iter().map(|label| (label.name, label.value.to_string())));
    }

    fn finish(&mut self, text: &mut Vec<u8>, tags: &str, at: u64) {
        if self.fields.is_empty() {
            return;
        }
        let mut line = Line::begin(text, self.measurement);
        line.written_tags(tags);
        for (name, value) in &self.labels {
            line.tag(name, value);
        }
        for (name, value) in self.fields.drain(..) {
            line.field(name, &Value::Float(value));
        }
        line.end(Some(at));
    }
}

fn is_same(value: LabelValue<'_>, written: &str) -> bool {
    match value {
        LabelValue::Text(text) => text == written,
        LabelValue::Number(number) => written.parse() == Ok(number),
    }
}

/// When it was taken, in whole seconds since 1970: by the hub's clock and its age, or by its own
/// label where the two agree, for then one that is sent again is the same point.
fn moment_of(reading: &Reading) -> u64 {
    let received = reading.received.wall.unix_millis();
    let label = reading.sample.timestamp.unix_millis();
    let at = match reading.age.map(millis) {
        Some(age) => {
            let counted = received.saturating_sub(age);
            if counted.abs_diff(label) <= millis(SAME_LABEL_WITHIN) { label } else { counted }
        }
        None if label == 0 => received,
        None => label.min(received + CLOCK_AHEAD_MAX),
    };
    at / 1000
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;

    use kinglet_proto::host::HostId;
    use kinglet_proto::ingest::Label;
    use kinglet_proto::time::{Instant, Now, WallTime};
    use kinglet_proto::wire::line_protocol::parse;

    use super::*;
    use crate::fleet::Snapshot;
    use crate::http::Address;
    use crate::influx::settings::Target;

    const NOW_MS: u64 = 1_800_000_000_700;

    fn lines(is_history: bool) -> Lines {
        let target = Target::Database { name: "fleet".to_owned(), retention_policy: None };
        Lines::new(&Settings {
            address: Address::parse("http://db").unwrap(),
            target,
            user: None,
            token_file: None,
            ca_file: None,
            tags: vec![("site".to_owned(), "attic".to_owned())],
            interval: Duration::from_secs(1),
            batch_bytes: 0,
            queue_bytes: 0,
            folder: PathBuf::new(),
            is_history,
            engine: None,
        })
    }

    fn reading(sample: &str, age: Option<Duration>) -> Reading {
        let sample: Arc<Sample> = Arc::new(serde_json::from_str(sample).unwrap());
        let host = Snapshot {
            id: HostId::parse("pi").unwrap(),
            label: Arc::new(Label { name: Some("Attic Pi".to_owned()), ..Label::default() }),
            online: true,
            stopped: false,
            last_seen: None,
            sample: None,
        };
        let wall = WallTime::from_unix_millis(NOW_MS);
        let received = Now { instant: Instant::from_millis(0), wall };
        Reading { number: 1, host, sample, place: None, received, age, newest: true }
    }

    fn written(is_history: bool, reading: &Reading) -> Vec<String> {
        let mut lines = lines(is_history);
        lines.write(reading);
        lines.take().lines().map(str::to_owned).collect()
    }

    const SAMPLE: &str = r#"{"hostname":"pi","cpu":{"usage":12.5,"per_core":[10,15]},
        "temperatures":[{"label":"cpu thermal","celsius":48.5},{"label":"nvme","celsius":30}],
        "battery":{"percent":80}}"#;

    #[test]
    fn what_telegraf_has_none_for_is_a_measurement_of_our_own() {
        let all = written(false, &reading(SAMPLE, Some(Duration::ZERO)));
        let own: Vec<_> = all.iter().filter(|line| line.starts_with("kinglet_")).collect();
        assert_eq!(
            own,
            [
                "kinglet_temperatures,host=pi,id=pi,site=attic,sensor=cpu\\ thermal value=48.5 1800000000",
                "kinglet_temperatures,host=pi,id=pi,site=attic,sensor=nvme value=30 1800000000",
                "kinglet_battery,host=pi,id=pi,site=attic percent=80,charging=0 1800000000",
            ]
        );
        let telegrafs: Vec<_> = all.iter().filter(|line| !line.starts_with("kinglet_")).collect();
        assert!(!telegrafs.is_empty());
        for line in all {
            let point = parse(&line).unwrap();
            assert_eq!((point.tag("host"), point.tag("id")), (Some("pi"), Some("pi")), "{line}");
            assert_eq!(point.timestamp, Some(1_800_000_000), "{line}");
        }
    }

    #[test]
    fn a_history_has_every_figure_as_it_was_read() {
        let reading = reading(SAMPLE, Some(Duration::ZERO));
        let mut due = 0;
        reading.sample.read(|_| due += 1);
        let all = written(true, &reading);
        let own = all.iter().filter(|line| line.starts_with("kinglet_"));
        let fields: usize = own.map(|line| parse(line).unwrap().fields.len()).sum();
        assert_eq!(fields, due);
        let has =
            |text: &str| assert!(all.iter().any(|line| line.contains(text)), "{text}: {all:?}");
        has("kinglet_cpu,host=pi,id=pi,site=attic usage=12.5 ");
        has("kinglet_cpu,host=pi,id=pi,site=attic,core=1 core_usage=15 ");
    }

    #[test]
    fn a_host_that_does_not_say_its_name_has_the_hubs() {
        let all = written(false, &reading(r#"{"battery":{"percent":80}}"#, None));
        assert_eq!(
            all,
            ["kinglet_battery,host=Attic\\ Pi,id=pi,site=attic percent=80,charging=0 1800000000"]
        );
    }

    #[test]
    fn what_is_sent_again_is_the_same_point_and_a_wrong_clock_counts_for_nothing() {
        let at = |timestamp: u64, age: Option<u64>| {
            let time = WallTime::from_unix_millis(timestamp);
            let mut reading = reading("{}", age.map(Duration::from_millis));
            Arc::make_mut(&mut reading.sample).timestamp = time;
            moment_of(&reading)
        };
        let now = NOW_MS / 1000;
        assert_eq!(at(NOW_MS - 10_000, Some(9_500)), now - 10, "its label");
        assert_eq!(at(NOW_MS - 10_000, Some(11_000)), now - 10, "its label, over a slow line");
        assert_eq!(at(5_000, Some(10_000)), now - 10, "a wrong clock");
        assert_eq!(at(0, None), now);
        assert_eq!(at(NOW_MS - 10_000, None), now - 10);
        let far = (NOW_MS + CLOCK_AHEAD_MAX) / 1000;
        assert_eq!(at(NOW_MS * 2, None), far);
    }
}
