//! Figures of the owner's own.

use super::part::part;

part! {
    /// One series of a file of the owner's. Its labels may name what is not for everybody.
    pub struct Custom in "custom.{series}" {
        /// Its name and labels, as in the file: `backup_age_seconds{job="home"}`.
        pub series: String => key("series");
        /// A figure of the owner's own, by its name and labels in a file of `custom.dir`; counters
        /// are told as they are, too.
        pub value: f64 => gauge(Count, "custom.{series}");
    }
}
