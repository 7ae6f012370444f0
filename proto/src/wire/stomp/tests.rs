use super::*;

const MAX: usize = 4096;

fn written(version: Version, command: Command, headers: &[(&str, &str)]) -> String {
    let mut out = String::new();
    let mut writer = Writer::new(&mut out, version, command);
    for (name, value) in headers {
        writer = writer.header(name, value);
    }
    writer.end();
    out
}

fn reader(version: Version) -> Reader {
    let mut reader = Reader::new(MAX);
    reader.set_version(version);
    reader
}

/// What a frame says, as one text to compare.
fn told(frame: &Frame<'_>) -> String {
    let headers: Vec<_> = frame.headers().map(|(name, value)| format!("{name}={value}")).collect();
    let body = String::from_utf8_lossy(frame.body);
    format!("{} {} {}", frame.command.name(), headers.join(" "), Quoted(&body))
}

/// Every frame that these messages hold, and the fault that ends them.
fn read(version: Version, messages: &[&[u8]]) -> (Vec<String>, Option<Fault>) {
    let (mut reader, mut all) = (reader(version), Vec::new());
    for message in messages {
        reader.push(message);
        loop {
            match reader.next_frame() {
                Ok(Some(frame)) => all.push(told(&frame)),
                Ok(None) => break,
                Err(fault) => return (all, Some(fault)),
            }
        }
    }
    (all, None)
}

fn one(text: &str) -> String {
    let (frames, fault) = read(Version::V12, &[text.as_bytes()]);
    assert_eq!((frames.len(), fault), (1, None), "{text:?} {frames:?}");
    frames.concat()
}

fn fault(text: &[u8]) -> Fault {
    let (frames, fault) = read(Version::V12, &[text]);
    assert_eq!(frames, Vec::<String>::new(), "{text:?}");
    fault.unwrap()
}

#[test]
fn a_frame_is_written_as_it_is_documented() {
    let mut out = String::from("before ");
    Writer::new(&mut out, Version::V12, Command::Send)
        .header("destination", "/topic/a")
        .body("application/json", "{\"ä\":1}");
    assert_eq!(
        out,
        "before SEND\ndestination:/topic/a\ncontent-type:application/json\ncontent-length:8\n\n\
         {\"ä\":1}\0"
    );
    let connect = [("accept-version", ACCEPT_VERSION), ("host", "hub.example")];
    let text = "CONNECT\naccept-version:1.2,1.1,1.0\nhost:hub.example\n\n\0";
    assert_eq!(written(Version::V10, Command::Connect, &connect), text);
    assert_eq!(written(Version::V12, Command::Disconnect, &[]), "DISCONNECT\n\n\0");
}

#[test]
fn headers_are_escaped_as_the_version_has_it() {
    let odd = "a:b\\c\nd\re\0f";
    for (version, command, text) in [
        (Version::V12, Command::Send, "SEND\nx\\cy:a\\cb\\\\c\\nd\\ref\n\n\0"),
        (Version::V11, Command::Send, "SEND\nx\\cy:a\\cb\\\\c\\ndef\n\n\0"),
        (Version::V10, Command::Send, "SEND\nx:y:a:b\\cdef\n\n\0"),
        (Version::V12, Command::Connect, "CONNECT\nx:y:a:b\\cdef\n\n\0"),
        (Version::V12, Command::Stomp, "STOMP\nx:y:a:b\\cdef\n\n\0"),
        (Version::V12, Command::Connected, "CONNECTED\nx:y:a:b\\cdef\n\n\0"),
    ] {
        assert_eq!(written(version, command, &[("x:y", odd)]), text, "{version:?}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let odd = "a:b\\c\nd\re \u{20ac}";
    let mut reader = reader(Version::V12);
    for (command, _) in COMMANDS {
        if !command.is_escaped(Version::V12) {
            continue;
        }
        reader.push(written(Version::V12, command, &[(odd, odd), (odd, "second")]).as_bytes());
        let frame = reader.next_frame().unwrap().unwrap();
        assert_eq!(frame.command, command);
        assert_eq!(frame.header(odd).as_deref(), Some(odd), "the first of two");
        assert_eq!((frame.headers().count(), frame.header("none")), (2, None));
        assert_eq!(reader.next_frame(), Ok(None));
    }
}

#[test]
fn headers_are_read_as_the_version_has_it() {
    let text = "SEND\na:b\\c\\n\n\n\0";
    assert_eq!(one(text), "SEND a=b:\n \"\"");
    assert_eq!(read(Version::V10, &[text.as_bytes()]).0, ["SEND a=b\\c\\n \"\""]);
    for command in ["CONNECT", "STOMP", "CONNECTED"] {
        let text = format!("{command}\npasscode:a\\b:c\n\n\0");
        assert_eq!(one(&text), format!("{command} passcode=a\\b:c \"\""));
    }
}

#[test]
fn lines_may_end_as_they_like_and_beats_lie_between() {
    let text = "\n\r\nSEND\r\na:1\r\nb:\r\n\r\nbody\0\n\r\n\nACK\n\n\0\r\n";
    let (frames, fault) = read(Version::V12, &[text.as_bytes(), b"\n", b"", b"\r\n"]);
    assert_eq!((frames.len(), fault), (2, None));
    assert_eq!(frames, ["SEND a=1 b= \"body\"", "ACK  \"\""]);
    assert_eq!(one("SEND\n\n\n\0"), "SEND  \"\\n\"", "a body may begin as a beat does");
}

#[test]
fn a_body_with_nul_in_it_ends_by_its_length() {
    assert_eq!(one("SEND\ncontent-length: 3 \n\na\0b\0"), "SEND content-length= 3  \"a\\u0000b\"");
    assert_eq!(one("SEND\r\ncontent-length:0\r\n\r\n\0"), "SEND content-length=0 \"\"");
    let twice = one("SEND\ncontent-length:1\ncontent-length:9\n\na\0");
    assert!(twice.ends_with("\"a\""), "the first of two counts: {twice}");
}

#[test]
fn a_frame_cut_anywhere_is_the_same_frame() {
    let text = "\nSEND\r\na:1\ncontent-length:5\r\n\r\nx\0\0yz\0\nRECEIPT\nreceipt-id:1\n\n\0\n"
        .as_bytes();
    let whole = read(Version::V12, &[text]);
    assert_eq!((whole.0.len(), &whole.1), (2, &None));
    let single: Vec<_> = text.chunks(1).collect();
    assert_eq!(read(Version::V12, &single), whole);
    for at in 0..text.len() {
        let (first, second) = text.split_at(at);
        assert_eq!(read(Version::V12, &[first, second]), whole, "cut at {at}");
        assert_eq!(read(Version::V12, &[first]).1, None, "no fault before the rest");
    }
}

#[test]
fn what_is_no_frame_is_a_fault_by_its_name() {
    assert_eq!(fault(b"SENT\n\n\0"), Fault::Command("SENT".into()));
    assert_eq!(fault(b"send\n\n\0"), Fault::Command("send".into()));
    assert_eq!(fault(b" \n\n\0"), Fault::Command(" ".into()));
    for text in [&b"SEND\0"[..], b"SEND\n\0", b"SEND\nno\n\n\0", b"SEND\n:v\n\n\0", b"\0", b"{}\0"]
    {
        assert_eq!(fault(text), Fault::Header, "{text:?}");
    }
    assert_eq!(fault(b"SEND\na:\xff\n\n\0"), Fault::Header);
    for text in [&b"SEND\na:\\t\n\n\0"[..], b"SEND\na:\\\n\n\0", b"SEND\n\\x:a\n\n\0"] {
        assert_eq!(fault(text), Fault::Escape, "{text:?}");
    }
    for length in ["x", "-1", "", "0", "2", "1.0", "99999999999999999999999"] {
        let text = format!("SEND\ncontent-length:{length}\n\n1\0 \0");
        assert_eq!(fault(text.as_bytes()), Fault::Length, "{length}");
    }
    assert_eq!(Fault::Command("a\n".into()).to_string(), "unknown command \"a\\n\"");
}

#[test]
fn a_frame_has_a_largest_size_and_messages_with_many_frames_have_not() {
    let frame = |bytes: usize| format!("SEND\n\n{}\0", "x".repeat(bytes - 7)).into_bytes();
    let largest = frame(MAX);
    assert_eq!(read(Version::V12, &[&largest, &[&largest[..], &largest].concat()]).0.len(), 3);
    assert_eq!(fault(&frame(MAX + 1)), Fault::TooLarge);
    assert_eq!(fault(&[b'x'; MAX]), Fault::TooLarge, "before its end came");
    assert_eq!(read(Version::V12, &[&[b'x'; MAX - 1]]).1, None);
    let promised = format!("SEND\ncontent-length:{}\n\n\0", usize::MAX);
    assert_eq!(fault(promised.as_bytes()), Fault::TooLarge);
}

#[test]
fn the_buffer_keeps_no_more_than_what_is_not_whole() {
    let mut reader = reader(Version::V12);
    for _ in 0..1000 {
        reader.push(b"SEND\n\n0123456789\0\n\nSE");
        assert!(reader.next_frame().unwrap().is_some());
        assert_eq!(reader.next_frame(), Ok(None));
        reader.push(b"ND\n\n\0");
        assert!(reader.next_frame().unwrap().is_some());
    }
    assert!(reader.buffer.capacity() < 128, "{}", reader.buffer.capacity());
}

#[test]
fn the_newest_common_version_is_chosen() {
    for (list, version) in [
        (ACCEPT_VERSION, Some(Version::V12)),
        ("1.0", Some(Version::V10)),
        ("1.1, 1.0", Some(Version::V11)),
        ("2.0,1.1", Some(Version::V11)),
        ("2.0", None),
        ("", None),
        ("1.22", None),
    ] {
        assert_eq!(Version::newest(list), version, "{list}");
    }
    assert_eq!(Version::newest(Version::V11.name()), Some(Version::V11));
}

#[test]
fn beats_need_both_sides() {
    let beats = |text| Beats::parse(text).unwrap();
    let period = |ours, theirs| beats(ours).period(beats(theirs)).map(|period| period.as_millis());
    assert_eq!(period("1000,0", "0,10000"), Some(10_000));
    assert_eq!(period("20000,0", "0,10000"), Some(20_000));
    assert_eq!(period("0,0", "10000,10000"), None);
    assert_eq!(period("10000,10000", "10000,0"), None);
    assert_eq!(beats(" 1 , 2").to_string(), "1,2");
    for text in ["", "1", "1,", "a,b", "-1,0", "1,2,3", "4294967296,0"] {
        assert_eq!(Beats::parse(text), None, "{text}");
    }
}
