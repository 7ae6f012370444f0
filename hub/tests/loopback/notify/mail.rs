//! Mail servers that do not behave, line by line.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::super::support::scratch;
use super::{send, settings};

/// What a server says when a line that begins so comes; the first of a script is its greeting. An
/// empty text hangs up.
type Script = &'static [(&'static str, &'static str)];

/// A mail server that goes by a script; hears what it was told, line by line.
fn start(script: Script) -> (u16, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, heard) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut output = stream.try_clone().unwrap();
            let _ = write!(output, "{}\r\n", script[0].1);
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { break };
                let answer = script.iter().skip(1).find(|(begin, _)| line.starts_with(begin));
                let _ = tell.send(line.clone());
                match answer {
                    Some((_, "")) => break,
                    Some((_, text)) => drop(write!(output, "{text}\r\n")),
                    None => {}
                }
            }
        }
    });
    (port, heard)
}

/// Why a letter is not there, and all that was said to the server.
fn sent(script: Script, more: &str) -> (Result<(), String>, Vec<String>) {
    let (port, heard) = start(script);
    let password = scratch("password");
    std::fs::write(&password, "hunter2").unwrap();
    let result = send(&settings(&format!(
        "kind = \"smtp\"\nurl = \"smtp://127.0.0.1:{port}\"\nfrom = \"hub@example.org\"\n\
         to = [\"a@example.org\", \"b@example.org\"]\n\
         user = \"me\"\npassword_file = \"{}\"\n{more}",
        password.display()
    )));
    let wait = Duration::from_millis(200);
    (result, std::iter::from_fn(|| heard.recv_timeout(wait).ok()).collect())
}

const GOOD: Script = &[
    ("", "220 mail"),
    ("EHLO", "250-mail\r\n250 AUTH LOGIN PLAIN"),
    ("AUTH PLAIN AG1lAGh1bnRlcjI=", "235 in"),
    ("MAIL", "250 ok"),
    ("RCPT TO:<a@", "250 ok"),
    ("RCPT TO:<b@", "251 forwarded"),
    ("DATA", "354 go on"),
    (".", "250 queued"),
];

#[test]
fn a_letter_is_handed_over_step_by_step() {
    let (result, said) = sent(GOOD, "");
    assert_eq!(result, Ok(()));
    let steps = ["EHLO [127.0.0.1]", "AUTH PLAIN AG1lAGh1bnRlcjI=", "MAIL FROM:<hub@example.org>"];
    assert_eq!(said[..3], steps);
    assert_eq!(said[3..6], ["RCPT TO:<a@example.org>", "RCPT TO:<b@example.org>", "DATA"]);
    assert_eq!(said[6], "From: hub@example.org");
    assert_eq!(said[said.len() - 2..], [".", "QUIT"]);
}

#[test]
fn nothing_is_said_in_clear_where_tls_is_wanted() {
    let (result, said) = sent(GOOD, "tls = \"starttls\"\n");
    let words = result.unwrap_err();
    assert!(words.ends_with("offers no STARTTLS, and in clear nothing is said"), "{words}");
    assert_eq!(said, ["EHLO [127.0.0.1]"]);
}

#[test]
fn what_goes_wrong_is_said_by_step_and_without_the_password() {
    for (script, says) in [
        (&[("", "554 no")] as Script, "greeting: 554 no"),
        (&[("", "SSH-2.0-OpenSSH_9.2")], "it says what is no SMTP"),
        (&[("", "220 mail"), ("EHLO", "")], "the connection broke: "),
        (&[("", "220 mail"), ("EHLO", "250 mail")], "offers no login by PLAIN or LOGIN"),
        (
            &[("", "220 mail"), ("EHLO", "250 AUTH PLAIN"), ("AUTH", "535 hunter2?")],
            "login: 535 ***? (mend the user or password)",
        ),
        (
            &[("", "220 m"), ("EHLO", "250 AUTH PLAIN"), ("AUTH", "235 in"), ("MAIL", "452 full")],
            "MAIL FROM: 452 full",
        ),
        (
            &[
                ("", "220 m"),
                ("EHLO", "250 AUTH LOGIN"),
                ("AUTH LOGIN", "334 VXNlcm5hbWU6"),
                ("bWU=", "334 UGFzc3dvcmQ6"),
                ("aHVudGVyMg==", "235 in"),
                ("MAIL", "250 ok"),
                ("RCPT", "550 who?"),
            ],
            "to b@example.org: 550 who?",
        ),
    ] {
        let words = sent(script, "").0.unwrap_err();
        assert!(words.contains(says) && !words.contains("hunter2"), "{says}: {words}");
    }
}
