//! How a part of the sample is stated: each field once, with all that is to be known of it.
//!
//! ```text
//! part! {
//!     /// Main memory.
//!     pub struct Memory in "memory" {
//!         /// Memory the kernel manages.
//!         pub total: Option<u64> => gauge(Bytes), public;
//!     }
//! }
//! ```
//!
//! From such a list come the struct, how it is written and read, its metrics, what a hub keeps of
//! it, what public viewers see, and what of it is inventory. So none of them can forget a field,
//! and a field that says nothing is kept from the public.
//!
//! A field is one of:
//!
//! | `=>` | |
//! |---|---|
//! | `gauge(Unit)`, `counter(Unit)` | a figure: `<part>.<field>`, or what a second argument says |
//! | `key("label")`, `label("label")` | a text that tells rows apart; the key is in their names |
//! | `each("label", Unit, "name", by)` | figures told apart by the numbers in `by`, or by place |
//! | `part(Type)` | another part, or rows of it; a list behind it names its figures anew |
//! | `plain` | no figure |
//!
//! and may be `public` (anyone may see it), `inventory` (it changes rarely: a report can leave it
//! out), `sparse` (not written while it is empty or false).

/// States a part of the sample; the module's head says how.
macro_rules! part {
    (
        $(#[doc = $about:literal])+
        $(#[derive($($derive:ident),+)])?
        pub struct $name:ident in $block:literal {
            $(
                $(#[doc = $help:literal])+
                pub $field:ident: $type:ty => $class:ident $(($($arg:tt)+))? $(, $flag:ident)*;
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Default, serde::Deserialize)]
        $(#[derive($($derive),+)])?
        #[serde(default)]
        pub struct $name {
            $(
                $(#[doc = $help])+
                #[serde(deserialize_with = "crate::sample::field::lenient")]
                pub $field: $type,
            )+
        }

        impl $name {
            const FIELDS: &'static [$crate::sample::stated::Stated] = &[$(
                part!(@state $class ($($($arg)+)?) concat!($block, ".", stringify!($field)),
                    concat!($($help),+), !part!(@public $($flag)*)),
            )+];
            const LABELS: &'static [&'static str] = {
                const FOUND: &[Option<&'static str>] = &[$(part!(@label $class ($($($arg)+)?))),+];
                const COUNT: usize = $crate::sample::stated::count_labels(FOUND);
                &$crate::sample::stated::labels::<COUNT>(FOUND)
            };
            const HAS_INVENTORY: bool = false $(|| part!(@inventory $($flag)*))+;
            /// How many metrics it has.
            pub(in crate::sample) const COUNT: usize =
                $crate::sample::stated::count($name::FIELDS);
            /// Its metrics, in the order of the walk.
            pub(in crate::sample) const METRICS: [$crate::sample::metric::Metric; $name::COUNT] =
                $crate::sample::stated::metrics($name::FIELDS, $name::LABELS);
            /// What each of them is.
            pub(in crate::sample) const HELP: [&'static str; $name::COUNT] =
                $crate::sample::stated::help($name::FIELDS);
        }

        impl $crate::sample::field::Field for $name {
            #[cfg(test)]
            fn full() -> Self {
                Self { $($field: $crate::sample::field::Field::full()),+ }
            }

            fn is_empty(&self) -> bool {
                let Self { $($field),+ } = self;
                true $(&& $crate::sample::field::Field::is_empty($field))+
            }

            fn write<S>(
                &self,
                to: S,
                scope: &$crate::sample::field::Scope,
            ) -> Result<S::Ok, S::Error>
            where
                S: serde::Serializer,
            {
                use serde::ser::SerializeStruct as _;
                use $crate::sample::field::{Field, With};
                let Self { $($field),+ } = self;
                let mut members = to.serialize_struct(stringify!($name), Self::FIELDS.len())?;
                $(
                    let is_rare = part!(@inventory $($flag)*);
                    let is_sparse = is_rare || part!(@sparse $($flag)*);
                    let is_left_out = !part!(@public $($flag)*) && !scope.private
                        || is_rare && !scope.inventory
                        || is_sparse && Field::is_empty($field);
                    if !is_left_out && !Field::is_absent($field) {
                        let value = With { field: $field, scope };
                        members.serialize_field(stringify!($field), &value)?;
                    }
                )+
                members.end()
            }

            fn bound(&mut self) {
                let Self { $($field),+ } = self;
                $($crate::sample::field::Field::bound($field);)+
            }

            fn absorb(&mut self, older: &Self) {
                use $crate::sample::field::Field;
                let Self { $($field),+ } = self;
                $(
                    if !part!(@inventory $($flag)*) {
                        Field::absorb($field, &older.$field);
                    } else if Field::is_empty($field) {
                        (*$field).clone_from(&older.$field);
                    }
                )+
            }

            fn key(&self) -> &str {
                let Self { $($field),+ } = self;
                let found: &[Option<&str>] = &[$(part!(@key $class $field)),+];
                found.iter().copied().flatten().next().unwrap_or_default()
            }

            fn hash_inventory<H: std::hash::Hasher>(&self, all: bool, hasher: &mut H) {
                use $crate::sample::field::Field;
                let Self { $($field),+ } = self;
                $(
                    let is_key = Self::HAS_INVENTORY && part!(@is_key $class);
                    let is_rare = part!(@inventory $($flag)*);
                    Field::hash_inventory($field, all || is_key || is_rare, hasher);
                )+
            }

            fn walk(
                &self,
                at: usize,
                labels: &$crate::sample::metric::Labels<'_>,
                take: &mut $crate::sample::metric::Take<'_>,
            ) {
                let Self { $($field),+ } = self;
                let (mut at, mut labels) = (at, *labels);
                $(part!(@walk $class ($($($arg)+)?) $field, at, labels, take);)+
                let _ = (&mut at, &mut labels, take);
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                use $crate::sample::field::{Field, Scope};
                Field::write(self, serializer, &Scope::ALL)
            }
        }
    };

    // What a field adds to the table of metrics.
    (@state gauge ($unit:ident $(, $is:literal)?) $($of:tt)+) => {
        part!(@figure Gauge, $unit, [$($is)?] $($of)+)
    };
    (@state counter ($unit:ident $(, $is:literal)?) $($of:tt)+) => {
        part!(@figure Counter, $unit, [$($is)?] $($of)+)
    };
    (@figure $kind:ident, $unit:ident, [] $($of:tt)+) => {
        $crate::sample::stated::figure(
            $crate::sample::metric::Kind::$kind, $crate::sample::metric::Unit::$unit, $($of)+
        )
    };
    (@figure $kind:ident, $unit:ident, [$is:literal] $name:expr, $($of:tt)+) => {
        part!(@figure $kind, $unit, [] $is, $($of)+)
    };
    (@state each ($label:literal, $unit:ident, $is:literal, $by:ident) $name:expr, $($of:tt)+) => {
        part!(@figure Gauge, $unit, [] $is, $($of)+).told_apart_by(&[$label])
    };
    (@state part ($type:ident $(, [$($is:literal),+])?) $name:expr, $help:expr, $private:expr) => {
        $crate::sample::stated::Stated::Part {
            metrics: &$type::METRICS,
            help: &$type::HELP,
            names: &[$($($is),+)?],
            private: $private,
        }
    };
    (@state $other:ident ($($arg:tt)*) $($of:tt)+) => { $crate::sample::stated::Stated::Nothing };

    // What tells rows apart.
    (@label key ($label:literal)) => { Some($label) };
    (@label label ($label:literal)) => { Some($label) };
    (@label $other:ident ($($arg:tt)*)) => { None };
    (@key key $field:ident) => { Some($field) };
    (@key $other:ident $field:ident) => {{ let _ = $field; None }};
    (@is_key key) => { true };
    (@is_key $other:ident) => { false };

    // The walk.
    (@walk gauge ($($arg:tt)*) $field:ident, $at:ident, $labels:ident, $take:ident) => {
        $crate::sample::table::read_figure($field, $at, &$labels, $take);
        $at += 1
    };
    (@walk counter ($($arg:tt)*) $($of:tt)+) => { part!(@walk gauge () $($of)+) };
    (@walk each ($label:literal, $unit:ident, $is:literal, $by:ident)
        $field:ident, $at:ident, $labels:ident, $take:ident
    ) => {
        let wanted = if $take.wanted.has($at) { $field.as_slice() } else { &[] };
        for (place, figure) in wanted.iter().enumerate() {
            let number = $by.get(place).map_or(place, |number| *number as usize);
            let labels = $labels.with($label, $crate::sample::metric::LabelValue::Number(number));
            $crate::sample::table::read_figure(figure, $at, &labels, $take);
        }
        $at += 1
    };
    (@walk part ($type:ident $($arg:tt)*) $field:ident, $at:ident, $labels:ident, $take:ident) => {
        if $take.wanted.has_any($at, $type::COUNT) {
            $crate::sample::field::Field::walk($field, $at, &$labels, $take);
        }
        $at += $type::COUNT
    };
    (@walk key ($label:literal) $field:ident, $at:ident, $labels:ident, $take:ident) => {
        $labels = $labels.with($label, $crate::sample::metric::LabelValue::Text($field))
    };
    (@walk label ($label:literal) $($of:tt)+) => { part!(@walk key ($label) $($of)+) };
    (@walk plain () $field:ident, $at:ident, $labels:ident, $take:ident) => { let _ = $field; };

    // Whether a flag is among those of a field.
    (@public) => { false };
    (@public public $($rest:ident)*) => { true };
    (@public $other:ident $($rest:ident)*) => { part!(@public $($rest)*) };
    (@inventory) => { false };
    (@inventory inventory $($rest:ident)*) => { true };
    (@inventory $other:ident $($rest:ident)*) => { part!(@inventory $($rest)*) };
    (@sparse) => { false };
    (@sparse sparse $($rest:ident)*) => { true };
    (@sparse $other:ident $($rest:ident)*) => { part!(@sparse $($rest)*) };
}

pub(super) use part;
