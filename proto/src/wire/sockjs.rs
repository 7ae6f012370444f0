//! SockJS over WebSocket: how pages that know nothing else wrap what they say, for the hub.
//!
//! ```text
//! o                          the server: open
//! a["CONNECTED\n..."]        the server: messages
//! h                          the server: a sign of life
//! c[3000,"Go away!"]         the server: the end, and why
//! ["SEND\n..."]              the client: messages
//! ```
//!
//! What the messages say is not here.

use super::frame::json;

/// The first frame of a server.
pub const OPEN: &str = "o";

/// A server's sign of life: a page gives the connection up without it.
pub const HEARTBEAT: &str = "h";

/// The end as a server tells it; from 3000 up the codes are free.
pub const GO_AWAY: u16 = 3000;

/// A frame of a server with one message.
pub fn message(text: &str) -> String {
    format!("a{}", json(&[text]))
}

/// The last frame of a server.
pub fn closed(code: u16, reason: &str) -> String {
    format!("c{}", json(&(code, reason)))
}

/// The messages in a frame of a client: a list of texts, or one text. `None` for anything else.
pub fn decode(frame: &str) -> Option<Vec<String>> {
    // A page's own sign of life.
    if frame.is_empty() {
        return Some(Vec::new());
    }
    let list = serde_json::from_str(frame).ok();
    list.or_else(|| serde_json::from_str(frame).ok().map(|text: String| vec![text]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_says_is_an_array_behind_a_letter() {
        assert_eq!(message("MESSAGE\n\n\"é\"\0"), "a[\"MESSAGE\\n\\n\\\"é\\\"\\u0000\"]");
        assert_eq!(closed(GO_AWAY, "Go away!"), r#"c[3000,"Go away!"]"#);
    }

    #[test]
    fn a_client_says_a_list_of_texts_or_one() {
        let decoded = |frame| decode(frame).map(|texts| texts.join("|"));
        assert_eq!(decoded(r#"["a\n","b"]"#).as_deref(), Some("a\n|b"));
        assert_eq!(decoded(r#""\n""#).as_deref(), Some("\n"));
        assert_eq!(decoded("").as_deref(), Some(""));
        for wrong in ["[", "[1]", "{}", "CONNECT\n\n\0", "null"] {
            assert_eq!(decoded(wrong), None, "{wrong}");
        }
    }
}
