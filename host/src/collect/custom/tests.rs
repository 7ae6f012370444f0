use std::fs::{self, File};
use std::time::UNIX_EPOCH;

use super::*;

/// When it is, in seconds since 1970, and when a file was written if nothing else is said.
const NOW: u64 = 1_795_161_600;

/// A folder of the owner's, and who looks at it.
struct Lab {
    path: PathBuf,
    setup: Setup,
    collector: CustomCollector,
    sample: Sample,
    looks: u64,
}

impl Lab {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("kinglet-custom-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        let setup = Setup { custom: path.clone(), ..Setup::of(&path) };
        setup.background.set_patience(Duration::from_secs(5));
        let collector = CustomCollector::new(&setup);
        Self { path, setup, collector, sample: Sample::default(), looks: 0 }
    }

    /// Puts a file in its place as a good script does.
    fn write(&self, name: &str, text: &str) {
        let draft = self.path.join(format!("{name}.draft"));
        fs::write(&draft, text).unwrap();
        fs::rename(draft, self.path.join(name)).unwrap();
        self.date(name, NOW);
    }

    fn date(&self, name: &str, unix_seconds: u64) {
        let file = File::options().write(true).open(self.path.join(name)).unwrap();
        file.set_modified(UNIX_EPOCH + Duration::from_secs(unix_seconds)).unwrap();
    }

    /// The next look: every series, and what was told.
    fn look(&mut self) -> (Vec<(String, f64)>, Vec<String>) {
        self.looks += 1;
        let now = Instant::from_millis(self.looks * 60_000);
        self.sample.timestamp = WallTime::from_unix_millis(NOW * 1000);
        self.setup.background.begin(now);
        self.collector.collect(now, &mut Buffer::default(), &mut self.sample);
        let custom = self.sample.custom.iter();
        let series = custom.map(|it| (it.series.clone(), it.value)).collect();
        let prefix = format!("{}", self.path.display());
        let told = self.setup.faults.take().into_iter();
        (series, told.map(|words| words.replace(&prefix, "")).collect())
    }

    fn series(&mut self) -> Vec<(String, f64)> {
        let (series, told) = self.look();
        assert_eq!(told, Vec::<String>::new());
        series
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn one(series: &str, value: f64) -> (String, f64) {
    (series.to_owned(), value)
}

#[test]
fn files_come_change_and_go() {
    let mut lab = Lab::new("change");
    assert_eq!(lab.series(), []);
    lab.write("b.prom", "b{x=\"y\"} 2\n");
    lab.write("a.prom", "# TYPE a gauge\na 1\n");
    lab.write("notes.txt", "no figure 1\n");
    assert_eq!(lab.series(), [one("a", 1.0), one("b{x=\"y\"}", 2.0)]);
    // The same time and size: the inode is another.
    lab.write("a.prom", "# TYPE a gauge\na 3\n");
    assert_eq!(lab.series(), [one("a", 3.0), one("b{x=\"y\"}", 2.0)]);
    fs::remove_file(lab.path.join("b.prom")).unwrap();
    assert_eq!(lab.series(), [one("a", 3.0)]);
    fs::remove_dir_all(&lab.path).unwrap();
    assert_eq!(lab.series(), [one("a", 3.0)], "late, maybe");
    assert_eq!(lab.look(), (vec![], vec![": the folder cannot be read; left out".to_owned()]));
    assert_eq!(lab.series(), []);
    fs::create_dir_all(&lab.path).unwrap();
    lab.write("a.prom", "a 4\n");
    assert_eq!(lab.series(), [one("a", 4.0)]);
}

/// Written in place, with the date it had, it looks as it did: nothing is read.
#[test]
fn what_was_not_written_is_not_read() {
    let mut lab = Lab::new("unread");
    lab.write("a.prom", "a 1\n");
    assert_eq!(lab.series(), [one("a", 1.0)]);
    fs::write(lab.path.join("a.prom"), "a 2\n").unwrap();
    lab.date("a.prom", NOW);
    assert_eq!(lab.series(), [one("a", 1.0)]);
    lab.date("a.prom", NOW + 1);
    assert_eq!(lab.series(), [one("a", 2.0)]);
}

#[test]
fn a_bad_file_is_named_once_with_its_line_and_costs_only_itself() {
    let mut lab = Lab::new("bad");
    lab.write("a.prom", "a 1\n");
    lab.write("b.prom", "b 1\nb two\n");
    let told = vec!["/b.prom, line 2: no number; the file is left out".to_owned()];
    assert_eq!(lab.look(), (vec![one("a", 1.0)], told.clone()));
    assert_eq!(lab.series(), [one("a", 1.0)]);
    lab.write("b.prom", "b 3\nb two\n");
    assert_eq!(lab.series(), [one("a", 1.0)], "no worse than before");
    lab.write("b.prom", "b 1\n");
    assert_eq!(lab.series(), [one("a", 1.0), one("b", 1.0)]);
    lab.write("b.prom", "b 1\nb two\n");
    assert_eq!(lab.look(), (vec![one("a", 1.0)], told));
}

#[test]
fn what_is_too_much_or_there_already_costs_the_later_file() {
    let mut lab = Lab::new("much");
    let many =
        |name: &str, count| (0..count).map(|at| format!("{name}{at} 1\n")).collect::<String>();
    lab.write("a.prom", &many("a", 40));
    lab.write("b.prom", &many("b", 25));
    lab.write("c.prom", "a0 7\n");
    lab.write("d.prom", &format!("# {}\nd 1\n", "x".repeat(64 * 1024)));
    let (series, told) = lab.look();
    assert_eq!(series.len(), 40);
    assert_eq!(
        told,
        [
            "/b.prom: with it there are more than 64 series; left out",
            "/c.prom: it has a series of another file; left out",
            "/d.prom: it has more than 64 KiB; left out",
        ]
    );
    lab.write("c.prom", "a0 8\n");
    assert_eq!(lab.series().len(), 40);
    fs::remove_file(lab.path.join("a.prom")).unwrap();
    assert_eq!(lab.series().len(), 26);
}

#[test]
fn what_nobody_writes_any_more_is_left_out() {
    let mut lab = Lab::new("old");
    lab.write("a.prom", "a 1\n");
    lab.date("a.prom", NOW - 48 * 3600);
    assert_eq!(lab.series(), [one("a", 1.0)]);
    lab.date("a.prom", NOW - 48 * 3600 - 1);
    let told = vec!["/a.prom: nobody has written it for two days; left out".to_owned()];
    assert_eq!(lab.look(), (vec![], told));
    assert_eq!(lab.series(), []);
    // A clock that is behind makes no file old.
    lab.date("a.prom", NOW + 365 * 86_400);
    assert_eq!(lab.series(), [one("a", 1.0)]);
}

#[test]
fn without_a_folder_nothing_is_looked_at() {
    let setup = Setup::of(Path::new("/nowhere"));
    assert!(CustomCollector::new(&setup).folder.is_none());
}
