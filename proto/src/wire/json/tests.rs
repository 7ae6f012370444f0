use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use super::{Serializer, Writer};
use crate::rng::Rng;
use crate::sample::{Field as _, Sample};

fn written<T: Serialize + ?Sized>(value: &T) -> String {
    let mut out = Vec::new();
    value.serialize(Writer(&mut out)).unwrap();
    String::from_utf8(out).unwrap()
}

/// serde_json's own writer is the oracle.
fn assert_same<T: Serialize + ?Sized>(value: &T) {
    assert_eq!(written(value), serde_json::to_string(value).unwrap());
}

#[test]
fn a_whole_sample_is_what_serde_json_makes_of_it() {
    assert_same(&Sample::full());
    assert_same(&Sample::default());
}

#[test]
fn every_shape_is_what_serde_json_makes_of_it() {
    #[derive(Serialize)]
    enum Shape {
        Unit,
        One(u8),
        Named { a: bool, b: char },
    }
    #[derive(Serialize)]
    struct Wrapped(i8);
    #[derive(Serialize)]
    struct Nothing;
    assert_same(&[Shape::Unit, Shape::One(7), Shape::Named { a: true, b: '"' }]);
    assert_same(&(Wrapped(-1), Nothing, (), Some(1_i64), None::<u8>, "", [0_u8; 0]));
    assert_same(&BTreeMap::from([(1, "a"), (2, "b")]));
    assert_same(&json!({"a": {"b": [], "c": {}, "d \"quoted\"": [null, [1, [2.5, "x"]]]}}));
    assert_same(&BTreeMap::<String, Value>::new());
    assert_eq!(written(&[f64::NAN, f64::INFINITY]), "[null,null]");
}

#[test]
fn any_text_and_any_number_is_what_serde_json_makes_of_it() {
    let mut rng = Rng::new(11);
    for _ in 0..5000 {
        let letters = (0..rng.below(12)).map(|_| {
            let wide = [0x20, 0x80, 0x800, 0x11_0000][usize::try_from(rng.below(4)).unwrap()];
            u32::try_from(rng.below(wide)).ok().and_then(char::from_u32).unwrap_or('\\')
        });
        let text: String = letters.collect();
        assert_same(&text);
        let (bits, float) = (rng.next(), f64::from_bits(rng.next()));
        assert_same(&(bits, bits.cast_signed(), f64::from(u32::try_from(bits >> 40).unwrap())));
        if float.is_finite() {
            assert_same(&float);
        }
    }
    assert_same(&(u64::MAX, i64::MIN, 0.0, -0.0, 1e11, 1e15, 1e16, 1e-4, 1e-5, 33.3, 100.0));
}

#[test]
fn what_is_shown_is_escaped_as_it_is_written() {
    struct Shown;
    impl Serialize for Shown {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&format_args!("{} \"{}\"", "a\\b", '\n'))
        }
    }
    assert_same(&Shown);
}
