//! One figure as a STOMP topic tells it, in the words of its document.

use serde::Serialize;

use super::destination::VALUE;
use crate::wire::frame::json;

/// The body of a message: `name` is the metric's, `value` what it was at that time.
pub fn figure(name: &str, value: f64, unix_ms: u64) -> String {
    #[derive(Serialize)]
    struct Body<'a> {
        name: &'a str,
        description: Option<&'a str>,
        unit: Option<&'a str>,
        value: At,
    }
    #[derive(Serialize)]
    struct At {
        value: f64,
        timestamp: u64,
    }
    let name = format!("{name}{VALUE}");
    let value = At { value, timestamp: unix_ms };
    json(&Body { name: &name, description: None, unit: None, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_members_are_the_documents() {
        let due = r#"{"name":"cpu.usage[VALUE]","description":null,"unit":null,"value":{"value":12.5,"timestamp":7}}"#;
        assert_eq!(figure("cpu.usage", 12.5, 7), due);
    }
}
