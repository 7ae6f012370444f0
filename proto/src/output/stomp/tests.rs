use super::*;
use crate::output::fixture::{account, now, pi, pi_with_mounts};
use crate::output::{Setting, Settings};
use crate::secret::Secret;

fn text(key: &'static str, text: &str) -> (&'static str, Setting) {
    (key, Setting::Text(text.to_owned()))
}

fn metrics(names: &[&str]) -> (&'static str, Setting) {
    ("metrics", Setting::List(names.iter().map(|name| (*name).to_owned()).collect()))
}

fn with<const N: usize>(pairs: [(&'static str, Setting); N]) -> Account {
    let mut settings = Settings::new();
    pairs.into_iter().for_each(|(key, value)| settings.add(key, value));
    Account { settings, ..account(None, "t:k") }
}

fn stomp<const N: usize>(pairs: [(&'static str, Setting); N]) -> Stomp {
    let account = with(pairs);
    assert_eq!((PROTOCOL.check)(&account), Ok(()));
    Stomp::new(account)
}

/// The same behind a CONNECTED with these headers.
fn connected<const N: usize>(headers: &str, pairs: [(&'static str, Setting); N]) -> Stomp {
    let mut stomp = stomp(pairs);
    let heard = stomp.hear(&format!("CONNECTED\n{headers}\n\0"));
    assert_eq!(heard, Heard::LoggedIn { unserved: None });
    stomp
}

fn report(stomp: &mut Stomp, sample: &Sample) -> String {
    let mut out = "old".to_owned();
    stomp.encode_report(sample, Stamp { now: now(), seq: 1 }, &mut out);
    out
}

fn login(stomp: &Stomp) -> String {
    let mut out = String::new();
    stomp.encode_login(&mut out);
    out
}

#[test]
fn a_report_is_a_message_for_each_metric_as_documented() {
    let mut stomp = connected("version:1.2\n", [metrics(&["cpu.usage", "memory.total"])]);
    assert_eq!(
        report(&mut stomp, &pi()),
        "SEND\n\
         destination:/topic/metric/pi-1/cpu.usage[VALUE]\n\
         content-type:application/json\n\
         content-length:107\n\n\
         {\"name\":\"cpu.usage[VALUE]\",\"description\":null,\"unit\":null,\
         \"value\":{\"value\":12.5,\"timestamp\":1795161600000}}\0\
         SEND\n\
         destination:/topic/metric/pi-1/memory.total[VALUE]\n\
         content-type:application/json\n\
         content-length:117\n\n\
         {\"name\":\"memory.total[VALUE]\",\"description\":null,\"unit\":null,\
         \"value\":{\"value\":436000000.0,\"timestamp\":1795161600000}}\0"
    );
    let usual = report(&mut connected("", []), &pi());
    assert_eq!(usual.matches("SEND\n").count(), 17, "20 less what this board does not give");
    assert!(usual.len() < 8 * 1024, "{} bytes", usual.len());
}

#[test]
fn a_destination_is_made_from_its_template_and_escaped_as_the_version_has_it() {
    let names = ["filesystems./boot/firmware.total"];
    let dots = "/topic/metric.{id}.{metric}:x{id}";
    for (version, line) in [
        ("1.2", "destination:/topic/metric.pi-1.filesystems./boot/firmware.total\\cxpi-1\n"),
        ("1.1", "destination:/topic/metric.pi-1.filesystems./boot/firmware.total\\cxpi-1\n"),
        ("1.0", "destination:/topic/metric.pi-1.filesystems./boot/firmware.total:xpi-1\n"),
    ] {
        let settings = [text("destination", dots), metrics(&names)];
        let mut stomp = connected(&format!("version:{version}\n"), settings);
        assert!(report(&mut stomp, &pi()).contains(line), "{version}");
    }
    let mut quoted = pi();
    quoted.disks[0].name = "a\"{b".to_owned();
    let sent = report(&mut connected("", [metrics(&["disks.{disk}.total"])]), &quoted);
    assert!(sent.contains("/pi-1/disks.a\"{b.total[VALUE]\n"), "{sent}");
    assert!(sent.contains(r#"{"name":"disks.a\"{b.total[VALUE]","#), "{sent}");
}

#[test]
fn a_whole_sample_is_one_message() {
    let mut stomp = connected("version:1.2\n", [text("mode", "sample")]);
    let sent = report(&mut stomp, &pi());
    let body = sent.split_once("\n\n").unwrap().1.strip_suffix('\0').unwrap();
    assert!(sent.starts_with("SEND\ndestination:/topic/sample/pi-1\n"), "{sent}");
    assert!(sent.contains(&format!("\ncontent-length:{}\n", body.len())), "{sent}");
    assert_eq!(serde_json::from_str::<Sample>(body).unwrap().hostname, "kitchen");
    assert_eq!(body, serde_json::to_string(&pi()).unwrap());
}

#[test]
fn a_crowded_host_loses_what_has_no_room() {
    let all = "filesystems.{mount_point}.total";
    for mode in [metrics(&[all, "uptime"]), text("mode", "sample")] {
        let mut stomp = connected("version:1.2\n", [mode]);
        let sent = report(&mut stomp, &pi_with_mounts(2000));
        assert!((FRAME_OUT_MAX / 2..=FRAME_OUT_MAX).contains(&sent.len()), "{}", sent.len());
        assert!(sent.ends_with('\0') && sent.contains("share-000"), "whole messages only");
    }
}

#[test]
fn connect_says_what_the_owner_chose() {
    let usual = "CONNECT\naccept-version:1.2,1.1,1.0\nhost:/\nheart-beat:0,0\n\n\0";
    assert_eq!(login(&stomp([])), usual, "a token without a login is no passcode");
    let headers = Setting::Map(vec![("client-id".into(), "a:b\\c\n".into())]);
    let all = stomp([
        text("login", "kinglet"),
        text("vhost", "metrics"),
        text("heartbeat", "10000,20000"),
        ("headers", headers),
    ]);
    assert_eq!(
        login(&all),
        "CONNECT\naccept-version:1.2,1.1,1.0\nhost:metrics\nheart-beat:10000,20000\n\
         login:kinglet\npasscode:t:k\nclient-id:a:b\\c\n\n\0"
    );
}

#[test]
fn the_token_goes_one_way_only() {
    let request = |account: Account| Stomp::new(account).request();
    let offered = ("Sec-WebSocket-Protocol", "v12.stomp, v11.stomp, v10.stomp".to_owned());
    let shown = request(with([]));
    let bearer = ("Authorization", "Bearer t:k".to_owned());
    assert_eq!(
        (shown.path_and_query.as_str(), shown.headers),
        ("/stomp", vec![offered.clone(), bearer])
    );
    let query = Account { auth: Auth::Query, path_and_query: "/ws?a=b".into(), ..with([]) };
    assert_eq!(request(query).path_and_query, "/ws?a=b&token=t%3Ak");
    let path_and_query = "/portfolio/websocket".to_owned();
    for nothing in [
        Account { path_and_query: path_and_query.clone(), ..with([text("login", "l")]) },
        Account {
            path_and_query: path_and_query.clone(),
            auth: Auth::Query,
            ..with([text("login", "l")])
        },
        Account { path_and_query: path_and_query.clone(), token: Secret::default(), ..with([]) },
    ] {
        let request = request(nothing);
        assert_eq!(
            (request.path_and_query, request.headers),
            (path_and_query.clone(), vec![offered.clone()])
        );
    }
}

#[test]
fn versions_are_agreed_on_and_nothing_is_1_0() {
    for (headers, version) in [
        ("version:1.2\n", Version::V12),
        ("version:1.1\nserver:x\n", Version::V11),
        ("", Version::V10),
    ] {
        assert_eq!(connected(headers, []).version(), version);
    }
}

#[test]
fn frames_share_messages_where_the_broker_reads_a_stream() {
    let two = "SEND\n\na\0SEND\n\nbb\0";
    let long = format!("SEND\n\n{}\0", "€".repeat(8 * 1024));
    for (headers, short_end, long_end) in [
        ("version:1.2\n", 17, 8 * 1024 - 2),
        ("server:RabbitMQ/3.10.8\n", 17, 8 * 1024 - 2),
        ("server:kinglet-hub/0.1.0\n", 17, 8 * 1024 - 2),
        ("server:ActiveMQ/5.18.6\n", 8, long.len()),
        ("server:unheard-of\n", 8, long.len()),
    ] {
        let stomp = connected(headers, []);
        assert_eq!(stomp.end_of_message(two), short_end, "{headers}");
        assert_eq!(stomp.end_of_message(&long), long_end, "{headers}");
    }
    assert_eq!(stomp([]).end_of_message("CONNECT\n\n\0"), 10);
}

#[test]
fn beats_need_both_sides_and_are_given_up_once() {
    let beats = |ours: &str, theirs: &str| {
        let stomp = connected(&format!("heart-beat:{theirs}\n"), [text("heartbeat", ours)]);
        let ms = |period: Option<Duration>| period.map(|period| period.as_millis());
        (ms(stomp.heartbeat_interval()), ms(stomp.silence_max()))
    };
    assert_eq!(beats("0,0", "10000,10000"), (None, None), "Spring with a scheduler");
    assert_eq!(beats("10000,10000", "0,0"), (None, None), "Spring without");
    assert_eq!(beats("1000,2000", "4000,3000"), (Some(3000), Some(11_000)));
    assert_eq!(beats("1000,0", "4000,1000"), (Some(1000), None));
    let mut stomp = connected("heart-beat:1000,1000\n", [text("heartbeat", "1000,1000")]);
    let mut out = String::new();
    stomp.encode_heartbeat(now(), &mut out);
    assert_eq!(out, "\n");
    assert_eq!((stomp.give_up_heartbeat(), stomp.give_up_heartbeat()), (true, false));
    assert_eq!((stomp.heartbeat_interval(), stomp.silence_max()), (None, None));
    assert!(login(&stomp).contains("\nheart-beat:0,0\n"));
}

#[test]
fn an_error_before_the_answer_refuses_and_after_it_is_told_once() {
    let denied = "ERROR\nmessage:Bad CONNECT\ncontent-type:text/plain\ncontent-length:31\n\n\
                  Access refused for user 'guest'\0\n";
    let refused = Heard::Refused("Bad CONNECT: Access refused for user 'guest'".into());
    assert_eq!(stomp([]).hear(denied), refused);

    let mut stomp = connected("version:1.2\n", []);
    let invalid =
        |topic| format!("ERROR\nmessage:Invalid destination\n\n'{topic}' is not valid\n\0");
    let words = "Invalid destination: 'a/b' is not valid".to_owned();
    assert_eq!(stomp.hear(&invalid("a/b")), Heard::NotTaken(Some(words)));
    assert_eq!(stomp.hear(&invalid("a/c")), Heard::NotTaken(None));
    assert_eq!(stomp.hear("ERROR\nmessage:Full\n\n\0"), Heard::NotTaken(Some("Full".into())));
    stomp.handle_lost();
    stomp.hear("CONNECTED\n\n\0");
    assert_eq!(stomp.hear("ERROR\nmessage:Full\n\n\0"), Heard::NotTaken(None), "told before");
    let closed = "ERROR\nmessage:Session closed.\ncontent-length:0\n\n\0";
    assert_eq!(stomp.hear(closed), Heard::Over("the broker closed the session".into()));
}

#[test]
fn frames_of_one_message_are_heard_one_by_one_and_beats_not_at_all() {
    let mut stomp = connected("version:1.2\n", []);
    assert_eq!(stomp.hear("\n\nRECEIPT\nreceipt-id:bye\n\n\0\nERROR\nmessage:a\n\n\0MESS"), {
        Heard::Goodbye
    });
    assert_eq!(stomp.hear_rest(), Some(Heard::NotTaken(Some("a".into()))));
    assert_eq!(stomp.hear_rest(), None);
    assert_eq!(stomp.hear("AGE\n\n\0"), Heard::Nothing);
    assert_eq!(stomp.hear("\n"), Heard::Nothing);
    let over = "the server does not speak STOMP: unknown command \"HELLO\"".to_owned();
    assert_eq!(stomp.hear("HELLO\n\n\0RECEIPT\n\n\0"), Heard::Over(over));
    assert_eq!(stomp.hear_rest(), None, "nothing behind it can be read");
}

#[test]
fn a_goodbye_asks_for_its_receipt() {
    let mut out = String::new();
    connected("version:1.2\n", []).encode_goodbye(&mut out);
    assert_eq!(out, "DISCONNECT\nreceipt:bye\n\n\0");
}

#[test]
fn a_setting_that_means_nothing_is_said_with_what_is_allowed() {
    let map = |name: &str| ("headers", Setting::Map(vec![(name.to_owned(), String::new())]));
    for (settings, key, words) in [
        (vec![text("mode", "all")], "mode", "metrics, sample"),
        (vec![text("destination", "")], "destination", "empty"),
        (vec![text("destination", "/a/{host}")], "destination", "{id}"),
        (vec![text("destination", "/a/{id")], "destination", "{id}"),
        (vec![text("mode", "sample"), text("destination", "/{metric}")], "destination", "whole"),
        (vec![metrics(&["cpu.usage", "cpu.usge"])], "metrics", "\"cpu.usge\""),
        (vec![metrics(&[])], "metrics", "empty"),
        (vec![text("mode", "sample"), metrics(&["cpu.usage"])], "metrics", "whole"),
        (vec![text("heartbeat", "10 s")], "heartbeat", "10000,10000"),
        (vec![text("heartbeat", "999,0")], "heartbeat", "1000"),
        (vec![text("heartbeat", "0,1")], "heartbeat", "1000"),
        (vec![text("login", "")], "login", "empty"),
        (vec![text("vhost", "")], "vhost", "empty"),
        (vec![map("host")], "headers", "\"host\""),
        (vec![map("")], "headers", "empty"),
        (vec![map("a:b")], "headers", "colon"),
    ] {
        let mut all = Settings::new();
        settings.into_iter().for_each(|(key, value)| all.add(key, value));
        let account = Account { settings: all, ..account(None, "t") };
        let bad = (PROTOCOL.check)(&account).unwrap_err();
        assert_eq!(bad.key, key, "{bad}");
        assert!(bad.fault.contains(words), "{bad}");
    }
}
