//! What a router has beside other hosts.

use crate::program::{Folder, kinglet};

fn sample(folder: &Folder, text: &str) -> serde_json::Value {
    let file = folder.write("k.toml", text);
    let told = kinglet(&["sample", "--json", "--config", &file]).run();
    assert_eq!((told.code, told.stderr.as_str()), (0, ""));
    serde_json::from_str(&told.stdout).expect("one object")
}

#[test]
fn a_router_is_one_where_its_owner_says_so() {
    let folder = Folder::new();
    let leases = folder.write("leases", "0 02:00:00:00:0a:03 192.168.77.10 printer *\n");
    let parts = ["softnet", "leases", "qdiscs", "wireguard", "stations"];
    for text in ["[router]\n", &format!("[router]\nenabled = false\nleases = \"{leases}\"\n")] {
        let sample = sample(&folder, text);
        assert!(parts.iter().all(|part| sample[part].is_null()), "{sample}");
    }
    let text = format!("[router]\nenabled = true\nleases = \"{leases}\"\n");
    let told = sample(&folder, &text);
    assert!(told["softnet"]["drops"].is_u64(), "{told}");
    assert_eq!(told["leases"], serde_json::json!({ "ipv4": 1 }));
    let file = folder.path("k.toml");
    let table = kinglet(&["sample", "--config", &file]).run().stdout;
    assert!(table.lines().any(|line| line.trim() == "leases   1 IPv4"), "{table}");
    let told = sample(&folder, &(text + "[collect]\nleases = false\n"));
    assert!(told["leases"].is_null() && told["softnet"].is_object(), "{told}");
}
