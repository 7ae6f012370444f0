//! What an owner can do about a step that failed, where the fault's own words do not say so.

use std::io::ErrorKind;

use crate::link::{LinkError, Step, UpgradeError};

/// What to do; `None` where the fault says it.
pub(super) fn advice(fault: &LinkError) -> Option<&'static str> {
    Some(match fault {
        LinkError::Resolve(..) => {
            "look at the name in url, and whether the name servers of /etc/resolv.conf answer"
        }
        LinkError::Connect(_, error) => connect(error.kind())?,
        LinkError::TimedOut(step, _) => timeout(*step),
        LinkError::Upgrade(fault) => upgrade(fault)?,
        LinkError::Closed(..) | LinkError::Broken(_) | LinkError::Ended => {
            "look into the server's log of this minute, and into that of a proxy before it"
        }
        LinkError::Protocol(_) => "another kind of server seems to be there: look at protocol",
        LinkError::Proxy(_) => "look into the proxy's log, and at its address, user and password",
        LinkError::AddressGone => "the network of this host has just changed: try again",
        LinkError::Source(..) | LinkError::Tls(_) | LinkError::Pin(_) => return None,
    })
}

fn connect(kind: ErrorKind) -> Option<&'static str> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "kinds grow; their text serves")]
    Some(match kind {
        ErrorKind::ConnectionRefused => {
            "nothing listens there: is the server up, and is the port of url its own?"
        }
        ErrorKind::NetworkUnreachable | ErrorKind::HostUnreachable | ErrorKind::TimedOut => {
            "no way leads there: look at this host's routes, and at firewalls in between"
        }
        _ => return None,
    })
}

const fn timeout(step: Step) -> &'static str {
    match step {
        Step::Connect => "nobody has this address, or a firewall in between drops what goes there",
        Step::Proxy => "the proxy cannot reach the server, or is no proxy",
        Step::Upgrade | Step::Answer => {
            "something accepts and does not answer: another program at this port, a proxy that \
             cannot go on, or a line that drops large packets"
        }
        Step::Write => "the line takes no more: it is too slow, or has died",
    }
}

fn upgrade(fault: &UpgradeError) -> Option<&'static str> {
    Some(match fault {
        UpgradeError::Refused(_) => {
            "compare the token with the one that the server has for this id; a hub of Kinglet gives \
             another by kinglet-hub invite"
        }
        UpgradeError::NotFound | UpgradeError::NotHttp | UpgradeError::NotWebSocket => {
            "look at the port and the path of url, and at protocol"
        }
        UpgradeError::Busy(..) => "the server has no time now: wait, or look into its log",
        UpgradeError::Status(_) => "look into the server's log, and into that of a proxy before it",
        UpgradeError::Redirected(_) | UpgradeError::WebPage | UpgradeError::Denied(..) => {
            return None;
        }
    })
}
