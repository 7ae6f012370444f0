//! One connection to a hub: whatever bytes a client sends, at any door.
//!
//! A byte 1e in the input parts what is said before the hub has answered from what is said after.
//! WebSocket frames come masked; a mask of zeros leaves them readable.
#![no_main]

use std::collections::BTreeMap;

use kinglet_hub::auth::{Auth, TokenHash};
use kinglet_hub::config::fuzz::parse;
use kinglet_hub::listen::fuzz::{answers, filtered};
use libfuzzer_sys::fuzz_target;
use tokio::runtime::Builder;

const CONFIG: &str = "[server]\nnames = [\"hub.test\"]\n[viewers]\npublic = true\n";
/// Messages up to this are taken, by a filter that is looked at alone.
const CAP: u64 = 64;

fuzz_target!(|bytes: &[u8]| {
    let config = parse(CONFIG).expect("a good configuration");
    // For agents "a"; for viewers "v", where they need one; for operators "o".
    let is_public = bytes.len() % 2 == 0;
    let viewers = (!is_public).then(|| TokenHash::of("v"));
    let auth = Auth::new(BTreeMap::new(), Some(TokenHash::of("a")), viewers);
    let auth = auth.with_operators(Some(TokenHash::of("o")));
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build();
    let runtime = runtime.expect("a runtime");
    let parts: Vec<_> = bytes.split(|byte| *byte == 0x1e).collect();
    let answer = runtime.block_on(answers(&config, auth, &parts));
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1."), "it speaks HTTP");
    assert!(!answer.starts_with(b"HTTP/1.1 500"), "a door failed");
    filter(bytes);
});

/// What large messages become does not depend on how their bytes are cut.
fn filter(bytes: &[u8]) {
    let whole = filtered(bytes, bytes.len(), CAP);
    for piece in [1, 3, 14] {
        assert_eq!(filtered(bytes, piece, CAP), whole, "in pieces of {piece}");
    }
    assert!(whole.len() <= bytes.len() + 14 * bytes.len());
}
