//! SockJS: messages of pages, wrapped.
#![no_main]

use kinglet_proto::wire::sockjs::{GO_AWAY, closed, decode, message};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(texts) = decode(text) {
        // Escapes are longer than what they stand for.
        assert!(texts.iter().map(String::len).sum::<usize>() <= text.len());
    }
    for (frame, letter) in [(message(text), 'a'), (closed(GO_AWAY, text), 'c')] {
        let list = frame.strip_prefix(letter).expect("a letter tells what it is");
        if letter == 'a' {
            assert_eq!(decode(list).as_deref(), Some(&[text.to_owned()][..]));
        } else {
            assert!(list.starts_with("[3000,\"") && list.ends_with("\"]"));
        }
    }
});
