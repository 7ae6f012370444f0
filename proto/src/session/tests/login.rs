//! Logging in, and being refused.

use super::*;

#[test]
fn vstats_logs_in_before_anything_else() {
    let mut rig = Rig::shipped();
    rig.feed(Input::Tick);
    let version = env!("CARGO_PKG_VERSION");
    let login =
        format!(r#"{{"type":"auth","server_id":"s1","token":"hunter2","version":"{version}"}}"#);
    assert_eq!(rig.feed(Input::Opened), [Out::Text(login.clone())]);
    assert_eq!(rig.sample(), [], "no report before the answer");
    let outs = rig.feed(Input::Text(r#"{"type":"auth","status":"ok"}"#));
    assert_eq!(events(&outs), ["connected"]);
    rig.ms += 5_000;
    assert!(texts(&rig.sample())[0].starts_with(r#"{"type":"metrics","metrics":{"timestamp":"#));
    let mut logins = 0;
    for _ in 0..41 {
        let outs = rig.pass(30_000);
        logins += times(&outs, &Out::Text(login.clone())).len();
        rig.feed(Input::Pong);
        assert_eq!(rig.feed(Input::Text(r#"{"type":"auth","status":"ok"}"#)), []);
    }
    assert_eq!(logins, 2, "again every 10 minutes");
}

#[test]
fn a_login_nobody_answers_ends_after_10_s() {
    let mut rig = Rig::shipped().open();
    rig.feed(Input::Text(r#"{"type":"config","ping_targets":[]}"#));
    assert_eq!(hang_ups(&rig.pass(20_000)), [(10_000, Reason::AuthTimeout("login not answered"))]);
}

#[test]
fn a_refused_login_hangs_up_though_the_server_does_not() {
    let mut rig = Rig::shipped().open();
    let refusal = Input::Text(r#"{"type":"auth","status":"error","message":"Invalid token"}"#);
    let outs = rig.feed(refusal);
    assert_eq!(outs[0], Out::HangUp(Reason::Refused(Some("Invalid token".into()))));
    let line = &events(&outs)[0];
    assert!(
        line.starts_with("credentials refused (Invalid token): check the token and the id (s1)")
    );
    assert_eq!(rig.feed(refusal), [], "it says so twice");
    assert_eq!(rig.feed(Input::Closed(Loss::Broken)), [], "a late close");
    let wait = rig.next_wait().unwrap() - rig.ms;
    assert!((54_000..=66_000).contains(&wait), "{wait}");
}

#[test]
fn the_native_hub_refuses_in_an_envelope() {
    for refusal in [
        r#"{"type":"connection","data":{"status":"error","error_code":"AUTH_FAILED",
            "message":"no"}}"#,
        r#"{"type":"error","data":{"code":"AUTHENTICATION_FAILED","message":"no"}}"#,
    ] {
        let mut rig = Rig::kinglet().open();
        let outs = rig.feed(Input::Text(refusal));
        assert_eq!(outs[0], Out::HangUp(Reason::Refused(Some("no".into()))), "{refusal}");
    }
}
