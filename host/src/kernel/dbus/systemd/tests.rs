use super::super::fixture::{Made, error, list, message, number, word};
use super::super::{Parsed, parse};
use super::*;

fn read<T>(bytes: &[u8], take: impl FnOnce(&Message<'_>) -> T) -> T {
    let Parsed::Message(message, _) = parse(bytes, 1 << 20) else {
        panic!("{}", bytes.escape_ascii())
    };
    take(&message)
}

fn names(bytes: &[u8]) -> Option<Vec<String>> {
    let mut names = Vec::new();
    read(bytes, |message| parse_names(message, |name| names.push(name.to_owned())))?;
    Some(names)
}

fn of_body(signature: &str, write: impl FnOnce(&mut Made)) -> Vec<u8> {
    message(false, 2, 3, signature, write)
}

#[test]
fn each_question_is_a_call_that_can_be_read() {
    for (question, asks) in [
        (Question::Failed, "NFailedUnits"),
        (Question::State, "SystemState"),
        (Question::Loaded, "NNames"),
        (Question::List, "ListUnitsFiltered"),
    ] {
        let mut out = Vec::new();
        question.write(&mut out, 9);
        assert!(matches!(parse(&out, 1 << 20), Parsed::Message(_, len) if len == out.len()));
        assert!(out.escape_ascii().to_string().contains(asks), "{question:?}");
        assert_eq!(out[2], 1 << 1, "nobody is started for it");
    }
}

#[test]
fn figures_are_read_in_either_order_of_bytes() {
    assert_eq!(read(&number(false, 3, 258), parse_number), Some(258));
    assert_eq!(read(&number(true, 3, 258), parse_number), Some(258));
    let state =
        |text: &str| read(&word(3, text), |message| parse_state(message).map(str::to_owned));
    assert_eq!(state("degraded").as_deref(), Some("degraded"));
    for text in ["", "Degraded", "a b", "<script>", &"x".repeat(33)] {
        assert_eq!(state(text), None, "{text}");
    }
}

#[test]
fn a_figure_of_another_kind_is_none() {
    let figure = |bytes: &[u8]| read(bytes, parse_number);
    assert_eq!(figure(&error(3)), None);
    assert_eq!(figure(&word(3, "seven")), None);
    assert_eq!(figure(&of_body("u", |body| body.word(3))), None, "no variant");
    assert_eq!(figure(&of_body("v", |body| body.signature("u"))), None, "cut");
    assert_eq!(figure(&of_body("v", |_| ())), None, "empty");
    assert!(!read(&number(false, 3, 4), |message| parse_state(message).is_some()));
}

#[test]
fn names_are_those_of_the_list() {
    for is_big in [false, true] {
        let bytes = list(is_big, 3, &["nginx.service", "a\\x2db@1.mount"]);
        assert_eq!(names(&bytes).unwrap(), ["nginx.service", "a\\x2db@1.mount"]);
    }
    assert_eq!(names(&list(false, 3, &[])).unwrap(), [""; 0]);
    let long = format!("{}.service", "x".repeat(UNIT_NAME_MAX));
    let odd = list(false, 3, &["", "a b", "\u{1b}[2J", "ü.service", &long, "good.timer"]);
    assert_eq!(names(&odd).unwrap(), ["good.timer"]);
}

#[test]
fn a_list_that_is_cut_or_another_is_none() {
    assert_eq!(names(&error(3)), None);
    assert_eq!(names(&number(false, 3, 4)), None);
    let bytes = |len: u32| {
        of_body("a(ssssssouso)", |body| {
            body.word(len);
            body.align(8);
            ["a.service", "", "", "", "", "", "/"].iter().for_each(|text| body.text(text));
        })
    };
    // All there is, one byte less or more, and more than there can be.
    let whole = [9, 0, 0, 0, 0, 0, 1].iter().map(|len: &u32| (4 + len + 1).next_multiple_of(4));
    let len: u32 = whole.sum::<u32>() - 2;
    for len in [0, len - 1, len, len + 1, 1 << 26, u32::MAX] {
        assert_eq!(names(&bytes(len)), None, "{len}");
    }
    assert_eq!(names(&of_body("a(ssssssouso)", |_| ())), None, "empty");
    assert_eq!(names(&of_body("a(ssssss)", |body| body.word(0))), None, "of other things");
}
