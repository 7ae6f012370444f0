//! Reading an object of which a part makes no sense.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value};

/// A `T` that was an object on the wire: left to itself, serde reads a struct from a list too.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(members)).map(Object)
            }
        }
        deserializer.deserialize_map(Members(PhantomData))
    }
}

/// The object as `T`, without the members that do not fit; `T`'s own defaults stand in for them.
///
/// The slow way, for the message that could not be read whole: each member is tried alone.
pub(super) fn salvage<T: DeserializeOwned + Default>(object: Map<String, Value>) -> T {
    let mut good = Map::new();
    for (key, mut value) in object {
        for round in [Round::Whole, Round::Down] {
            settle_numbers(&mut value, round);
            let alone = Map::from_iter([(key.clone(), value.clone())]);
            if T::deserialize(Value::Object(alone)).is_ok() {
                good.insert(key, value);
                break;
            }
        }
    }
    T::deserialize(Value::Object(good)).unwrap_or_default()
}

/// Which numbers become whole: agents in languages with one number type write counts as `3.0`,
/// and careless ones as `3.7`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    /// Those without a fraction.
    Whole,
    /// All of them.
    Down,
}

fn settle_numbers(value: &mut Value, round: Round) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| settle_numbers(item, round)),
        Value::Object(members) => {
            members.values_mut().for_each(|member| settle_numbers(member, round));
        }
        Value::Number(number) if !number.is_u64() => {
            if let Some(whole) = number.as_f64().and_then(|number| whole(number, round)) {
                *value = Value::from(whole);
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Number(_) => {}
    }
}

fn whole(number: f64, round: Round) -> Option<u64> {
    let fits = (0.0..9_007_199_254_740_992.0).contains(&number);
    // In range, so the cast only cuts the fraction off.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in range")]
    (fits && (round == Round::Down || number.fract() == 0.0)).then_some(number as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::percent::Percent;
    use crate::sample::Sample;

    #[test]
    fn the_member_that_makes_no_sense_is_lost_and_nothing_else() {
        let text = r#"{"hostname":"h","uptime":86400.0,"users":-3,"cpu":{"usage":"high"},
                       "memory":{"total":2048.0,"used":1024.7,"usage_percent":50.1}}"#;
        assert!(serde_json::from_str::<Sample>(text).is_err());
        let sample: Sample = salvage(serde_json::from_str(text).unwrap());
        assert_eq!(sample.hostname, "h");
        assert_eq!(sample.uptime, Some(86_400));
        assert_eq!(sample.users, None);
        assert_eq!(sample.cpu.usage, None);
        assert_eq!(sample.memory.total, Some(2048));
        assert_eq!(sample.memory.used, Some(1024));
        assert_eq!(sample.memory.usage_percent.map(Percent::get), Some(50.0));
    }
}
