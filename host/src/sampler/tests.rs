#[cfg(feature = "budget")]
mod budget;

use super::*;

#[test]
fn only_what_has_a_switch_can_be_left_out() {
    let mut options = Options::default();
    assert!(ENTRIES.iter().all(|entry| options.includes(entry.name)));
    assert!(!options.leave_out("host") && !options.leave_out("no such collector"));
    assert_eq!(options, Options::default());
    assert!(options.leave_out("memory"));
    assert!(!options.includes("memory") && options.includes("cpu"));
}
