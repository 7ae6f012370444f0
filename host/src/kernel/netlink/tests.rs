use super::*;

/// An answer's message of this kind, flags and number.
fn message(kind: u16, flags: u16, seq: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = question(kind, false, body, &[]);
    bytes[6..8].copy_from_slice(&flags.to_ne_bytes());
    address(&mut bytes, None, seq);
    bytes
}

/// The body of a message: a header, and attributes behind it.
pub(in crate::kernel) fn body(header: &[u8], list: &[(u16, &[u8])]) -> Vec<u8> {
    question(0, false, header, list).split_off(HEAD)
}

/// Every message of an answer shortened to each length, and with each length of its own a lie.
pub(in crate::kernel) fn each_damage(body: &[u8], mut try_it: impl FnMut(&[u8])) {
    for end in 0..body.len() {
        try_it(&body[..end]);
        for lie in [0, 1, 3, 4, 5, 7, 0x7f, 0xff] {
            let mut bytes = body.to_vec();
            bytes[end] = lie;
            try_it(&bytes);
        }
    }
}

/// The lines of an answer as a kernel gave it (Linux 6.1 on x86_64, to question 1): datagrams in
/// hexadecimal, an empty line between two. Keys are made up.
#[cfg(target_endian = "little")]
pub(in crate::kernel) fn recorded(hex: &str, tell: fn(&Message<'_>, &mut Vec<u8>)) -> String {
    let (mut lines, mut torn, mut ended) = (Vec::new(), false, Heard::More);
    for datagram in hex.split("\n\n") {
        let digits: Vec<u8> = datagram.bytes().filter(u8::is_ascii_hexdigit).collect();
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16);
        let bytes: Vec<u8> = digits.chunks(2).map(|pair| byte(pair).unwrap()).collect();
        assert_eq!(ended, Heard::More);
        ended = hear(&bytes, 1, &mut torn, &mut |message| tell(&message, &mut lines));
    }
    assert_eq!(ended, Heard::All);
    String::from_utf8(lines).unwrap()
}

fn heard(datagram: &[u8]) -> (Heard, Vec<u16>) {
    let (mut kinds, mut torn) = (Vec::new(), false);
    let heard = hear(datagram, 7, &mut torn, &mut |message| kinds.push(message.kind));
    (heard, kinds)
}

#[test]
fn an_answer_ends_where_the_kernel_says() {
    let (row, done) = (message(36, MULTI, 7, b"row."), message(DONE, MULTI, 7, &[0; 4]));
    let (torn, single) = (message(36, MULTI | TORN, 7, b"row"), message(36, 0, 7, b""));
    let refused = |kind, error: i32| message(kind, 0, 7, &error.to_ne_bytes());
    let (noop, other) = (message(NOOP, 0, 7, b""), message(36, 0, 6, b"late"));
    for (datagram, expected, rows) in [
        (row.clone(), Heard::More, 1),
        ([row.clone(), row.clone(), done.clone()].concat(), Heard::All, 2),
        ([torn, done.clone()].concat(), Heard::Torn, 1),
        (message(DONE, MULTI | TORN, 7, &[0; 4]), Heard::Torn, 0),
        (message(DONE, MULTI, 7, b""), Heard::All, 0),
        (single, Heard::All, 1),
        (refused(ERROR, -1), Heard::Refused(1), 0),
        (refused(ERROR, 0), Heard::All, 0),
        (refused(DONE, -95), Heard::Refused(95), 0),
        (refused(ERROR, i32::MIN), Heard::Refused(i32::MAX), 0),
        (message(ERROR, 0, 7, b""), Heard::Broken, 0),
        (message(OVERRUN, 0, 7, b""), Heard::Broken, 0),
        ([noop, other, row.clone()].concat(), Heard::More, 1),
        (Vec::new(), Heard::Broken, 0),
        (row[..15].to_vec(), Heard::Broken, 0),
        ([done.clone(), row[..15].to_vec()].concat(), Heard::All, 0),
        ([row.clone(), done[..19].to_vec()].concat(), Heard::Broken, 1),
    ] {
        let (ended, kinds) = heard(&datagram);
        assert_eq!((ended, kinds.len()), (expected, rows), "{datagram:02x?}");
    }
    let mut torn = true;
    assert_eq!(hear(&done, 7, &mut torn, &mut |_| {}), Heard::Torn, "an earlier datagram said so");
}

#[test]
fn lengths_that_lie_end_a_list() {
    let mut bytes = message(36, MULTI, 7, b"row.");
    for length in [0_u32, 1, 15, 21, 1 << 31, u32::MAX] {
        bytes[..4].copy_from_slice(&length.to_ne_bytes());
        assert_eq!(heard(&bytes), (Heard::Broken, vec![]), "{length}");
    }
    let list = body(b"head", &[(1, b"one"), (2 | 0x8000, b""), (3, b"three")]);
    let all: Vec<_> = attributes(&list, 4).collect();
    assert_eq!(all, [(1, &b"one"[..]), (2, b""), (3, b"three")]);
    assert_eq!(attribute(&list, 4, 3), Some(&b"three"[..]));
    assert_eq!(attribute(&list, 4, 4), None);
    for length in [0_u16, 3, 200, u16::MAX] {
        let mut bytes = list.clone();
        bytes[4..6].copy_from_slice(&length.to_ne_bytes());
        assert_eq!(attributes(&bytes, 4).count(), 0, "{length}");
    }
    each_damage(&list, |bytes| assert!(attributes(bytes, 4).count() <= 4, "{bytes:02x?}"));
    assert_eq!(attributes(b"", 20).count(), 0);
}

#[test]
fn a_question_has_its_length_and_what_it_is_addressed_to() {
    let mut bytes = question(0, true, &[5, 0, 0, 0], &[(2, b"wg0\0"), (3, b"x")]);
    address(&mut bytes, Some(0x21), 9);
    let length = u32::try_from(bytes.len()).unwrap();
    assert_eq!((bytes.len(), number(&bytes)), (36, Some(length)));
    assert_eq!((short(&bytes[4..]), short(&bytes[6..])), (Some(0x21), Some(REQUEST | DUMP)));
    assert_eq!(number(&bytes[8..]), Some(9));
    assert_eq!(attribute(&bytes[HEAD..], 4, 3), Some(&b"x"[..]));
    address(&mut [0; 5], Some(1), 1);
    let id = 0x1c_u16.to_ne_bytes();
    let told = body(&[1, 2, 0, 0], &[(2, b"nl80211\0"), (1, &id)]);
    assert_eq!(parse_family(&Message { kind: 0x10, body: &told }), Some(0x1c));
    assert_eq!(parse_family(&Message { kind: 0x10, body: &told[..6] }), None);
}

#[test]
fn a_word_is_one() {
    for (bytes, expected) in [
        (&b"eth0\0rest"[..], Some("eth0")),
        (b"eth0", Some("eth0")),
        (b"", None),
        (b"\0", None),
        (b"two words\0", None),
        (b"\xff\0", None),
    ] {
        assert_eq!(word(bytes), expected, "{bytes:?}");
    }
    assert_eq!((number(&[1, 2, 3]), wide(&[0; 7])), (None, None));
}
