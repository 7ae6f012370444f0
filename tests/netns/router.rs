//! What a router tells of its queues.

use std::process::Command;
use std::thread;
use std::time::Duration;

use kinglet_host::{Filter, Filters, Options, Roots, Router, Sampler};
use kinglet_proto::time::{Instant, Now, WallTime};
use nix::sched::{CloneFlags, unshare};

use crate::lab::Lab;

const ROUTER: &str = "[router]\nenabled = true\n";

/// Drops and what waits are as tc tells them before and after.
#[test]
fn what_a_queue_drops_is_told_as_tc_tells_it() {
    let Some(lab) = Lab::new("qdisc") else { return };
    lab.queue(&["tbf", "rate", "8kbit", "burst", "1600", "limit", "4000"]);
    // Nothing waits for an answer first.
    let neighbour = ["neigh", "replace", "10.77.0.2", "lladdr", "02:00:00:00:00:02"];
    lab.inside_agent(&[&neighbour[..], &["dev", "k-agt"]].concat());
    lab.flood(50);
    let before = lab.queued();
    let sample = lab.sample(ROUTER);
    let after = lab.queued();
    let row = &sample["qdiscs"][0];
    assert_eq!((&row["interface"], &row["kind"]), (&"k-agt".into(), &"tbf".into()), "{sample}");
    assert!(before["drops"].as_u64().unwrap() >= 40, "{before}");
    for (ours, theirs) in [("dropped", "drops"), ("overlimits", "overlimits")] {
        let [low, told, high] =
            [&before[theirs], &row[ours], &after[theirs]].map(|figure| figure.as_u64().unwrap());
        assert!(low <= told && told <= high, "{before} {row} {after}");
    }
    let backlog = row["backlog"].as_u64().unwrap();
    assert!(backlog > 0 && backlog <= 4000, "{row}");
    if before == after {
        assert_eq!(before["backlog"], row["backlog"]);
    }
    assert_eq!(lab.sample("")["qdiscs"], serde_json::Value::Null, "no router");
}

/// Runs this in the namespace of this thread.
fn run(line: &str) {
    let mut words = line.split(' ');
    let status = Command::new(words.next().unwrap()).args(words).status();
    assert!(status.unwrap().success(), "{line}");
}

/// A sampler, and what it says of queues so many seconds later.
struct Look(Sampler, Instant);

impl Look {
    fn new(exclude: &str, roots: &Roots) -> Self {
        let interfaces = Filter { include: Vec::new(), exclude: vec![exclude.to_owned()] };
        let mut options = Options::default();
        options.filters = Filters { interfaces, ..Filters::default() };
        options.router = Some(Router::default());
        let sampler = Sampler::new(roots, &options);
        sampler.set_patience(Duration::from_secs(5));
        Self(sampler, Instant::from_millis(1000))
    }

    fn after(&mut self, seconds: u64) -> Vec<String> {
        self.1 = self.1.plus(Duration::from_secs(seconds));
        let sample = self.0.collect(Now { instant: self.1, wall: WallTime::default() });
        let rows = sample.qdiscs.iter();
        rows.map(|row| format!("{} {}", row.interface, row.kind)).collect()
    }
}

/// Rows come, go and are called otherwise as the queues and links do.
#[test]
fn each_queue_is_a_row_for_as_long_as_it_is_there() {
    let test = || {
        if unshare(CloneFlags::CLONE_NEWNET).is_err() {
            return;
        }
        run("ip link set lo up");
        run("ip link add v0 type veth peer name v1");
        run("tc qdisc add dev v0 root handle 1: htb default 10");
        run("tc class add dev v0 parent 1: classid 1:10 htb rate 1mbit");
        run("tc qdisc add dev v0 parent 1:10 bfifo limit 3000");
        run("tc qdisc add dev lo root bfifo");
        let mut look = Look::new("none", &Roots::default());
        assert_eq!(look.after(10), ["lo bfifo", "v0 htb"], "no leaf");
        run("tc qdisc del dev lo root");
        assert_eq!(look.after(5).len(), 2, "not yet");
        assert_eq!(look.after(10), ["v0 htb"]);
        // What a link is called that was not known is known at the next look.
        run("ip link add v2 type veth peer name v3");
        run("tc qdisc add dev v3 root pfifo");
        assert_eq!(look.after(10), ["v0 htb"]);
        assert_eq!(look.after(10), ["v0 htb", "v3 pfifo"]);
        run("ip link set v0 name up0");
        look.0.handle_change(kinglet_host::collect::Change::Network);
        assert_eq!(look.after(10), ["up0 htb", "v3 pfifo"]);
        assert_eq!(Look::new("up*", &Roots::default()).after(10), ["v3 pfifo"]);
        let other = Roots { root: "/nowhere".into(), ..Roots::default() };
        assert!(Look::new("none", &other).after(10).is_empty(), "of another host");
    };
    // A thread takes its namespace with it.
    thread::spawn(test).join().unwrap();
}
