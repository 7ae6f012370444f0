//! Golden samples: what each device's files become, exactly.
//!
//! `tests/fixtures/<device>` has `t0`, a host's files; `t1`, those of them that were different ten
//! seconds later; `statfs`, the space of its mounts; and `golden/`, the sample of `t1` in every
//! form. `UPDATE_GOLDEN=1 cargo test --test golden` writes `golden/` anew: the diff is the review.

#[path = "fixtures/host.rs"]
mod host;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use host::{Host, folder, table};
use kinglet_host::{Meter, Options, Router, Sampler, Wanted};
use kinglet_proto::host as proto;
use kinglet_proto::output::{Account, Auth, OUTPUTS, Output, Protocol, Stamp};
use kinglet_proto::sample::Sample;
use kinglet_proto::secret::Secret;
use kinglet_proto::time::{Instant, Now, WallTime};
use kinglet_proto::wire::line_protocol;

/// Every form a sample is compared in: a file below `golden/`, and what is in it.
fn forms(sample: &Sample) -> Vec<(String, String)> {
    let of_protocol = |protocol: &Protocol| {
        let text = if protocol.is_request_and_response() {
            body(protocol, sample)
        } else {
            frame(protocol, None, sample)
        };
        let kind = match text.starts_with('{') {
            true => "json",
            false if protocol.is_request_and_response() => "lp",
            false => "txt",
        };
        (format!("{protocol}.{kind}"), text)
    };
    let protocol = |name| Protocol::named(name).expect("a protocol");
    let more = [
        ("sample.json", native(sample)),
        ("vstats-shipped.json", frame(protocol("vstats"), Some("abc123"), sample)),
        ("komari-info.json", message(protocol("komari"), sample)),
    ];
    let more = more.map(|(name, text)| (name.to_owned(), text));
    OUTPUTS.iter().map(of_protocol).chain(more).collect()
}

fn native(sample: &Sample) -> String {
    serde_json::to_string_pretty(sample).expect("a sample is JSON")
}

/// The output of this protocol, for an account with everything in it.
fn output(protocol: &Protocol, server_id: Option<&str>) -> Box<dyn Output> {
    let host = proto::Host {
        id: proto::HostId::parse("fixture").expect("an id"),
        name: "Fixture".to_owned(),
        group: Some("golden".to_owned()),
        location: Some("Attic".to_owned()),
        country_code: Some("NL".to_owned()),
        ip: Some("192.0.2.10".to_owned()),
        boot_id: "11111111-2222-3333-4444-555555555555".to_owned(),
        boot_cause: None,
    };
    let (token, auth) = (Secret::new("token"), Auth::Header);
    let server_id = server_id.map(str::to_owned);
    let account = Account { server_id, ..Account::new(host, token, auth) };
    let mut output = (protocol.new)(account);
    output.handle_opened();
    output
}

fn stamp(sample: &Sample) -> Stamp {
    Stamp { now: Now { instant: sample.taken, wall: sample.timestamp }, seq: 7 }
}

/// The first report of a connection, indented: its members in the order in which they are sent.
/// What is no JSON has lines of its own, and NUL is shown as terminals do.
fn frame(protocol: &Protocol, server_id: Option<&str>, sample: &Sample) -> String {
    let mut text = String::new();
    output(protocol, server_id).encode_report(sample, stamp(sample), &mut text);
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(_) => indent(&text),
        Err(_) => text.replace('\0', "^@\n").trim_end().to_owned(),
    }
}

/// The body of a request with it: line protocol, a point a line.
fn body(protocol: &Protocol, sample: &Sample) -> String {
    let mut text = String::new();
    output(protocol, None).encode_report(sample, stamp(sample), &mut text);
    for line in line_protocol::lines(&text) {
        line_protocol::parse(line).expect("a line is a point");
    }
    text.trim_end().to_owned()
}

/// What goes beside it.
fn message(protocol: &Protocol, sample: &Sample) -> String {
    let (mut output, mut text) = (output(protocol, None), String::new());
    output.handle_sample(sample, stamp(sample));
    output.encode_message("{}", &mut text);
    indent(&text)
}

/// Breaks JSON into lines without changing a byte of its tokens or their order, which a detour
/// through a parsed value would.
fn indent(json: &str) -> String {
    let (mut out, mut depth, mut in_text, mut last) = (String::new(), 0_usize, false, ' ');
    let line = |depth: usize| format!("\n{}", "  ".repeat(depth));
    for c in json.chars() {
        if c == '"' && last != '\\' {
            in_text = !in_text;
        }
        let closes = !in_text && matches!(c, '}' | ']');
        if closes {
            depth -= 1;
        }
        let opened = matches!(last, '{' | '[');
        if opened != closes {
            out += &line(depth);
        }
        out.push(c);
        match c {
            '{' | '[' if !in_text => depth += 1,
            ',' if !in_text => out += &line(depth),
            ':' if !in_text => out.push(' '),
            _ => {}
        }
        // What an even number of backslashes escapes is not a quote; an opening text hides nothing.
        last = if in_text && c != '\\' && c != '"' { 'x' } else { c };
    }
    out
}

#[test]
fn raspberry_pi_zero_2w() {
    compare("rpi-zero-2w");
}

#[test]
fn openwrt_router_with_pppoe() {
    compare("openwrt-mt7621");
}

#[test]
fn debian_virtual_machine() {
    compare("debian-vm");
}

#[test]
fn lxc_container() {
    compare("lxc-container");
}

#[test]
fn docker_container() {
    compare("docker-container");
}

#[test]
fn server_with_lvm_md_nfs_and_docker() {
    compare("server");
}

#[test]
fn two_sockets_seen_from_a_container() {
    compare("nixos-two-sockets");
}

#[test]
fn laptop_with_two_packs_and_bad_sensors() {
    compare("laptop-two-packs");
}

#[test]
fn guest_that_was_moved_between_two_samples() {
    compare("arm-guest");
}

#[test]
fn azure_machine_with_a_virtual_function() {
    compare("azure-vm");
}

#[test]
fn server_on_a_storage_network() {
    compare("san-server");
}

#[test]
fn unraid_with_views_of_its_disks() {
    compare("unraid-nas");
}

#[test]
fn lte_router_beside_an_idle_card() {
    compare("lte-router");
}

#[test]
fn wsl_with_drives_of_windows() {
    compare("wsl2");
}

/// What is left out is missing, and nothing else: usage of disks apart, which is that of the file
/// systems on them, and the shares of containers and processes, which are of all cores.
#[test]
fn a_collector_left_out_costs_its_own_part() {
    let whole = parts(&collect(&folder("server"), "server-whole", &Options::default()));
    for (name, expected) in [
        ("cpu", vec!["containers", "cpu", "top"]),
        ("kernel", vec!["kernel"]),
        ("memory", vec!["memory"]),
        ("filesystems", vec!["disks", "filesystems"]),
        ("disks", vec!["disks"]),
        ("network", vec!["network"]),
        ("sockets", vec!["conntrack", "sockets"]),
        ("pressure", vec!["pressure"]),
        ("sensors", vec!["fans", "temperatures"]),
    ] {
        let mut options = Options::default();
        assert!(options.leave_out(name));
        let rest = parts(&collect(&folder("server"), &format!("server-no-{name}"), &options));
        let differs = |part: &&String| *part != "agent" && whole.get(*part) != rest.get(*part);
        let missing: Vec<_> = whole.keys().filter(differs).collect();
        assert_eq!(missing, expected, "without {name}");
    }
}

fn parts(sample: &Sample) -> BTreeMap<String, serde_json::Value> {
    serde_json::from_str(&native(sample)).expect("a sample is an object")
}

fn compare(device: &str) {
    let fixture = folder(device);
    // The agent's cost is this process's, and never twice the same.
    let mut options = Options::default();
    assert!(options.leave_out("agent"));
    let sample = collect(&fixture, device, &options.with_detail(true));
    for (form, text) in forms(&sample) {
        let path = fixture.join("golden").join(&form);
        let text = text + "\n";
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(fixture.join("golden")).expect("a folder can be made");
            fs::write(&path, &text).expect("a golden file can be written");
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        let differs = golden.lines().zip(text.lines()).find(|pair| pair.0 != pair.1);
        assert!(golden == text, "{device} {form}: golden and sample differ at {differs:?}");
    }
}

/// The billing period of a device with what was written of it before a reboot.
fn meter(file: &Path) -> Option<Meter> {
    let (reset_day, quota) = (15, Some(500_000_000_000));
    file.exists().then(|| Meter { reset_day, quota, state_file: Some(file.to_owned()) })
}

/// A folder with the owner's own figures, written a minute before the samples; `None` where a
/// device has none.
fn date(folder: &Path) -> Option<PathBuf> {
    for entry in fs::read_dir(folder).ok()?.flatten() {
        let file = fs::File::options().write(true).open(entry.path()).expect("a file of ours");
        let at = UNIX_EPOCH + Duration::from_secs(1_795_161_540);
        file.set_modified(at).expect("a file of ours has a date");
    }
    Some(folder.to_owned())
}

/// Two samples ten seconds apart, by one sampler, from files that change under it as the
/// kernel's do.
fn collect(fixture: &Path, name: &str, options: &Options) -> Sample {
    let host = Host::new(name);
    host.become_like(&fixture.join("t0"));
    let mut options = options.clone();
    options.meter = meter(&host.path.join("traffic"));
    options.router = host.path.join("proc/net/softnet_stat").exists().then(Router::default);
    let has = |path| host.path.join(path).exists();
    options.wanted = Wanted {
        containers: has("sys/fs/cgroup"),
        processes: has("proc/900/stat"),
        ..Wanted::default()
    };
    options.custom = date(&host.path.join("custom")).unwrap_or_default();
    let ask = table(&fixture.join("statfs"), &host.path);
    let mut sampler = Sampler::with_statfs(&host.roots(), &options, ask);
    sampler.set_patience(Duration::from_secs(5));
    let at = |seconds: u64| Now {
        instant: Instant::from_millis(900_000 + seconds * 1000),
        wall: WallTime::from_unix_millis(1_795_161_600_000 + seconds * 1000),
    };
    sampler.collect(at(0));
    // The clock here leaps where the helper that asks the mounts needs real time.
    sampler.wait(Duration::from_secs(5));
    host.become_like(&fixture.join("t1"));
    sampler.collect(at(10));
    sampler.wait(Duration::from_secs(5));
    sampler.sample_mut().clone()
}
