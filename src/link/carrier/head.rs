//! Response heads (RFC 9110), as far as all carriers read them alike.

use std::time::Duration;

use kinglet_proto::time::WallTime;

use crate::limits::HEADERS_MAX;

/// When a server that has no time now wants to be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// After so long.
    Pause(Duration),
    /// At this time, by the clock of the server, which did not say what it shows now.
    At(WallTime),
}

impl RetryAfter {
    /// Reads `Retry-After`, seconds or a date, beside the answer's own `Date`.
    pub(super) fn parse(value: &str, date: Option<&str>) -> Option<Self> {
        if let Ok(seconds) = value.parse() {
            return Some(Self::Pause(Duration::from_secs(seconds)));
        }
        let at = WallTime::parse_http(value)?;
        Some(match date.and_then(WallTime::parse_http) {
            Some(date) => Self::Pause(until(at, date)),
            None => Self::At(at),
        })
    }

    /// The pause that is asked for; `wall` is our own clock, if it can be right.
    pub(crate) fn pause(self, wall: Option<WallTime>) -> Option<Duration> {
        match self {
            Self::Pause(pause) => Some(pause),
            Self::At(at) => wall.map(|wall| until(at, wall)),
        }
    }
}

fn until(at: WallTime, from: WallTime) -> Duration {
    Duration::from_secs(at.unix_seconds().saturating_sub(from.unix_seconds()))
}

/// Where the final answer begins: what comes before it says nothing yet (section 15.2).
pub(super) fn begin_of_final(head: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS_MAX];
        let mut response = httparse::Response::new(&mut headers);
        match response.parse(&head[at..]) {
            Ok(httparse::Status::Complete(length))
                if matches!(response.code, Some(100 | 102..200)) =>
            {
                at += length;
            }
            Ok(_) | Err(_) => return at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_final_answer_comes_behind_all_interim_ones() {
        let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
        let interim = format!("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 102 P\r\n\r\n{hints}");
        for end in ["", "HTTP/1.1 101 Sw", "HTTP/1.1 200 OK\r\n\r\n", "x"] {
            assert_eq!(begin_of_final(format!("{interim}{end}").as_bytes()), interim.len());
        }
        assert_eq!(begin_of_final(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), 0);
    }

    #[test]
    fn seconds_and_dates_are_pauses() {
        let (at, date) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:47:37 GMT");
        let pause = |s| Some(RetryAfter::Pause(Duration::from_secs(s)));
        assert_eq!(RetryAfter::parse("120", None), pause(120));
        assert_eq!(RetryAfter::parse(at, Some(date)), pause(120));
        assert_eq!(RetryAfter::parse(date, Some(at)), pause(0));
        let alone = RetryAfter::parse(at, None).unwrap();
        let wall = WallTime::parse("1994-11-06T08:49:07Z");
        assert_eq!(alone.pause(wall), Some(Duration::from_secs(30)));
        assert_eq!(alone.pause(None), None);
        for wrong in ["", "-1", "soon", "1.5", "Sun, 06 Foo 1994 08:49:37 GMT"] {
            assert_eq!(RetryAfter::parse(wrong, Some(date)), None, "{wrong}");
        }
    }
}
