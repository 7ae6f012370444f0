//! Holds the documents to the tables they speak of: settings, commands, protocols, metrics.
//!
//! `UPDATE_DOCS=1 cargo test --test documents` writes what is made from a table anew: the diff is
//! the review. What is written by hand is compared with it.

#[path = "documents/alerts.rs"]
mod alerts;
#[path = "documents/completions.rs"]
mod completions;
#[path = "documents/example.rs"]
mod example;
#[path = "documents/help.rs"]
mod help;
#[path = "documents/languages.rs"]
mod languages;
#[path = "documents/literals.rs"]
mod literals;
#[path = "documents/man.rs"]
mod man;
#[path = "documents/metrics.rs"]
mod metrics;
#[path = "documents/protocols.rs"]
mod protocols;
#[path = "documents/readme.rs"]
mod readme;
#[path = "documents/text.rs"]
mod text;

use text::{hold, read};

#[test]
fn help_has_every_command_option_and_variable() {
    let path = "src/options/help.txt";
    hold(path, &help::page(&read(path)));
}

#[test]
fn man_pages_have_every_command_option_variable_and_key() {
    let path = "packaging/man/kinglet.1";
    hold(path, &man::program(&read(path)));
    let path = "packaging/man/kinglet.toml.5";
    hold(path, &man::file(&read(path)));
}

#[test]
fn shells_complete_every_command_and_option() {
    hold("packaging/completions/kinglet.bash", &completions::bash());
    hold("packaging/completions/kinglet.fish", &completions::fish());
    hold("packaging/completions/kinglet.zsh", &completions::zsh());
}

#[test]
fn readme_has_every_setting_collector_and_protocol() {
    let path = "README.md";
    hold(path, &protocols::table(&readme::collectors(&readme::settings(&read(path)))));
    readme::assert_commands(&read(path));
    protocols::assert_table(&read(path));
}

#[test]
fn the_installer_names_every_protocol() {
    let path = "packaging/install.sh";
    hold(path, &protocols::installer(&read(path)));
}

#[test]
fn every_metric_is_told() {
    hold("docs/metrics.md", &metrics::page());
}

#[test]
fn every_alert_that_is_built_in_is_told() {
    let path = "docs/alerts.md";
    hold(path, &alerts::page(&read(path)));
}

#[test]
fn the_packaged_configuration_has_every_key_and_protocol() {
    let path = "packaging/kinglet.toml";
    hold(path, &example::keys(&protocols::example(&example::switches(&read(path)))));
    example::assert_keys(&read(path));
}

/// A variable that some file looks up by itself would be in no document.
#[test]
fn the_environment_is_read_by_the_table() {
    // systemd's, which no owner sets.
    let theirs = ["JOURNAL_STREAM", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"];
    let files = text::files_below("src");
    assert!(files.len() > 20, "the sources were not found");
    for path in files {
        let text = read(&path);
        for (at, _) in text.match_indices("env::var") {
            let asked = text[at..].split(['(', ')']).nth(1).unwrap_or_default();
            let by_table = path == "src/main.rs" && asked == "name";
            assert!(by_table || theirs.contains(&asked.trim_matches('"')), "{path}: {asked}");
        }
    }
}
