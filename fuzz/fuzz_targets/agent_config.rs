//! The agent's configuration: whatever stands in the file, and no word of it that is a token.
#![no_main]

use kinglet::config::fuzz::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let secret = secret(text);
    let told = match parse("k.toml", text) {
        Ok(config) => {
            assert!(config.servers.len() <= kinglet::limits::SERVERS_MAX);
            let shown = config.to_string();
            assert!(shown.parse::<toml::Table>().is_ok(), "what is printed is TOML: {shown}");
            format!("{shown}{config:?}")
        }
        Err(error) => {
            assert!(!error.problems.is_empty());
            error.to_string()
        }
    };
    assert!(secret.is_none_or(|secret| !told.contains(&secret)), "a token is told: {told}");
});

/// A token that an owner wrote where none stands, and that nothing else in the text is.
fn secret(text: &str) -> Option<String> {
    let table = text.parse::<toml::Table>().ok()?;
    let servers = table.get("server")?.as_array()?.iter();
    let mut tokens = servers.filter_map(|server| server.get("token")?.as_str());
    tokens.find(|token| token.len() >= 8 && text.matches(*token).count() == 1).map(str::to_owned)
}
