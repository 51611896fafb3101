//! Any bytes as a plan of a database, in the words of `EXPLAIN (FORMAT JSON)`: `cargo +nightly fuzz run database_plans
//! fuzz/corpus/database_plans fuzz/seeds/database_plans`.
#![no_main]

use loadline_pg::plan::{Plan, difference};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(plan) = Plan::parse(&String::from_utf8_lossy(bytes)) else { return };
    let _ = (plan.short(), plan.nodes().len());
    assert_eq!(plan.fingerprint(), plan.fingerprint());
    let _ = difference(&plan, &plan);
});
