//! What a mail server answers: lines of `250-words`, the last of them `250 words`. Pure.

use std::time::Duration;

use crate::limits::HTTP_SAID_CHARS_MAX;
use crate::notify::fate::Fate;

/// One answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Reply {
    pub(super) code: u16,
    /// Its lines without the code.
    pub(super) lines: Vec<String>,
}

impl Reply {
    /// Takes one from the front of what came; `None` where it is not whole yet.
    ///
    /// # Errors
    /// It is no such answer.
    pub(super) fn take(bytes: &mut Vec<u8>) -> Result<Option<Self>, String> {
        let mut lines = Vec::new();
        let mut at = 0;
        while let Some(length) = bytes.iter().skip(at).position(|byte| *byte == b'\n') {
            let line = bytes.get(at..at + length).unwrap_or_default();
            let line = String::from_utf8_lossy(line);
            let line = line.trim_end_matches('\r');
            at += length + 1;
            let (code, rest) = line.split_at_checked(3).unwrap_or((line, ""));
            let code = code.parse().ok().filter(|code| (200..600).contains(code));
            let Some(code) = code else { return Err("it says what is no SMTP".to_owned()) };
            let is_last = !rest.starts_with('-');
            lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if is_last {
                bytes.drain(..at);
                return Ok(Some(Self { code, lines }));
            }
        }
        Ok(None)
    }

    /// What an extension says of itself, `PLAIN LOGIN` of `AUTH PLAIN LOGIN`; `None` without it.
    pub(super) fn extension(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            word.eq_ignore_ascii_case(name).then_some(rest)
        })
    }

    /// What it means that this was answered to `step`, where it is not what was hoped for.
    pub(super) fn fate(&self, step: &str) -> Fate {
        let said = self.lines.join(" ");
        let plain = said.chars().map(|c| if c.is_control() { ' ' } else { c });
        let said: String = plain.take(HTTP_SAID_CHARS_MAX).collect();
        let words = format!("{step}: {} {said}", self.code);
        match self.code {
            500..=599 => Fate::Refused(words),
            _ => Fate::Later(None::<Duration>, words),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(text: &str) -> (Result<Option<Reply>, String>, String) {
        let mut bytes = text.as_bytes().to_vec();
        let reply = Reply::take(&mut bytes);
        (reply, String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn an_answer_is_whole_with_its_last_line() {
        for part in ["", "2", "250-mail", "250-mail\r\n", "250-mail\r\n250 AUTH"] {
            assert_eq!(take(part), (Ok(None), part.to_owned()), "{part}");
        }
        let (reply, rest) = take("250-mail\r\n250-auth PLAIN LOGIN\r\n250 STARTTLS\r\n220 ");
        let reply = reply.unwrap().unwrap();
        assert_eq!((reply.code, &*rest), (250, "220 "));
        assert_eq!(reply.extension("AUTH"), Some("PLAIN LOGIN"));
        assert_eq!(reply.extension("STARTTLS"), Some(""));
        assert_eq!(reply.extension("SIZE"), None);
        assert_eq!(take("354\r\n").0.unwrap().unwrap().code, 354);
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for text in ["HTTP/1.1 400 Bad Request\r\n", "\r\n", "99 x\r\n", "ä\n", "25\n"] {
            assert!(take(text).0.is_err(), "{text}");
        }
    }

    #[test]
    fn five_hundreds_are_for_good_and_the_rest_for_now() {
        let fate = |code| Reply { code, lines: vec!["no\u{7}".to_owned()] }.fate("RCPT");
        assert_eq!(fate(550), Fate::Refused("RCPT: 550 no ".to_owned()));
        for code in [421, 450, 451, 250] {
            assert!(matches!(fate(code), Fate::Later(None, _)), "{code}");
        }
    }
}
