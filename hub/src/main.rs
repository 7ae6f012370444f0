//! The `kinglet-hub` command.

fn main() {}
