//! What a server, or whoever answers in its place, sends an agent before and below all messages:
//! HTTP answers, upgrades, WebSocket frames; and what a name server answers.
#![no_main]

use kinglet::limits::ADDRESSES_MAX;
use kinglet::link::ServerUrl;
use kinglet::link::fuzz;
use kinglet_proto::limits::{ANSWER_BYTES_MAX, FRAME_IN_MAX};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    http(bytes);
    frames(bytes);
    names(bytes);
    proxies(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        words(text);
    }
});

fn http(bytes: &[u8]) {
    for has_no_body in [false, true] {
        let whole = fuzz::answer(bytes, bytes.len(), has_no_body);
        if let Ok(Some(answer)) = &whole {
            // A byte that is no UTF-8 becomes a character of three.
            assert!(answer.body.len() <= 3 * ANSWER_BYTES_MAX);
        }
        let _ = fuzz::answer(bytes, 7, has_no_body);
    }
    match fuzz::upgrade(bytes, *b"sixteen bytes ..") {
        Ok(length) => assert!(length.is_none_or(|length| length <= bytes.len())),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

fn frames(bytes: &[u8]) {
    for at in [0, bytes.len() / 2, bytes.len()] {
        let (head, rest) = bytes.split_at(at);
        let told = fuzz::frames(head, rest, |text| assert!(text.len() <= FRAME_IN_MAX));
        if let Err(error) = told {
            assert!(!error.to_string().is_empty());
        }
    }
}

fn names(bytes: &[u8]) {
    for is_v6 in [false, true] {
        let found = fuzz::name_server_answer("hub.test", is_v6, bytes);
        assert!(found.is_none_or(|found| found.len() <= ADDRESSES_MAX));
    }
}

fn proxies(bytes: &[u8]) {
    for proxy in ["http://p", "http://me:pw@p", "socks5h://p", "socks5h://me:pw@p"] {
        let said = [bytes.len(), 3].map(|piece| fuzz::proxy(proxy, bytes, piece));
        // In pieces it is the same, but for what comes in one piece with an answer.
        assert!(said[0] != Ok(true) || said[1] == Ok(true));
    }
}

fn words(text: &str) {
    let (first, second) = text.split_once('\n').unwrap_or((text, ""));
    let _ = fuzz::retry_after(first, Some(second));
    let _ = fuzz::name_server_answer(first, false, second.as_bytes());
    let (servers, names) = fuzz::resolv_conf(text, "hub");
    assert!(servers > 0 && names.last().is_some_and(|name| name == "hub"));
    if let Ok(url) = ServerUrl::parse(text) {
        // A query is never shown: a token may be in it.
        let shown = ServerUrl::parse(&url.to_string()).expect("what is shown is a URL");
        assert_eq!((&shown.host, shown.port, shown.tls), (&url.host, url.port, url.tls));
        assert!(!shown.path_and_query.contains('?'));
    }
}
