//! How a connection begins: one says who one is, in lines (D-Bus Specification, "Authentication
//! Protocol").
//!
//! The kernel tells the bus whose socket it is, so that nothing need be said of it: an empty answer
//! is as good as the number of the user, and better in a container, where that is another. All is
//! said at once, as systemd's own programs do.
//!
//! ```text
//! answer = "DATA" CRLF "OK " guid CRLF
//!
//! DATA
//! OK 3a6fd3bb0aa2f9dba7f5a2d1692894aa
//! REJECTED EXTERNAL DBUS_COOKIE_SHA1
//! ```

/// What is said first; messages may follow at once.
pub const GREETING: &[u8] = b"\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n";

/// What a bus said to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Not all of it is there.
    Cut,
    /// We are in; so many bytes it was.
    In(usize),
    /// We are not wanted, or this is no bus.
    Refused,
}

/// Reads it, of at most `max` bytes.
pub fn parse(bytes: &[u8], max: usize) -> Answer {
    let mut at = 0;
    while let Some(len) = bytes[at..].windows(2).position(|two| two == b"\r\n") {
        let line = &bytes[at..at + len];
        at += len + 2;
        if at > max {
            return Answer::Refused;
        }
        match line {
            b"DATA" => {}
            [b'O', b'K', b' ', ..] => return Answer::In(at),
            _ => return Answer::Refused,
        }
    }
    if bytes.len() > max { Answer::Refused } else { Answer::Cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[u8] = b"DATA\r\nOK 3a6fd3bb0aa2f9dba7f5a2d1692894aa\r\nl\x02";

    #[test]
    fn one_is_in_when_the_whole_line_is_there() {
        let len = GOOD.len() - 2;
        assert_eq!(parse(GOOD, 100), Answer::In(len));
        for cut in 0..len {
            assert_eq!(parse(&GOOD[..cut], 100), Answer::Cut, "{cut}");
        }
        assert_eq!(parse(b"OK \r\n", 100), Answer::In(5), "who asks for no data");
    }

    #[test]
    fn what_is_no_bus_refuses() {
        for text in ["REJECTED EXTERNAL\r\n", "DATA\r\nERROR\r\n", "OK\r\n", "\r\n", "220 smtp\r\n"]
        {
            assert_eq!(parse(text.as_bytes(), 100), Answer::Refused, "{text}");
        }
        assert_eq!(parse(&[b'x'; 101], 100), Answer::Refused, "a line without an end");
        assert_eq!(parse(&b"DATA\r\n".repeat(99), 100), Answer::Refused, "data without an end");
    }
}
