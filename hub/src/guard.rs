//! What the hub grants to strangers, and to which: pure decisions over plain values. No socket,
//! clock or log is in here.

mod gate;

pub use gate::{Foreign, Gate, Origin, is_name};

/// What the owner decided of strangers.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// By which names the hub is called, and which pages may listen.
    pub gate: Gate,
}

impl Settings {
    /// What of it is not as it comes, a line each.
    pub fn lines(&self) -> Vec<String> {
        let Gate { names, origins } = &self.gate;
        let origins: Vec<_> = origins.iter().map(ToString::to_string).collect();
        [("goes by the names", names), ("pages that may listen", &origins)]
            .into_iter()
            .filter(|(_, words)| !words.is_empty())
            .map(|(what, words)| format!("{what}: {}", words.join(", ")))
            .collect()
    }
}
