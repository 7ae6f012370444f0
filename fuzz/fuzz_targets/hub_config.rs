//! The hub's configuration, and the files of enrolled hosts.
#![no_main]

use kinglet_hub::config::fuzz::{parse, parse_host};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lines = text.matches('\n').count() + 1;
    for (line, what) in [parse(text).err(), parse_host(text, "pi").err()].into_iter().flatten() {
        assert!((1..=lines).contains(&line), "line {line} of {lines}: {what}");
        assert!(!what.is_empty());
    }
});
