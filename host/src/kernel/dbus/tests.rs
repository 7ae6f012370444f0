use super::fixture::{error, list, message, number, signal};
use super::*;

const MAX: usize = 1 << 20;

fn whole(bytes: &[u8]) -> Message<'_> {
    match parse(bytes, MAX) {
        Parsed::Message(message, len) if len == bytes.len() => message,
        other @ (Parsed::Message(..) | Parsed::Cut | Parsed::Bad) => {
            panic!("{other:?} of {}", bytes.escape_ascii())
        }
    }
}

fn is_bad(bytes: &[u8]) -> bool {
    matches!(parse(bytes, MAX), Parsed::Bad)
}

#[test]
fn the_message_of_the_head_is_read() {
    let bytes = b"l\x02\x01\x01\x08\0\0\0\x2a\0\0\0\x0f\0\0\0\
        \x05\x01u\0\x02\0\0\0\x08\x01g\0\x01v\0\0\x01u\0\0\x03\0\0\0";
    let message = whole(bytes);
    assert_eq!((message.kind, message.reply_to), (Kind::Return, Some(2)));
    assert_eq!(systemd::parse_number(&message), Some(3));
}

#[test]
fn messages_of_either_order_of_bytes_are_read_one_by_one() {
    for is_big in [false, true] {
        let mut bytes = number(is_big, 5, 7);
        let len = bytes.len();
        bytes.extend(error(6));
        let Parsed::Message(first, read) = parse(&bytes, MAX) else { panic!() };
        assert_eq!((first.kind, first.reply_to, read), (Kind::Return, Some(5), len));
        let second = whole(&bytes[len..]);
        assert_eq!((second.kind, second.reply_to), (Kind::Error, Some(6)));
    }
    let signal = signal();
    assert_eq!((whole(&signal).kind, whole(&signal).reply_to), (Kind::Other, None));
}

#[test]
fn what_is_cut_is_waited_for() {
    let bytes = list(false, 3, &["a.service"]);
    for len in 0..bytes.len() {
        assert!(matches!(parse(&bytes[..len], MAX), Parsed::Cut), "{len}");
    }
}

#[test]
fn a_message_that_is_too_long_is_bad_before_it_is_there() {
    let bytes = number(false, 3, 4);
    assert!(matches!(parse(&bytes, bytes.len()), Parsed::Message(..)));
    assert!(matches!(parse(&bytes, bytes.len() - 1), Parsed::Bad));
    // Bodies beyond our own bound, and lengths beyond the specification's of 128 and 64 MiB.
    for at in [4, 12] {
        for len in [1 << 21, 1 << 28, u32::MAX] {
            let mut bytes = number(false, 3, 4);
            bytes[at..at + 4].copy_from_slice(&len.to_le_bytes());
            assert!(is_bad(&bytes[..FIXED]), "{len} at {at}");
        }
    }
}

#[test]
fn what_is_no_message_is_bad() {
    assert!(is_bad(b"HTTP/1.1 200 OK\r\n"));
    // What is wrong with the first bytes: order, kind, version, number.
    for (at, byte) in [(0, b'x'), (1, 0), (3, 2), (8, 0)] {
        let mut bytes = number(false, 3, 4);
        bytes[at] = byte;
        assert!(is_bad(&bytes), "{byte} at {at}");
    }
}

#[test]
fn a_field_of_another_type_or_length_is_bad() {
    let good = number(false, 3, 4);
    let find = |what: &[u8]| good.windows(what.len()).position(|all| all == what).unwrap();
    let reply = find(&[5, 1, b'u', 0]);
    let destination = find(b":1.7");
    for (at, byte, why) in [
        (reply + 2, b's', "a number that is a text"),
        (reply + 1, 9, "a signature that is longer than its text"),
        (reply + 3, 1, "a signature that goes on"),
        (destination - 4, 200, "a text that ends behind the fields"),
        (destination, 0, "a zero in a text"),
        (destination, 0xff, "a text that is none"),
        (destination + 4, 1, "a text that goes on"),
        (destination + 5, 1, "a gap that is not zeros"),
        (12, 3, "fields that end in one"),
    ] {
        let mut bytes = good.clone();
        bytes[at] = byte;
        assert!(is_bad(&bytes), "{why}");
    }
    let mut list = good.clone();
    list[find(&[6, 1, b's', 0]) + 2] = b'a';
    assert!(is_bad(&list), "a field that is a list");
}

#[test]
fn fields_that_later_versions_may_add_are_passed_over() {
    let good = number(false, 3, 4);
    let at = good.windows(4).position(|four| four == [6, 1, b's', 0]).unwrap();
    for code in [1, 2, 3, 4, 7, 9, 200] {
        let mut bytes = good.clone();
        bytes[at] = code;
        assert_eq!(whole(&bytes).reply_to, Some(3), "{code}");
    }
}

#[test]
fn values_lie_where_their_size_wants_it() {
    let bytes = [1, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 7, 0, 8, 0];
    let mut values = Values { bytes: &bytes, at: 0, is_big: false };
    assert_eq!(values.byte(), Some(1));
    assert_eq!((values.skip(b't'), values.at), (Some(()), 16));
    assert_eq!((values.skip(b'q'), values.skip(b'n'), values.at), (Some(()), Some(()), 20));
    assert_eq!((values.skip(b'y'), values.skip(b'v'), values.is_over()), (None, None, true));
}

#[test]
fn no_bytes_make_it_panic() {
    let good = [number(true, 3, 4), message(false, 2, 3, "", |_| ()), list(false, 4, &["a", "b"])];
    for bytes in good {
        for at in 0..bytes.len() {
            for byte in [0, 1, 7, 0x7f, 0xff] {
                let mut other = bytes.clone();
                other[at] = byte;
                if let Parsed::Message(message, _) = parse(&other, MAX) {
                    let _ = systemd::parse_number(&message);
                    let _ = systemd::parse_state(&message);
                    let _ = systemd::parse_names(&message, |_| ());
                }
            }
        }
    }
}
