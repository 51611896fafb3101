//! The `holiday` binary: the reference system by itself.

fn main() {}
