//! The billing period of the host's traffic.

use crate::program::{Folder, kinglet};

#[test]
fn a_billing_period_is_counted_where_its_owner_says_of_one() {
    let folder = Folder::new();
    let sample = |text: &str| {
        let file = folder.write("k.toml", text);
        let told = kinglet(&["sample", "--json", "--config", &file]).run();
        assert_eq!((told.code, told.stderr.as_str()), (0, ""));
        let sample: serde_json::Value = serde_json::from_str(&told.stdout).expect("one object");
        sample["traffic"].clone()
    };
    assert!(sample("[traffic]\n").is_null(), "a header alone says nothing");
    let state = folder.write("state", "");
    let traffic = sample(&format!("[traffic]\nquota = \"1 GB\"\nstate_file = \"{state}\"\n"));
    assert_eq!(traffic["quota"], 1_000_000_000);
    assert!(traffic["rx"].is_u64() && traffic["period_start"].as_u64() > Some(0), "{traffic}");
    assert_eq!(std::fs::read_to_string(state).unwrap(), "", "a sample writes nothing");
}

#[test]
fn what_is_wrong_with_a_period_is_told_with_its_line() {
    let folder = Folder::new();
    let file = folder.write("k.toml", "[traffic]\nreset_day = \"32\"\nquota = \"500\"\n");
    let told = kinglet(&["sample", "--config", &file]).run();
    assert_eq!(told.code, 2);
    for part in
        ["k.toml:2", "\"32\" is not a day of the month", "k.toml:3", "\"500\" is not an amount"]
    {
        assert!(told.stderr.contains(part), "{part}: {}", told.stderr);
    }
}
