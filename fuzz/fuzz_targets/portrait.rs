//! Any bytes as a portrait, as what is inside of one, as a dump and as extended statistics:
//! `cargo +nightly fuzz run portrait`.
#![no_main]

use loadline_pg::ghost::{combinations, dependencies, distinct, statements, with_plain_parameters};
use loadline_pg::portrait::{Portrait, pieces};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let _ = Portrait::read(bytes);
    if let Ok(file) = Portrait::wrapped(bytes) {
        let _ = Portrait::read(&file);
    }
    let text = String::from_utf8_lossy(bytes);
    let _ = (pieces(&text), statements(&text), with_plain_parameters(&text));
    let _ = (distinct(bytes, Some), dependencies(bytes, Some), combinations(bytes, &[], |_, number| Some(number)));
});
