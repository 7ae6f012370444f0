//! What the agent itself may take.

use crate::program::{Folder, kinglet};

const SERVER: &str = "[[server]]\nurl = \"wss://hub.example\"\n";

/// What is made of a file with this below the server.
fn printed(folder: &Folder, more: &str) -> (i32, String) {
    let file = folder.write("k.toml", &format!("{SERVER}{more}"));
    let told = kinglet(&["--print-config", "--config", &file]).env("KINGLET_TOKEN", "t").run();
    (told.code, told.stdout + &told.stderr)
}

#[test]
fn a_budget_is_printed_as_it_is_in_force() {
    let folder = Folder::new();
    for (written, shown) in [
        ("", "\n[budget]\n\n"),
        ("[budget]\n", "\n[budget]\n\n"),
        ("[budget]\ncpu_percent = 1\n", "\n[budget]\ncpu_percent = 1.0\n\n"),
        ("[budget]\ncpu_percent = 0.1\n", "\n[budget]\ncpu_percent = 0.1\n\n"),
        ("[budget]\ncpu_percent = 12.345\n", "\n[budget]\ncpu_percent = 12.35\n\n"),
        ("[budget]\ncpu_percent = 100\n", "\n[budget]\ncpu_percent = 100.0\n\n"),
        ("[budget]\nrss_bytes = 4_000_000\n", "\n[budget]\nrss_bytes = 4000000\n\n"),
    ] {
        let (code, told) = printed(&folder, written);
        assert!(code == 0 && told.contains(shown), "{written}: {told}");
    }
}

#[test]
fn a_budget_that_cannot_be_is_refused_with_its_place_and_what_may_be() {
    let folder = Folder::new();
    for (written, words) in [
        ("cpu_percent = 0", "toml:4: budget.cpu_percent: 0 is not from 0.1 to 100"),
        ("cpu_percent = 0.09", "toml:4: budget.cpu_percent: 0.09 is not from 0.1 to 100"),
        ("cpu_percent = 101", "toml:4: budget.cpu_percent: 101 is not from 0.1 to 100"),
        ("cpu_percent = \"1\"", "toml:4: budget.cpu_percent: expected a number, found a text"),
        ("rss_bytes = 4", "toml:4: budget.rss_bytes: 4 is not from 1000000 to 1000000000000"),
        ("rss = 4", "toml:4: budget.rss: unknown key; did you mean \"rss_bytes\"?"),
        (
            "cpu_percent = 1\n[collect]\nagent = false",
            "toml:4: budget.cpu_percent: is held against what `agent` tells, which [collect] leaves",
        ),
    ] {
        let (code, told) = printed(&folder, &format!("[budget]\n{written}\n"));
        assert!(code == 2 && told.contains(words), "{written}: {told}");
    }
}
