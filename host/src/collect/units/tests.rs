use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use super::*;
use crate::kernel::dbus::fixture::{error, list, message, number, signal, word};
use crate::limits::{BUS_MESSAGE_MAX, UNITS_TOLD};
use crate::setup::Wanted;

const OK: &[u8] = b"DATA\r\nOK 3a6fd3bb0aa2f9dba7f5a2d1692894aa\r\n";

/// A host with a bus of its own, on which we are systemd; gone when the test is.
struct Host {
    path: PathBuf,
    bus: UnixListener,
    collector: UnitCollector,
    sample: Sample,
    buffer: Buffer,
    seconds: u64,
    /// The number of the last round's first question.
    first: u32,
}

impl Host {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("kinglet-units-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("run/dbus")).unwrap();
        fs::create_dir_all(path.join(RUNS)).unwrap();
        let bus = UnixListener::bind(path.join(BUS)).unwrap();
        bus.set_nonblocking(true).unwrap();
        let wanted = Wanted { units: true, ..Wanted::default() };
        let collector = UnitCollector::new(&Setup { wanted, ..Setup::of(&path) });
        let (sample, buffer) = (Sample::default(), Buffer::default());
        Self { path, bus, collector, sample, buffer, seconds: 1000, first: 1 }
    }

    /// So much time passes, and another sample is taken.
    fn after(&mut self, seconds: u64) -> Option<&kinglet_proto::sample::Units> {
        self.seconds += seconds;
        let now = Instant::from_millis(self.seconds * 1000);
        self.sample.taken = now;
        self.buffer.begin();
        self.collector.collect(now, &mut self.buffer, &mut self.sample);
        self.sample.units.as_ref()
    }

    /// What is wrong by the last sample.
    fn trouble(&self) -> Option<Errno> {
        let account = self.buffer.account();
        assert!(account.has_looked, "so that what is over is over");
        account.trouble
    }

    /// The connection that waits to be let in, if there is one.
    fn dialled(&self) -> Option<UnixStream> {
        let (stream, _) = self.bus.accept().ok()?;
        stream.set_nonblocking(true).unwrap();
        Some(stream)
    }

    /// What was said on it, and the number of the first question of it.
    fn heard(&mut self, stream: &mut UnixStream) -> String {
        let mut bytes = [0; 4096];
        let count = stream.read(&mut bytes).unwrap_or_default();
        let said = bytes[..count].escape_ascii().to_string();
        if said.contains("NFailedUnits") {
            self.first += 4;
        }
        said
    }

    /// The first answer to what was asked last.
    fn figures(&self, failed: u32) -> Vec<u8> {
        let figures = [number(false, self.first, failed), word(self.first + 1, "degraded")];
        [figures.concat(), number(false, self.first + 2, 331)].concat()
    }

    /// A host that has told once, with no unit failed, and the bus's end of its connection.
    fn told(name: &str) -> (Self, UnixStream) {
        let mut host = Self::new(name);
        assert_eq!(host.after(0), None);
        let mut stream = host.dialled().unwrap();
        host.heard(&mut stream);
        let figures = host.figures(0);
        stream.write_all(&[OK, &signal(), &figures].concat()).unwrap();
        assert_eq!(host.after(5).unwrap().failed, 0);
        (host, stream)
    }

    fn faults(&self) -> Vec<String> {
        self.collector.faults.take()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

#[test]
fn what_is_asked_at_one_sample_is_told_at_a_later() {
    let mut host = Host::new("asked");
    assert_eq!(host.after(0), None);
    let mut stream = host.dialled().unwrap();
    let said = host.heard(&mut stream);
    assert!(said.starts_with("\\x00AUTH EXTERNAL\\r\\nDATA\\r\\nBEGIN\\r\\nl\\x01"), "{said}");
    assert!(said.contains("Hello") && !said.contains("ListUnitsFiltered"), "{said}");
    let figures = host.figures(2);
    stream
        .write_all(&[OK, &message(false, 2, 1, "s", |b| b.text(":1.7")), &signal()].concat())
        .unwrap();
    assert_eq!(host.after(2), None);
    stream.write_all(&figures).unwrap();
    assert_eq!(host.after(2), None, "which they are is asked first");
    assert!(host.heard(&mut stream).contains("ListUnitsFiltered"));
    let names = list(false, host.first + 3, &["web.service", "backup.timer"]);
    stream.write_all(&names).unwrap();
    let units = host.after(2).unwrap();
    assert_eq!((units.failed, units.loaded, units.state.as_str()), (2, Some(331), "degraded"));
    assert_eq!(units.failed_names, ["backup.timer", "web.service"]);
    assert_eq!(host.faults(), [""; 0]);
}

#[test]
fn one_connection_is_asked_again_and_again() {
    let (mut host, mut stream) = Host::told("again");
    assert!(host.after(5).is_some());
    assert_eq!(host.heard(&mut stream), "", "not at every sample");
    assert!(host.after(20).is_some());
    assert!(host.heard(&mut stream).contains("NFailedUnits"));
    let figures = host.figures(1);
    stream.write_all(&[figures, list(true, host.first + 3, &["a.service"])].concat()).unwrap();
    // The list came before it was asked for: it is no answer.
    assert_eq!(host.after(5).unwrap().failed, 0);
    host.heard(&mut stream);
    stream.write_all(&list(true, host.first + 3, &["b.service"])).unwrap();
    assert_eq!(host.after(5).unwrap().failed_names, ["b.service"]);
    host.after(20);
    host.heard(&mut stream);
    let figures = host.figures(0);
    stream.write_all(&figures).unwrap();
    let units = host.after(5).unwrap();
    assert_eq!((units.failed, units.failed_names.len()), (0, 0), "it was repaired");
    assert!(host.dialled().is_none());
}

#[test]
fn an_answer_in_pieces_is_one() {
    let (mut host, mut stream) = Host::told("pieces");
    host.after(30);
    host.heard(&mut stream);
    for byte in host.figures(0) {
        stream.write_all(&[byte]).unwrap();
        host.collector.listen(Instant::from_millis(host.seconds * 1000), &mut host.sample);
    }
    let at = Some(Instant::from_millis(host.seconds * 1000));
    assert_eq!(host.collector.known_at, at);
}

#[test]
fn an_answer_that_comes_late_with_rare_reports_is_lent_a_moment() {
    let (mut host, mut stream) = Host::told("lent");
    host.heard(&mut stream);
    host.first += 4;
    let (figures, names) = (host.figures(1), list(false, host.first + 3, &["a.service"]));
    let bus = std::thread::spawn(move || {
        stream.set_nonblocking(false).unwrap();
        for answer in [figures, names] {
            let count = stream.read(&mut [0; 4096]).unwrap();
            assert!(count > 0);
            stream.write_all(&answer).unwrap();
        }
        stream
    });
    // An hour later: what is told is of now.
    assert_eq!(host.after(3600).unwrap().failed_names, ["a.service"]);
    bus.join().unwrap();
}

#[test]
fn a_bus_that_never_answers_is_left_and_dialled_again_after_a_while() {
    let mut host = Host::new("never");
    assert_eq!(host.after(0), None);
    let silent = host.dialled().unwrap();
    assert_eq!(host.after(9), None);
    assert_eq!(host.faults(), [""; 0]);
    assert_eq!(host.after(1), None);
    let told = host.faults();
    assert!(told.len() == 1 && told[0].contains("does not answer"), "{told:?}");
    assert_eq!(host.trouble(), Some(Errno::ETIMEDOUT));
    for _ in 0..4 {
        host.after(10);
        assert!(host.dialled().is_none(), "not for a minute");
    }
    host.after(30);
    let again = host.dialled().expect("dialled again");
    host.after(10);
    assert_eq!(host.faults(), [""; 0], "it was said");
    drop((silent, again));
}

#[test]
fn what_was_said_is_believed_for_a_while_and_a_new_bus_is_found() {
    let (mut host, stream) = Host::told("restart");
    drop(stream);
    assert!(host.after(25).is_some(), "the bus hung up");
    assert_eq!(host.faults().len(), 1);
    assert!(host.dialled().is_none(), "a minute is not over");
    assert!(host.after(35).is_some());
    let mut stream = host.dialled().unwrap();
    host.first = 1;
    host.heard(&mut stream);
    let figures = host.figures(0);
    stream.write_all(&[OK, &figures].concat()).unwrap();
    host.after(5);
    drop(stream);
    assert!(host.after(20).is_some());
    assert!(host.after(90).is_none(), "it is too old");
    assert_eq!(host.faults().len(), 1, "after it was well, it is said again");
}

#[test]
fn garbage_and_refusals_end_the_connection_and_are_said() {
    let long = {
        let mut bytes = number(false, 5, 1);
        bytes[4..8].copy_from_slice(&u32::try_from(BUS_MESSAGE_MAX).unwrap().to_le_bytes());
        bytes
    };
    let cases: [(&str, Vec<u8>, &str); 7] = [
        ("refused", b"REJECTED EXTERNAL\r\n".to_vec(), "let this user in"),
        ("http", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec(), "let this user in"),
        ("garbage", [OK, &[0x5a; 64]].concat(), "no message"),
        ("long", [OK, &long].concat(), "no message"),
        ("other", [OK, &word(5, "seven")].concat(), "no message"),
        ("errors", [OK, &error(5), &error(6), &error(7)].concat(), "systemd does not say"),
        ("half", [OK, &error(5), &word(6, "running"), &number(false, 7, 9)].concat(), "systemd"),
    ];
    for (name, bytes, why) in cases {
        let mut host = Host::new(name);
        host.after(0);
        let mut stream = host.dialled().unwrap();
        host.heard(&mut stream);
        stream.write_all(&bytes).unwrap();
        assert_eq!(host.after(1), None, "{name}");
        let told = host.faults();
        assert!(told.len() == 1 && told[0].contains(why), "{name}: {told:?}");
        assert!(matches!(stream.read(&mut [0; 9]), Ok(0)), "{name}: it is closed");
    }
}

#[test]
fn what_an_older_systemd_does_not_have_is_absent() {
    let mut host = Host::new("older");
    host.after(0);
    let mut stream = host.dialled().unwrap();
    host.heard(&mut stream);
    let figures = [number(false, 5, 1), error(6), error(7)].concat();
    stream.write_all(&[OK, &figures].concat()).unwrap();
    assert_eq!(host.after(1), None);
    stream.write_all(&error(8)).unwrap();
    let units = host.after(1).unwrap();
    assert_eq!((units.failed, units.loaded, units.state.as_str()), (1, None, ""));
    assert_eq!(units.failed_names, [""; 0]);
}

#[test]
fn many_failed_units_are_counted_and_the_first_named() {
    let (mut host, mut stream) = Host::told("many");
    host.after(30);
    host.heard(&mut stream);
    let figures = host.figures(300);
    stream.write_all(&figures).unwrap();
    host.after(1);
    let names: Vec<String> =
        (0..300).rev().map(|number| format!("crash@{number}.service")).collect();
    let names = list(false, host.first + 3, &names.iter().map(String::as_str).collect::<Vec<_>>());
    stream.write_all(&names).unwrap();
    let units = host.after(1).unwrap();
    assert_eq!((units.failed, units.failed_names.len()), (300, UNITS_TOLD));
    assert_eq!(units.failed_names[..2], ["crash@0.service", "crash@1.service"]);
}

#[test]
fn nobody_is_asked_where_systemd_does_not_run_or_the_owner_does_not_want_it() {
    let mut host = Host::new("without");
    fs::remove_dir(host.path.join(RUNS)).unwrap();
    assert_eq!(host.after(0), None);
    assert!(host.dialled().is_none());
    fs::create_dir(host.path.join(RUNS)).unwrap();
    host.after(60);
    assert!(host.dialled().is_some(), "it does now");
    let mut host = Host::new("off");
    host.collector.is_on = false;
    assert_eq!(host.after(0), None);
    assert!(host.dialled().is_none());
    // Without the bus the owner is told which it was.
    let mut host = Host::new("gone");
    fs::remove_file(host.path.join(BUS)).unwrap();
    host.after(0);
    let told = host.faults();
    assert!(
        told.len() == 1 && told[0].starts_with("units: /run/dbus/system_bus_socket: "),
        "{told:?}"
    );
}
