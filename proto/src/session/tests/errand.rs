//! What goes beside the connection, and the other way to the same server.

use super::*;
use crate::output::Answer;

/// A Komari session with its connection open.
fn komari() -> Rig {
    let mut rig = Rig::new("komari", None).open();
    rig.sample.cpu.usage = Some(crate::percent::Percent::of(1, 4));
    (rig.sample.network.total_rx, rig.sample.network.total_tx) = (Some(1), Some(1));
    rig.sample.uptime = Some(1);
    rig
}

fn errands(outs: &[Out]) -> usize {
    outs.iter().filter(|out| matches!(out, Out::Errand(_))).count()
}

#[test]
fn a_server_without_the_path_is_asked_another_way_at_once() {
    let mut rig = Rig::new("komari", None);
    assert_eq!(rig.feed(Input::Tick), [Out::Dial]);
    assert_eq!(rig.feed(Input::Closed(Loss::NotThere)), [Out::Dial], "no wait, no word");
    let outs = rig.feed(Input::Closed(Loss::NotThere));
    assert!(events(&outs)[0].starts_with("could not connect; next attempt in "), "{outs:?}");
    rig.ms = rig.next_wait().unwrap();
    assert_eq!(rig.feed(Input::Tick), [Out::Dial]);
    assert_eq!(rig.feed(Input::Closed(Loss::NotThere)), [Out::Dial], "each attempt anew");
    assert_eq!(events(&rig.feed(Input::Opened)), ["connected at attempt 2"]);
}

#[test]
fn other_faults_and_other_protocols_wait_as_ever() {
    for (protocol, loss) in [("komari", Loss::Broken), ("kinglet", Loss::NotThere)] {
        let mut rig = Rig::new(protocol, None);
        rig.feed(Input::Tick);
        let outs = rig.feed(Input::Closed(loss));
        assert_eq!(events(&outs).len(), 1, "{protocol}: {outs:?}");
        assert!(!outs.contains(&Out::Dial));
    }
}

#[test]
fn errands_go_one_at_a_time() {
    let mut rig = komari();
    rig.sample();
    let wish = |id| format!(r#"{{"message":"terminal","request_id":"{id}"}}"#);
    let outs = rig.feed(Input::Text(&wish(1)));
    assert_eq!((errands(&outs), events(&outs).len()), (1, 1));
    assert_eq!(errands(&rig.feed(Input::Text(&wish(2)))), 0);
    assert_eq!(errands(&rig.feed(Input::ErrandDone(None))), 1);
    assert_eq!(errands(&rig.feed(Input::ErrandDone(None))), 0);
}

#[test]
fn what_the_protocol_says_of_its_own_goes_right_after_the_report() {
    let mut rig = komari();
    let outs = rig.sample();
    let said = texts(&outs);
    assert!(said[0].contains("agent.report") && said[1].contains("agent.basicInfo"), "{said:?}");
    assert_eq!(said.len(), 2);
    rig.ms += 5_000;
    assert_eq!(texts(&rig.sample()).len(), 1);
}

#[test]
fn a_report_that_waits_for_its_counters_is_no_loss() {
    let mut rig = Rig::new("komari", None).open();
    assert_eq!(texts(&rig.sample()).len(), 0);
    rig.ms += 1_000;
    assert_eq!(texts(&rig.sample()).len(), 2, "at the next sample, whatever the interval");
    assert_eq!(rig.session.counts().samples_dropped, 0);
}

#[test]
fn a_run_ends_with_a_word_or_an_answer_and_never_twice() {
    let errand = |body: Option<&str>| Errand {
        request: Request { body: body.map(str::to_owned), ..Request::default() },
        text: body.is_none().then(|| "no".to_owned()),
    };
    let now = |ms| Now { instant: Instant::from_millis(ms), ..Now::default() };
    let drain = |run: &mut Run| {
        let mut said = Vec::new();
        loop {
            said.push(match run.poll_command() {
                Command::Dial(_) | Command::Ask(_) => "dial".to_owned(),
                Command::Text(text) => text.to_owned(),
                Command::HangUp(reason) => reason.to_string(),
                Command::Wait(_) => return said,
                other @ (Command::Ping | Command::Event(_) | Command::Errand(_)) => {
                    panic!("{other:?}")
                }
            });
        }
    };
    for (body, input, at, said, outcome) in [
        (None, Input::Opened, 5, &["no", "done"][..], None),
        (
            Some("{}"),
            Input::Answered(Answer { status: 500, retry_after: None, body: "" }),
            5,
            &["done"],
            Some(500),
        ),
        (Some("{}"), Input::Closed(Loss::Broken), 5, &["done"], None),
        (Some("{}"), Input::Stop, 5, &["done"], None),
        (Some("{}"), Input::Tick, 30_000, &["done"], None),
    ] {
        let mut run = Run::new(errand(body));
        assert_eq!(drain(&mut run), [""; 0]);
        run.handle_input(Input::Tick, now(0));
        assert_eq!(drain(&mut run), ["dial"]);
        assert_eq!(run.take_outcome(), None);
        run.handle_input(input, now(at));
        assert_eq!(drain(&mut run), said);
        assert_eq!(run.take_outcome(), Some(outcome));
        run.handle_input(Input::Tick, now(90_000));
        assert_eq!((drain(&mut run), run.take_outcome()), (Vec::new(), None));
        assert_eq!(run.poll_command(), Command::Wait(None));
    }
}
