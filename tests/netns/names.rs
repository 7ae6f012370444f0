//! Names whose servers serve one family and fail the other.

use std::time::{Duration, Instant};

use crate::lab::Lab;
use crate::name_server::{Manner, serve};

/// From its start until the agent must be there: a look-up that has to be asked again is in it.
const SOON: Duration = Duration::from_millis(1500);

/// One family is good; whatever the server does about the other costs a moment at most.
#[test]
fn one_good_family_is_enough_whatever_becomes_of_the_other() {
    use Manner::{Code, Good, Silent};
    let Some(lab) = Lab::new("fam") else { return };
    lab.hosts("127.0.0.1 localhost\n");
    let server = lab.listen("[::]:7011");
    for (number, bad) in [Code(2), Code(3), Code(4), Code(5), Code(0), Silent].iter().enumerate() {
        for (host, v4, v6) in [(100 + number, Good, *bad), (200 + number, *bad, Good)] {
            let address = format!("10.77.0.{host}");
            lab.inside_server(&["addr", "add", &format!("{address}/24"), "dev", "k-srv"]);
            serve(lab.datagrams(&format!("{address}:53")), v4, v6);
            lab.name_server(&address);
            let began = Instant::now();
            let _agent = lab.agent("ws://hub.test:7011");
            let mut visit = lab.visit(&server, Duration::from_secs(12)).expect("the agent comes");
            visit.read().unwrap();
            assert!(began.elapsed() < SOON, "IPv4 {v4:?}, IPv6 {v6:?}: {:?}", began.elapsed());
        }
    }
}

/// What each family failed by is said, within the limit of a look-up.
#[test]
fn check_says_which_family_failed_how() {
    let Some(lab) = Lab::new("why") else { return };
    lab.hosts("127.0.0.1 localhost\n");
    lab.name_server("10.77.0.2");
    serve(lab.datagrams("10.77.0.2:53"), Manner::Code(5), Manner::Silent);
    let began = Instant::now();
    let told = lab.check("ws://hub.test:7012");
    let took = began.elapsed();
    let expected = "resolve       FAILED  the name hub.test does not resolve: \
                    IPv4: REFUSED from 10.77.0.2; IPv6: no answer from 10.77.0.2\n";
    assert!(told.contains(expected), "{told}");
    assert!(took < Duration::from_millis(6500), "{took:?}");
}
