//! The faults.

use std::time::{Duration, SystemTime};

use nix::sys::signal::Signal;

use crate::lab::{CERTIFICATE_LASTS, Lab, Way};
use crate::measure::wait;
use crate::relay::Manner;

/// One fault.
pub struct Fault {
    pub name: &'static str,
    /// What happens, as README says it.
    pub what: &'static str,
    pub way: Way,
    /// What is done.
    pub begin: fn(&mut Lab),
    /// From there to `end`; zero for what happens once, which has no end.
    pub lasts: Duration,
    /// What undoes it.
    pub end: fn(&mut Lab),
    /// Whether the link must break.
    pub breaks: bool,
    /// Until the agent must have said so, where it breaks.
    pub noticed_max: Duration,
    /// From the end of the fault until a new sample must be shown.
    pub back_max: Duration,
}

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Nothing more is done.
const fn nothing(_: &mut Lab) {}

fn mend(lab: &mut Lab) {
    lab.line.mend();
}

fn good(lab: &mut Lab) {
    lab.relay.as_ref().unwrap().set(Manner::Good);
}

fn reset(lab: &mut Lab) {
    lab.line.set(|rules| rules.reset = true);
}

/// Bounds are for a machine that has other things to do; what is measured on an idle one is in
/// README. Where nothing tells of a fault the Pong is missing, after 45 s at most.
pub const FAULTS: &[Fault] = &[
    Fault {
        name: "cut",
        what: "no packet passes",
        way: Way::Direct,
        begin: |lab| lab.line.set(|rules| rules.cut = true),
        lasts: s(40),
        end: mend,
        breaks: true,
        noticed_max: s(50),
        back_max: s(30),
    },
    Fault {
        name: "reset",
        what: "a box on the way sends RST to both",
        way: Way::Direct,
        begin: reset,
        lasts: s(0),
        end: nothing,
        breaks: true,
        noticed_max: s(5),
        back_max: s(15),
    },
    Fault {
        name: "half-open",
        what: "a NAT forgets the connection and drops what is of it",
        way: Way::Direct,
        begin: |lab| lab.line.set(|rules| rules.forget = true),
        lasts: s(0),
        end: nothing,
        breaks: true,
        noticed_max: s(50),
        back_max: s(60),
    },
    Fault {
        name: "server stopped",
        what: "SIGSTOP, then SIGCONT",
        way: Way::Direct,
        begin: |lab| lab.hub.as_ref().unwrap().signal(Signal::SIGSTOP),
        lasts: s(40),
        end: |lab| lab.hub.as_ref().unwrap().signal(Signal::SIGCONT),
        breaks: false,
        noticed_max: s(50),
        back_max: s(30),
    },
    Fault {
        name: "server killed",
        what: "SIGKILL, then started anew",
        way: Way::Direct,
        begin: Lab::kill_hub,
        lasts: s(5),
        end: Lab::start_hub,
        breaks: true,
        noticed_max: s(5),
        back_max: s(20),
    },
    Fault {
        name: "server killed five times",
        what: "and started anew, each time at another moment between a commit and the next",
        way: Way::Direct,
        begin: |lab| {
            for round in 0..5 {
                let began = SystemTime::now();
                wait("the next report", s(60), lab, |lab| lab.viewer.shown_after(began));
                std::thread::sleep(Duration::from_millis(200) * round);
                lab.began = SystemTime::now();
                lab.kill_hub();
                lab.start_hub();
            }
        },
        lasts: s(0),
        end: nothing,
        breaks: true,
        noticed_max: s(5),
        back_max: s(30),
    },
    Fault {
        name: "loss",
        what: "30 % of the packets, each way",
        way: Way::Direct,
        begin: |lab| lab.line.set(|rules| rules.loss = 30),
        lasts: s(40),
        end: mend,
        breaks: false,
        noticed_max: s(50),
        back_max: s(30),
    },
    Fault {
        name: "delay",
        what: "2 s, each way",
        way: Way::Direct,
        begin: |lab| lab.line.set(|rules| rules.delay = s(2)),
        lasts: s(40),
        end: mend,
        breaks: false,
        noticed_max: s(50),
        back_max: s(30),
    },
    Fault {
        name: "trickle",
        what: "one byte passes in 100 ms, each way",
        way: Way::Relay,
        begin: |lab| lab.relay.as_ref().unwrap().set(Manner::Trickles),
        lasts: s(30),
        end: good,
        breaks: false,
        noticed_max: s(50),
        back_max: s(30),
    },
    Fault {
        name: "send buffer full",
        what: "whoever is before the hub reads nothing",
        way: Way::Relay,
        begin: |lab| lab.relay.as_ref().unwrap().set(Manner::Deaf),
        lasts: s(40),
        end: good,
        breaks: false,
        noticed_max: s(50),
        back_max: s(30),
    },
    Fault {
        name: "accepted and closed",
        what: "every connection, as often as it comes",
        way: Way::Relay,
        begin: |lab| lab.relay.as_ref().unwrap().set(Manner::Closes),
        lasts: s(40),
        end: |lab| {
            good(lab);
            // It comes back after 3 s, then after 1.2 times longer each time.
            let visits = lab.relay.as_ref().unwrap().visits();
            assert!((3..=12).contains(&visits), "{visits} connections");
        },
        breaks: true,
        noticed_max: s(5),
        back_max: s(30),
    },
    Fault {
        name: "name servers down",
        what: "and the connection is reset",
        way: Way::Name,
        begin: |lab| {
            lab.names.as_ref().unwrap().silence();
            reset(lab);
        },
        lasts: s(30),
        end: |lab| lab.names.as_ref().unwrap().mend(),
        breaks: true,
        noticed_max: s(5),
        back_max: s(30),
    },
    Fault {
        name: "wrong address",
        what: "of the name, where nobody is, and the connection is reset; then the right one",
        way: Way::Name,
        begin: |lab| {
            lab.names.as_ref().unwrap().lie();
            reset(lab);
        },
        lasts: s(30),
        end: |lab| lab.names.as_ref().unwrap().mend(),
        breaks: true,
        noticed_max: s(5),
        back_max: s(30),
    },
    Fault {
        name: "IPv6 black hole",
        what: "nothing of IPv6 passes any more, for good; IPv4 does",
        way: Way::Families,
        begin: |lab| {
            let v6 = lab.agent.said("connected to [fd77::2]", SystemTime::UNIX_EPOCH);
            assert!(v6.is_some(), "it came by IPv6");
            lab.line.set(|rules| rules.without_v6 = true);
        },
        lasts: s(0),
        end: nothing,
        breaks: true,
        noticed_max: s(50),
        back_max: s(60),
    },
    Fault {
        name: "MTU black hole",
        what: "packets above 1,200 bytes are lost without a word",
        way: Way::Direct,
        begin: |lab| lab.line.set(|rules| rules.longest = Some(1200)),
        lasts: s(40),
        end: mend,
        breaks: true,
        noticed_max: s(50),
        back_max: s(30),
    },
    Fault {
        name: "proxy dies",
        what: "and is started anew",
        way: Way::Proxy,
        begin: |lab| lab.relay.as_ref().unwrap().set(Manner::Dead),
        lasts: s(20),
        end: good,
        breaks: true,
        noticed_max: s(5),
        back_max: s(20),
    },
    Fault {
        name: "certificate expires",
        what: "while connected; reset after that, and renewed",
        way: Way::Tls,
        begin: |lab| {
            let left = lab.ends.duration_since(SystemTime::now()).unwrap_or_default();
            assert!(!left.is_zero(), "{CERTIFICATE_LASTS:?} were not enough");
            std::thread::sleep(left + s(4));
            let held = lab.agent.said("link lost", SystemTime::UNIX_EPOCH).is_none();
            assert!(held, "a connection outlives its certificate");
            assert!(lab.viewer.shown_after(lab.ends + s(1)).is_some(), "reports flow on");
            lab.began = SystemTime::now();
            reset(lab);
        },
        lasts: s(15),
        end: |lab| {
            let refused = lab.agent.said("expired", lab.ends);
            assert!(refused.is_some(), "none is begun with it:\n{}", lab.agent.story());
            lab.renew();
        },
        breaks: true,
        noticed_max: s(5),
        back_max: s(30),
    },
    Fault {
        name: "address change",
        what: "the agent's host loses its address and gets another",
        way: Way::Direct,
        begin: |lab| {
            second_network(lab);
            let way = ["route", "add", "10.77.0.0/24", "dev", "kf-agt", "src", "10.78.0.1"];
            lab.near.ip(&[&way[..], &["metric", "9"]].concat());
            lab.near.ip(&["addr", "del", "10.77.0.1/24", "dev", "kf-agt"]);
        },
        lasts: s(0),
        end: nothing,
        breaks: true,
        noticed_max: s(10),
        back_max: s(15),
    },
    Fault {
        name: "route change",
        what: "the way breaks without a word, then there is another",
        way: Way::Direct,
        begin: |lab| lab.far.ip(&["route", "add", "blackhole", "10.77.0.1/32"]),
        lasts: s(5),
        end: |lab| {
            second_network(lab);
            lab.near.ip(&["route", "add", "10.77.0.2/32", "dev", "kf-agt", "src", "10.78.0.1"]);
        },
        breaks: true,
        noticed_max: s(20),
        back_max: s(15),
    },
];

/// Both hosts have an address of a second network.
fn second_network(lab: &Lab) {
    lab.far.ip(&["addr", "add", "10.78.0.2/24", "dev", "kf-hub"]);
    lab.near.ip(&["addr", "add", "10.78.0.1/24", "dev", "kf-agt"]);
}
