//! A notice as a letter, RFC 5322 with the words of RFC 2045 and 2047. Pure.
//!
//! Its id is made of what it is about: a letter that is sent again because the server's answer got
//! lost is the same letter.

use std::fmt::Write as _;

use data_encoding::{BASE64, HEXLOWER};
use kinglet_proto::time::{WallTime, civil_from_days};
use sha2::{Digest, Sha256};

use super::notice::Level;
use super::notice::{Notice, State};
use super::settings::Mail;
use crate::limits::{MAIL_LINE_BYTES, MAIL_WORD_BYTES, NOTIFY_ADDRESS_BYTES_MAX};

/// The letter with its head, lines ended as in RFC 5322.
pub(super) fn write(notice: &Notice, mail: &Mail) -> String {
    let level = match notice.state {
        State::Fired | State::Digest => format!("[{}] ", notice.level.name()),
        State::Resolved | State::Test => String::new(),
    };
    let to: Vec<_> = mail.to.iter().map(|to| mailbox(to)).collect();
    let domain = address(&mail.from).rsplit('@').next().unwrap_or_default();
    let mut out = format!(
        "From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <{}@{domain}>\r\n",
        mailbox(&mail.from),
        to.join(",\r\n "),
        words(&format!("{level}{}", notice.subject())),
        date(notice.at),
        id(notice),
    );
    if notice.level == Level::Critical && notice.state != State::Resolved {
        out.push_str("Importance: high\r\n");
    }
    // RFC 3834: nobody's absence note answers it.
    out.push_str("Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
    out.push_str("Content-Type: text/plain; charset=utf-8\r\n");
    out.push_str("Content-Transfer-Encoding: base64\r\n\r\n");
    let text = notice.text().replace('\n', "\r\n") + "\r\n";
    for line in text.as_bytes().chunks(MAIL_LINE_BYTES) {
        // Writing to a String cannot fail.
        let _ = write!(out, "{}\r\n", BASE64.encode(line));
    }
    out
}

/// The address of a mailbox, `a@b` of `A <a@b>`.
pub(super) fn address(mailbox: &str) -> &str {
    let inner = mailbox.rsplit_once('<').and_then(|(_, rest)| rest.strip_suffix('>'));
    inner.unwrap_or(mailbox).trim()
}

/// Whether a letter can go there, or come from there.
pub fn is_mailbox(text: &str) -> bool {
    let address = address(text);
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"<>()[],;:\\\"".contains(&byte);
    let parts = address.split_once('@');
    parts.is_some_and(|(user, domain)| {
        !user.is_empty() && !domain.is_empty() && !domain.contains('@')
    }) && address.len() <= NOTIFY_ADDRESS_BYTES_MAX
        && address.bytes().all(is_plain)
        && !text.contains(char::is_control)
        && !text.contains(',')
}

/// A mailbox for the head: the name as words.
fn mailbox(text: &str) -> String {
    let address = address(text);
    let name = text.rsplit_once('<').map_or("", |(name, _)| name.trim().trim_matches('"'));
    if name.is_empty() { address.to_owned() } else { format!("{} <{address}>", words(name)) }
}

/// Text for a head: as it is where it is short and of plain letters, else in encoded words.
fn words(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " :[]%/._-".contains(c);
    if text.chars().all(is_plain) && text.len() <= 60 {
        return text.to_owned();
    }
    let mut words = vec![String::new()];
    for c in text.chars() {
        if words.last().is_some_and(|word| word.len() + c.len_utf8() > MAIL_WORD_BYTES) {
            words.push(String::new());
        }
        words.iter_mut().last().into_iter().for_each(|word| word.push(c));
    }
    let encoded =
        words.iter().map(|word| format!("=?utf-8?B?{}?=", BASE64.encode(word.as_bytes())));
    encoded.collect::<Vec<_>>().join("\r\n ")
}

fn id(notice: &Notice) -> String {
    let Notice { host, id, title, at, .. } = notice;
    let about = format!("{host} {id} {title} {} {at}", notice.state.name());
    let hash = Sha256::digest(about.as_bytes());
    HEXLOWER.encode(hash.get(..16).unwrap_or_default())
}

/// `Fri, 27 Nov 2026 04:30:11 +0000`
fn date(at: WallTime) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (days, seconds) = (at.unix_seconds() / 86_400, at.unix_seconds() % 86_400);
    let (year, month, day) = civil_from_days(days);
    let nth = |names: &[&'static str], number: u64| {
        let number = usize::try_from(number).unwrap_or(0) % names.len();
        names.get(number).copied().unwrap_or_default()
    };
    let (weekday, month) = (nth(&DAYS, days % 7), nth(&MONTHS, month + 11));
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{weekday}, {day} {month} {year} {hour:02}:{minute:02}:{second:02} +0000")
}

#[cfg(test)]
mod tests {
    use super::super::alert::tests::alert;
    use super::super::settings::MailTls;
    use super::*;

    fn mail() -> Mail {
        let to = vec!["me@example.org".to_owned(), "Kö <you@example.org>".to_owned()];
        Mail { from: "Kinglet <hub@example.org>".to_owned(), to, tls: MailTls::None }
    }

    #[test]
    fn a_letter_has_the_head_and_the_text() {
        let notice = alert("a", "critical", "active").notice.titled("");
        let letter = write(&notice, &mail());
        let (head, body) = letter.split_once("\r\n\r\n").unwrap();
        let due = "From: Kinglet <hub@example.org>\r\n\
                   To: me@example.org,\r\n =?utf-8?B?S8O2?= <you@example.org>\r\n\
                   Subject: [critical] Web: Disk almost full\r\n\
                   Date: Wed, 18 Nov 2026 11:06:40 +0000\r\nMessage-ID: <";
        assert!(head.starts_with(due), "{head}");
        assert!(head.contains("@example.org>\r\nImportance: high\r\nAuto-Submitted: auto-"));
        let text = BASE64.decode(body.replace("\r\n", "").as_bytes()).unwrap();
        assert_eq!(String::from_utf8(text).unwrap(), notice.text().replace('\n', "\r\n") + "\r\n");
        assert_eq!(letter, write(&notice, &mail()), "sent again it is the same");
        assert_ne!(letter, write(&Notice { state: State::Resolved, ..notice }, &mail()));
        assert!(letter.split("\r\n").all(|line| line.len() <= 78 && !line.contains('\n')));
    }

    #[test]
    fn a_long_subject_is_in_words_that_are_letters_whole() {
        let text = "ä€😀".repeat(20);
        let encoded = words(&text);
        let mut decoded = String::new();
        for word in encoded.split("\r\n ") {
            assert!(word.len() <= 75, "{word}");
            let inner = word.strip_prefix("=?utf-8?B?").unwrap().strip_suffix("?=").unwrap();
            let bytes = BASE64.decode(inner.as_bytes()).unwrap();
            decoded.push_str(std::str::from_utf8(&bytes).unwrap());
        }
        assert_eq!(decoded, text);
    }

    #[test]
    fn a_mailbox_cannot_smuggle_anything() {
        for good in ["a@b", "A B <a@b.c>", "a+c@b-d.org", "<a@b>"] {
            assert!(is_mailbox(good), "{good}");
        }
        for bad in
            ["", "a", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nRCPT TO:<c@d>", "a@b>, <c@d", "ä@b"]
        {
            assert!(!is_mailbox(bad), "{bad}");
        }
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        let at = |ms| date(WallTime::from_unix_millis(ms));
        assert_eq!(at(0), "Thu, 1 Jan 1970 00:00:00 +0000");
        assert_eq!(at(951_782_400_000), "Tue, 29 Feb 2000 00:00:00 +0000");
        assert_eq!(at(1_798_761_599_000), "Thu, 31 Dec 2026 23:59:59 +0000");
    }
}
