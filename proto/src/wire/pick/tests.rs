use super::*;
use crate::rng::Rng;

const JSON: &str = r#"{"type":"p\u006fng","a":{"b":[{"c":1}],"n":7,"f":1.5,"m":-2,"t":true,"z":null,
    "big":18446744073709551615,"w":"words"},"b":"after","a":{"n":8}}"#;

#[test]
fn a_value_is_found_by_its_path_and_its_kind() {
    assert_eq!(text(JSON, &["type"]).as_deref(), Some("pong"));
    assert!(matches!(text(JSON, &["b"]), Some(Cow::Borrowed("after"))));
    assert_eq!(text(JSON, &["a", "w"]).as_deref(), Some("words"));
    assert_eq!(whole(JSON, &["a", "n"]), Some(7), "the first of two");
    assert_eq!(whole(JSON, &["a", "big"]), Some(u64::MAX));
    assert_eq!((whole(JSON, &["a", "f"]), number(JSON, &["a", "f"])), (None, Some(1.5)));
    assert_eq!((whole(JSON, &["a", "m"]), number(JSON, &["a", "m"])), (None, Some(-2.0)));
    assert_eq!(number(JSON, &["a", "n"]), Some(7.0));
    assert_eq!(whole(JSON, &["a", "b", "0", "c"]), Some(1));
    assert_eq!(whole("[1,[2,3],4]", &["1", "1"]), Some(3));
    for (path, there) in [
        (&["a"][..], true),
        (&["a", "b"], true),
        (&["a", "t"], true),
        (&["a", "z"], false),
        (&["a", "b", "c"], false),
        (&["a", "b", "0"], true),
        (&["a", "b", "1"], false),
        (&["a", "b", "1", "c"], false),
        (&["a", "n", "x"], false),
        (&["x"], false),
        (&[], true),
    ] {
        assert_eq!(exists(JSON, path), there, "{path:?}");
    }
    assert_eq!((text(JSON, &["a", "n"]), whole(JSON, &["b"])), (None, None));
    assert_eq!(whole(JSON, &["a", "b", "0", "c"]), Some(1), "items of lists have numbers");
    assert_eq!(count(JSON, &["a", "b"]), 1);
    assert!(!exists(JSON, &["a", "b", "1"]) && !exists(JSON, &["a", "b", "-1"]));
    assert_eq!(whole("[7,8,9]", &["1"]), Some(8));
}

#[test]
fn what_is_not_one_whole_value_has_nothing() {
    for json in ["", "{", r#"{"a":1} x"#, r#"{"a":1,}"#, r#"{"a":1"#, "\u{0}", "[1", "nul"] {
        assert!(!exists(json, &["a"]) && !exists(json, &[]), "{json}");
    }
    let deep = "[".repeat(60_000);
    assert!(!exists(&deep, &["a"]));
    assert!(!exists(&format!("{{\"a\":{deep}"), &["a"]));
}

#[test]
fn escapes_are_read_and_half_a_character_is_none() {
    let read = |json: &str| text(json, &[]).map(Cow::into_owned);
    let all = r#""\"\\\/\b\f\n\r\t\u00e4\ud83d\ude00 \u00E4""#;
    assert_eq!(read(all).as_deref(), Some("\"\\/\u{8}\u{c}\n\r\tä😀 ä"));
    assert_eq!(read(r#""\ud83dx""#).as_deref(), Some("\u{fffd}x"));
    for json in [r#""\x""#, r#""\u12""#, r#""\u+123""#, r#""\u12é4""#, "\"a\nb\"", r#""\"#] {
        assert_eq!(read(json), None, "{json}");
    }
    assert_eq!(whole(r#"{"\u0061":1}"#, &["a"]), Some(1));
}

#[test]
fn numbers_are_those_of_json() {
    for (json, value) in [("-0", -0.0), ("1.5e3", 1500.0), ("1E+2", 100.0), ("2e-1", 0.2)] {
        assert_eq!(number(json, &[]), Some(value), "{json}");
    }
    assert_eq!(number("18446744073709551616", &[]), Some(18_446_744_073_709_551_616.0));
    assert_eq!((number("1e400", &[]), number("1e9999", &[])), (None, None), "too large");
    for json in ["01", "1.", ".5", "+1", "1e", "1e+", "-", "0x1", "1_0", "--1", "1.5.2"] {
        assert!(!exists(json, &[]), "{json}");
    }
}

/// Whatever is broken in a message: it is one whole value or it is not, as serde_json says.
#[test]
fn what_is_json_is_told_from_what_is_not() {
    let mut rng = Rng::new(3);
    let mut below = |end: usize| usize::try_from(rng.below(end as u64)).unwrap();
    let bits: Vec<char> = "{}[]:,\"\\u0e1-+.eEtrufalsn /\n\té😀".chars().collect();
    let whole: Vec<char> =
        format!("[{JSON},-1.5e-7,[],{{}},\"\\ud83d\\n\",false]").chars().collect();
    let mut good = 0;
    for _ in 0..20_000 {
        let mut text = whole.clone();
        for _ in 0..=below(2) {
            let (at, bit) = (below(text.len()), bits[below(bits.len())]);
            match below(4) {
                0 => text[at] = bit,
                1 => text.insert(at, bit),
                2 => drop(text.remove(at)),
                _ => text.truncate(at + 1),
            }
        }
        let text = String::from_iter(text);
        let is_json = serde_json::from_str::<serde::de::IgnoredAny>(&text).is_ok();
        good += u32::from(is_json);
        assert_eq!(exists(&format!("[{text}]"), &["0"]), is_json && text != "null", "{text}");
    }
    assert!((1_000..19_000).contains(&good), "{good}");
}
