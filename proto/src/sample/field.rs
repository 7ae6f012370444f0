//! What is done with a field of the sample, by its type.

use std::hash::{Hash, Hasher};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::metric::{Labels, Take, Value};
use super::{Arch, DiskType};
use crate::limits::{INGEST_LIST_MAX, INGEST_TEXT_MAX};
use crate::percent::Percent;
use crate::time::{Instant, WallTime};

/// What a server calls things that others call otherwise.
#[derive(Debug)]
pub struct Terms {
    /// A machine's name, from the kernel's.
    pub arch: for<'a> fn(&'a str) -> &'a str,
    /// What a disk is made of, in the kinds the server knows.
    pub disk_type: fn(DiskType) -> DiskType,
}

impl Terms {
    /// Our own.
    pub const OWN: Self = Self { arch: |arch| arch, disk_type: |kind| kind };
}

/// What is written of a sample, and in whose terms.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scope {
    /// What rarely changes.
    pub(super) inventory: bool,
    /// What not everybody may see.
    pub(super) private: bool,
    /// How it is called.
    pub(super) terms: &'static Terms,
    /// How many rows of each list, from its top.
    pub(super) rows: usize,
}

impl Scope {
    /// All of it.
    pub(super) const ALL: Self =
        Self { inventory: true, private: true, terms: &Terms::OWN, rows: usize::MAX };
}

/// A field's type. Parts of the sample are types of fields too, and so is the whole.
pub(crate) trait Field: Sized {
    /// One of everything, for tests.
    #[cfg(test)]
    fn full() -> Self;

    /// Whether the host did not give it: then it is not written.
    fn is_absent(&self) -> bool {
        false
    }

    /// Whether it says nothing.
    fn is_empty(&self) -> bool {
        false
    }

    /// Writes what is asked for of it.
    fn write<S: Serializer>(&self, to: S, scope: &Scope) -> Result<S::Ok, S::Error>;

    /// Cuts it to what a hub keeps, and gives back the room that a decoder took in advance.
    fn bound(&mut self) {}

    /// Takes over an older report's inventory where this one has none.
    fn absorb(&mut self, _older: &Self) {}

    /// What tells a row from the others; empty for what is no row.
    fn key(&self) -> &str {
        ""
    }

    /// Hashes the inventory in it, or all of it.
    fn hash_inventory<H: Hasher>(&self, all: bool, hasher: &mut H);

    /// Its number, if it is one and the host gave it.
    fn figure(&self) -> Option<Value> {
        None
    }

    /// Yields the figures in it, of which the first is number `at` of the table.
    fn walk(&self, _at: usize, _labels: &Labels<'_>, _take: &mut Take<'_>) {}
}

/// A field to be written.
pub(super) struct With<'a, T> {
    pub(super) field: &'a T,
    pub(super) scope: &'a Scope,
}

impl<T: Field> Serialize for With<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.field.write(serializer, self.scope)
    }
}

/// `null` where a value should be counts as the value's default.
pub(crate) fn lenient<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl<T: Field> Field for Option<T> {
    #[cfg(test)]
    fn full() -> Self {
        Some(T::full())
    }

    fn is_absent(&self) -> bool {
        self.is_none()
    }

    fn is_empty(&self) -> bool {
        self.is_none()
    }

    fn write<S: Serializer>(&self, to: S, scope: &Scope) -> Result<S::Ok, S::Error> {
        match self {
            Some(field) => field.write(to, scope),
            None => to.serialize_none(),
        }
    }

    fn bound(&mut self) {
        self.iter_mut().for_each(Field::bound);
    }

    fn absorb(&mut self, older: &Self) {
        if let (Some(field), Some(older)) = (self, older) {
            field.absorb(older);
        }
    }

    fn hash_inventory<H: Hasher>(&self, all: bool, hasher: &mut H) {
        if all {
            self.is_some().hash(hasher);
        }
        self.iter().for_each(|field| field.hash_inventory(all, hasher));
    }

    fn figure(&self) -> Option<Value> {
        self.as_ref().and_then(Field::figure)
    }

    fn walk(&self, at: usize, labels: &Labels<'_>, take: &mut Take<'_>) {
        self.iter().for_each(|field| field.walk(at, labels, take));
    }
}

impl<T: Field> Field for Vec<T> {
    #[cfg(test)]
    fn full() -> Self {
        vec![T::full()]
    }

    fn is_empty(&self) -> bool {
        Vec::is_empty(self)
    }

    fn write<S: Serializer>(&self, to: S, scope: &Scope) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().take(scope.rows).map(|field| With { field, scope }))
    }

    fn bound(&mut self) {
        self.truncate(INGEST_LIST_MAX);
        self.shrink_to_fit();
        self.iter_mut().for_each(Field::bound);
    }

    fn absorb(&mut self, older: &Self) {
        for old in older.iter().filter(|old| !old.key().is_empty()) {
            if let Some(row) = self.iter_mut().find(|row| row.key() == old.key()) {
                row.absorb(old);
            }
        }
    }

    fn hash_inventory<H: Hasher>(&self, all: bool, hasher: &mut H) {
        self.iter().for_each(|row| row.hash_inventory(all, hasher));
    }

    fn walk(&self, at: usize, labels: &Labels<'_>, take: &mut Take<'_>) {
        self.iter().for_each(|row| row.walk(at, labels, take));
    }
}

impl Field for String {
    #[cfg(test)]
    fn full() -> Self {
        "x".to_owned()
    }

    fn is_empty(&self) -> bool {
        String::is_empty(self)
    }

    fn write<S: Serializer>(&self, to: S, _scope: &Scope) -> Result<S::Ok, S::Error> {
        to.serialize_str(self)
    }

    fn bound(&mut self) {
        // At a character's edge.
        self.truncate(self.floor_char_boundary(INGEST_TEXT_MAX));
        self.shrink_to_fit();
    }

    fn hash_inventory<H: Hasher>(&self, all: bool, hasher: &mut H) {
        if all {
            self.hash(hasher);
        }
    }
}

impl Field for DiskType {
    #[cfg(test)]
    fn full() -> Self {
        Self::Hdd
    }

    fn is_empty(&self) -> bool {
        *self == Self::Unknown
    }

    fn write<S: Serializer>(&self, to: S, scope: &Scope) -> Result<S::Ok, S::Error> {
        (scope.terms.disk_type)(*self).serialize(to)
    }

    fn hash_inventory<H: Hasher>(&self, all: bool, hasher: &mut H) {
        if all {
            std::mem::discriminant(self).hash(hasher);
        }
    }
}

impl Field for Arch {
    #[cfg(test)]
    fn full() -> Self {
        Self("x".to_owned())
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn write<S: Serializer>(&self, to: S, scope: &Scope) -> Result<S::Ok, S::Error> {
        to.serialize_str((scope.terms.arch)(&self.0))
    }

    fn bound(&mut self) {
        self.0.bound();
    }

    fn hash_inventory<H: Hasher>(&self, all: bool, hasher: &mut H) {
        self.0.hash_inventory(all, hasher);
    }
}

/// When a sample was taken says nothing to anybody else.
impl Field for Instant {
    #[cfg(test)]
    fn full() -> Self {
        Self::default()
    }

    fn is_absent(&self) -> bool {
        true
    }

    fn write<S: Serializer>(&self, to: S, _scope: &Scope) -> Result<S::Ok, S::Error> {
        to.serialize_none()
    }

    fn hash_inventory<H: Hasher>(&self, _all: bool, _hasher: &mut H) {}
}

/// Fields that are one number, one switch or one label.
macro_rules! plain_fields {
    ($($type:ty, $full:expr, $value:expr, $is_empty:expr;)+) => {$(
        impl Field for $type {
            #[cfg(test)]
            fn full() -> Self {
                serde_json::from_str($full).expect("a value of the type")
            }

            fn is_empty(&self) -> bool {
                $is_empty(self)
            }

            fn write<S: Serializer>(&self, to: S, _scope: &Scope) -> Result<S::Ok, S::Error> {
                self.serialize(to)
            }

            fn hash_inventory<H: Hasher>(&self, all: bool, hasher: &mut H) {
                if all {
                    self.figure().map(|value| value.get().to_bits()).hash(hasher);
                }
            }

            fn figure(&self) -> Option<Value> {
                $value(*self)
            }
        }
    )+};
}

plain_fields! {
    u64, "1", |number| Some(Value::Integer(number)), |_: &u64| false;
    u32, "1", |number| Some(Value::Integer(u64::from(number))), |_: &u32| false;
    i32, "-1", |number| Some(Value::Signed(i64::from(number))), |_: &i32| false;
    f64, "0.5", |number: f64| number.is_finite().then_some(Value::Float(number)), |_: &f64| false;
    bool, "true", |switch| Some(Value::Switch(switch)), |switch: &bool| !switch;
    Percent, "12.5", |share| Some(Value::Percent(share)), |_: &Percent| false;
    WallTime, "\"2026-11-26T09:00:00Z\"", |_| None, |_: &WallTime| false;
}
