//! What was measured while the link was away.

use super::*;
use crate::limits::RING_BYTES_MAX;

/// Loses the connection, takes samples for a while, and opens it again.
fn outage(rig: &mut Rig, samples: u64) {
    rig.feed(Input::Closed(Loss::Broken));
    for _ in 0..samples {
        rig.ms += 5_000;
        rig.sample();
        if matches!(rig.session.state, State::Dialing { .. }) {
            rig.feed(Input::Closed(Loss::Broken));
        }
    }
    rig.ms = rig.ms.max(rig.next_wait().unwrap());
    rig.feed(Input::Tick);
}

#[test]
fn an_outage_is_handed_in_oldest_first_with_its_age() {
    let mut rig = Rig::kinglet().open();
    rig.sample();
    rig.feed(Input::Text(r#"{"type":"ack","data":{"seq":1}}"#));
    let before = rig.ms;
    outage(&mut rig, 4);
    let mut outs = rig.feed(Input::Opened);
    outs.extend(rig.pass(4_000).into_iter().map(|(_, out)| out));
    assert_eq!(seqs(&outs), [2, 3, 4, 5]);
    let first = texts(&outs)[1]; // after the news of the outage itself
    let age = number_after(first, "\"age_ms\":").unwrap();
    let uptime = number_after(first, "\"uptime_ms\":").unwrap();
    assert_eq!(uptime, before + 5_000, "when it was taken");
    assert!(age >= 15_000 && age <= rig.ms - before, "{age}");
    assert_eq!(rig.session.counts().samples_dropped, 0);
    assert_eq!(rig.session.counts().reconnects, 1);
    rig.feed(Input::Text(r#"{"type":"ack","data":{"seq":5}}"#));
    assert_eq!(rig.session.counts().ring_bytes, 0);
}

#[test]
fn the_hub_learns_why_the_link_was_lost_and_for_how_long() {
    let mut rig = Rig::kinglet().open();
    rig.pass(45_000);
    rig.ms = rig.next_wait().unwrap();
    rig.feed(Input::Tick);
    rig.feed(Input::Closed(Loss::Broken));
    rig.ms = rig.next_wait().unwrap();
    rig.feed(Input::Tick);
    let outs = rig.feed(Input::Opened);
    let restored = texts(&outs)[0];
    assert!(restored.starts_with(r#"{"type":"system","id":"1","timestamp":""#), "{restored}");
    assert!(restored.contains(r#""event":"link_restored","reason":"no pong for 45 s","down_ms":"#));
    assert!(restored.ends_with(r#""attempts":2}}"#), "{restored}");
    assert_eq!(number_after(restored, "\"down_ms\":").map(|ms| ms / 1_000), Some(6));
    assert_eq!(texts(&Rig::kinglet().open().feed(Input::Tick)), [""; 0], "not the first time");
}

#[test]
fn what_was_sent_and_not_acknowledged_is_sent_again() {
    let mut rig = Rig::kinglet().open();
    for _ in 0..4 {
        rig.sample();
        rig.ms += 5_000;
    }
    rig.feed(Input::Text(r#"{"type":"ack","data":{"seq":2}}"#));
    outage(&mut rig, 0);
    let mut outs = rig.feed(Input::Opened);
    outs.extend(rig.pass(4_000).into_iter().map(|(_, out)| out));
    assert_eq!(seqs(&outs), [3, 4]);
}

#[test]
fn a_live_sample_never_waits_behind_backfill() {
    let mut rig = Rig::kinglet().open();
    rig.sample.hostname = "h".repeat(4_000);
    outage(&mut rig, 20);
    rig.feed(Input::Opened);
    let live = rig.sample();
    assert_eq!(seqs(&live), [21, 1], "at once, and before the backfill that is due as well");
}

#[test]
fn a_report_held_up_for_a_moment_goes_as_soon_as_the_line_is_free() {
    let mut rig = Rig::kinglet().open();
    rig.sample();
    rig.feed(Input::Blocked);
    rig.ms += 5_000;
    assert_eq!(rig.sample(), []);
    rig.ms += 1_000;
    assert_eq!(seqs(&rig.feed(Input::Drained)), [2]);
    assert_eq!(rig.feed(Input::Tick), []);
    // Not while the server wants silence.
    rig.feed(Input::Text(r#"{"type":"ack","data":{"seq":2}}"#));
    rig.feed(Input::Blocked);
    rig.ms += 5_000;
    rig.sample();
    let limit = r#"{"type":"error","data":{"code":"RATE_LIMIT_EXCEEDED","retry_after":9000}}"#;
    rig.feed(Input::Text(limit));
    assert_eq!(rig.feed(Input::Drained), []);
    assert!(rig.pass(8_999).is_empty());
    let outs: Vec<Out> = rig.pass(7_000).into_iter().map(|(_, out)| out).collect();
    assert_eq!(seqs(&outs), [3]);
}

/// A line that needs a second for each frame, for a minute: when reports came, and backfill.
#[test]
fn on_a_slow_line_backfill_keeps_out_of_the_live_reports_way() {
    let mut rig = Rig::kinglet().open();
    rig.sample.hostname = "h".repeat(4_000);
    outage(&mut rig, 20);
    rig.feed(Input::Opened);
    let (mut live, mut late, mut free_at) = (0, 0, None);
    for tick in 0..6_000 {
        rig.ms += 10;
        let mut outs = Vec::new();
        if free_at.take_if(|at| *at <= rig.ms).is_some() {
            outs.extend(rig.feed(Input::Drained));
        }
        outs.extend(if tick % 500 == 0 { rig.sample() } else { rig.feed(Input::Tick) });
        if tick % 3_000 == 0 {
            rig.feed(Input::Pong);
        }
        if texts(&outs).is_empty() {
            continue;
        }
        for text in texts(&outs) {
            let is_live = text.contains("\"age_ms\":0");
            live += u32::from(is_live);
            late += u32::from(!is_live && text.contains("\"age_ms\""));
        }
        free_at = Some(rig.ms + 1_000);
        rig.feed(Input::Blocked);
    }
    assert_eq!(live, 12, "every one at its time");
    assert!((8..=13).contains(&late), "{late} late ones in what is left, a quarter at most");
}

#[test]
fn backfill_takes_a_quarter_of_the_line_and_a_bounded_rate() {
    let mut rig = Rig::kinglet().open();
    rig.sample.hostname = "h".repeat(4_000);
    outage(&mut rig, 20);
    rig.feed(Input::Opened);
    let outs = rig.pass(8_000);
    let bytes: usize =
        outs.iter().map(|(_, out)| texts(std::slice::from_ref(out)).concat().len()).sum();
    assert!(bytes <= 9 * BACKFILL_BYTES_PER_S && bytes > 6 * BACKFILL_BYTES_PER_S, "{bytes}");
    // The line needs 2 s for a frame: the next one comes 6 s after that.
    rig.feed(Input::Blocked);
    assert_eq!(rig.pass(2_000), []);
    rig.feed(Input::Drained);
    let outs = rig.pass(10_000);
    assert_eq!(outs[0].0, 6_000, "{outs:?}");
}

#[test]
fn nothing_that_can_wait_is_sent_into_a_full_buffer() {
    let mut rig = Rig::kinglet().open();
    outage(&mut rig, 3);
    rig.feed(Input::Opened); // backfill is due now, and the link is full already
    assert_eq!(rig.feed(Input::Blocked), []);
    assert_eq!(rig.feed(Input::Tick), []);
    let pings = rig.pass(40_000);
    assert_eq!(pings, [(30_000, Out::Ping)], "no report, no backfill, no heartbeat");
}

#[test]
fn vstats_hands_an_outage_in_as_batches() {
    let ok = Input::Text(r#"{"type":"auth","status":"ok"}"#);
    let mut rig = Rig::shipped().open();
    rig.feed(ok);
    rig.sample.hostname = "h".repeat(6_000);
    outage(&mut rig, 5);
    rig.feed(Input::Opened);
    rig.feed(ok);
    let mut outs: Vec<Out> = rig.pass(20_000).into_iter().map(|(_, out)| out).collect();
    assert_eq!(texts(&outs).len(), 1, "the next batch waits for the answer");
    let first = texts(&outs)[0].to_owned();
    assert!(
        first.starts_with(
            r#"{"type":"batch_metrics","batch_id":"1","metrics_batch":[{"timestamp":"#
        )
    );
    assert_eq!(first.matches(r#""metrics":{"#).count(), 3, "16 KiB hold two, and the newest");
    assert!(serde_json::from_str::<serde_json::Value>(&first).is_ok());
    rig.feed(Input::Pong);
    for batch in 1..=3 {
        let ack = format!(
            r#"{{"type":"batch_ack","batch_id":"{batch}","accepted":2,"rejected":{}}}"#,
            batch / 2
        );
        outs = rig.feed(Input::Text(&ack));
        let said = if batch == 2 {
            vec!["the server did not take 1 sample of the outage"]
        } else {
            vec![]
        };
        if batch < 3 {
            assert_eq!(events(&outs), said);
        }
        rig.pass(3_000);
    }
    assert_eq!(rig.session.counts(), Counts { reconnects: 1, samples_dropped: 0, ring_bytes: 0 });
}

#[test]
fn the_ring_is_bounded_and_what_it_loses_is_counted() {
    let mut rig = Rig::kinglet().open();
    rig.sample.hostname = "h".repeat(10_000);
    outage(&mut rig, 100);
    let counts = rig.session.counts();
    assert!(counts.ring_bytes <= RING_BYTES_MAX as u64 && counts.ring_bytes > 120_000);
    assert_eq!(counts.samples_dropped, 100 - rig.session.delivery.ring().len() as u64);
}

#[test]
fn inventory_goes_first_and_when_it_changes() {
    let mut rig = Rig::kinglet().open();
    rig.sample.os.name = "debian".into();
    let inventory = |rig: &mut Rig| {
        rig.ms += 5_000;
        rig.feed(Input::Pong);
        texts(&rig.sample())[0].contains("\"os\":")
    };
    assert_eq!([inventory(&mut rig), inventory(&mut rig)], [true, false]);
    rig.sample.cpu = Cpu { brand: "new".into(), ..Cpu::default() };
    assert_eq!([inventory(&mut rig), inventory(&mut rig)], [true, false]);
    rig.feed(Input::Closed(Loss::Broken));
    rig.ms = rig.next_wait().unwrap();
    rig.feed(Input::Tick);
    rig.feed(Input::Opened);
    assert_eq!([inventory(&mut rig), inventory(&mut rig)], [true, false]);
}

#[test]
fn a_report_that_waited_in_vain_is_kept_and_its_inventory_goes_with_the_next() {
    let mut rig = Rig::kinglet().open();
    rig.sample();
    rig.feed(Input::Blocked);
    rig.sample.cpu.brand = "new".into();
    for uptime in [7, 8] {
        rig.ms += 5_000;
        rig.sample.uptime = Some(uptime);
        assert!(texts(&rig.sample()).is_empty(), "the line is busy");
    }
    let outs = rig.feed(Input::Drained);
    let sent = texts(&outs);
    assert!(sent[0].contains("\"uptime\":8") && sent[0].contains("\"brand\":\"new\""), "{sent:?}");
    let kept = rig.session.delivery.ring().unsent().next().unwrap();
    assert!(kept.payload.contains("\"uptime\":7"), "{kept:?}");
}
